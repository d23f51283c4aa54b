// Between protobuf's timestamps and Abseil's times. Microseconds are the finest the system keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace caseward {

inline absl::Time ToTime(const google::protobuf::Timestamp& t) {
  return absl::FromUnixSeconds(t.seconds()) + absl::Nanoseconds(t.nanos());
}
inline void SetTimestamp(absl::Time t, google::protobuf::Timestamp* out) {
  const int64_t micros = absl::ToUnixMicros(t);  // floors
  int64_t seconds = micros / 1'000'000;
  int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(rest * 1000));
}
inline google::protobuf::Timestamp ToTimestamp(absl::Time t) {
  google::protobuf::Timestamp out;
  SetTimestamp(t, &out);
  return out;
}
// RFC 3339 in UTC, e.g. "2026-11-23T10:00:00Z".
std::string FormatInstant(absl::Time t);
// RFC 3339 with an offset; INVALID_ARGUMENT says what was expected (an instant without an offset is ambiguous).
absl::StatusOr<absl::Time> ParseInstant(std::string_view text);

}  // namespace caseward

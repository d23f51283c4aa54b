#include "engine/base/time.h"

#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {

std::string FormatInstant(absl::Time t) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", t, absl::UTCTimeZone()); }

absl::StatusOr<absl::Time> ParseInstant(std::string_view text) {
  absl::Time t;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, AbslText(text), &t, &error) || !IsRecordable(t)) {
    return absl::InvalidArgumentError(
        StrCat("expected an RFC 3339 instant with an offset, e.g. 2026-11-23T10:00:00Z; found ", QuotedShort(text)));
  }
  return t;
}

}  // namespace caseward

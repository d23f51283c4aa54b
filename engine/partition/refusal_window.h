// The same refusal of the same person (PersonOf: many people come by one service's account) on the same stream within a
// minute is counted, not repeated in the log (law L7): the caller gets the first refusal's position with the count so
// far, and when the minute is over one record says how often.
//
// Windows live in memory: a crash forgets counts that were not written yet, never a refusal that was. Bounded: when
// there are too many, further refusals are simply recorded. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"

namespace caseward {

class RefusalWindows {
 public:
  static constexpr size_t kWindowsMax = 4096;

  explicit RefusalWindows(absl::Duration width) : width_(width) {}

  struct Window {
    std::string stream;
    std::string rule;
    std::string person;
    absl::Time ends;
    uint32_t repeats = 0;
    v1::Outcome first;
  };

  // The open window that holds this refusal; null: it is to be recorded.
  Window* Find(std::string_view stream, std::string_view rule, std::string_view person, absl::Time now);
  // The refusal was recorded and is durable.
  void Open(const v1::Decision& refused, v1::Outcome first);
  // Windows that have ended with something to count, and the end of the earliest that is open.
  std::vector<const Window*> Ended(absl::Time now, size_t limit);
  std::optional<absl::Time> NextEnd() const;
  // What was counted and not recorded is forgotten.
  void Clear();
  // The count is durable.
  void Counted(std::string_view stream, std::string_view rule, std::string_view person);

 private:
  static std::string Key(std::string_view stream, std::string_view rule, std::string_view person);

  const absl::Duration width_;
  absl::flat_hash_map<std::string, Window> windows_;
  absl::Time earliest_end_ = absl::InfiniteFuture();  // a bound
};

}  // namespace caseward

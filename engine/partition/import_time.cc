// A case under import has its own time (design §5): before each of its commands the clocks due before that command's
// time fire in order, each at its own due time. The record's recorded_at is the wall clock's all the same.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/partition/case_index.h"
#include "engine/partition/round.h"

namespace caseward {

absl::StatusOr<bool> RoundBuilder::FireBefore(const std::string& case_id, absl::Time time) {
  // Clocks that cannot fire (their pack is unusable here) are passed over, so that one does not hold up the rest.
  std::set<std::pair<absl::Time, std::string>> passed_over;
  for (int fired = 0; fired < kImportFiresMax; ++fired) {
    const absl::StatusOr<const v1::CaseState*> state = FindCase(case_id);
    if (!state.ok()) return state.status();
    const std::vector<keys::Timer> timers = ClocksDue(**state);
    const auto next = std::find_if(timers.begin(), timers.end(), [&](const keys::Timer& timer) {
      return timer.due < time && !passed_over.contains({timer.due, timer.clock});
    });
    if (next == timers.end()) return true;
    const absl::Status status = Fire(*next, /*own_time=*/true);
    if (absl::IsFailedPrecondition(status)) {
      passed_over.emplace(next->due, next->clock);
    } else if (!status.ok()) {
      return status;
    }
  }
  return false;
}

}  // namespace caseward

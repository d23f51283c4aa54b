// The way out of STOPPED. Whatever stopped the partition was to be mended from outside (a topic restored, another owner
// ended); then it looks again, from the log's first word on what log it is to the last record, as if it were opened.
// What still does not fit stops it again. No record is ever skipped and nothing is made up: a history with a hole is
// mended by restoring what was in the hole.
#include "engine/base/text.h"
#include "engine/partition/loop.h"

namespace caseward {

bool PartitionLoop::LookAgain(TimeReading now) {
  std::vector<Front::Done> asked = front_.PopResumes();
  if (asked.empty()) return false;
  const absl::Status answer = TryAgain(now);
  for (Front::Done& done : asked)
    done(answer);
  return true;
}

absl::Status PartitionLoop::TryAgain(TimeReading now) {
  if (halted_.ok()) {
    return absl::FailedPreconditionError(
        StrCat("partition ", config_.partition, " has not stopped: it is ", front_.view().condition));
  }
  // A log that cannot be looked at, or is another, leaves it stopped for the reason it had.
  if (absl::Status s = ports_.log.Recheck(config_.partition); !s.ok()) return s;
  halted_ = absl::OkStatus();
  failures_ = 0;
  late_ = false;
  log_trouble_ = absl::OkStatus();
  if (!state_lost_.ok()) return state_lost_;  // whoever drives the loop reopens it, for all partitions
  BeginAgain(now);
  if (serves() && owner_) Reclaim(now);
  if (serves() && !owner_) Follow(now);
  PublishView();
  if (!halted_.ok()) return halted_;
  return state_lost_.ok() ? log_trouble_ : state_lost_;
}

}  // namespace caseward

#include "engine/partition/time_guard.h"

#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {

void TimeGuard::Begin(TimeReading now, absl::Time last_recorded_at) {
  last_ = now;
  origin_ = Origin(now);
  anchored_at_ = now.monotonic;
  if (last_recorded_at - now.wall > jump_max_) {
    why_ = StrCat("the wall clock says ", FormatInstant(now.wall), ", but ", FormatInstant(last_recorded_at),
                  " has been recorded already");
  }
}

void TimeGuard::Observe(TimeReading now) {
  last_ = now;
  const absl::Duration jump = Origin(now) - origin_;
  if (absl::AbsDuration(jump) > jump_max_) {
    if (why_.empty()) {
      why_ = StrCat("the wall clock jumped by ", std::string(absl::FormatDuration(jump)),
                    " against the monotonic clock, to ", FormatInstant(now.wall));
    }
    return;
  }
  if (now.monotonic - anchored_at_ >= kSteeredWithin) {
    origin_ = Origin(now);
    anchored_at_ = now.monotonic;
  }
}

void TimeGuard::Confirm() {
  origin_ = Origin(last_);
  anchored_at_ = last_.monotonic;
  why_.clear();
}

}  // namespace caseward

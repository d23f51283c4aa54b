// Watches the wall clock against the monotonic one (law L6). Small differences are a clock being steered and are
// followed; a jump of more than the bound within an hour holds the timers until an operator confirms that the wall
// clock is right. Commands go on: they say themselves when things happened, and somebody is there to look.
//
// Pure arithmetic over what it is told. One thread.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "engine/partition/partition.h"

namespace caseward {

class TimeGuard {
 public:
  explicit TimeGuard(absl::Duration jump_max) : jump_max_(jump_max) {}

  // At opening: a wall clock that is behind what was already recorded has jumped while nobody watched.
  void Begin(TimeReading now, absl::Time last_recorded_at);
  void Observe(TimeReading now);
  // An operator says the wall clock is right now.
  void Confirm();

  bool holding() const { return !why_.empty(); }
  // What was seen; empty if all is well.
  const std::string& why() const { return why_; }

 private:
  static constexpr absl::Duration kSteeredWithin = absl::Hours(1);
  static absl::Time Origin(TimeReading now) { return now.wall - now.monotonic; }

  const absl::Duration jump_max_;
  absl::Time origin_;  // the wall clock when the monotonic one was zero, as trusted
  absl::Duration anchored_at_;
  TimeReading last_;
  std::string why_;
};

}  // namespace caseward

// How long a hop took. The loop reads no clock within a step (law L6): it can say how long it waited for an append, but
// not how long it decided, applied or replied. Those three begin and end on the loop's own thread, one after the other,
// so whoever observes measures them from HopBegins to HopEnded.
//
// Threads   one clock serves all loops: each thread has a beginning of its own.
#pragma once

#include <chrono>

#include "absl/time/time.h"
#include "engine/port/observer.h"

namespace caseward {

class HopClock {
 public:
  static void Begins() { began_ = Now(); }
  // `told`: what HopEnded was told.
  static absl::Duration Took(Hop hop, absl::Duration told) {
    const bool measured_here = hop == Hop::kDecide || hop == Hop::kApply || hop == Hop::kReply;
    return measured_here ? absl::FromChrono(Now() - began_) : told;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static Clock::time_point Now() { return Clock::now(); }

  static inline thread_local Clock::time_point began_ = Now();
};

}  // namespace caseward

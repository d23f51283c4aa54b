// A fixed number of callers, each with one call outstanding: the same client for the bare echo and for Caseward.
//
// A caller is a state machine: `start(caller, done)` begins its next call and `done(ok)` is called when the reply is
// there; the next one begins at once, on the thread the reply came on.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"

namespace caseward::bench {

struct CallsResult {
  uint64_t calls = 0;
  uint64_t failed = 0;
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double processor_us = 0;  // of this process, a call, client and warm-up included
};

using StartCall = std::function<void(size_t caller, std::function<void(bool ok)> done)>;

// Runs for `warm_up` uncounted, then for `duration` counted, then waits for what is outstanding.
CallsResult RunCallers(size_t callers, absl::Duration warm_up, absl::Duration duration, const StartCall& start);

// Processor time of this process so far.
double ProcessorMicros();

// The value at a share (0..1) of the samples; sorts them.
double Percentile(std::vector<double>& samples, double share);

}  // namespace caseward::bench

// Unary calls at a pace of the clock's: a command is due every so often, whether those before it were answered or not,
// and its latency counts from when it was due. So a stall is felt by every command that fell into it (an open loop);
// callers who wait for their reply (callers.h) would fall silent meanwhile and feel it once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/callers.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"

namespace caseward::bench {

struct PacedCommand {
  v1::Command command;
  const char* actor = nullptr;
  // Called with the answer, from any thread; may be empty.
  std::function<void(bool ok, const v1::Outcome& outcome)> answered;
};

struct PacedSample {
  absl::Time due;
  double took_us = 0;  // from when it was due
  bool ok = false;
};

// Sends what `next` says so many times a second until `go_on` (asked before each, with when it is due) says no, and
// waits for all answers. In no order.
std::vector<PacedSample> SendPaced(v1::CaseService::Stub& stub, double per_second,
                                   const std::function<PacedCommand()>& next,
                                   const std::function<bool(absl::Time due)>& go_on);
// The samples that were due in [from, to), as callers would be counted.
CallsResult CountPaced(const std::vector<PacedSample>& samples, absl::Time from, absl::Time to);

// Told of every counted command that was acknowledged. From any thread.
using Acknowledged = std::function<void(const v1::Outcome& outcome, absl::Time at)>;

// Plays cases at so many commands a second: each due command is the next of the case that waits longest, or the first
// of a new one. `run` names the cases, as in play_cases.h.
CallsResult RunPaced(NodeUnderTest& node, const std::string& run, double per_second, const Settings& settings,
                     const Acknowledged& acknowledged = nullptr);

}  // namespace caseward::bench

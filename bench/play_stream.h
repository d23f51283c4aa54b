// SubmitStream: the case played as an integration would send a morning's work, all cases step by step in blocks, each
// step of a block pipelined.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/node_under_test.h"

namespace caseward::bench {

// Plays `cases` cases to their end; commands a second. `run` names the cases, as in play_cases.h.
absl::StatusOr<double> StreamPerSecond(NodeUnderTest& node, const std::string& run, uint64_t cases);

}  // namespace caseward::bench

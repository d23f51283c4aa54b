// Many seeds, in several processes at once: what they reached together, or the first seed that broke a law. A seed that
// ends its process is found too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/support/simulation/simulation.h"

namespace caseward::test {

struct ManyOptions {
  uint64_t first = 1;
  uint64_t count = 1000;
  uint64_t jobs = 1;
  SimulationOptions each;
};

struct ManyResult {
  uint64_t seeds = 0;  // that held
  uint64_t commands = 0, by_topic = 0, records = 0, crashes = 0, takeovers = 0;
  Coverage coverage;
  std::optional<uint64_t> failed;
  std::string failure;
};

// `progress` is told now and then how many seeds are done.
ManyResult RunMany(const ManyOptions& options, const std::function<void(uint64_t done)>& progress);

}  // namespace caseward::test

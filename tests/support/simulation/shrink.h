// A failing script cut down to what it takes: delta debugging. Parts of the script are left out, halves first, then
// ever smaller parts down to single actions, for as long as the same law breaks; then numbers become 0, commands say
// less and the world becomes plain, where that changes nothing. What is left is short enough to be read.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/support/simulation/simulation.h"

namespace caseward::test {

// Plays a script: which law broke; empty: none did.
using Probe = std::function<std::string(const Script&)>;

struct Shrunk {
  Script script;
  size_t runs = 0;
};

// `script` breaks `law`, and so does the answer. Plays at most `runs_max` scripts.
Shrunk Shrink(Script script, const std::string& law, const Probe& probe, size_t runs_max = 5000);

// In this process.
std::string Play(const Script& script, const SimulationOptions& options = {});
// In a process of its own, so that a CHECK that ends it ends nothing else: then the law is "the process ended".
std::string PlayApart(const Script& script, const SimulationOptions& options = {});

}  // namespace caseward::test

// The inside of CommandFromExample, for callers that want to know where in the example a problem lies.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/policy.pb.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

// Paths begin with `path`, the example step's own. The command is whole if no problem was added.
v1::Command ReadExampleCommand(const v1::Pack& pack, const v1::ExampleStep& step, const std::string& path,
                               std::vector<PackProblem>& problems);

}  // namespace caseward

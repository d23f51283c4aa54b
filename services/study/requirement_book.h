// Reads what a policy must make true (policies/requirements): requirements, the lines of the reviews that lead to them,
// and which are still open. A folder's *.yaml files add up. As strict as the reading of packs, with the same problems:
// file, line, keys, what was expected, what came.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/coverage.pb.h"
#include "services/packs/pack_reader.h"

namespace caseward {

struct BookReading {
  v1::RequirementBook book;
  std::vector<FileProblem> problems;  // empty: read well, and all its names resolve
};
BookReading ReadRequirements(const std::string& folder);
// One file's worth from memory; `name` stands for the file in problems.
BookReading ReadRequirementsText(std::string_view yaml, const std::string& name);

}  // namespace caseward

// What `caseward policy check` and `test` print for people. Apart from the program, so that the walk-through of
// docs/policy-authoring.md is held against the very words.
#pragma once

#include <string>
#include <vector>

#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"

namespace caseward {

// One line a problem: "error  pack.yaml:12:7: clocks.a: expected ...; found ...".
std::string SayProblems(const std::vector<FileProblem>& problems, const char* kind);
// "Good to publish: 0 errors, 0 warnings; 2 case types, ...", or "Not publishable: ...".
std::string SayCounts(const PackLint& lint, bool good);
// What failed, how it differs and what happened instead; then how many passed.
std::string SayResults(const std::vector<ExampleResult>& results);
// "R-01.2: closed unsigned", or the name alone.
std::string TitleOf(const ExampleResult& result);

}  // namespace caseward

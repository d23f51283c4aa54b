#include "services/study/pack_reports.h"

#include "engine/base/text.h"

namespace caseward {

std::string SayProblems(const std::vector<FileProblem>& problems, const char* kind) {
  std::string out;
  for (const FileProblem& problem : problems)
    out += StrCat(kind, "  ", FormatProblem(problem), "\n");
  return out;
}

std::string SayCounts(const PackLint& lint, bool good) {
  return StrCat(good ? "Good to publish: " : "Not publishable: ", lint.errors.size(), " errors, ", lint.warnings.size(),
                " warnings; ", lint.pack.case_types_size(), " case types, ", lint.pack.clocks_size(), " clocks, ",
                lint.pack.rules_size(), " rules, ", lint.pack.sign_offs_size(), " sign-offs.\n");
}

std::string TitleOf(const ExampleResult& result) {
  return result.owner.empty() ? result.name : StrCat(result.owner, ": ", result.name);
}

std::string SayResults(const std::vector<ExampleResult>& results) {
  std::string out;
  size_t passed = 0;
  for (const ExampleResult& result : results) {
    passed += result.passed ? 1 : 0;
    if (result.passed) continue;
    out += StrCat("FAILED  ", TitleOf(result), "\n");
    for (const std::string& line : result.differences)
      out += StrCat("        ", line, "\n");
    for (const std::string& line : result.explanation)
      out += StrCat("          | ", line, "\n");
  }
  return StrCat(out, passed, " examples passed, ", results.size() - passed, " failed.\n");
}

}  // namespace caseward

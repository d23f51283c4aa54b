// docs/policy-authoring.md: its pack is read from the page, checked, and its examples run; then the mistakes of its
// walk-through are made, and what the page says is what is said.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "mixing_hasher.h"
#include "services/study/pack_reports.h"

namespace caseward {
namespace {

std::string GuidePage() {
  std::ifstream file("docs/policy-authoring.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// The text of the next block of this kind, from `at` on; `at` then stands behind it, or at npos if there is none.
std::string NextBlock(const std::string& page, const std::string& kind, size_t& at) {
  const std::string fence = "```" + kind + "\n";
  at = page.find(fence, at);
  if (at == std::string::npos) return "";
  const size_t from = at + fence.size();
  at = page.find("```", from);
  return page.substr(from, at - from);
}

// The pack that the page builds: its YAML blocks, one after the other.
std::string PackOfGuide(const std::string& page) {
  std::string pack;
  for (size_t at = 0; at != std::string::npos;) {
    const std::string block = NextBlock(page, "yaml", at);
    if (at != std::string::npos) pack += block + "\n";
  }
  return pack;
}

// Takes the lines after '-' out and puts those after '+' in their place.
std::string Changed(std::string pack, const std::string& diff) {
  std::string before, after;
  std::istringstream lines(diff);
  for (std::string line; std::getline(lines, line);)
    (line[0] == '-' ? before : after) += line.substr(1) + "\n";
  const size_t at = pack.find(before);
  EXPECT_NE(at, std::string::npos) << "not on the page:\n" << before;
  EXPECT_EQ(pack.find(before, at + 1), std::string::npos) << "more than once on the page:\n" << before;
  return at == std::string::npos ? pack : pack.replace(at, before.size(), after);
}

std::string SaidOf(const std::string& verb, const std::string& pack) {
  const PackLint lint = LintPackText(pack, "draft.yaml");
  if (verb == "check") {
    return SayProblems(lint.errors, "error") + SayProblems(lint.warnings, "warning") +
           SayCounts(lint, lint.compiled != nullptr);
  }
  EXPECT_EQ(verb, "test");
  if (lint.compiled == nullptr) return SayProblems(lint.errors, "error");
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  return SayResults(RunExamples(*lint.compiled, *calendar, MixingHasher()));
}

TEST(PolicyAuthoringGuide, ItsPackCompilesAndItsExamplesPass) {
  const PackLint lint = LintPackText(PackOfGuide(GuidePage()), "docs/policy-authoring.md");
  for (const FileProblem& problem : lint.errors)
    ADD_FAILURE() << FormatProblem(problem);
  for (const FileProblem& problem : lint.warnings)
    ADD_FAILURE() << FormatProblem(problem);
  ASSERT_NE(lint.compiled, nullptr);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  ASSERT_TRUE(calendar.ok()) << calendar.status();

  const std::vector<ExampleResult> results = RunExamples(*lint.compiled, *calendar, MixingHasher());

  EXPECT_EQ(results.size(), 5u);
  for (const ExampleResult& result : results) {
    for (const std::string& difference : result.differences)
      ADD_FAILURE() << result.name << ": " << difference;
    EXPECT_TRUE(result.passed) << result.name;
  }
}

TEST(PolicyAuthoringGuide, EachMistakeIsCaughtInTheWordsOfThePage) {
  const std::string page = GuidePage();
  const std::string pack = PackOfGuide(page);
  size_t at = page.find("## See each mistake caught");
  ASSERT_NE(at, std::string::npos);
  int mistakes = 0;
  while (true) {
    const std::string diff = NextBlock(page, "diff", at);
    if (at == std::string::npos) break;
    const std::string console = NextBlock(page, "console", at);
    ASSERT_NE(at, std::string::npos);
    const std::string prompt = "$ caseward policy ";
    ASSERT_EQ(console.find(prompt), 0u) << console;
    const size_t end = console.find('\n');
    const std::string verb = console.substr(prompt.size(), console.find(' ', prompt.size()) - prompt.size());
    EXPECT_EQ(console.substr(end + 1), SaidOf(verb, Changed(pack, diff))) << diff;
    ++mistakes;
  }
  EXPECT_EQ(mistakes, 8);
}

}  // namespace
}  // namespace caseward

// The pack in docs/policy-authoring.md is read from the page, checked, and its examples run.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "pack_text.h"
#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"

namespace caseward {
namespace {

// Any digest will do here: nothing in the guide's examples is signed.
class ZeroHasher final : public Hasher {
 public:
  Sha256Digest Sha256(std::initializer_list<std::string_view>) const override { return {}; }
};

// The blocks between ```yaml and ```, one after the other.
std::string BlocksOf(const std::string& page) {
  std::string blocks;
  for (size_t at = page.find("```yaml\n"); at != std::string::npos; at = page.find("```yaml\n", at)) {
    at += 8;
    const size_t end = page.find("```", at);
    blocks += page.substr(at, end - at) + "\n";
    at = end + 3;
  }
  return blocks;
}

TEST(PolicyAuthoringGuide, ItsPackCompilesAndItsExamplesPass) {
  std::ifstream file("docs/policy-authoring.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  const PackLint lint = LintPackText(BlocksOf(page), "docs/policy-authoring.md");
  for (const FileProblem& problem : lint.errors)
    ADD_FAILURE() << FormatProblem(problem);
  for (const FileProblem& problem : lint.warnings)
    ADD_FAILURE() << FormatProblem(problem);
  ASSERT_NE(lint.compiled, nullptr);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  ASSERT_TRUE(calendar.ok()) << calendar.status();

  const std::vector<ExampleResult> results = RunExamples(*lint.compiled, *calendar, ZeroHasher());

  EXPECT_EQ(results.size(), 5u);
  for (const ExampleResult& result : results) {
    for (const std::string& difference : result.differences)
      ADD_FAILURE() << result.name << ": " << difference;
    EXPECT_TRUE(result.passed) << result.name;
  }
}

}  // namespace
}  // namespace caseward

// The housing pack keeps what its README promises: each of its examples passes, and every rule of the table stands on
// at least two of them, what is refused and the way through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

constexpr char kFolder[] = "policies/housing";

// A row of the README's table of rules.
struct Row {
  std::string rule;
  std::string enforced_by;
  std::string examples_in;
};

std::vector<Row> RulesOfReadme() {
  std::ifstream file(std::string(kFolder) + "/README.md");
  const std::regex form(R"(\| (R-[^|]+) \|[^|]*\|[^|]*\|[^|]*\| ([^|]+) \| ([^|]+) \|)");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    std::smatch found;
    if (std::regex_match(line, found, form)) rows.push_back({found[1], found[2], found[3]});
  }
  return rows;
}

std::set<std::string> RuleIdsIn(const std::string& text) {
  static const std::regex form(R"(R-\d+(\.\d+)?)");
  std::set<std::string> ids;
  for (std::sregex_iterator at(text.begin(), text.end(), form), end; at != end; ++at)
    ids.insert(at->str());
  return ids;
}

// It stands in the rule, or in an alert that enforces it, or carries its id, or is refused by it. What a row enforces
// by another rule, or shows in the examples of another, is shown there.
bool Shows(const OwnedExample& owned, const Row& row) {
  std::set<std::string> rules = RuleIdsIn(row.rule + row.enforced_by + row.examples_in);
  if (rules.contains(std::string(owned.owner)) || rules.contains(owned.example->then().refused())) return true;
  if (!owned.owner.empty() && row.enforced_by.find("`" + std::string(owned.owner) + "`") != std::string::npos)
    return true;
  const std::set<std::string> named = RuleIdsIn(owned.example->name());
  return std::any_of(named.begin(), named.end(), [&](const std::string& id) { return rules.contains(id); });
}

TEST(HousingPack, EveryExamplePassesAndNothingIsWarnedOf) {
  const PackLint lint = LintPack(kFolder);
  for (const FileProblem& warning : lint.warnings)
    ADD_FAILURE() << FormatProblem(warning);
  ASSERT_NE(lint.compiled, nullptr);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  ASSERT_TRUE(calendar.ok()) << calendar.status();

  for (const ExampleResult& result : RunExamples(*lint.compiled, *calendar, OpensslHasher())) {
    EXPECT_TRUE(result.passed) << result.owner << " " << result.name << ": "
                               << testing::PrintToString(result.differences);
  }
}

TEST(HousingPack, EveryRuleOfItsReadmeHasTwoExamplesAndAWayThroughWhatItRefuses) {
  const PackLint lint = LintPack(kFolder);
  const std::vector<OwnedExample> examples = ExamplesOf(lint.pack);
  std::set<std::string> listed;
  const std::vector<Row> rows = RulesOfReadme();
  ASSERT_GE(rows.size(), 60u);
  for (const Row& row : rows) {
    listed.merge(RuleIdsIn(row.rule));
    if (row.examples_in == "tests of the engine") continue;
    int shown = 0;
    int refused = 0;
    for (const OwnedExample& owned : examples) {
      if (!Shows(owned, row)) continue;
      ++shown;
      refused += owned.example->then().refused().empty() ? 0 : 1;
    }
    EXPECT_GE(shown, 2) << row.rule;
    EXPECT_LT(refused, shown) << row.rule << ": no way through";
  }
  for (const v1::Rule& rule : lint.pack.rules())
    EXPECT_TRUE(listed.contains(rule.id())) << rule.id() << " is not in the README";
}

// R-68.2 asks after everybody whom the staff register knows, and so names every role that there is.
TEST(HousingPack, TheTrainingThatACaseAsksForIsAskedOfEveryRole) {
  const PackLint lint = LintPack(kFolder);
  std::set<std::string> roles;
  for (const v1::RoleType& role : lint.pack.roles())
    roles.insert(role.id());
  const auto& rules = lint.pack.rules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [](const v1::Rule& one) { return one.id() == "R-68.2"; });
  ASSERT_NE(rule, rules.end());
  const auto& asked = rule->when().all().of(0).taker().roles();
  EXPECT_EQ(std::set<std::string>(asked.begin(), asked.end()), roles);
}

}  // namespace
}  // namespace caseward

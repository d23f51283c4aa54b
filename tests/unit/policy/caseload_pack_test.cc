// What may be wrong with a pack's caseload, and where `taker: {above_cap: true}` may stand (R-67).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/policy/pack_checks.h"
#include "policy_fixtures.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kCaseload[] = R"(caseload { clause: "Policy 9" provenance: PROVENANCE_OURS )";

// "path: expected ..., found ...", one a problem of the base pack with this added.
std::vector<std::string> Problems(const std::string& added) {
  std::vector<PackProblem> problems;
  (void)CompiledPack::Compile(FromText<v1::Pack>(std::string(kBasePack) + added), &problems);
  std::vector<std::string> lines;
  for (const PackProblem& problem : problems)
    lines.push_back(StrCat(problem.path, ": ", problem.expected, "; ", problem.found));
  return lines;
}

std::string Weights(int lines, uint32_t weight = 1) {
  std::string text = kCaseload;
  for (int i = 0; i < lines; ++i)
    text += StrCat("weights { priority: PRIORITY_P1 weight: ", weight, " } ");
  return text + "}";
}
std::string Cap(const std::string& role, uint32_t at_most) {
  return StrCat(kCaseload, "caps { role: \"", role, "\" at_most: ", at_most, " } }");
}

TEST(CaseloadOfAPack, NumbersAtTheirLimitAndOnePast) {
  EXPECT_THAT(Problems(""), IsEmpty());
  EXPECT_THAT(Problems(Weights(1, kLoadWeightMax)), IsEmpty());
  EXPECT_THAT(Problems(Weights(1, kLoadWeightMax + 1)), ElementsAre("caseload.weights[0].weight: 1 to 100; 101"));
  EXPECT_THAT(Problems(Weights(1, 0)), ElementsAre("caseload.weights[0].weight: 1 to 100; 0"));
  EXPECT_THAT(Problems(Weights(kLoadLinesMax)), IsEmpty());
  EXPECT_THAT(Problems(Weights(kLoadLinesMax + 1)), ElementsAre("caseload.weights: at most 200; 201"));
  EXPECT_THAT(Problems(Cap("officer", kLoadCapMax)), IsEmpty());
  EXPECT_THAT(Problems(Cap("officer", kLoadCapMax + 1)), ElementsAre("caseload.caps[0].at_most: 1 to 10000; 10001"));
  EXPECT_THAT(Problems(Cap("officer", 0)), ElementsAre("caseload.caps[0].at_most: 1 to 10000; 0"));
}

TEST(CaseloadOfAPack, NamesExistAndNoLineIsOutOfReach) {
  EXPECT_THAT(Problems(Cap("oficer", 5)), ElementsAre(HasSubstr("caseload.caps[0].role")));
  EXPECT_THAT(
      Problems(StrCat(kCaseload, R"(caps { role: "officer" at_most: 1 } caps { role: "officer" at_most: 2 } })")),
      ElementsAre("caseload.caps[1].role: each role once; \"officer\" a second time"));
  EXPECT_THAT(Problems(StrCat(kCaseload, R"(weights { case_types: "nois" weight: 1 } })")),
              ElementsAre(HasSubstr("caseload.weights[0].case_types[0]")));
  EXPECT_THAT(Problems(StrCat(kCaseload, R"(weights { weight: 2 } weights { priority: PRIORITY_P1 weight: 3 } })")),
              ElementsAre(HasSubstr("caseload.weights[1]: the line that fits every case as the last")));
  EXPECT_THAT(Problems("caseload { }"), ElementsAre(HasSubstr("caseload.clause"), HasSubstr("caseload.provenance")));
}

TEST(CaseloadOfAPack, TheHighestCapOfAPersonsRolesCounts) {
  const auto pack = CompiledPack::Compile(FromText<v1::Pack>(
      StrCat(kBasePack, kCaseload, R"(caps { role: "officer" at_most: 20 } caps { role: "manager" at_most: 5 } })")));
  ASSERT_TRUE(pack.ok()) << pack.status();
  v1::StaffState staff;
  EXPECT_EQ((*pack)->CapOf(staff.roles()), 0u);
  staff.add_roles("manager");
  EXPECT_EQ((*pack)->CapOf(staff.roles()), 5u);
  staff.add_roles("officer");
  EXPECT_EQ((*pack)->CapOf(staff.roles()), 20u);
}

TEST(CaseloadOfAPack, AboveCapStandsWhereACaseIsGivenAndSomethingIsCounted) {
  const auto rule = [](const std::string& on, const std::string& caseload) {
    return StrCat(caseload, R"( rules { id: "R-9" clause: "P" provenance: PROVENANCE_OURS on: ")", on,
                  R"(" when { taker { above_cap: true } } say: "No." })");
  };
  const std::string counted = std::string(kCaseload) + "}";
  EXPECT_THAT(Problems(rule("assign", counted)), IsEmpty());
  EXPECT_THAT(Problems(rule("assign", "")), ElementsAre(HasSubstr("taker.above_cap: above_cap only in a pack that")));
  EXPECT_THAT(Problems(rule("close", counted)), ElementsAre(HasSubstr("taker only in rules on assign, hand_over")));
  const auto alert = [&](const std::string& event) {
    return StrCat(counted,
                  R"( alerts { id: "full" clause: "P" provenance: PROVENANCE_OURS to_role: "manager" say: "Full."
                              on { on { event: ")",
                  event, R"(" } when { taker { above_cap: true } } } })");
  };
  EXPECT_THAT(Problems(alert("owner_assigned")), IsEmpty());
  EXPECT_THAT(Problems(alert("handover_accepted")), IsEmpty());
  EXPECT_THAT(Problems(alert("case_closed")), ElementsAre(HasSubstr("in triggers on owner_assigned")));
}

}  // namespace
}  // namespace caseward

// Each kind of contradiction in a broken pack of its own; and what only looks like one is let through.
#include "pack_text.h"
#include "services/packs/lint_pack.h"

namespace caseward {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

PackLint Lint(const std::string& more) { return LintPackText(kSmallPack + more, "pack.yaml"); }
std::vector<FileProblem> Errors(const std::string& more) { return Lint(more).errors; }

std::string Rule(const std::string& id, const std::string& rest) {
  return "  - {id: " + id + ", clause: c, provenance: OURS, say: No., " + rest + "}\n";
}

TEST(Contradictions, AConditionThatCannotHold) {
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {all: [{flag: hate}, {not: {flag: hate}}]}")),
              ElementsAre(ProblemAt(2, "rules[0].when", "a condition that can hold", "its opposite")));
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {all: [{priority: P1}, {priority: [P2, P3]}]}")),
              ElementsAre(ProblemAt(2, "rules[0].when", "can hold", "nothing is left for the priority")));
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, case_types: noise, when: {case_type: hate}")),
              ElementsAre(ProblemAt(2, "rules[0].when", "can hold", "nothing is left for the case type")));
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1",
                                       "on: plan, when: {all: [{last: {step: risk_assessed, band: low}}, {last: "
                                       "{step: risk_assessed, band: high}}]}")),
              ElementsAre(ProblemAt(2, "rules[0].when", "can hold", "the latest risk_assessed's band")));
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {not: {any: [{flag: hate}, {not: {flag: hate}}]}}")),
              ElementsAre(ProblemAt(2, "rules[0].when", "can hold", "its opposite")));
}

TEST(Contradictions, InClocksAndAlertsToo) {
  EXPECT_THAT(
      Errors("clocks:\n  a: {clause: c, provenance: OURS, starts_on: case_reported, stops_on: contact_made, within: "
             "1 day, when: {all: [{flag: hate}, {not: {flag: hate}}]}}\n"),
      ElementsAre(ProblemAt(2, "clocks.a.when", "can hold", "its opposite")));
}

TEST(Contradictions, ANeedThatCannotBeMetWhereTheRuleApplies) {
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {flag: hate}, need: {not: {flag: hate}}")),
              ElementsAre(ProblemAt(2, "rules[0].need", "can be met where the rule applies", "its opposite")));
}

TEST(Contradictions, ARuleThatAnotherForestalls) {
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {flag: hate}") +
                     Rule("R-2", "on: plan, when: {all: [{flag: hate}, {priority: P1}]}")),
              ElementsAre(ProblemAt(3, "rules[1]", "what R-1 lets through", "always forestalls")));
  // The narrower one first says more: that is no contradiction.
  EXPECT_THAT(Errors("rules:\n" + Rule("R-2", "on: plan, when: {all: [{flag: hate}, {priority: P1}]}") +
                     Rule("R-1", "on: plan, when: {flag: hate}")),
              IsEmpty());
  // Nor is it if the wider one is for other cases, or other verbs.
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, case_types: hate, when: {flag: hate}") +
                     Rule("R-2", "on: plan, case_types: noise, when: {all: [{flag: hate}, {priority: P1}]}")),
              IsEmpty());
}

TEST(Contradictions, TwoRulesForOneCondition) {
  EXPECT_THAT(
      Errors("rules:\n" + Rule("R-1", "on: plan, when: {flag: hate}") + Rule("R-2", "on: plan, when: {flag: hate}")),
      ElementsAre(ProblemAt(3, "rules[1]", "what R-1 lets through", "the same condition as R-1")));
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {flag: hate}, need: {priority: P1}") +
                     Rule("R-2", "on: plan, when: {flag: hate}, need: {priority: P1}")),
              ElementsAre(ProblemAt(3, "rules[1]", "asks for something else", "the needs of R-1 again")));
}

TEST(Contradictions, TwoRulesThatRefuseAVerbWhateverHappens) {
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: [plan, promise], when: {flag: hate}") +
                     Rule("R-2", "on: plan, when: {not: {flag: hate}}")),
              ElementsAre(ProblemAt(3, "rules[1]", "a way to plan", "R-1 between them refuse it always")));
  EXPECT_THAT(
      Errors("rules:\n" + Rule("R-1", "on: plan, when: {flag: hate}") + Rule("R-2", "on: plan, need: {flag: hate}")),
      ElementsAre(ProblemAt(3, "rules[1]", "a way to plan", "refuse it always")));
}

TEST(Contradictions, AWayToCloseWithoutASignOff) {
  std::string pack = kSmallPack;
  pack.replace(pack.find("subject: closure"), 16, "subject: closure\n    case_types: noise");
  EXPECT_THAT(LintPackText(pack, "pack.yaml").errors,
              ElementsAre(testing::AllOf(testing::Field(&FileProblem::path, "case_types.hate"),
                                         testing::Field(&FileProblem::found, "a way to close without a sign-off"))));
  EXPECT_THAT(Lint("").warnings,
              Contains(testing::Field(&FileProblem::expected, testing::HasSubstr("a rule on withdraw"))));
  EXPECT_THAT(Lint("rules:\n" + Rule("R-1", "on: withdraw, when: {flag: hate}")).warnings,
              testing::Each(testing::Field(&FileProblem::path, testing::Not(testing::HasSubstr("case_types")))));
}

// ---------------------------------------------------------------------------------------------- regions

std::string Variance(const std::string& rest) {
  return "variances:\n  north_pilot: {region: north, clause: c, provenance: OURS, " + rest + "}\n";
}

TEST(Variances, ARegionIsAnExceptionThatEnds) {
  EXPECT_THAT(Errors("rules:\n" + Rule("R-1", "on: plan, when: {case: {region: north}}")),
              ElementsAre(ProblemAt(2, "rules[0].when.case.region", "{variance: id}", "a test of the region")));
  const std::string good = "approved_by: manager, from: 2026-03-01T00:00:00Z, until: 2026-09-01T00:00:00Z";
  EXPECT_THAT(Errors(Variance(good) + "rules:\n" + Rule("R-1", "on: plan, when: {variance: north_pilot}")), IsEmpty());
  EXPECT_THAT(Errors(Variance(good) + "rules:\n" + Rule("R-1", "on: plan, when: {variance: north_pilto}")),
              ElementsAre(ProblemAt(4, "rules[0].when.variance", "did you mean \"north_pilot\"?", "north_pilto")));
}

TEST(Variances, EachIsApprovedAndDated) {
  EXPECT_THAT(Errors(Variance("approved_by: manager, from: 2026-03-01T00:00:00Z")),
              ElementsAre(ProblemAt(2, "variances.north_pilot.until", "an instant at which it is over", "none")));
  EXPECT_THAT(
      Errors(Variance("from: 2026-03-01T00:00:00Z, until: 2026-06-01T00:00:00Z")),
      ElementsAre(ProblemAt(2, "variances.north_pilot.approved_by", "the role of the pack that approved it", "")));
  const std::string by = "approved_by: manager, from: 2026-03-01T00:00:00Z, until: ";
  EXPECT_THAT(Errors(Variance(by + "2026-09-01T00:00:00Z")), IsEmpty());  // 184 days
  EXPECT_THAT(Errors(Variance(by + "2026-09-02T00:00:00Z")),
              ElementsAre(ProblemAt(2, "variances.north_pilot.until", "by 184 days at most", "185 days")));
  EXPECT_THAT(Errors(Variance(by + "2026-03-01T00:00:00Z")),
              ElementsAre(ProblemAt(2, "variances.north_pilot.until", "after `from`", "0 days")));
}

}  // namespace
}  // namespace caseward

// The runner must be able to fail: an example whose claim is wrong says what differs.
#include "services/packs/example_runner.h"
#include "plain_calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/packs/lint_pack.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kPack[] = R"(
id: small
title: Small
calendar: plain
needs_owner: false
roles: {clerk: {tier: 1}, chief: {tier: 2}}
case_types:
  request: {title: A request, priority: P3, clause: Small 1, provenance: OURS}
clocks:
  answer:
    title: Answered
    clause: Small 2
    provenance: OURS
    starts_on: [case_reported]
    stops_on: [{event: contact_made, where: {two_way: true}}]
    ceases_on: [case_closed, case_withdrawn]
    within: [{span: 2 working_days}]
  settle:
    title: Settled
    clause: Small 3
    provenance: OURS
    starts_on: [case_triaged]
    stops_on: [contact_made]
    within: [{span: 5 working_days}]
    warn_at: 50%
    on_warn: [{escalate_to: clerk}]
    on_breach: [{escalate_to: clerk}, {escalate_to: chief}]
closing_reasons: [done]
people:
  cleo: {roles: [clerk]}
scenarios:
  asked:
    steps:
      - {at: 2026-03-06T09:00:00Z, by: cleo, channel: phone, report: {case_type: request}}
examples:
)";

std::vector<ExampleResult> ResultsOf(const std::string& examples) {
  const PackLint lint = LintPackText(kPack + examples, "small.yaml");
  for (const FileProblem& problem : lint.errors) {
    ADD_FAILURE() << FormatProblem(problem);
  }
  const CalendarReading calendar = ReadCalendarText(kPlainCalendar, "plain.yaml");
  EXPECT_THAT(calendar.problems, IsEmpty());
  const auto compiled = WorkingCalendar::Compile(calendar.calendar);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (lint.compiled == nullptr || !compiled.ok()) return {};
  const OpensslHasher hasher;
  return RunExamples(*lint.compiled, *compiled, hasher);
}

TEST(ExampleRunner, PassesWhatIsTrue) {
  const auto results = ResultsOf(R"(
  - name: answered in time
    from: asked
    when: {by: cleo, channel: phone, contact: {with: reporter, outcome: two_way}}
    then: {accepted: true, clocks: {answer: met}, due: {answer: 2026-03-11T00:00:00Z}, events: [contact_made], priority: P3}
  - name: not answered, over a weekend
    from: asked
    then: {at: 2026-03-11T00:00:00Z, clocks: {answer: breached}, events: [clock_breached]}
)");
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_TRUE(results[0].passed) << results[0].differences.front();
  EXPECT_TRUE(results[1].passed) << results[1].differences.front();
}

TEST(ExampleRunner, SaysEverythingThatDiffers) {
  const auto results = ResultsOf(R"(
  - name: all wrong
    from: asked
    when: {by: cleo, channel: phone, contact: {with: reporter, outcome: no_answer}}
    then: {accepted: true, clocks: {answer: met, settle: running}, due: {answer: 2026-03-12T00:00:00Z}, events: [contact_made], not_events: [contact_attempted], priority: P1, phase: closed}
)");
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_FALSE(results[0].passed);
  EXPECT_THAT(results[0].differences,
              ::testing::UnorderedElementsAre(
                  HasSubstr("clock answer: expected met, found running"),
                  HasSubstr("clock settle: expected running, found none"),
                  HasSubstr("due answer: expected 2026-03-12T00:00:00Z, found 2026-03-11T00:00:00Z"),
                  HasSubstr("priority: expected p1, found p3"), HasSubstr("phase: expected closed, found reported"),
                  HasSubstr("events: expected contact_made, found contact_attempted"),
                  HasSubstr("events: expected no contact_attempted")));
}

TEST(ExampleRunner, ARefusalThatDoesNotComeOrComesUncalledIsADifference) {
  const auto results = ResultsOf(R"(
  - name: expected, and does not come
    from: asked
    when: {by: cleo, channel: phone, contact: {with: reporter, outcome: two_way}}
    then: {refused: C-phase}
  - name: comes, and is not expected
    from: asked
    when: {by: cleo, close: {}}
    then: {accepted: true}
  - name: comes where the story needs it accepted
    from: asked
    given: [{by: cleo, close: {}}]
    then: {at: 2026-03-07T00:00:00Z, clocks: {answer: running}}
)");
  ASSERT_THAT(results, SizeIs(3));
  EXPECT_THAT(results[0].differences, ElementsAre(HasSubstr("expected a refusal by C-phase, found it accepted")));
  EXPECT_THAT(results[1].differences, ElementsAre(HasSubstr("expected it accepted, found a refusal by ")));
  EXPECT_THAT(results[2].differences,
              ElementsAre(HasSubstr("given step 1 (close): expected it accepted, found a refusal by ")));
}

TEST(ExampleRunner, ATableIsManyExamplesWithOneBeginning) {
  const auto results = ResultsOf(R"(
  - name: three calls
    from: asked
    rows:
      - {name: nobody answers, when: {by: cleo, channel: phone, contact: {with: reporter, outcome: no_answer}}, then: {accepted: true, clocks: {answer: running}}}
      - {name: they talk, when: {by: cleo, channel: phone, contact: {with: reporter, outcome: two_way}}, then: {accepted: true, clocks: {answer: met}}}
      - {when: {by: cleo, channel: phone, contact: {with: reporter, outcome: two_way}}, then: {accepted: true, clocks: {answer: running}}}
)");
  ASSERT_THAT(results, SizeIs(3));
  EXPECT_EQ(results[0].name, "three calls: nobody answers");
  EXPECT_TRUE(results[0].passed);
  EXPECT_EQ(results[1].name, "three calls: they talk");
  EXPECT_TRUE(results[1].passed);
  EXPECT_EQ(results[2].name, "three calls: row 3");
  EXPECT_FALSE(results[2].passed);
}

TEST(ExampleRunner, AMistakeInATableIsSaidWhereItStands) {
  const PackLint lint = LintPackText(
      std::string(kPack) +
          "  - name: t\n    from: asked\n    rows:\n      - {when: {by: cleo, close: {}}, then: {accepted: true}}\n"
          "      - {when: {by: cleo, close: {}}, thne: {accepted: true}}\n  - {name: u, rows: []}\n",
      "small.yaml");
  ASSERT_THAT(lint.errors, SizeIs(2));
  EXPECT_EQ(lint.errors[0].path, "examples[0].rows[1].thne");
  EXPECT_THAT(lint.errors[0].expected, HasSubstr("did you mean \"then\"?"));
  EXPECT_EQ(lint.errors[1].path, "examples[1].rows");
}

// A clock that is named tells exactly those who are named with it, over all that came of the claim's moment.
TEST(ExampleRunner, WhomAClockToldIsClaimedExactly) {
  const auto results = ResultsOf(R"(
  - name: whom settle told
    from: asked
    given: [{by: cleo, triage: {}}]
    rows:
      - {name: all of them, then: {at: 2026-03-14T00:00:00Z, escalated_to: [settle/clerk, settle/chief, chief]}}
      - {name: one is left out, then: {at: 2026-03-14T00:00:00Z, escalated_to: [settle/clerk]}}
      - {name: one is too many, then: {at: 2026-03-11T12:00:00Z, escalated_to: [settle/clerk, settle/chief]}}
      - {name: another clock told nobody, then: {at: 2026-03-14T00:00:00Z, escalated_to: [answer/clerk]}}
)");
  ASSERT_THAT(results, SizeIs(4));
  EXPECT_THAT(results[0].differences, IsEmpty());
  EXPECT_THAT(results[1].differences,
              ElementsAre("escalated to: expected nobody else by that clock, found settle/chief"));
  EXPECT_THAT(results[2].differences, ElementsAre("escalated to: expected settle/chief, found settle/clerk"));
  EXPECT_THAT(results[3].differences,
              ElementsAre(HasSubstr("escalated to: expected answer/clerk, found settle/clerk")));
}

TEST(ExampleRunner, AFailureIsExplained) {
  const auto results = ResultsOf(R"(
  - name: refused
    from: asked
    when: {by: cleo, close: {}}
    then: {accepted: true}
  - name: not met
    from: asked
    when: {by: cleo, channel: phone, contact: {with: reporter, outcome: no_answer}}
    then: {accepted: true, clocks: {answer: met}, escalated_to: [clerk]}
)");
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_THAT(results[0].explanation, ::testing::Contains(HasSubstr("refused by C-phase")));
  EXPECT_THAT(results[1].differences, ::testing::Contains(HasSubstr("escalated to: expected clerk, found none")));
  EXPECT_THAT(results[1].explanation, ::testing::Contains(HasSubstr("contact_attempted")));
  EXPECT_THAT(results[1].explanation,
              ::testing::Contains(HasSubstr("clock answer is running, started 2026-03-06T09:00:00Z, 2 working_days, "
                                            "due 2026-03-11T00:00:00Z")));
}

}  // namespace
}  // namespace caseward

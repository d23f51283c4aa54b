// Why a clock is due when it is, line by line, and what stands between a case and closing.
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/cases/explain.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

v1::CaseExplanation Explained(const ACase& c, const v1::Actor& who = Mo()) {
  return ExplainCase(c.state(), c.Context(who),
                     [](std::string_view, uint32_t version) { return version == 1 ? &EnglandAndWales() : nullptr; });
}
std::vector<std::string> LinesOf(const ACase& c, const std::string& clock) {
  const v1::CaseExplanation explanation = Explained(c);
  for (const auto& one : explanation.clocks()) {
    if (one.clock().clock() == clock) return {one.lines().begin(), one.lines().end()};
  }
  return {};
}

TEST(Explain, R_81_EachDayCountedOrSkippedAndWhy) {
  ACase c;
  c.At("2026-12-24T15:00:00Z").Reported("hate");
  EXPECT_EQ(
      LinesOf(c, "first_contact"),
      Names({"started at 2026-12-24T15:00:00Z, 1 working_day", "Thu 24 Dec 2026  skipped  day 0, the start",
             "Fri 25 Dec 2026  skipped  Christmas Day", "Sat 26 Dec 2026  skipped  Saturday",
             "Sun 27 Dec 2026  skipped  Sunday", "Mon 28 Dec 2026  skipped  Boxing Day (Substitute day)",
             "Tue 29 Dec 2026  counted  working day 1 of 1", "runs; an act before 2026-12-30T00:00:00Z is in time"}));
}

TEST(Explain, ATighterDurationIsCountedFromWhereItBegan) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().At("2026-11-24T10:00:00Z").Does(ask::ChangePriority(kP1));
  EXPECT_EQ(
      LinesOf(c, "first_contact"),
      Names({"started at 2026-11-23T10:00:00Z", "a tighter duration counts from 2026-11-24T10:00:00Z, 1 working_day",
             "Tue 24 Nov 2026  skipped  day 0, the start", "Wed 25 Nov 2026  counted  working day 1 of 1",
             "runs; an act before 2026-11-26T00:00:00Z is in time"}));
}

TEST(Explain, ARoundAfterABreachIsCountedFromTheDayMissed) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged().Until("2026-12-08T00:00:00Z");
  const std::vector<std::string> lines = LinesOf(c, "review");
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[0], "started at 2026-12-08T00:00:00Z, round 2");
  EXPECT_TRUE(lines[1].starts_with("counts from the day that was missed, 2026-12-07T23:59:59.999999Z")) << lines[1];
}

TEST(Explain, HoldsAndExtensionsAreNamed) {
  ACase c;
  c.At("2026-11-27T10:00:00Z")
      .Reported("hate")
      .At("2026-11-28T10:00:00Z")
      .Does(ask::Pause("first_contact", "resident_away"));
  std::vector<std::string> lines = LinesOf(c, "first_contact");
  EXPECT_EQ(lines[lines.size() - 2], "held since 2026-11-28T10:00:00Z (resident_away); no due time while it is held");
  EXPECT_EQ(lines.back(), "is held");

  c.At("2026-12-01T10:00:00Z")
      .Does(ask::Resume("first_contact"))
      .Does(ask::Extend("first_contact", "2 working_days", "complex"));
  lines = LinesOf(c, "first_contact");
  EXPECT_EQ(lines[lines.size() - 3], "held from 2026-11-28T10:00:00Z to 2026-12-01T10:00:00Z (resident_away)");
  EXPECT_EQ(lines[lines.size() - 2], "extended 1 time(s)");
  EXPECT_EQ(lines.back(), "runs; an act before 2026-12-05T00:00:00Z is in time");
}

TEST(Explain, EachEndInOneLine) {
  ACase met;
  met.At("2026-11-23T10:00:00Z").Reported().After(absl::Hours(1)).Does(ask::Contact());
  EXPECT_EQ(LinesOf(met, "first_contact").back(), "met at 2026-11-23T11:00:00Z");

  ACase breached;
  breached.At("2026-11-23T10:00:00Z").Reported().At("2026-12-02T10:00:00Z");
  EXPECT_EQ(LinesOf(breached, "first_contact").back(),
            "breached at 2026-12-01T00:00:00Z, seen at 2026-12-01T00:00:00Z; still not done");
  ACase late = breached;
  late.Does(ask::Contact());
  EXPECT_EQ(LinesOf(late, "first_contact").back(),
            "breached at 2026-12-01T00:00:00Z; done late, at 2026-12-02T10:00:00Z");
  breached.Does(ask::Then(At("2026-11-30T10:00:00Z"), ask::Contact()));
  EXPECT_EQ(LinesOf(breached, "first_contact").back(),
            "breached at 2026-12-01T00:00:00Z; evidence from before that came later; the breach stands");

  ACase ceased;
  ceased.At("2026-11-23T10:00:00Z").Reported().Does(ask::Cease("first_contact", "in_error"));
  EXPECT_EQ(LinesOf(ceased, "first_contact").back(), "ceased at 2026-11-23T10:00:00Z (in_error)");
}

TEST(Explain, ADueTimeFromTheRecordSaysSo) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Does(ask::AddAction("letter", At("2026-11-25T12:00:00Z")));
  EXPECT_EQ(LinesOf(c, "action_due/letter"), Names({"started at 2026-11-23T10:00:00Z, due time taken from the record",
                                                    "runs; an act before 2026-11-25T12:00:00Z is in time"}));
}

TEST(Explain, WhatStandsBetweenACaseAndClosing) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo");
  v1::CaseExplanation open = Explained(c);
  std::vector<std::string> rules;
  for (const auto& refusal : open.closing_blocked_by())
    rules.push_back(refusal.rule());
  EXPECT_EQ(rules, Names({"T-1", "C-phase", "T-SIGN"}));
  ASSERT_EQ(open.checklist_size(), 3);
  EXPECT_EQ(open.checklist(0).say(), "The risk is low.");
  EXPECT_FALSE(open.checklist(0).passed());
  EXPECT_TRUE(open.checklist(2).passed());

  c.Assessed().Proposed(Nia()).Answered();
  v1::CaseExplanation ready = Explained(c);
  ASSERT_EQ(ready.closing_blocked_by_size(), 1);
  EXPECT_EQ(ready.closing_blocked_by(0).missing(0).id(), "sign_off/closure");
  EXPECT_EQ(ready.who_may_sign_size(), 3);

  c.Signed();
  EXPECT_EQ(Explained(c).closing_blocked_by_size(), 0);
  c.Answered("disagrees");
  EXPECT_EQ(Explained(c).who_may_sign(0), "assistant_director");

  c.Signed(Ada()).Closed();
  EXPECT_EQ(Explained(c).closing_blocked_by_size(), 0);
}

TEST(Explain, AClockWhoseCalendarIsUnknownStillSaysHowItStands) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  const v1::CaseExplanation explanation = ExplainCase(
      c.state(), c.Context(Mo()), [](std::string_view, uint32_t) -> const WorkingCalendar* { return nullptr; });
  EXPECT_EQ(explanation.clocks(0).lines_size(), 2);
  EXPECT_EQ(explanation.clocks(0).catalogue(), "CK-01");
  EXPECT_EQ(explanation.clocks(0).clause(), "Tests 1");
}

}  // namespace
}  // namespace caseward::test

// Clocks over several rounds, over a change of the case's type, and at the end of what the calendar knows.
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

using State = v1::ClockState;

v1::Command Review() { return ask::Step("review", {{"finding", ask::Words("All well.")}}); }

TEST(ClockRounds, R_04_1_AReviewRestartsTheClock) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged();
  ASSERT_EQ(c.Due("review"), At("2026-12-08T00:00:00Z"));
  c.At("2026-11-25T10:00:00Z").Does(Review(), Ruth());

  EXPECT_EQ(c.Due("review"), At("2026-12-10T00:00:00Z"));
  EXPECT_EQ(c.clock("review")->round(), 2U);
  EXPECT_EQ(c.clock("review")->rounds_met(), 1U);
}

TEST(ClockRounds, R_04_ASecondStopInOneDayDoesNotCount) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged().At("2026-11-25T10:00:00Z").Does(Review(), Ruth());
  c.At("2026-11-25T23:59:59Z").Does(Review(), Rob());
  EXPECT_EQ(c.clock("review")->round(), 2U);

  c.At("2026-11-26T00:00:00Z").Does(Review(), Rob());
  EXPECT_EQ(c.clock("review")->round(), 3U);
}

TEST(ClockRounds, RepeatsAfterABreachFromItsDueTime) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged().Until("2026-12-08T00:00:00Z");
  EXPECT_EQ(c.StatusOf("review"), State::STATUS_RUNNING);
  EXPECT_EQ(ToTime(c.clock("review")->started_at()), At("2026-12-08T00:00:00Z"));
  EXPECT_EQ(c.Due("review"), At("2026-12-22T00:00:00Z"));
  EXPECT_EQ(c.clock("review")->rounds_breached(), 1U);

  c.Until("2026-12-22T00:00:00Z");
  EXPECT_EQ(c.clock("review")->breaches_in_a_row(), 2U);
  EXPECT_EQ(c.Last("alert_raised").alert_raised().alert(), "review_missed_twice")
      << "the second breach counts as the second";

  // The next review counts, though it is on the day the round began.
  c.At("2026-12-22T09:00:00Z").Does(Review(), Ruth());
  EXPECT_EQ(c.clock("review")->rounds_met(), 1U);
  EXPECT_EQ(c.clock("review")->breaches_in_a_row(), 0U);
}

// Ten working days after ten working days: a missed review gives no day more than one held at the last moment.
TEST(ClockRounds, ABreachGivesNoDayMoreThanTheLastMoment) {
  ACase held;
  held.At("2026-11-23T10:00:00Z").Reported("hate").Triaged();
  held.At("2026-12-07T23:59:59Z").Does(Review(), Ruth());
  ACase missed;
  missed.At("2026-11-23T10:00:00Z").Reported("hate").Triaged().Until("2026-12-08T00:00:00Z");

  EXPECT_EQ(held.Due("review"), At("2026-12-22T00:00:00Z"));
  EXPECT_EQ(missed.Due("review"), held.Due("review"));
}

// The service was down over the due time: the review finds the breach, ends the round, and begins one new round, not
// two.
TEST(ClockRounds, L8_AnUnseenBreachAndAStopAreOneRoundEach) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged();
  const v1::CaseState before = c.state();
  const v1::Actor ruth = Ruth();
  CaseContext context = c.Context(ruth);
  context.now = At("2026-12-09T10:00:00Z");

  const CaseVerdict verdict = Decide(&before, Review(), context);

  const v1::ClockState* clock = FindClock(*Accepted(verdict).after, "review");
  EXPECT_EQ(clock->round(), 2U);
  EXPECT_EQ(clock->rounds_breached(), 1U);
  EXPECT_EQ(ToTime(clock->started_at()), context.now);
}

TEST(ClockRounds, CeasesWhenThePriorityFalls) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("noise").Triaged(kP1).Owned("mo");
  ASSERT_EQ(c.StatusOf("review"), State::STATUS_RUNNING);
  c.Does(ask::Grant("priority_lowering"), Ruth()).Does(ask::ChangePriority(kP2));

  EXPECT_EQ(c.StatusOf("review"), State::STATUS_CEASED);
  EXPECT_EQ(c.clock("review")->reason_code(), "priority_changed");
}

TEST(ClockRounds, StalledRunsFromEachSubstantiveFact) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().At("2026-11-24T10:00:00Z").Owned("mo");
  EXPECT_EQ(ToTime(c.clock("stalled")->started_at()), At("2026-11-23T10:00:00Z")) << "an owner change moves nothing";
  c.At("2026-11-25T10:00:00Z").Does(ask::Contact());
  EXPECT_EQ(ToTime(c.clock("stalled")->started_at()), At("2026-11-25T10:00:00Z"));
}

// ---------------------------------------------------------------------------------------------- another type, another
// calendar

TEST(ClockKept, ARetypedCaseKeepsWhatItWasPromised) {
  auto source = FullPackSource();
  source.mutable_clocks(0)->add_case_types("noise");  // first_contact
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok());
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise").Does(ask::Triage(v1::PRIORITY_UNSPECIFIED, "hate"));
  ASSERT_EQ(c.StatusOf("first_contact"), State::STATUS_RUNNING);

  c.Does(ask::Contact());

  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_MET);
}

TEST(ClockKept, TheTriageThatRetypesStillStopsTheOldTypesClock) {
  auto source = FullPackSource();
  source.mutable_clocks(1)->add_case_types("noise");  // triage
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise").Does(ask::Triage(v1::PRIORITY_UNSPECIFIED, "hate"));

  EXPECT_EQ(c.StatusOf("triage"), State::STATUS_MET);
}

TEST(ClockKept, ClosingEndsAlsoWhatAnotherTypeStarted) {
  auto source = FullPackSource();
  source.mutable_clocks(0)->add_case_types("noise");
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok());
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise").Does(ask::Triage(v1::PRIORITY_UNSPECIFIED, "hate")).Withdrawn();

  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_CEASED);
}

WorkingCalendar CalendarUntil(const std::string& last) {
  v1::Calendar source = EnglandAndWalesSource();
  source.set_covers_to(last);
  while (source.holidays(source.holidays_size() - 1).date() > last)
    source.mutable_holidays()->RemoveLast();
  return *WorkingCalendar::Compile(source);
}

TEST(ClockCalendar, BeyondTheCoverageIsRefusedByName) {
  const WorkingCalendar calendar = CalendarUntil("2026-11-27");
  ACase c(FullPack(), calendar);
  c.At("2026-11-23T10:00:00Z");

  const CaseVerdict verdict = c.Do(ask::Report(), Cleo());

  EXPECT_THAT(verdict, IsRefusedBy("C-calendar"));
  EXPECT_THAT(Refused(verdict).say(), testing::HasSubstr("2026-11-27"));
}

// The breach is a fact, whatever the calendar knows of what comes next (law L8).
TEST(ClockCalendar, L8_ABreachStandsWhereTheNextRoundCannotBeDated) {
  v1::Pack source;
  source = FullPackSource();
  google::protobuf::RepeatedPtrField<v1::Clock> only;
  *only.Add() = source.clocks(3);  // review
  only.Mutable(0)->clear_on_breach();
  *source.mutable_clocks() = only;
  source.clear_emergency_bases();  // they need a clock for their review
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  const WorkingCalendar calendar = CalendarUntil("2026-12-11");
  ACase c(**pack, calendar);
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged();

  c.Until("2026-12-08T00:00:00Z");

  EXPECT_EQ(c.StatusOf("review"), State::STATUS_BREACHED);
  EXPECT_EQ(c.Last("alert_raised").alert_raised().alert(), "C-calendar");
}

}  // namespace
}  // namespace caseward::test

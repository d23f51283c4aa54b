// Pausing, extending and ceasing: a hold that hides nothing.
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

using State = v1::ClockState;

v1::Command Pause() { return ask::Pause("first_contact", "resident_away"); }
v1::Command Resume() { return ask::Resume("first_contact"); }

TEST(Hold, R_81_1_AWeekendHeldMovesNothing) {
  ACase c = Reported();
  c.At("2026-11-28T10:00:00Z").Does(Pause()).At("2026-11-29T10:00:00Z").Does(Resume());
  EXPECT_EQ(c.Due("first_contact"), At("2026-12-01T00:00:00Z"));
  EXPECT_EQ(c.clock("first_contact")->holds_size(), 1);
}

TEST(Hold, R_81_1_OverAWeekendCountsItsWorkingDays) {
  ACase c = Reported();
  c.At("2026-11-27T10:00:00Z").Does(Pause()).At("2026-12-01T10:00:00Z").Does(Resume());
  EXPECT_EQ(c.Due("first_contact"), At("2026-12-03T00:00:00Z")) << "Monday and Tuesday were held";
}

TEST(Hold, R_81_1_OverAHolidayCountsItsWorkingDays) {
  // Mon 21 Dec 2026: 5 working days is Wed 30 Dec. Held from Christmas Eve to Tue 29 Dec: one working day.
  ACase c;
  c.At("2026-12-21T09:00:00Z").Reported();
  c.At("2026-12-24T09:00:00Z").Does(Pause()).At("2026-12-29T09:00:00Z").Does(Resume());
  EXPECT_EQ(c.Due("first_contact"), At("2027-01-01T00:00:00Z"));
}

TEST(Hold, HoursAreHeldAsTheyPass) {
  v1::Command report = ask::Report("hate");
  report.mutable_report_case()->set_threat_to_life(true);
  ACase c;
  c.At("2026-11-27T15:00:00Z").Does(report);
  c.At("2026-11-27T16:00:00Z").Does(ask::Pause("life", "police_ask"));
  c.At("2026-11-28T16:00:00Z").Does(ask::Resume("life"));
  EXPECT_EQ(c.Due("life"), At("2026-11-29T15:00:00Z"));
}

TEST(Hold, NoDueTimeWhileHeld) {
  ACase c = Reported();
  c.At("2026-11-24T10:00:00Z").Does(Pause()).At("2027-01-15T10:00:00Z");
  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_PAUSED);
  EXPECT_EQ(c.Count("clock_warned"), 0);
}

// Held on the last afternoon and resumed before the next working day: what was left of that day was held too.
TEST(Hold, ADueTimeNeverLiesInsideTheHold) {
  ACase c;
  c.At("2026-11-20T10:00:00Z").Reported();
  ASSERT_EQ(c.Due("first_contact"), At("2026-11-28T00:00:00Z"));
  c.At("2026-11-27T16:00:00Z").Does(Pause()).At("2026-11-28T09:00:00Z").Does(Resume());

  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_RUNNING);
  EXPECT_EQ(c.Due("first_contact"), At("2026-12-01T00:00:00Z"));
}

TEST(Hold, AContactWhileHeldIsJudgedByTheDueTimeAfterTheHold) {
  ACase c = Reported();
  c.At("2026-11-30T10:00:00Z").Does(Pause()).At("2026-12-01T10:00:00Z");
  EXPECT_THAT(c.Do(ask::Contact()), GivesA("clock_resumed"));
  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_MET);
}

// The bug of other products: a case closed while a clock is paused shows it as met.
TEST(Hold, ClosingWhilePausedDoesNotReportMet) {
  ACase c = Reported();
  c.At("2026-11-24T10:00:00Z").Does(Pause()).After(absl::Hours(1)).Withdrawn();

  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_CEASED);
  EXPECT_EQ(c.clock("first_contact")->rounds_met(), 0U);
  EXPECT_EQ(c.clock("first_contact")->holds_size(), 1) << "resumed first, so that the hold is on record";
  EXPECT_EQ(c.Last("clock_ceased").clock_ceased().reason_code(), "case_withdrawn");
}

TEST(Hold, ABreachedClockStaysBreachedWhenTheCaseCloses) {
  ACase c = Reported();
  c.At("2026-12-01T10:00:00Z");
  ASSERT_EQ(c.StatusOf("first_contact"), State::STATUS_BREACHED);
  c.Withdrawn();
  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_BREACHED);
}

TEST(Hold, ABackdatedClosingDoesNotEscapeADueTimeThatHasCome) {
  ACase c = Reported();
  const v1::CaseState before = c.state();
  const v1::Actor tess = Tess();
  CaseContext context = c.Context(tess);
  context.now = At("2026-12-02T10:00:00Z");
  const CaseVerdict verdict = Decide(&before, ask::Then(At("2026-11-24T10:00:00Z"), ask::Withdraw()), context);
  EXPECT_EQ(FindClock(*Accepted(verdict).after, "first_contact")->status(), State::STATUS_BREACHED);
}

TEST(Hold, OnlyForAReasonThePolicyAllows) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Pause("first_contact", "busy")), IsRefusedBy("C-pause"));
  EXPECT_THAT(c.Do(ask::Pause("first_contact", "")), IsRefusedBy("C-pause"));
  const CaseVerdict never = c.Do(ask::Pause("triage", "resident_away"));
  EXPECT_THAT(never, IsRefusedBy("C-pause"));
  EXPECT_EQ(Refused(never).clause(), "Tests 1");
  EXPECT_THAT(c.Do(ask::Pause("no_such", "resident_away")), IsRefusedBy("C-clock"));
}

TEST(Hold, NeverAfterTheDueTimeHasComeAlsoIfItsTimerHasNotFired) {
  ACase c = Reported();
  const v1::CaseState before = c.state();
  const v1::Actor mo = Mo();
  CaseContext context = c.Context(mo);
  context.now = c.Due("first_contact") + absl::Microseconds(1);
  const auto then = [&](v1::Command command) { return ask::Then(At("2026-11-24T10:00:00Z"), std::move(command)); };

  EXPECT_THAT(Decide(&before, then(Pause()), context), IsRefusedBy("C-clock"));
  EXPECT_THAT(Decide(&before, then(ask::Extend("first_contact", "1 working_day", "complex")), context),
              IsRefusedBy("C-extend"));
  EXPECT_THAT(Decide(&before, then(ask::Cease("first_contact", "in_error")), context), IsRefusedBy("C-clock"));

  context.now = c.Due("first_contact");  // at one instant facts come before timers
  EXPECT_THAT(Decide(&before, then(Pause()), context), IsAccepted());
}

TEST(Hold, TheSameTimeIsHeldOnce) {
  ACase c = Reported();
  c.At("2026-11-24T10:00:00Z").Does(Pause()).At("2026-11-26T10:00:00Z").Does(Resume());
  EXPECT_THAT(c.Do(ask::Then(At("2026-11-25T10:00:00Z"), Pause())), IsRefusedBy("C-clock"));
  EXPECT_THAT(c.Do(ask::Then(At("2026-11-26T10:00:00Z"), Pause())), IsAccepted());
}

TEST(Hold, LimitOfPauses) {
  ACase c = Reported();
  c.Does(ask::Pause("long", "court"));
  for (int i = 1; i < kHoldsMax; ++i)
    c.After(absl::Minutes(1)).Does(ask::Resume("long")).Does(ask::Pause("long", "court"));
  c.After(absl::Minutes(1)).Does(ask::Resume("long"));
  ASSERT_EQ(c.clock("long")->holds_size(), kHoldsMax);
  EXPECT_THAT(c.Do(ask::Pause("long", "court")), IsRefusedBy("C-limit"));
}

TEST(Hold, ResumedOnlyIfHeldAndNotBeforeIt) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(Resume()), IsRefusedBy("C-clock"));
  c.At("2026-11-24T10:00:00Z").Does(Pause()).At("2026-11-25T10:00:00Z");
  EXPECT_THAT(c.Do(ask::Then(At("2026-11-24T09:59:59Z"), Resume())), IsRefusedBy("C-clock"));
}

// ---------------------------------------------------------------------------------------------- extending, ceasing

TEST(Extension, OnceBeforeDueAndNotBeyondTheCeiling) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Extend("first_contact", "3 working_days", "complex")), IsRefusedBy("C-extend"));
  EXPECT_THAT(c.Do(ask::Extend("first_contact", "2 days", "complex")), IsRefusedBy("C-extend"));
  EXPECT_THAT(c.Do(ask::Extend("first_contact", "2 working_days", "busy")), IsRefusedBy("C-extend"));
  EXPECT_THAT(c.Do(ask::Extend("triage", "2 working_days", "complex")), IsRefusedBy("C-extend"));
  c.Does(ask::Extend("first_contact", "2 working_days", "complex"));
  EXPECT_EQ(c.Due("first_contact"), At("2026-12-03T00:00:00Z"));
  EXPECT_THAT(c.Do(ask::Extend("first_contact", "1 working_day", "complex")), IsRefusedBy("C-extend")) << "once";

  ACase late = Reported();
  late.At("2026-12-01T00:00:00Z");
  EXPECT_THAT(late.Do(ask::Extend("first_contact", "1 working_day", "complex")), IsRefusedBy("C-extend"))
      << "before due";
}

TEST(Cease, OnlyForAListedReason) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Cease("first_contact", "tired")), IsRefusedBy("C-cease"));
  EXPECT_THAT(c.Do(ask::Cease("triage", "in_error")), IsRefusedBy("C-cease"));
  c.Does(ask::Cease("first_contact", "in_error"));
  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_CEASED);
  EXPECT_THAT(c.Do(ask::Cease("first_contact", "in_error")), IsRefusedBy("C-clock"));
}

TEST(Cease, NeverAfterABreach) {
  ACase c = Reported();
  c.At("2026-12-01T00:00:01Z");
  EXPECT_THAT(c.Do(ask::Cease("first_contact", "in_error")), IsRefusedBy("C-clock"));
}

}  // namespace
}  // namespace caseward::test

// Clocks through Decide: what starts, stops, breaches, repeats and re-dates them, to the microsecond.
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

using State = v1::ClockState;

v1::Command Aware(const std::string& aware_at, const std::string& type = "noise") {
  v1::Command report = ask::Report(type);
  SetTimestamp(At(aware_at), report.mutable_report_case()->mutable_aware_at());
  return report;
}

// ---------------------------------------------------------------------------------------------- the vectors of domain
// §12

struct Vector {
  const char* name;
  const char* at;
  v1::Priority priority;  // P1 1, P2 3, P3 5 working days
  const char* due;
};

TEST(FirstContact, R_81_3_GoldenVectors) {
  const Vector vectors[] = {
      {"plain week", "2026-11-23T10:00:00Z", kP1, "2026-11-25T00:00:00Z"},
      {"plain, 5 working days", "2026-11-23T10:00:00Z", kP3, "2026-12-01T00:00:00Z"},
      {"Friday 16:59 P1", "2026-11-20T16:59:00Z", kP1, "2026-11-24T00:00:00Z"},
      {"Saturday trigger", "2026-11-21T12:00:00Z", kP1, "2026-11-24T00:00:00Z"},
      {"Christmas 2026, 5 working days", "2026-12-21T09:00:00Z", kP3, "2026-12-31T00:00:00Z"},
      {"Christmas Eve", "2026-12-24T15:00:00Z", kP1, "2026-12-30T00:00:00Z"},
      {"Maundy Thursday", "2026-04-02T16:00:00Z", kP1, "2026-04-07T23:00:00Z"},
      {"23:30Z is the next local day", "2026-06-30T23:30:00Z", kP1, "2026-07-02T23:00:00Z"},
      {"just before local midnight", "2026-06-30T22:59:59Z", kP1, "2026-07-01T23:00:00Z"},
      {"exactly at local midnight", "2026-11-24T00:00:00Z", kP1, "2026-11-26T00:00:00Z"},
      {"leap day", "2028-02-28T10:00:00Z", kP1, "2028-03-01T00:00:00Z"},
  };
  for (const Vector& vector : vectors) {
    ACase c;
    c.At(vector.at).Reported("noise", vector.priority);
    EXPECT_EQ(FormatInstant(c.Due("first_contact")), vector.due) << vector.name;
  }
}

TEST(FirstContact, R_81_1_TwentyFourHoursAreElapsed) {
  for (const auto& [at, due] : {std::pair{"2026-03-28T15:00:00Z", "2026-03-29T15:00:00Z"},
                                std::pair{"2026-12-24T18:00:00Z", "2026-12-25T18:00:00Z"}}) {
    v1::Command report = ask::Report("hate");
    report.mutable_report_case()->set_threat_to_life(true);
    ACase c;
    c.At(at).Does(report);
    EXPECT_EQ(FormatInstant(c.Due("life")), due);
  }
}

TEST(FirstContact, R_81_1_MonthsEndOnAWorkingDay) {
  const std::pair<const char*, const char*> vectors[] = {{"2026-09-03T09:00:00Z", "2026-10-05T23:00:00Z"},
                                                         {"2027-01-31T09:00:00Z", "2027-03-02T00:00:00Z"},
                                                         {"2026-11-21T09:00:00Z", "2026-12-22T00:00:00Z"}};
  for (const auto& [at, due] : vectors) {
    ACase c;
    c.At(at).Reported().Does(ask::Step("request"));
    EXPECT_EQ(FormatInstant(c.Due("request")), due);
  }
}

TEST(FirstContact, R_08_1_RunsFromTheMomentAnyoneKnew) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Does(Aware("2026-11-20T16:59:00Z"));

  EXPECT_EQ(c.Due("first_contact"), At("2026-11-28T00:00:00Z"));
  EXPECT_EQ(ToTime(c.clock("first_contact")->started_at()), At("2026-11-20T16:59:00Z"));
}

// ---------------------------------------------------------------------------------------------- stopping

TEST(ClockStop, R_81_MetOneMicrosecondBeforeDueAndBreachedAtIt) {
  ACase in_time;
  in_time.At("2026-11-23T10:00:00Z").Reported();
  in_time.At(At("2026-12-01T00:00:00Z") - kTick).Does(ask::Contact());
  EXPECT_EQ(in_time.StatusOf("first_contact"), State::STATUS_MET);

  ACase late;
  late.At("2026-11-23T10:00:00Z").Reported().At("2026-12-01T00:00:00Z");
  EXPECT_THAT(late.Do(ask::Contact()), GivesA("clock_breached"));
  EXPECT_EQ(late.StatusOf("first_contact"), State::STATUS_MET_LATE);
  EXPECT_FALSE(late.clock("first_contact")->evidence_in_time());
}

TEST(ClockStop, L8_AtOneInstantFactsComeBeforeTimers) {
  // Recorded at the very due time, about a moment before it.
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().At("2026-12-01T00:00:00Z");
  c.Does(ask::Then(At("2026-11-30T15:00:00Z"), ask::Contact()));

  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_MET);
}

TEST(ClockStop, L8_EvidenceThatComesAfterTheBreachDoesNotUndoIt) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().At("2026-12-02T09:00:00Z");
  ASSERT_EQ(c.StatusOf("first_contact"), State::STATUS_BREACHED);

  c.Does(ask::Then(At("2026-11-30T15:00:00Z"), ask::Contact()));

  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_MET_LATE);
  EXPECT_TRUE(c.clock("first_contact")->evidence_in_time());
  EXPECT_EQ(ToTime(c.clock("first_contact")->breached_at()), At("2026-12-01T00:00:00Z"));
  EXPECT_EQ(c.clock("first_contact")->rounds_breached(), 1U);
  EXPECT_EQ(c.clock("first_contact")->rounds_met(), 0U);
}

// The service was down over the due time: the command comes before the timer, and finds the same as if it had fired.
TEST(ClockStop, L8_AnUnseenBreachIsABreachFirst) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  const v1::CaseState before = c.state();
  v1::Command contact = ask::Then(At("2026-11-30T15:00:00Z"), ask::Contact());
  const v1::Actor mo = Mo();
  CaseContext context = c.Context(mo);
  context.now = At("2026-12-02T09:00:00Z");

  const CaseVerdict verdict = Decide(&before, contact, context);

  const v1::ClockState* clock = FindClock(*Accepted(verdict).after, "first_contact");
  EXPECT_EQ(clock->status(), State::STATUS_MET_LATE);
  EXPECT_TRUE(clock->evidence_in_time());
  EXPECT_EQ(ToTime(clock->detected_at()), context.now);
}

TEST(ClockStop, AnActFromBeforeTheClockBeganIsNotItsEvidence) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().After(absl::Hours(1)).Assessed();
  ASSERT_EQ(c.StatusOf("risk"), State::STATUS_MET);
  c.After(absl::Hours(24)).Does(ask::Step("further_report"));

  c.Does(ask::Then(At("2026-11-23T12:00:00Z"), ask::Step("risk", {{"band", ask::Code("high")}})));

  EXPECT_EQ(c.StatusOf("risk"), State::STATUS_RUNNING);
}

TEST(ClockStop, ATimeInTheFutureIsNoEvidence) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  c.Does(ask::Step("booking", {{"by", ask::Time(At("2026-11-25T12:00:00Z"))}})).After(absl::Hours(1));

  // Said to have been held next week: counts as now.
  c.Does(ask::Step("visit", {{"held_at", ask::Time(At("2026-12-24T12:00:00Z"))}}));

  EXPECT_EQ(c.StatusOf("visit"), State::STATUS_MET);
  EXPECT_EQ(ToTime(c.clock("visit")->stopped_at()), At("2026-11-23T11:00:00Z"));
}

TEST(ClockStop, TheFieldNamedBySaysWhenItWasStopped) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  c.Does(ask::Step("booking", {{"by", ask::Time(At("2026-11-25T12:00:00Z"))}})).At("2026-11-24T10:00:00Z");
  c.Does(ask::Step("visit", {{"held_at", ask::Time(At("2026-11-23T17:00:00Z"))}}));

  EXPECT_EQ(ToTime(c.clock("visit")->stopped_at()), At("2026-11-23T17:00:00Z"));
}

// ---------------------------------------------------------------------------------------------- warning, breach,
// escalation

TEST(ClockFires, WarnsThenBreachesAndEscalates) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate");
  ASSERT_EQ(c.Due("first_contact"), At("2026-11-25T00:00:00Z"));
  const absl::Time warn = ToTime(c.clock("first_contact")->warn_at());

  c.rehearsal().AdvanceTo(warn - kTick);
  EXPECT_EQ(c.Count("clock_warned"), 0);
  c.rehearsal().AdvanceTo(warn);
  EXPECT_EQ(c.Count("clock_warned"), 1);
  EXPECT_EQ(c.Last("case_escalated").case_escalated().to_role(), "team_manager");
  EXPECT_EQ(c.Last("case_escalated").case_escalated().reason_code(), "clock_warned");

  c.Until("2026-11-25T00:00:00Z");
  const v1::Event& breach = c.Last("clock_breached");
  EXPECT_TRUE(breach.derived());
  EXPECT_EQ(breach.clock_breached().clock(), "first_contact");
  EXPECT_EQ(ToTime(breach.occurred_at()), At("2026-11-25T00:00:00Z"));
  EXPECT_EQ(breach.because(), "first_contact");
  EXPECT_EQ(breach.clause(), "Tests 1");
  // Both of one action, and the second because the case is P1.
  EXPECT_EQ(c.Last("alert_raised").alert_raised().alert(), "contact_missed");
  EXPECT_EQ(c.Last("alert_raised").alert_raised().to_role(), "director");
  EXPECT_EQ(c.Last("case_escalated").case_escalated().to_role(), "director");
  EXPECT_EQ(c.Count("case_escalated"), 3);
}

TEST(ClockFires, L8_ExactlyOncePerDueTime) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Until("2026-12-01T00:00:00Z").Until("2026-12-10T00:00:00Z");

  int breaches = 0;
  for (const auto& event : c.history())
    breaches += event->has_clock_breached() && event->clock_breached().clock() == "first_contact" ? 1 : 0;
  EXPECT_EQ(breaches, 1);
  const absl::Time due = c.Due("first_contact");
  EXPECT_THAT(c.Do(ask::Fire("first_contact", v1::FireClock::EDGE_BREACH, due), SystemActor()), IsRefusedBy("C-timer"));
}

TEST(ClockFires, ATimerOfAnotherDueTimeIsRefused) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  const absl::Time due = c.Due("first_contact");
  c.At(due);

  EXPECT_THAT(c.Do(ask::Fire("first_contact", v1::FireClock::EDGE_BREACH, due - kTick), SystemActor()),
              IsRefusedBy("C-timer"));
  EXPECT_THAT(c.Do(ask::Fire("first_contact", v1::FireClock::EDGE_UNSPECIFIED, due), SystemActor()),
              IsRefusedBy("C-timer"));
  EXPECT_THAT(c.Do(ask::Fire("triage", v1::FireClock::EDGE_WARN, absl::UnixEpoch()), SystemActor()),
              IsRefusedBy("C-timer"));
  EXPECT_THAT(c.Do(ask::Fire("no_such", v1::FireClock::EDGE_BREACH, due), SystemActor()), IsRefusedBy("C-timer"));
  EXPECT_THAT(c.Do(ask::Fire("first_contact", v1::FireClock::EDGE_BREACH, due), SystemActor()), IsAccepted());
}

TEST(ClockFires, BeforeItsDueTimeIsRefused) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  EXPECT_THAT(c.Do(ask::Fire("first_contact", v1::FireClock::EDGE_BREACH, c.Due("first_contact")), SystemActor()),
              IsRefusedBy("C-timer"));
}

// ---------------------------------------------------------------------------------------------- priority and triggers

TEST(ClockRedate, R_10_3_P2ToP1OnDayThreeGivesTheEarlierOfTheTwo) {
  // P2: 3 working days from Mon 23 Nov is Thu 26 Nov. P1 from Wed 25 Nov is Thu 26 Nov as well: no time is given back.
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("noise", kP2).Triaged();
  c.At("2026-11-25T10:00:00Z").Does(ask::ChangePriority(kP1));
  EXPECT_EQ(c.Due("first_contact"), At("2026-11-27T00:00:00Z"));

  // On the day after, the new one is tighter: Tue 24 + 1.
  ACase earlier;
  earlier.At("2026-11-23T10:00:00Z").Reported("noise", kP2).At("2026-11-24T10:00:00Z");
  EXPECT_THAT(earlier.Do(ask::ChangePriority(kP1)), GivesA("clock_superseded"));
  EXPECT_EQ(earlier.Due("first_contact"), At("2026-11-26T00:00:00Z"));
  EXPECT_EQ(ToTime(earlier.clock("first_contact")->counted_from()), At("2026-11-24T10:00:00Z"));
}

TEST(ClockRedate, R_10_3_LoweringNeverLoosens) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("noise", kP2).Triaged().Owned("mo");
  c.Does(ask::Grant("priority_lowering"), Ruth()).At("2026-11-23T11:00:00Z");
  const absl::Time due = c.Due("first_contact");
  c.Does(ask::ChangePriority(kP3));

  EXPECT_EQ(c.state().priority(), kP3);
  EXPECT_EQ(c.Due("first_contact"), due);
}

TEST(ClockRedate, LoweringDoesNotTakeBackAnExtension) {
  auto source = FullPackSource();
  *source.mutable_clocks(0)->mutable_extension_at_most() = SpanOf("10 working_days");
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise", kP2).Triaged().Owned("mo");
  c.Does(ask::Extend("first_contact", "10 working_days", "complex"));
  ASSERT_EQ(c.Due("first_contact"), At("2026-12-11T00:00:00Z"));

  c.Does(ask::Grant("priority_lowering"), Ruth()).Does(ask::ChangePriority(kP3));

  EXPECT_EQ(c.Due("first_contact"), At("2026-12-11T00:00:00Z"));
}

TEST(ClockRedate, R_10_3_RaisedWhilePausedTightensWhatIsLeft) {
  // P3, 5 working days from Mon 23 Nov: Mon 30 Nov. Paused on Tue, raised to P1 on Wed, resumed on Fri.
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged();
  c.At("2026-11-24T10:00:00Z").Does(ask::Pause("first_contact", "resident_away"));
  c.At("2026-11-25T10:00:00Z").Does(ask::ChangePriority(kP1));
  ASSERT_EQ(c.StatusOf("first_contact"), State::STATUS_PAUSED);
  EXPECT_EQ(c.clock("first_contact")->reason_code(), "resident_away");

  c.At("2026-11-27T10:00:00Z").Does(ask::Resume("first_contact"));

  // Thu 26 Nov, held for Thursday and Friday.
  EXPECT_EQ(c.Due("first_contact"), At("2026-12-01T00:00:00Z"));
  EXPECT_EQ(c.clock("first_contact")->holds_size(), 2);
}

TEST(ClockRedate, AFlagThatADurationHangsOnTightens) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().At("2026-11-24T10:00:00Z");
  ASSERT_EQ(c.Due("risk"), At("2026-12-01T00:00:00Z"));
  auto source = FullPackSource();
  source.mutable_clocks(6)->clear_supersedes();  // risk_after
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok());
  ACase other(**pack);
  other.At("2026-11-23T10:00:00Z").Reported().Triaged().At("2026-11-24T10:00:00Z");
  other.Does(ask::Step("incident", {{"weapon", ask::Flag(true)}}));

  EXPECT_EQ(other.Due("risk"), At("2026-11-26T00:00:00Z"));
}

TEST(ClockStart, TwoTriggersInTheSameSecondAreOneClock) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged();
  c.Does(ask::Step("further_report")).Does(ask::Step("further_report"));

  EXPECT_EQ(c.Due("risk"), At("2026-12-01T00:00:00Z"));
  EXPECT_EQ(c.clock("risk")->round(), 1U);
  EXPECT_EQ(c.Count("clock_superseded"), 0);
}

TEST(ClockStart, ALaterTriggerNeverLoosens) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().At("2026-11-26T10:00:00Z").Does(ask::Step("further_report"));
  EXPECT_EQ(c.Due("risk"), At("2026-12-01T00:00:00Z"));
}

TEST(ClockStart, SupersedesAnother) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().At("2026-11-24T10:00:00Z").Does(ask::Step("incident"));

  EXPECT_EQ(c.StatusOf("risk"), State::STATUS_CEASED);
  EXPECT_EQ(c.clock("risk")->reason_code(), "superseded");
  EXPECT_EQ(c.Due("risk_after"), At("2026-11-26T00:00:00Z"));
  EXPECT_EQ(c.Last("clock_superseded").clock_superseded().by_clock(), "risk_after");
}

TEST(ClockStart, SupersedingDoesNotHideABreach) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().At("2026-12-02T10:00:00Z");
  ASSERT_EQ(c.StatusOf("risk"), State::STATUS_BREACHED);
  c.Does(ask::Step("incident"));
  EXPECT_EQ(c.StatusOf("risk"), State::STATUS_BREACHED);
}

TEST(ClockStart, ChainsFromTheActualEndOfAnother) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().At("2026-11-25T10:00:00Z");
  c.Does(ask::Then(At("2026-11-24T10:00:00Z"), ask::Contact()));

  // Two days from when the contact was, not from when it was recorded.
  EXPECT_EQ(c.Due("plan"), At("2026-11-27T00:00:00Z"));
}

TEST(ClockStart, DueTimesComeFromTheRecord) {
  ACase c;
  v1::Command report = ask::Report();
  SetTimestamp(At("2026-11-25T12:34:56Z"), report.mutable_report_case()->mutable_respond_by());
  c.At("2026-11-23T10:00:00Z").Does(report).Triaged();
  EXPECT_EQ(c.Due("answer"), At("2026-11-25T12:34:56Z"));
  EXPECT_FALSE(c.clock("answer")->has_within());

  c.Does(ask::Step("booking", {{"by", ask::Time(At("2026-11-26T08:00:00Z"))}}));
  EXPECT_EQ(c.Due("visit"), At("2026-11-26T08:00:00Z")) << "a field that the policy declares";

  // Recurring: the update that stops it names the next due time.
  EXPECT_EQ(c.Due("update"), At("2026-12-08T00:00:00Z"));
  c.Does(ask::Update(At("2026-11-30T17:00:00Z")));
  EXPECT_EQ(c.Due("update"), At("2026-11-30T17:00:00Z"));
  EXPECT_EQ(c.clock("update")->round(), 2U);
}

TEST(ClockStart, ATriggerMayTestATimeAgainstNow) {
  auto source = FullPackSource();
  v1::Clock& soon = *source.add_clocks();
  soon.set_id("soon");
  soon.set_clause("9");
  soon.set_provenance(v1::PROVENANCE_OURS);
  v1::EventMatch& on = *soon.add_starts_on()->mutable_on();
  on.set_event("action_added");
  v1::FieldTest& due = *on.add_where();
  due.set_field("due");
  due.mutable_within()->set_amount(2);
  due.mutable_within()->set_unit(v1::TIME_UNIT_DAY);
  soon.add_stops_on()->mutable_on()->set_event("action_completed");
  *soon.add_within()->mutable_span() = due.within();
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported();

  c.Does(ask::AddAction("later", At("2026-11-27T12:00:00Z")));
  EXPECT_EQ(c.clock("soon"), nullptr);
  c.Does(ask::AddAction("tomorrow", At("2026-11-24T12:00:00Z")));
  EXPECT_EQ(c.StatusOf("soon"), State::STATUS_RUNNING);
}

TEST(ClockStart, OneForEachActionAndPromise) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  c.Does(ask::Plan({{"letter", At("2026-11-25T12:00:00Z")}, {"", At("2026-11-26T12:00:00Z")}}));
  c.Does(ask::Promise("camera", At("2026-11-27T12:00:00Z")));
  v1::Command own = ask::AddAction("diary", At("2026-11-27T12:00:00Z"));
  own.mutable_add_action()->set_resident_task(true);
  c.Does(own);

  EXPECT_EQ(c.Due("action_due/letter"), At("2026-11-25T12:00:00Z"));
  EXPECT_EQ(c.Due("action_due/a2"), At("2026-11-26T12:00:00Z"));
  EXPECT_EQ(c.Due("promise_due/camera"), At("2026-11-27T12:00:00Z"));
  EXPECT_EQ(c.clock("action_due/diary"), nullptr) << "the resident's own task has no clock (R-16.5)";

  c.Does(ask::CompleteAction("letter")).Does(ask::CancelAction("a2")).Does(ask::KeepPromise("camera"));
  EXPECT_EQ(c.StatusOf("action_due/letter"), State::STATUS_MET);
  EXPECT_EQ(c.StatusOf("action_due/a2"), State::STATUS_CEASED);
  EXPECT_EQ(c.StatusOf("promise_due/camera"), State::STATUS_MET);
}

}  // namespace
}  // namespace caseward::test

// Bounds, each at it and one past it (law L10), and what may be claimed about time (law L6).
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

// A pack without clocks, so that only facts count.
const CompiledPack& NoClocks() {
  static const CompiledPack& pack = *[] {
    v1::Pack source = FullPackSource();
    source.clear_clocks();
    source.clear_flags();
    source.clear_priorities();
    source.clear_alerts();
    source.clear_emergency_bases();  // they need a clock for their review
    for (v1::SignOffType& type : *source.mutable_sign_offs()) {
      for (v1::Signer& signer : *type.mutable_signers()) {
        if (signer.when().has_flag()) signer.clear_when();
      }
    }
    auto compiled = CompiledPack::Compile(source);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return std::move(compiled)->release();  // lives for ever
  }();
  return pack;
}

v1::Command PlanOf(int actions) {
  v1::Command plan = ask::Plan();
  for (int i = 0; i < actions; ++i)
    SetTimestamp(At("2026-12-01T10:00:00Z"), plan.mutable_agree_plan()->add_actions()->mutable_due());
  return plan;
}

TEST(Limits, ActionsMax) {
  ACase c(NoClocks());
  c.At("2026-11-23T10:00:00Z").Reported();
  c.Does(PlanOf(500)).Does(PlanOf(499));
  c.Does(ask::Promise("", At("2026-12-01T10:00:00Z")));
  ASSERT_EQ(c.state().actions_size(), kActionsMax);
  EXPECT_THAT(c.Do(ask::AddAction("", At("2026-12-01T10:00:00Z"))), IsRefusedBy("C-limit"));
  EXPECT_THAT(c.Do(ask::Promise("", At("2026-12-01T10:00:00Z"))), IsRefusedBy("C-limit"));
}

TEST(Limits, ActionsMaxCountsThoseOfThePlanItself) {
  ACase c(NoClocks());
  c.At("2026-11-23T10:00:00Z").Reported().Does(PlanOf(500)).Does(PlanOf(400));
  EXPECT_THAT(c.Do(PlanOf(101)), IsRefusedBy("C-limit"));
  EXPECT_THAT(c.Do(PlanOf(100)), IsAccepted());
}

TEST(Limits, EventsPerDecisionMax) {
  ACase c(NoClocks());
  c.At("2026-11-23T10:00:00Z").Reported();
  const CaseVerdict too_many = c.Do(PlanOf(kEventsPerDecisionMax));
  EXPECT_THAT(too_many, IsRefusedBy("C-limit"));
  const CaseVerdict just = c.Do(PlanOf(kEventsPerDecisionMax - 1));
  EXPECT_EQ(Accepted(just).events.size(), static_cast<size_t>(kEventsPerDecisionMax));
}

// A policy whose flags chase each other cannot run for ever.
TEST(Limits, APolicyThatRunsInCirclesIsStopped) {
  v1::Pack source = FullPackSource();
  v1::FlagType& flag = *source.mutable_flags(2);  // exhausted
  flag.clear_set_on();
  flag.clear_clear_on();
  flag.add_set_on()->mutable_on()->set_event("contact_attempted");
  flag.add_set_on()->mutable_on()->set_event("flag_cleared");
  flag.add_clear_on()->mutable_on()->set_event("flag_set");
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported();
  EXPECT_THAT(c.Do(ask::Contact(v1::RecordContact::OUTCOME_NO_ANSWER)), IsRefusedBy("C-limit"));
}

// The same circle, set off by a clock: the breach stands alone (law L8).
TEST(Limits, L8_ABreachStandsAlsoThen) {
  v1::Pack source = FullPackSource();
  v1::FlagType& flag = *source.mutable_flags(2);
  flag.clear_set_on();
  flag.clear_clear_on();
  flag.add_set_on()->mutable_on()->set_event("clock_breached");
  flag.add_set_on()->mutable_on()->set_event("flag_cleared");
  flag.add_clear_on()->mutable_on()->set_event("flag_set");
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported().Until("2026-11-23T14:00:00Z");
  EXPECT_EQ(c.StatusOf("triage"), v1::ClockState::STATUS_BREACHED);
  EXPECT_EQ(c.Last("alert_raised").alert_raised().alert(), "C-limit");
}

TEST(Limits, AnAlertOnAnythingIsNotAboutAlerts) {
  v1::Pack source = FullPackSource();
  source.mutable_alerts(2)->mutable_on()->mutable_on()->set_event("any");
  source.mutable_alerts(2)->mutable_on()->mutable_on()->clear_where();
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported();
  EXPECT_THAT(c.Do(ask::Contact()), IsAccepted());
}

v1::Command WithReferences(v1::Command command, int from, int count) {
  for (int i = from; i < from + count; ++i) {
    v1::ExternalReference* reference = command.add_references();
    reference->set_system("d365");
    reference->set_value(std::to_string(i));
  }
  return command;
}

TEST(Limits, ReferencesMax) {
  ACase c = Reported();
  c.Does(WithReferences(ask::Contact(), 0, kReferencesMax - 1));
  EXPECT_THAT(c.Do(WithReferences(ask::Contact(), 100, 2)), IsRefusedBy("C-limit"));
  c.Does(WithReferences(ask::Contact(), 100, 1));
  EXPECT_EQ(c.state().references_size(), kReferencesMax);
  EXPECT_THAT(c.Do(WithReferences(ask::Contact(), 0, 5)), IsAccepted()) << "what the case has already counts once";
}

TEST(References, EachIsAddedAndClaimedOnce) {
  ACase c;
  c.At("2026-11-23T10:00:00Z");
  v1::Command report = WithReferences(WithReferences(ask::Report(), 7, 1), 7, 2);
  const CaseVerdict verdict = c.Do(report, Cleo());
  EXPECT_EQ(c.state().references_size(), 2);
  ASSERT_EQ(Accepted(verdict).sends.size(), 2U);
  EXPECT_TRUE(Accepted(verdict).sends[0].to_case_id.empty());
  EXPECT_EQ(Accepted(verdict).sends[0].command.claim_reference().reference().value(), "7");
  EXPECT_EQ(Accepted(verdict).sends[0].command.claim_reference().claimant_case_id(), "C-00-000000-000000-0");
  EXPECT_TRUE(Accepted(c.Do(WithReferences(ask::Contact(), 7, 1))).sends.empty());
}

TEST(References, AContestShowsOnce) {
  ACase c = Reported();
  c.Does(ask::NoteReferenceClaimed("7", "C-00-000000-000001-1"), SystemActor());
  const uint64_t version = c.state().version();
  c.Does(ask::NoteReferenceClaimed("7", "C-00-000000-000001-1"), SystemActor());
  EXPECT_EQ(c.state().contested_size(), 1);
  EXPECT_EQ(c.state().version(), version) << "derived: the caller's version does not move";
}

TEST(Limits, LinksMax) {
  ACase c = Reported();
  for (int i = 0; i < kLinksMax; ++i)
    c.Does(ask::Link("C-other-" + std::to_string(i)));
  EXPECT_THAT(c.Do(ask::Link("C-other-x")), IsRefusedBy("C-limit"));
  EXPECT_THAT(c.Do(ask::Link("C-other-1")), IsAccepted()) << "it is linked already";
}

// ---------------------------------------------------------------------------------------------- time

TEST(L6, OccurredAtIsNeverInTheFuture) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Then(c.now() + kTick, ask::Contact())), IsRefusedBy("C-future"));
  EXPECT_THAT(c.Do(ask::Then(c.now(), ask::Contact())), IsAccepted());
}

TEST(L6, BackdateMax) {
  ACase at;
  at.At("2026-11-23T10:00:00Z");
  EXPECT_THAT(at.Do(ask::Then(at.now() - kBackdateMax - kTick, ask::Report()), Cleo()), IsRefusedBy("C-backdate"));
  EXPECT_THAT(at.Do(ask::Then(at.now() - kBackdateMax, ask::Report()), Cleo()), IsAccepted());
}

TEST(L6, AwarenessIsBoundedTheSameWay) {
  const auto report = [](absl::Time aware) {
    v1::Command command = ask::Report();
    SetTimestamp(aware, command.mutable_report_case()->mutable_aware_at());
    return command;
  };
  ACase c;
  c.At("2026-11-23T10:00:00Z");
  EXPECT_THAT(c.Do(report(c.now() + kTick), Cleo()), IsRefusedBy("C-aware"));
  EXPECT_THAT(c.Do(report(c.now() - kBackdateMax - kTick), Cleo()), IsRefusedBy("C-backdate"));
  EXPECT_THAT(c.Do(report(c.now() - kBackdateMax), Cleo()), IsAccepted());
}

TEST(L6, NothingHappenedBeforeTheCase) {
  v1::Command report = ask::Report();
  SetTimestamp(At("2026-11-20T10:00:00Z"), report.mutable_report_case()->mutable_aware_at());
  ACase c;
  c.At("2026-11-23T10:00:00Z").Does(report);
  EXPECT_THAT(c.Do(ask::Then(At("2026-11-20T10:00:00Z") - kTick, ask::Contact())), IsRefusedBy("C-backdate"));
  EXPECT_THAT(c.Do(ask::Then(At("2026-11-20T10:00:00Z"), ask::Contact())), IsAccepted()) << "since anyone knew";
}

TEST(L6, ACorrectedTimeIsNeverInTheFuture) {
  ACase c = Reported();
  v1::Command correct = ask::Correct(1);
  SetTimestamp(c.now() + kTick, correct.mutable_correct_fact()->mutable_occurred_at());
  EXPECT_THAT(c.Do(correct), IsRefusedBy("C-future"));
}

TEST(Versions, ExpectedVersionIsTheNumberOfFacts) {
  ACase c = Reported();
  c.Triaged();
  EXPECT_EQ(c.state().version(), 2U) << "clocks are derived and do not count";
  v1::Command contact = ask::Contact();
  contact.set_expected_version(1);
  EXPECT_THAT(c.Do(contact), IsRefusedBy("C-version"));
  contact.set_expected_version(2);
  c.Does(contact);
  EXPECT_EQ(c.state().version(), 3U);

  c.Until("2026-12-10T00:00:00Z");
  EXPECT_EQ(c.state().version(), 3U) << "nor do breaches";

  ACase fresh;
  fresh.At("2026-11-23T10:00:00Z");
  v1::Command report = ask::Report();
  report.set_expected_version(1);
  EXPECT_THAT(fresh.Do(report, Cleo()), IsRefusedBy("C-version"));
  report.set_expected_version(0);
  EXPECT_THAT(fresh.Do(report, Cleo()), IsAccepted());
}

}  // namespace
}  // namespace caseward::test

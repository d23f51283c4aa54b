// A case under import: its own time, and what the rules refuse is kept as history (design §5).
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

using State = v1::ClockState;

ACase Importing() {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Imported();
  return c;
}

TEST(Import, WhatTheRulesRefuseIsKeptBesideTheRefusal) {
  ACase c = Importing();
  const uint64_t version = c.state().version();

  // Closing was proposed, though nobody had assessed the risk.
  const CaseVerdict verdict = c.Do(ask::ProposeClosure());

  EXPECT_THAT(verdict, IsAccepted());
  const v1::HistoricalFact& fact = Accepted(verdict).events.front().historical_fact();
  EXPECT_EQ(fact.refusal().rule(), "T-1");
  ASSERT_EQ(fact.would_be_size(), 1);
  EXPECT_TRUE(fact.would_be(0).has_closure_proposed());
  EXPECT_EQ(c.state().version(), version + 1) << "it is a fact";
  EXPECT_EQ(c.state().phase(), v1::PHASE_OPEN) << "and changes no phase";
  EXPECT_EQ(c.StatusOf("response"), State::STATUS_RUNNING) << "but starts clocks";
}

TEST(Import, ARefusedFactStopsClocks) {
  ACase c = Importing();
  c.Does(ask::ProposeClosure()).After(absl::Hours(24));
  ASSERT_EQ(c.StatusOf("response"), State::STATUS_RUNNING);
  // Recorded by somebody who, by rule T-3, may not: kept, and its clock stops.
  c.Does(ask::Step("further_report"));
  ASSERT_EQ(c.StatusOf("risk"), State::STATUS_RUNNING);
  const CaseVerdict verdict = c.Do(ask::Step("risk", {{"band", ask::Code("low")}, {"score", ask::Number(22)}}));
  EXPECT_EQ(Accepted(verdict).events.front().historical_fact().refusal().rule(), "T-3");
  EXPECT_EQ(c.StatusOf("risk"), State::STATUS_MET);
  EXPECT_EQ(c.state().steps_size(), 1) << "further_report: what was refused is not the case's assessment";
}

TEST(Import, ARefusedClosingClosesNothingAndEndsNoOtherClock) {
  ACase c = Importing();
  c.Does(ask::Close());
  EXPECT_EQ(c.state().phase(), v1::PHASE_OPEN);
  EXPECT_EQ(c.StatusOf("first_contact"), State::STATUS_RUNNING);
  EXPECT_EQ(c.StatusOf("long"), State::STATUS_MET) << "stopped by case_closed, as the policy says";
  EXPECT_EQ(c.StatusOf("after_close"), State::STATUS_RUNNING);
}

TEST(Import, WhatCameAfterClosingIsKeptWithWhatItWouldHaveGiven) {
  ACase c = Importing();
  c.Does(ask::Withdraw(), Tess()).After(absl::Hours(1));
  const CaseVerdict verdict = c.Do(ask::Contact());
  const v1::HistoricalFact& fact = Accepted(verdict).events.front().historical_fact();
  EXPECT_EQ(fact.refusal().rule(), "C-closed");
  ASSERT_EQ(fact.would_be_size(), 1);
  EXPECT_TRUE(fact.would_be(0).has_contact_made());
  EXPECT_EQ(c.state().contacts_made(), 0U);
}

TEST(Import, TheMalformedIsRefusedAsEver) {
  ACase c = Importing();
  EXPECT_THAT(c.Do(ask::Step("no_such_step")), IsRefusedBy("C-step"));
  EXPECT_THAT(c.Do(ask::Step("risk")), IsRefusedBy("C-field"));
}

TEST(Import, AnOldVersionOrALimitIsNoHistory) {
  ACase c = Importing();
  v1::Command command = ask::Contact();
  command.set_expected_version(99);
  EXPECT_THAT(c.Do(command), IsRefusedBy("C-version"));
  v1::Command many = ask::Contact();
  for (int i = 0; i <= kReferencesMax; ++i) {
    many.add_references()->set_system("d365");
    many.mutable_references(i)->set_value(std::to_string(i));
  }
  EXPECT_THAT(c.Do(many), IsRefusedBy("C-limit"));
}

TEST(Import, OtherCommandsWaitUntilItIsFinished) {
  ACase c = Importing();
  EXPECT_THAT(c.rehearsal().Submit(ask::Contact(), Mo(), c.now()), IsRefusedBy("C-importing"));
  c.Does(ask::FinishImport(c.now()));
  EXPECT_FALSE(c.state().importing());
  c.Does(ask::Contact());
  v1::Command late = ask::Contact();
  late.set_importing(true);
  EXPECT_THAT(c.Do(late), IsRefusedBy("C-importing"));
}

TEST(Import, AnOldHistoryMayBeOlderThanALiveCaseCouldBe) {
  ACase c;
  c.At("2026-11-23T10:00:00Z");
  v1::Command report = ask::Then(At("2021-03-01T10:00:00Z"), ask::Report());
  EXPECT_THAT(c.Do(report, Cleo()), IsRefusedBy("C-backdate"));
  report.set_importing(true);
  EXPECT_THAT(c.Do(report, Cleo()), IsAccepted());
  EXPECT_EQ(c.Due("first_contact"), At("2021-03-09T00:00:00Z"));
}

TEST(Import, OnlyAnImportedHistorySkipsTriage) {
  ACase live;
  live.At("2026-11-23T10:00:00Z").Reported().Does(ask::History("received"));
  EXPECT_EQ(live.state().phase(), v1::PHASE_REPORTED);
  EXPECT_EQ(Importing().state().phase(), v1::PHASE_OPEN);
}

TEST(Import, AnActivityHasANameOfALength) {
  ACase c = Importing();
  EXPECT_THAT(c.Do(ask::History("")), IsRefusedBy("C-history"));
  EXPECT_THAT(c.Do(ask::History(std::string(128, 'x'))), IsAccepted());
  EXPECT_THAT(c.Do(ask::History(std::string(129, 'x'))), IsRefusedBy("C-history"));
  v1::Command finish = ask::FinishImport(c.now());
  finish.mutable_finish_import()->clear_up_to();
  EXPECT_THAT(c.Do(finish), IsRefusedBy("C-importing"));
}

// The actor of these is the importer, who is neither receiver nor sender.
TEST(Import, WhoTookAHandOverIsTheHistorysWord) {
  ACase c = Importing();
  c.Does(ask::Assign("n1")).Does(ask::HandOver("n2"));

  const CaseVerdict taken = c.Do(ask::AcceptHandover());

  EXPECT_THAT(taken, IsAccepted());
  EXPECT_EQ(Accepted(taken).events.front().handover_accepted().owner(), "n2");
  EXPECT_EQ(c.state().owner(), "n2");
}

TEST(Import, WhoRefusedAHandOverIsTheHistorysWord) {
  ACase c = Importing();
  c.Does(ask::Assign("n1")).Does(ask::HandOver("n2"));

  const CaseVerdict passed_on = c.Do(ask::RejectHandover());

  EXPECT_THAT(passed_on, IsAccepted());
  EXPECT_TRUE(Accepted(passed_on).events.front().has_handover_rejected());
  EXPECT_EQ(c.state().owner(), "n1");
  EXPECT_EQ(c.state().handover_to(), "");
}

TEST(Import, AHandOverThatIsNotUnderWayIsTakenByNobody) {
  ACase c = Importing();
  c.Does(ask::Assign("n1"));
  const CaseVerdict verdict = c.Do(ask::AcceptHandover());
  EXPECT_EQ(Accepted(verdict).events.front().historical_fact().refusal().rule(), "C-handover");
  EXPECT_EQ(c.state().owner(), "n1");
}

// Once the import is over the word is the actor's again.
TEST(Import, AfterItAHandOverIsTakenOnlyByWhoItWasHandedTo) {
  ACase c = Importing();
  c.Does(ask::Assign("n1")).Does(ask::HandOver("n2")).Does(ask::FinishImport(c.now()));
  EXPECT_THAT(c.Do(ask::AcceptHandover()), IsRefusedBy("C-handover"));
  EXPECT_THAT(c.Do(ask::RejectHandover()), IsRefusedBy("C-handover"));
}

}  // namespace
}  // namespace caseward::test

// Closing, signing, lowering: nobody does it alone, nobody signs what they have not seen (R-01, R-02, R-05, R-10,
//
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/cases/explain.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

// Proposed by nia, owned by mo, low risk; answered if said.
ACase Proposed(const std::string& answer = "agrees") {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo").Assessed();
  c.At("2026-11-24T10:00:00Z").Proposed(Nia());
  if (!answer.empty()) c.Answered(answer);
  return c;
}
std::string HashOf(const ACase& c) {
  const v1::Actor nobody;
  const CaseContext context = c.Context(nobody);
  return SignOffHash("closure", Facts{.state = c.state(),
                                      .pack = FullPack(),
                                      .calendar = EnglandAndWales(),
                                      .now = c.now(),
                                      .hasher = &context.hasher});
}

TEST(Closing, R_01_2_OnlyWithACurrentSignature) {
  ACase c = Proposed();
  const CaseVerdict unsigned_close = c.Do(ask::Close());
  EXPECT_THAT(unsigned_close, IsRefusedBy("T-SIGN"));
  EXPECT_THAT(unsigned_close, Misses(Names({"sign_off/closure"})));
  EXPECT_EQ(Refused(unsigned_close).missing(0).by_roles_size(), 3);

  c.Signed();
  EXPECT_THAT(c.Do(ask::Close()), GivesA("case_closed"));
  EXPECT_EQ(c.state().phase(), v1::PHASE_CLOSED);
  EXPECT_EQ(c.Last("case_closed").case_closed().signed_by(), "ruth");
}

TEST(Closing, R_01_2_AnythingSubstantiveAfterItVoidsTheSignature) {
  ACase c = Proposed();
  c.Signed();
  EXPECT_THAT(c.Do(ask::Contact()), GivesA("sign_off_voided"));
  EXPECT_THAT(c.Do(ask::Close()), IsRefusedBy("T-SIGN"));

  // Ready again, so the turnaround clock runs again; the same person may sign again.
  EXPECT_EQ(c.StatusOf("turnaround"), v1::ClockState::STATUS_RUNNING);
  c.Signed().Closed();
}

// Otherwise "sign, take the case over, close" would be closing alone.
TEST(Closing, R_05_1_ASignatureIsVoidOnceTheCaseIsTheSigners) {
  ACase c = Proposed();
  c.Signed().Does(ask::HandOver("ruth"));
  EXPECT_THAT(c.Do(ask::AcceptHandover(), Ruth()), GivesA("sign_off_voided"));
  EXPECT_EQ(c.state().owner(), "ruth");
  EXPECT_THAT(c.Do(ask::Close(), Ruth()), IsRefusedBy("T-SIGN"));
  EXPECT_EQ(c.StatusOf("turnaround"), v1::ClockState::STATUS_RUNNING) << "a signature is waited for again";
  EXPECT_THAT(c.Do(ask::Grant(), Ruth()), testing::Not(IsAccepted())) << "not by the owner";
}

TEST(Closing, ASignatureStandsWhenTheCaseGoesToSomebodyElse) {
  ACase c = Proposed();
  c.Signed().Does(ask::HandOver("nia"));
  c.Do(ask::AcceptHandover(), Nia());
  EXPECT_EQ(c.Count("sign_off_voided"), 0);
  EXPECT_THAT(c.Do(ask::Close(), Nia()), GivesA("case_closed"));
}

TEST(Closing, WhatIsNotSubstantiveVoidsNothing) {
  ACase c = Proposed();
  c.Signed().Does(ask::Escalate("team_manager")).Does(ask::Step("survey")).Closed();
}

TEST(Closing, R_01_2_AnItemThatGoesStaleIsSeenWithoutAnyEvent) {
  auto source = FullPackSource();
  *source.mutable_checklists(0)->mutable_items(0)->mutable_pass()->mutable_last()->mutable_within() =
      SpanOf("2 working_days");
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok());
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo").Assessed().Proposed(Nia()).Answered().Signed();
  EXPECT_THAT(c.At("2026-11-26T10:00:00Z").Do(ask::Close()), IsRefusedBy("T-SIGN"));
}

TEST(Closing, R_01_1_AnIncompleteChecklistCannotBeSigned) {
  ACase c = Proposed("");
  c.Does(ask::AddAction("letter", At("2026-11-30T10:00:00Z")));
  const CaseVerdict verdict = c.Do(ask::Grant(), Ruth());
  EXPECT_THAT(verdict, IsRefusedBy("T-SIGN"));
  EXPECT_THAT(verdict, Misses(Names({"response", "actions_done"})));
}

TEST(Closing, R_01_4_TheSignatureHoldsEveryItemAndTheHashOfWhatWasSigned) {
  ACase c = Proposed();
  const std::string seen = HashOf(c);
  c.Signed();

  const v1::SignOffGranted& granted = c.Last("sign_off_granted").sign_off_granted();
  EXPECT_EQ(granted.hash(), seen);
  ASSERT_EQ(granted.items_size(), 3);
  for (const auto& item : granted.items())
    EXPECT_TRUE(item.passed()) << item.id();
  EXPECT_EQ(granted.by(), "ruth");
  EXPECT_EQ(granted.role(), "regional_manager");
  EXPECT_EQ(granted.tier(), 3U);
}

TEST(Closing, R_84_ISignWhatISaw) {
  ACase c = Proposed();
  v1::Command grant = ask::Grant();
  grant.mutable_sign_off()->set_seen_hash(HashOf(c));
  c.Does(ask::Contact());
  EXPECT_THAT(c.Do(grant, Ruth()), IsRefusedBy("C-seen"));
  grant.mutable_sign_off()->set_seen_hash(HashOf(c));
  EXPECT_THAT(c.Do(grant, Ruth()), IsAccepted());
}

TEST(Closing, ReadyIsSaidOnceForEachStateOfTheList) {
  ACase c = Proposed();
  EXPECT_EQ(c.Count("closure_ready"), 1);
  c.Does(ask::Escalate("team_manager"));
  EXPECT_EQ(c.Count("closure_ready"), 1);
  EXPECT_EQ(c.Due("turnaround"), At("2026-12-02T00:00:00Z"));
  c.After(absl::Hours(24)).Does(ask::Contact());
  EXPECT_EQ(c.Count("closure_ready"), 2);
  EXPECT_EQ(c.Due("turnaround"), At("2026-12-02T00:00:00Z")) << "a later state gives the signer no more time";
}

// ---------------------------------------------------------------------------------------------- who signs

TEST(Signer, R_05_1_NeitherOwnerNorProposer) {
  ACase c = Proposed();
  v1::Actor owner = Mo();
  owner.add_roles("regional_manager");
  v1::Actor proposer = Nia();
  proposer.add_roles("regional_manager");
  EXPECT_THAT(c.Do(ask::Grant(), owner), Misses(Names({"separation"})));
  EXPECT_THAT(c.Do(ask::Grant(), proposer), Misses(Names({"separation"})));
  EXPECT_THAT(c.Do(ask::Refuse(), owner), IsRefusedBy("T-SIGN")) << "nor may they refuse, or waive";
  EXPECT_THAT(c.Do(ask::Waive("response"), owner), IsRefusedBy("T-SIGN"));
}

TEST(Signer, R_05_1_FourEyesComparePersonsNotAccounts) {
  // Through D365 the account is always the same; whom it speaks for is not.
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo").Assessed();
  c.Does(ask::ProposeClosure(), Service("case_manager", "nia")).Answered();
  EXPECT_EQ(c.state().proposer(), "nia");

  EXPECT_THAT(c.Do(ask::Grant(), Service("regional_manager", "mo")), Misses(Names({"separation"}))) << "the owner";
  EXPECT_THAT(c.Do(ask::Grant(), Service("regional_manager", "nia")), Misses(Names({"separation"}))) << "the proposer";
  EXPECT_THAT(c.Do(ask::Grant(), Person("nia", "regional_manager")), Misses(Names({"separation"})))
      << "and at the desk";
  c.Does(ask::Grant(), Service("regional_manager", "ruth"));
  EXPECT_EQ(c.Last("sign_off_granted").sign_off_granted().by(), "ruth");
}

TEST(Signer, R_02_2_ADisagreementNeedsASecondTier) {
  ACase c = Proposed("disagrees");
  const CaseVerdict verdict = c.Do(ask::Grant(), Ruth());
  EXPECT_THAT(verdict, IsRefusedBy("T-SIGN.2"));
  EXPECT_EQ(Refused(verdict).say(), "The resident disagrees: an assistant director signs.");
  c.Signed(Ada()).Closed();
}

TEST(Signer, R_05_4_TheRoleIsHeldAtTheMoment) {
  ACase c = Proposed();
  const CaseVerdict verdict = c.Do(ask::Grant(), Tess());
  EXPECT_THAT(verdict, IsRefusedBy("T-SIGN"));
  EXPECT_THAT(verdict, Misses(Names({"signer"})));
  v1::Actor none = Ruth();
  none.clear_roles();
  EXPECT_THAT(c.Do(ask::Grant(), none), IsRefusedBy("T-SIGN"));
}

TEST(Signer, R_84_ARefusalToSignGivesAReasonAndOpensTheCase) {
  ACase c = Proposed();
  v1::Command silent = ask::Refuse();
  silent.mutable_sign_off()->clear_reason_code();
  EXPECT_THAT(c.Do(silent, Ruth()), IsRefusedBy("C-reason"));
  c.Does(ask::Refuse(), Ruth());
  EXPECT_EQ(c.state().phase(), v1::PHASE_OPEN);
  EXPECT_EQ(c.state().proposer(), "");
}

TEST(Signer, WithoutAnAnswerOrASubjectThePolicyHas) {
  ACase c = Proposed();
  v1::Command none = ask::Grant();
  none.mutable_sign_off()->clear_answer();
  EXPECT_THAT(c.Do(none, Ruth()), IsRefusedBy("C-sign-off"));
  EXPECT_THAT(c.Do(ask::Grant("eviction"), Ruth()), IsRefusedBy("C-sign-off"));
}

TEST(Signer, WhereNoSignersConditionHoldsNobodySignsOrWaives) {
  ACase c = Proposed();
  EXPECT_THAT(c.Do(ask::Grant("motive"), Hana()), IsRefusedBy("T-MOTIVE"));
  EXPECT_THAT(c.Do(ask::Waive("response", "motive"), Dee()), IsRefusedBy("T-MOTIVE"));
}

// ---------------------------------------------------------------------------------------------- waivers

TEST(Waiver, R_01_3_OneTierAboveTheSigner) {
  ACase c = Proposed("");
  EXPECT_THAT(c.Do(ask::Waive("response"), Ruth()), IsRefusedBy("T-SIGN"));
  c.Does(ask::Waive("response"), Ada());
  EXPECT_EQ(c.state().waivers(0).tier(), 4U);
  EXPECT_EQ(c.Last("item_waived").item_waived().role(), "assistant_director");
  c.Signed(Ruth());
  EXPECT_TRUE(c.Last("sign_off_granted").sign_off_granted().items(1).waived());
  c.Closed();
}

TEST(Waiver, R_01_3_NobodySignsOverTheirOwnWaiver) {
  ACase c = Proposed("");
  c.Does(ask::Waive("response"), Ada());
  EXPECT_THAT(c.Do(ask::Grant(), Ada()), Misses(Names({"response"})))
      << "an assistant director's waiver is not above one";
  c.Does(ask::Waive("response"), Dee()).Signed(Ada());
}

TEST(Waiver, AFirmItemMayNotBeWaived) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo").Assessed("high").Proposed(Nia()).Answered();
  EXPECT_THAT(c.Do(ask::Waive("risk_low"), Dee()), Misses(Names({"risk_low"})));
  EXPECT_THAT(c.Do(ask::Waive("no_such"), Dee()), IsRefusedBy("C-sign-off"));
  EXPECT_THAT(c.Do(ask::Grant(), Ruth()), Misses(Names({"risk_low"})));
}

TEST(Waiver, NeedsAReason) {
  ACase c = Proposed("");
  v1::Command waive = ask::Waive("response");
  waive.mutable_sign_off()->clear_reason_code();
  EXPECT_THAT(c.Do(waive, Ada()), IsRefusedBy("C-reason"));
}

TEST(Waiver, EndsWithTheProposalItWasGivenFor) {
  ACase c = Proposed("");
  c.Does(ask::Waive("response"), Ada()).Does(ask::WithdrawClosure());
  EXPECT_EQ(c.state().waivers_size(), 0);
  c.Proposed(Nia());
  EXPECT_THAT(c.Do(ask::Grant(), Ruth()), Misses(Names({"response"})));
}

TEST(Waiver, TwiceIsOnce) {
  ACase c = Proposed("");
  c.Does(ask::Waive("response"), Ada()).Does(ask::Waive("response"), Dee());
  EXPECT_EQ(c.state().waivers_size(), 1);
  EXPECT_EQ(c.state().waivers(0).by(), "dee");
}

// ---------------------------------------------------------------------------------------------- lowering

TEST(Lowering, R_10_2_NeedsASignature) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged(kP1).Owned("mo");
  const CaseVerdict verdict = c.Do(ask::ChangePriority(kP2));
  EXPECT_THAT(verdict, IsRefusedBy("T-LOWER"));
  EXPECT_THAT(verdict, Misses(Names({"sign_off/priority_lowering"})));
  EXPECT_THAT(c.Do(ask::Triage(kP3)), IsRefusedBy("T-LOWER")) << "nor by triage, once it has been triaged";
  c.Does(ask::Grant("priority_lowering"), Ruth()).Does(ask::ChangePriority(kP2));
  EXPECT_EQ(c.state().priority(), kP2);
  EXPECT_THAT(c.Do(ask::ChangePriority(kP3)), IsRefusedBy("T-LOWER")) << "a signature serves once";
}

TEST(Lowering, R_10_2_AlsoBeforeTriage) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("noise", kP1);
  EXPECT_THAT(c.Do(ask::ChangePriority(kP3)), IsRefusedBy("T-LOWER"));
}

TEST(Lowering, R_10_1_NotBelowWhatTheRulesHold) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("hate").Triaged().Owned("mo").Does(ask::Grant("priority_lowering"), Ruth());
  EXPECT_THAT(c.Do(ask::ChangePriority(kP3)), IsRefusedBy("C-priority")) << "the type's own";

  ACase flagged;
  flagged.At("2026-11-23T10:00:00Z")
      .Reported()
      .Triaged()
      .Owned("mo")
      .Does(ask::Step("incident", {{"weapon", ask::Flag(true)}}));
  ASSERT_EQ(flagged.state().priority(), kP2);
  flagged.Does(ask::Grant("priority_lowering"), Ruth());
  const CaseVerdict verdict = flagged.Do(ask::ChangePriority(kP3));
  EXPECT_THAT(verdict, IsRefusedBy("C-priority"));
  EXPECT_THAT(Refused(verdict).say(), testing::HasSubstr("P-weapon"));
}

TEST(Lowering, RaisingFromNoPriorityIsNotLowering) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("query").Triaged();
  ASSERT_EQ(c.state().priority(), v1::PRIORITY_UNSPECIFIED);
  EXPECT_THAT(c.Do(ask::ChangePriority(kP3)), IsAccepted());
}

TEST(Priority, R_10_1_WhatTheReportAskedForStandsUntilTriage) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("noise", kP1);
  EXPECT_EQ(c.state().priority(), kP1);
  c.Does(ask::Contact());
  EXPECT_EQ(c.state().priority(), kP1);
  EXPECT_EQ(c.Count("priority_changed"), 0);
  c.Triaged(kP3);
  EXPECT_EQ(c.state().priority(), kP3);
}

TEST(Priority, R_10_1_IsTheMostUrgentOfAll) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported("noise").Triaged().Does(ask::Step("incident", {{"weapon", ask::Flag(true)}}));
  EXPECT_EQ(c.state().priority(), kP2);
  EXPECT_EQ(c.Last("priority_changed").because(), "P-weapon");
  c.Does(ask::Triage(v1::PRIORITY_UNSPECIFIED, "", {{"motive", ask::Code("hate")}}));
  EXPECT_EQ(c.state().priority(), kP1);
  c.Does(ask::Grant("motive"), Hana());
  EXPECT_EQ(c.state().priority(), kP2) << "the flag is off; what still holds stays";
  c.Does(ask::Step("weapon_found"));
  EXPECT_EQ(c.state().priority(), kP3);
}

TEST(Priority, OfNoKnownKindIsRefused) {
  ACase c;
  c.At("2026-11-23T10:00:00Z");
  EXPECT_THAT(c.Do(ask::Report("noise", static_cast<v1::Priority>(7)), Cleo()), IsRefusedBy("C-priority"));
  c.Reported();
  EXPECT_THAT(c.Do(ask::Triage(static_cast<v1::Priority>(7))), IsRefusedBy("C-priority"));
  EXPECT_THAT(c.Do(ask::ChangePriority(static_cast<v1::Priority>(7))), IsRefusedBy("C-priority"));
}

// ---------------------------------------------------------------------------------------------- after closing

TEST(AfterClosing, TheLookAfterClosingCanBeMet) {
  ACase c = Proposed();
  c.Signed().Closed();
  ASSERT_EQ(c.StatusOf("after_close"), v1::ClockState::STATUS_RUNNING);
  EXPECT_EQ(c.StatusOf("first_contact"), v1::ClockState::STATUS_CEASED);
  EXPECT_THAT(c.Do(ask::Contact()), IsRefusedBy("C-closed"));
  c.Does(ask::Step("survey"));
  EXPECT_EQ(c.StatusOf("after_close"), v1::ClockState::STATUS_MET);
  EXPECT_FALSE(c.state().sign_offs(0).void_()) << "what was signed stays signed";
}

TEST(AfterClosing, ReopeningVoidsTheSignature) {
  ACase c = Proposed();
  c.Signed().Closed().Does(ask::Reopen());
  EXPECT_EQ(c.state().phase(), v1::PHASE_OPEN);
  EXPECT_EQ(c.state().reopened(), 1U);
  c.Assessed().Proposed(Nia()).Answered();
  EXPECT_THAT(c.Do(ask::Close()), IsRefusedBy("T-SIGN"));
}

TEST(AfterClosing, ACaseWithdrawnBeforeTriageStillWaitsForIt) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Withdrawn().Does(ask::Reopen());
  EXPECT_EQ(c.state().phase(), v1::PHASE_REPORTED);
}

}  // namespace
}  // namespace caseward::test

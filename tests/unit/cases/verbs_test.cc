// What each verb checks by itself, whatever the policy.
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

const absl::Time kLater = At("2026-11-30T10:00:00Z");

// ---------------------------------------------------------------------------------------------- declared fields

TEST(Fields, R_23_3_EachWrongOneIsNamed) {
  ACase c = Reported();
  const CaseVerdict verdict = c.Do(ask::Step("risk", {{"score", ask::Number(25)},
                                                      {"urgent", ask::Code("yes")},
                                                      {"form", ask::Code("")},
                                                      {"seen_at", ask::Number(1)},
                                                      {"notes", ask::Flag(true)},
                                                      {"colour", ask::Code("red")}}));
  EXPECT_THAT(verdict, IsRefusedBy("C-field"));
  EXPECT_THAT(verdict, Misses(Names({"band", "colour", "form", "notes", "score", "seen_at", "urgent"})));
  EXPECT_TRUE(Refused(verdict).invalid());
  EXPECT_THAT(Refused(verdict).say(), testing::HasSubstr("score (expected at most 24, found 25)"));
}

TEST(Fields, AtTheirBounds) {
  ACase c = Reported();
  const auto with = [](int64_t score) {
    return ask::Step("risk", {{"band", ask::Code("low")}, {"score", ask::Number(score)}});
  };
  EXPECT_THAT(c.Do(with(-1)), IsRefusedBy("C-field"));
  EXPECT_THAT(c.Do(with(0)), IsAccepted());
  const auto form = [](size_t size) {
    return ask::Step("risk", {{"band", ask::Code("low")}, {"form", ask::Code(std::string(size, 'x'))}});
  };
  EXPECT_THAT(c.Do(form(256)), IsAccepted());
  EXPECT_THAT(c.Do(form(257)), IsRefusedBy("C-field"));
  EXPECT_THAT(c.Do(ask::Step("risk", {{"band", ask::Code("middling")}})), Misses(Names({"band"})));
}

TEST(Fields, R_04_3_BlankWordsAreNoFinding) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Step("review", {{"finding", ask::Words("")}}), Ruth()), Misses(Names({"finding"})));
  v1::FieldValue sealed;
  sealed.mutable_words()->set_sealed("sealed bytes");
  EXPECT_THAT(c.Do(ask::Step("review", {{"finding", sealed}}), Ruth()), IsAccepted());
}

TEST(Fields, OfAReportAndOfTriage) {
  ACase c;
  c.At("2026-11-23T10:00:00Z");
  v1::Command report = ask::Report();
  (*report.mutable_report_case()->mutable_fields())["source"] = ask::Code("the cat");
  EXPECT_THAT(c.Do(report, Cleo()), Misses(Names({"source"})));
  c.Reported();
  EXPECT_THAT(
      c.Do(ask::Triage(v1::PRIORITY_UNSPECIFIED, "", {{"motive", ask::Code("envy")}, {"mood", ask::Flag(true)}})),
      Misses(Names({"mood", "motive"})));
}

TEST(Fields, WhereThePolicyDeclaresNoneAllAreNamedInOrder) {
  v1::Pack source = FullPackSource();
  source.mutable_flags(0)->mutable_set_on(0)->mutable_on()->clear_where();
  source.mutable_steps()->DeleteSubrange(0, 2);  // report, triage
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported();
  EXPECT_THAT(c.Do(ask::Triage(v1::PRIORITY_UNSPECIFIED, "",
                               {{"c", ask::Flag(true)}, {"a", ask::Flag(true)}, {"b", ask::Flag(true)}})),
              Misses(Names({"a", "b", "c"})));
}

TEST(Steps, OnlyThoseOfThePolicyForThisTypeAndRole) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Step("no_such")), IsRefusedBy("C-step"));
  EXPECT_THAT(c.Do(ask::Step("triage")), IsRefusedBy("C-step")) << "declares the fields of a verb";
  EXPECT_THAT(c.Do(ask::Step("specialist"), Hana()), IsRefusedBy("C-step")) << "of hate cases";
  ACase hate;
  hate.At("2026-11-23T10:00:00Z").Reported("hate");
  EXPECT_THAT(hate.Do(ask::Step("specialist"), Mo()), IsRefusedBy("C-role"));
  EXPECT_THAT(hate.Do(ask::Step("specialist"), Hana()), IsAccepted());
}

// ---------------------------------------------------------------------------------------------- report

TEST(Report, OfATypeThePolicyHas) {
  ACase c;
  c.At("2026-11-23T10:00:00Z");
  EXPECT_THAT(c.Do(ask::Report("parking"), Cleo()), IsRefusedBy("C-case-type"));
  c.Reported();
  EXPECT_THAT(c.Do(ask::Triage(v1::PRIORITY_UNSPECIFIED, "parking")), IsRefusedBy("C-case-type"));
}

TEST(Report, PinsThePolicyAndKnowsWhoReports) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Does(ask::Report(), Service("contact_centre", "cleo"));
  EXPECT_EQ(c.state().pack_id(), "full");
  EXPECT_EQ(c.state().pack_version(), 3U);
  EXPECT_EQ(c.state().case_id(), "C-00-000000-000000-0");
  EXPECT_EQ(c.state().reporter_id(), c.state().main_resident_id());
  EXPECT_EQ(c.state().received_by(), "cleo") << "the person, not the system";
  EXPECT_EQ(c.state().aware_at().seconds(), c.state().opened_at().seconds());

  v1::Command anonymous = ask::Report();
  anonymous.mutable_report_case()->set_anonymous(true);
  anonymous.mutable_report_case()->set_reporter_id("R-00-000000-000001-1");
  ACase other;
  other.At("2026-11-23T10:00:00Z").Does(anonymous);
  EXPECT_EQ(other.state().reporter_id(), "");
}

// ---------------------------------------------------------------------------------------------- contact

TEST(Contact, R_11_1_OnlyATwoWayContactIsOne) {
  ACase c = Reported();
  for (const auto outcome : {v1::RecordContact::OUTCOME_NO_ANSWER, v1::RecordContact::OUTCOME_VOICEMAIL,
                             v1::RecordContact::OUTCOME_LETTER_SENT, v1::RecordContact::OUTCOME_AUTO_ACKNOWLEDGEMENT}) {
    c.Does(ask::Contact(outcome));
    EXPECT_EQ(c.StatusOf("first_contact"), v1::ClockState::STATUS_RUNNING);
  }
  EXPECT_EQ(c.state().contacts_attempted(), 4U);
  EXPECT_EQ(c.state().contacts_made(), 0U);
}

TEST(Contact, R_11_2_TheThirdAttemptIsTheThird) {
  ACase c = Reported();
  c.Does(ask::Contact(v1::RecordContact::OUTCOME_NO_ANSWER)).Does(ask::Contact(v1::RecordContact::OUTCOME_VOICEMAIL));
  EXPECT_FALSE(c.HasFlag("exhausted"));
  EXPECT_THAT(c.Do(ask::Contact(v1::RecordContact::OUTCOME_NO_ANSWER)), GivesA("alert_raised"));
  EXPECT_TRUE(c.HasFlag("exhausted"));
  c.Does(ask::Contact());
  EXPECT_FALSE(c.HasFlag("exhausted"));
}

TEST(Contact, R_17_1_AnUpdateSaysWhatWhatNextAndWhen) {
  ACase c = Reported();
  v1::Command update = ask::Contact();
  update.mutable_record_contact()->set_update(true);
  EXPECT_THAT(c.Do(update), Misses(Names({"what_happened_code", "what_next_code", "next_update_by"})));
  EXPECT_THAT(c.Do(ask::Update(c.now())), IsRefusedBy("C-update")) << "by when lies ahead";
  EXPECT_THAT(c.Do(ask::Update(c.now() + absl::Microseconds(1))),
              Gives(Names({"contact_attempted", "resident_updated", "clock_met", "clock_started"})));
}

TEST(Contact, WithSomeoneAndAnOutcome) {
  ACase c = Reported();
  for (const int wrong : {0, 99}) {
    v1::Command contact = ask::Contact();
    contact.mutable_record_contact()->set_with(static_cast<v1::RecordContact::With>(wrong));
    EXPECT_THAT(c.Do(contact), IsRefusedBy("C-contact"));
    contact = ask::Contact();
    contact.mutable_record_contact()->set_outcome(static_cast<v1::RecordContact::Outcome>(wrong));
    EXPECT_THAT(c.Do(contact), IsRefusedBy("C-contact"));
  }
}

// ---------------------------------------------------------------------------------------------- actions, plan,
// promises

TEST(Actions, IdsAreGivenOrChosenAndUsedOnce) {
  ACase c = Reported();
  c.Does(ask::AddAction("", kLater)).Does(ask::AddAction("letter", kLater)).Does(ask::AddAction("", kLater));
  EXPECT_EQ(c.state().actions(0).action_id(), "a1");
  EXPECT_EQ(c.state().actions(2).action_id(), "a3");
  EXPECT_THAT(c.Do(ask::AddAction("letter", kLater)), IsRefusedBy("C-action"));
  EXPECT_THAT(c.Do(ask::Promise("letter", kLater)), IsRefusedBy("C-promise")) << "promises share the ids";
  EXPECT_THAT(c.Do(ask::AddAction("Brief an Frau M.", kLater)), IsRefusedBy("C-action"));
  EXPECT_THAT(c.Do(ask::AddAction(std::string(33, 'a'), kLater)), IsRefusedBy("C-action"));
  EXPECT_THAT(c.Do(ask::AddAction(std::string(32, 'a'), kLater)), IsAccepted());
}

TEST(Actions, ChosenIdsKeepClearOfThoseThePlanNames) {
  ACase c = Reported();
  c.Does(ask::Plan({{"a2", kLater}, {"", kLater}, {"", kLater}, {"a4", kLater}}));
  std::vector<std::string> ids;
  for (const auto& action : c.state().actions())
    ids.push_back(action.action_id());
  EXPECT_EQ(ids, Names({"a2", "a3", "a5", "a4"}));
  EXPECT_THAT(c.Do(ask::Plan({{"x", kLater}, {"x", kLater}})), IsRefusedBy("C-action"));
}

TEST(Actions, FallDueAfterTheyAreAgreed) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::AddAction("letter", c.now())), IsRefusedBy("C-action"));
  v1::Command none = ask::AddAction("letter", kLater);
  none.mutable_add_action()->clear_due();
  EXPECT_THAT(c.Do(none), IsRefusedBy("C-action"));
  EXPECT_THAT(c.Do(ask::Promise("camera", c.now())), IsRefusedBy("C-promise"));
  v1::Command plan = ask::Plan();
  SetTimestamp(c.now(), plan.mutable_agree_plan()->mutable_review_by());
  EXPECT_THAT(c.Do(plan), IsRefusedBy("C-plan"));
}

TEST(Actions, EndOnceAndAsWhatTheyAre) {
  ACase c = Reported();
  c.Does(ask::AddAction("letter", kLater)).Does(ask::Promise("camera", kLater));
  EXPECT_THAT(c.Do(ask::CompleteAction("camera")), IsRefusedBy("C-action")) << "a promise";
  EXPECT_THAT(c.Do(ask::KeepPromise("letter")), IsRefusedBy("C-promise")) << "an action";
  EXPECT_THAT(c.Do(ask::CompleteAction("none")), IsRefusedBy("C-action"));
  v1::Command cancel = ask::CancelAction("letter");
  cancel.mutable_cancel_action()->clear_reason_code();
  EXPECT_THAT(c.Do(cancel), IsRefusedBy("C-reason"));
  c.Does(ask::CompleteAction("letter"));
  EXPECT_THAT(c.Do(ask::CompleteAction("letter")), IsRefusedBy("C-action"));
  EXPECT_THAT(c.Do(ask::CancelAction("letter")), IsRefusedBy("C-action"));
}

TEST(Plan, R_16_1_CountsTheLandlordsOwnActions) {
  ACase c = Reported();
  v1::Command plan = ask::Plan({{"letter", kLater}, {"diary", kLater}});
  plan.mutable_agree_plan()->mutable_actions(1)->set_resident_task(true);
  c.Does(plan);
  EXPECT_EQ(c.Last("plan_agreed").plan_agreed().landlord_actions(), 1U);
  EXPECT_EQ(c.state().plan().version(), 1U);
  c.Does(ask::Plan());
  EXPECT_EQ(c.state().plan().version(), 2U);
}

// ---------------------------------------------------------------------------------------------- links, corrections,
// the rest

TEST(Links, AreSeenHalfDoneAndConfirmedByTheOtherSide) {
  const std::string other = "C-00-000000-000001-1";
  ACase here = Reported();
  const CaseVerdict asked = here.Do(ask::Link("c-00000000000001-1"));
  EXPECT_EQ(here.state().links(0).other_case_id(), other) << "as ids are written";
  EXPECT_FALSE(here.state().links(0).confirmed());
  ASSERT_EQ(Accepted(asked).sends.size(), 1U);
  EXPECT_EQ(Accepted(asked).sends[0].to_case_id, other);

  // The other side notes it and answers; here the answer confirms, and is not answered again.
  ACase there = Reported();
  const CaseVerdict noted = there.Do(ask::NoteLinked(other), SystemActor());
  EXPECT_TRUE(there.state().links(0).confirmed());
  ASSERT_EQ(Accepted(noted).sends.size(), 1U);
  const uint64_t version = here.state().version();
  const CaseVerdict answered = here.Do(ask::NoteLinked(other), SystemActor());
  EXPECT_TRUE(here.state().links(0).confirmed());
  EXPECT_TRUE(Accepted(answered).sends.empty());
  EXPECT_EQ(here.state().links_size(), 1);
  EXPECT_EQ(here.state().version(), version);
  EXPECT_TRUE(Accepted(here.Do(ask::NoteLinked(other), SystemActor())).events.empty()) << "once";
}

TEST(Links, NeverToItself) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Link("c-00-000000-000000-0")), IsRefusedBy("C-link"));
  EXPECT_THAT(c.Do(ask::Link("")), IsRefusedBy("C-link"));
}

TEST(Corrections, R_23_1_PointAtAFactOfTheCase) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Correct(0)), IsRefusedBy("C-correct"));
  EXPECT_THAT(c.Do(ask::Correct(2)), IsRefusedBy("C-correct"));
  EXPECT_THAT(c.Do(ask::Correct(1)), GivesA("fact_corrected"));
}

TEST(Escalation, GoesToARoleOfThePolicyForAReason) {
  ACase c = Reported();
  EXPECT_THAT(c.Do(ask::Escalate("mayor")), IsRefusedBy("C-role"));
  v1::Command silent = ask::Escalate("team_manager");
  silent.mutable_escalate_case()->clear_reason_code();
  EXPECT_THAT(c.Do(silent), IsRefusedBy("C-reason"));
}

TEST(Reasons, AreNeverLeftOut) {
  ACase c = Reported();
  c.Triaged().Assessed();
  v1::Command change = ask::ChangePriority(kP1);
  change.mutable_change_priority()->clear_reason_code();
  EXPECT_THAT(c.Do(change), IsRefusedBy("C-reason"));
  EXPECT_THAT(c.Do(ask::ChangePriority(kP3)), IsRefusedBy("C-priority")) << "the case has it";
  v1::Command withdraw = ask::Withdraw();
  withdraw.mutable_withdraw_case()->clear_reason_code();
  EXPECT_THAT(c.Do(withdraw, Tess()), IsRefusedBy("C-reason"));
  v1::Command propose = ask::ProposeClosure();
  propose.mutable_propose_closure()->set_reason_code("bored");
  EXPECT_THAT(c.Do(propose), IsRefusedBy("C-reason"));
  c.Proposed();
  v1::Command back = ask::WithdrawClosure();
  back.mutable_withdraw_closure()->clear_reason_code();
  EXPECT_THAT(c.Do(back), IsRefusedBy("C-reason"));
}

// ---------------------------------------------------------------------------------------------- the policy's rules

TEST(Rules, NameTheClauseAndWhatIsMissing) {
  ACase c = Reported();
  c.Triaged();
  const CaseVerdict verdict = c.Do(ask::ProposeClosure());
  EXPECT_THAT(verdict, IsRefusedBy("T-1"));
  EXPECT_THAT(verdict, Misses(Names({"risk"})));
  EXPECT_EQ(Refused(verdict).clause(), "Tests 1");
  EXPECT_EQ(Refused(verdict).unblock(), "Assess it.");
  EXPECT_EQ(Refused(verdict).missing(0).by_roles(0), "case_manager");
  EXPECT_THAT(c.Do(ask::Withdraw(), Mo()), IsRefusedBy("T-2"));
  EXPECT_THAT(c.Do(ask::Withdraw(), Tess()), IsAccepted());
}

TEST(Rules, LookAtWhatIsAskedAndAtTheCalendar) {
  ACase c = Reported();
  const v1::Command estimate = ask::Step("risk", {{"band", ask::Code("low")}, {"score", ask::Number(20)}});
  EXPECT_THAT(c.Do(estimate), IsRefusedBy("T-3"));
  c.Does(ask::Step("review", {{"finding", ask::Words("Well.")}}), Ruth());
  c.At("2026-11-27T23:59:59Z");
  EXPECT_THAT(c.Do(estimate), IsAccepted()) << "within five working days";
  c.At("2026-12-01T10:00:00Z");
  EXPECT_THAT(c.Do(estimate), IsRefusedBy("T-3"));
}

}  // namespace
}  // namespace caseward::test

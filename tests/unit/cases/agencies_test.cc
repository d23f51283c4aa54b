// What goes on between a case and partner agencies: referrals, enquiries, and what may be told to whom.
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/cases/explain.h"
#include "engine/cases/verbs/agencies.h"
#include "tests/support/agencies.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

ACase Open() {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo");
  return c;
}

// ---------------------------------------------------------------------------------------------- sharing

TEST(Share, R_48_1_ByAnAgreementInForceThatCoversIt) {
  ACase c = Open();
  const CaseVerdict verdict = c.Do(ask::Share("police"));
  EXPECT_THAT(verdict, GivesA("information_shared"));
  const v1::InformationShared& e = c.Last("information_shared").information_shared();
  EXPECT_EQ(e.agreement_id(), "police_2026");
  EXPECT_EQ(e.agreement_version(), 1U);
  EXPECT_EQ(e.door(), v1::Sharing::DOOR_AGREEMENT);
  EXPECT_EQ(e.share_id(), "s1");
  ASSERT_EQ(c.state().sharings_size(), 1);
  EXPECT_EQ(c.state().sharings(0).by(), "mo");
}

TEST(Share, R_48_1_NotWithoutAnAgreement) {
  ACase c = Open();
  const CaseVerdict verdict = c.Do(ask::Share("refuge"));
  EXPECT_THAT(verdict, IsRefusedBy("C-agreement"));
  EXPECT_THAT(verdict, Misses(Names({"agreement"})));
}

TEST(Share, R_48_1_NotWhatTheAgreementDoesNotCover) {
  struct Wrong {
    const char* what;
    void (*make)(v1::Sharing&);
    const char* say;
  };
  const Wrong wrongs[] = {
      {"class",
       [](v1::Sharing& s) {
         s.add_data_classes(v1::DATA_CLASS_SPECIAL);
         s.set_condition_code("sch1_10");
       },
       "for data of class internal, personal"},
      {"purpose", [](v1::Sharing& s) { s.set_purpose("debt"); }, "for purposes prevent_crime"},
      {"basis", [](v1::Sharing& s) { s.set_lawful_basis("consent"); }, "on lawful bases public_task"},
  };
  for (const Wrong& wrong : wrongs) {
    ACase c = Open();
    v1::Sharing sharing = ask::ByAgreement();
    wrong.make(sharing);
    const CaseVerdict verdict = c.Do(ask::Share("police", sharing));
    EXPECT_THAT(verdict, IsRefusedBy("C-agreement")) << wrong.what;
    EXPECT_THAT(verdict, Misses(Names({"police_2026"}))) << wrong.what;
    EXPECT_EQ(Refused(verdict).missing(0).say(), wrong.say);
  }
}

TEST(Share, R_48_1_AnAgreementThatLapsedAnInstantAgoCoversNothing) {
  ACase last = Open();
  last.At(At("2026-12-01T00:00:00Z") - absl::Microseconds(1));
  EXPECT_THAT(last.Do(ask::Share("police")), IsAccepted());
  ACase lapsed = Open();
  lapsed.At("2026-12-01T00:00:00Z");
  EXPECT_THAT(lapsed.Do(ask::Share("police")), IsRefusedBy("C-agreement"));
  EXPECT_THAT(lapsed.Do(ask::Then(At("2026-11-30T10:00:00Z"), ask::Share("police"))), IsRefusedBy("C-agreement"))
      << "agreements are today's, whenever it is said to have been";
}

TEST(Share, R_48_1_NorOneThatIsSuspendedOrNotYetInForce) {
  v1::AgreementState suspended = PoliceAgreement();
  suspended.set_suspended(true);
  suspended.set_reason_code("breach_found");
  v1::AgreementState later = PoliceAgreement();
  SetTimestamp(At("2026-11-24T00:00:00Z"), later.mutable_agreement()->mutable_from());
  for (const v1::AgreementState& agreement : {suspended, later}) {
    ACase c(FullPack(), EnglandAndWales(), WithAgreement(agreement));
    c.At("2026-11-23T10:00:00Z").Reported();
    EXPECT_THAT(c.Do(ask::Share("police")), IsRefusedBy("C-agreement")) << agreement.ShortDebugString();
  }
}

TEST(Share, R_48_2_AnEmergencyGoesAtOnceAndIsReviewedByAnother) {
  ACase c = Open();
  c.Does(ask::Share("refuge", ask::InAnEmergency()));
  EXPECT_EQ(c.Due("sharing_review/s1"), At("2026-11-25T00:00:00Z"));
  EXPECT_THAT(c.Do(ask::ReviewSharing("s1")), IsRefusedBy("C-sharing")) << "four eyes";
  EXPECT_THAT(c.Do(ask::ReviewSharing("s1", v1::ReviewSharing::FINDING_NOT_JUSTIFIED), Ruth()), IsAccepted());
  EXPECT_EQ(c.StatusOf("sharing_review/s1"), v1::ClockState::STATUS_MET);
  EXPECT_THAT(c.Do(ask::ReviewSharing("s1"), Ruth()), IsRefusedBy("C-sharing")) << "reviewed already";
  EXPECT_EQ(c.state().sharings(0).finding(), v1::ReviewSharing::FINDING_NOT_JUSTIFIED);
}

TEST(Share, R_48_2_AnEmergencyNeedsABasisThatThePolicyNamesAndItsReason) {
  ACase c = Open();
  v1::Sharing other = ask::InAnEmergency();
  other.set_lawful_basis("legitimate_interests");
  EXPECT_THAT(c.Do(ask::Share("refuge", other)), IsRefusedBy("C-agreement"));
  v1::Command silent = ask::Share("refuge", ask::InAnEmergency());
  silent.mutable_share_information()->clear_sharing_reason();
  silent.mutable_share_information()->mutable_sharing()->clear_reason_code();
  EXPECT_THAT(c.Do(silent), Misses(Names({"reason_code", "sharing_reason"})));
}

TEST(Share, R_48_2_OnceWithoutAnAgreementIfItWasSignedBefore) {
  v1::Sharing once = ask::ByAgreement();
  once.set_door(v1::Sharing::DOOR_ONE_OFF);
  once.set_reason_code("court_asks");
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Share("refuge", once)), IsRefusedBy("T-SHARE"));
  c.Does(ask::Grant("one_off_sharing"), Ruth());
  EXPECT_THAT(c.Do(ask::Share("refuge", once)), IsAccepted());
  EXPECT_THAT(c.Do(ask::Share("refuge", once)), IsRefusedBy("T-SHARE")) << "a signature is for one";
}

TEST(Share, R_48_4_SpecialCategoryDataNeedsItsCondition) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Share("police", ask::ByAgreement({v1::DATA_CLASS_SPECIAL}))),
              Misses(Names({"condition_code"})));
}

TEST(Share, L12_OnlyANamedPersonOfOursShares) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Share("police"), PartnerOf("police")), IsRefusedBy("L12"));
  EXPECT_THAT(c.Do(ask::Share("police"), Service("case_manager", "")), IsRefusedBy("L12"));
  EXPECT_THAT(c.Do(ask::Refer("police", "hate_unit", kFriday), PartnerOf("police")), IsRefusedBy("L12"));
}

TEST(Share, AnUnknownOrClosedAgencyIsToldNothing) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Share("nobody", ask::InAnEmergency())), IsRefusedBy("C-agency"));
  EXPECT_THAT(c.Do(ask::Share("old_team", ask::InAnEmergency())), IsRefusedBy("C-agency"));
}

TEST(Share, CodesMax) {
  ACase c = Open();
  v1::Sharing sharing = ask::ByAgreement();
  while (sharing.provided_size() < verbs::kSharingCodesMax)
    sharing.add_provided("item");
  EXPECT_THAT(c.Do(ask::Share("police", sharing)), IsAccepted());
  sharing.add_provided("item");
  EXPECT_THAT(c.Do(ask::Share("police", sharing)), IsRefusedBy("C-sharing"));
}

TEST(Share, AgencyItemsMax) {
  const ACase c = Open();
  v1::CaseState state = c.state();
  while (state.enquiries_size() < kAgencyItemsMax - 1)
    state.add_enquiries()->set_enquiry_id("x" + std::to_string(state.enquiries_size()));
  const v1::Actor police = PartnerOf("police");
  const CaseVerdict last = Decide(&state, ask::Enquire("police", kTheirs), c.Context(police));
  ASSERT_EQ(Accepted(last).after->enquiries_size(), kAgencyItemsMax);
  const CaseVerdict more = Decide(Accepted(last).after.get(), ask::Enquire("police", kTheirs), c.Context(police));
  EXPECT_THAT(more, IsRefusedBy("C-limit"));
}

// ---------------------------------------------------------------------------------------------- referrals

TEST(Refer, R_50_SharesWhatTheAgencyMustKnowAndStaysOpenUntilItAnswers) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Refer("police", "hate_unit", kFriday)), GivesA("information_shared"));
  EXPECT_EQ(c.state().referrals(0).status(), v1::ReferralState::STATUS_OPEN);
  EXPECT_EQ(c.state().sharings(0).agreement_id(), "police_2026");
  EXPECT_EQ(c.Last("information_shared").information_shared().referral_id(), "r1");
  EXPECT_EQ(c.Due("referral_answer/r1"), kFriday);
  c.Does(ask::ChaseReferral("r1")).Does(ask::ChaseReferral("r1"));
  EXPECT_EQ(c.Last("agency_chased").agency_chased().attempt(), 2U);
  c.Does(ask::AnswerReferral("r1", v1::AnswerReferral::ANSWER_ACCEPTED), PartnerOf("police"));
  EXPECT_EQ(c.StatusOf("referral_answer/r1"), v1::ClockState::STATUS_MET);
  EXPECT_THAT(c.Do(ask::ChaseReferral("r1")), IsRefusedBy("C-enquiry"));
  c.Does(ask::AnswerReferral("r1", v1::AnswerReferral::ANSWER_COMPLETED));
  EXPECT_EQ(c.state().referrals(0).status(), v1::ReferralState::STATUS_COMPLETED);
}

TEST(Refer, R_50_2_NotToAnAgencyThatMayNotBeTold) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Refer("refuge", "advocacy", kFriday)), IsRefusedBy("C-agreement"));
  EXPECT_EQ(c.state().referrals_size(), 0);
  EXPECT_THAT(c.Do(ask::Refer("refuge", "advocacy", kFriday, ask::InAnEmergency())), IsAccepted());
}

TEST(Refer, OnlyForAServiceOfTheAgencyAndWithAnAnswerDue) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Refer("police", "mediation", kFriday)), IsRefusedBy("C-agency"));
  EXPECT_THAT(c.Do(ask::Refer("police", "hate_unit", c.now())), IsRefusedBy("C-referral"));
  v1::Command no_date = ask::Refer("police", "hate_unit", kFriday);
  no_date.mutable_refer_case()->clear_respond_by();
  EXPECT_THAT(c.Do(no_date), IsRefusedBy("C-referral"));
}

TEST(Refer, AnAnswerFollowsWhatWasBeforeIt) {
  using Answer = v1::AnswerReferral;
  ACase c = Open();
  c.Does(ask::Refer("police", "hate_unit", kFriday));
  EXPECT_THAT(c.Do(ask::AnswerReferral("r1", Answer::ANSWER_COMPLETED)), IsRefusedBy("C-referral"));
  EXPECT_THAT(c.Do(ask::AnswerReferral("r9", Answer::ANSWER_ACCEPTED)), IsRefusedBy("C-referral"));
  v1::Command silent = ask::AnswerReferral("r1", Answer::ANSWER_DECLINED);
  silent.mutable_answer_referral()->clear_reason_code();
  EXPECT_THAT(c.Do(silent), IsRefusedBy("C-reason"));
  EXPECT_THAT(c.Do(ask::AnswerReferral("r1", Answer::ANSWER_WITHDRAWN), PartnerOf("police")), IsRefusedBy("L12"));
  c.Does(ask::AnswerReferral("r1", Answer::ANSWER_DECLINED), PartnerOf("police"));
  EXPECT_THAT(c.Do(ask::AnswerReferral("r1", Answer::ANSWER_ACCEPTED)), IsRefusedBy("C-referral"));
}

// ---------------------------------------------------------------------------------------------- enquiries

TEST(Enquire, R_47_TheirQuestionHasItsClockAndOnlyAnAnswerStopsIt) {
  ACase c = Open();
  c.Does(ask::Enquire("police", kTheirs), PartnerOf("police"));
  c.Does(ask::Enquire("police", kTheirs, true), PartnerOf("police"));
  EXPECT_EQ(c.Due("their_enquiry/e1"), At("2026-12-01T00:00:00Z"));
  EXPECT_EQ(c.Due("their_urgent_enquiry/e2"), At("2026-11-24T10:00:00Z"));
  const v1::Command answer = ask::Told("e1");
  EXPECT_THAT(c.Do(answer), GivesA("information_shared"));
  EXPECT_EQ(c.Last("information_shared").information_shared().enquiry_id(), "e1");
  EXPECT_EQ(c.StatusOf("their_enquiry/e1"), v1::ClockState::STATUS_MET);
  EXPECT_EQ(c.StatusOf("their_urgent_enquiry/e2"), v1::ClockState::STATUS_RUNNING);
  EXPECT_THAT(c.Do(answer), IsRefusedBy("C-enquiry"));
}

TEST(Enquire, R_47_2_WeRefuseOnlyWithAReasonAndByAPerson) {
  ACase c = Open();
  c.Does(ask::Enquire("refuge", kTheirs), PartnerOf("refuge"));
  v1::Command refuse = ask::AnswerEnquiry("e1", v1::AnswerEnquiry::ANSWER_REFUSED);
  EXPECT_THAT(c.Do(refuse, Service("case_manager", "")), IsRefusedBy("L12"));
  EXPECT_THAT(c.Do(refuse, PartnerOf("refuge")), IsRefusedBy("L12")) << "who asked does not answer";
  v1::Command told = ask::Told("e1");
  EXPECT_THAT(c.Do(told), IsRefusedBy("C-agreement")) << "to be asked is no agreement";
  EXPECT_THAT(c.Do(refuse), IsAccepted());
  refuse.mutable_answer_enquiry()->clear_reason_code();
  EXPECT_THAT(c.Do(refuse), IsRefusedBy("C-reason"));
}

TEST(Enquire, R_48_1_AnAgencyThatClosedSinceItAskedIsToldNothing) {
  bool closed = false;
  v1::AgencyState police = *TestAgency("police");
  const auto today = [&](std::string_view id) -> const v1::AgencyState* {
    police.mutable_agency()->set_closed(closed);
    return id == "police" ? &police : TestAgency(id);
  };
  ACase c(FullPack(), EnglandAndWales(), today);
  c.At("2026-11-23T10:00:00Z").Reported().Does(ask::Enquire("police", kTheirs), PartnerOf("police"));
  closed = true;
  v1::Command told = ask::Told("e1");
  EXPECT_THAT(c.Do(told), IsRefusedBy("C-agency"));
  *told.mutable_answer_enquiry()->mutable_sharing() = ask::InAnEmergency();
  told.mutable_answer_enquiry()->mutable_sharing_reason()->set_text("It cannot wait.");
  EXPECT_THAT(c.Do(told), IsRefusedBy("C-agency"));
  EXPECT_THAT(c.Do(ask::AnswerEnquiry("e1", v1::AnswerEnquiry::ANSWER_REFUSED)), IsAccepted()) << "tells it nothing";
}

TEST(Enquire, R_48_1_AnAnswerThatIsGivenSaysWhatItTells) {
  ACase c = Open();
  c.Does(ask::Enquire("police", kTheirs), PartnerOf("police"));
  EXPECT_THAT(c.Do(ask::AnswerEnquiry("e1")), IsRefusedBy("C-sharing")) << "given, and nothing said of what";
  EXPECT_EQ(c.state().enquiries(0).status(), v1::EnquiryState::STATUS_OPEN);
  EXPECT_THAT(c.Do(ask::Told("e1")), GivesA("information_shared"));
}

TEST(Enquire, R_48_1_WhatWeSayInWordsGoesByADoorToo) {
  ACase c = Open();
  v1::Command ours = ask::Enquire("police", kOurs);
  ours.mutable_enquire()->mutable_question()->set_text("Were you called out on Monday?");
  EXPECT_THAT(c.Do(ours), IsRefusedBy("C-sharing"));
  *ours.mutable_enquire()->mutable_sharing() = ask::ByAgreement();
  EXPECT_THAT(c.Do(ours), GivesA("information_shared"));
  v1::Command theirs = ask::Enquire("police", kTheirs);
  theirs.mutable_enquire()->mutable_question()->set_text("Does she live there?");
  c.Does(theirs, PartnerOf("police"));
  v1::Command answer = ask::AnswerEnquiry("e2");
  answer.mutable_answer_enquiry()->mutable_text()->set_text("She does.");
  EXPECT_THAT(c.Do(answer), IsRefusedBy("C-sharing"));
  *answer.mutable_answer_enquiry()->mutable_sharing() = ask::ByAgreement();
  EXPECT_THAT(c.Do(answer), GivesA("information_shared"));
  v1::Command told = ask::AnswerEnquiry("e1");
  told.mutable_answer_enquiry()->mutable_text()->set_text("Twice.");
  EXPECT_THAT(c.Do(told, PartnerOf("police")), IsAccepted()) << "their words tell them nothing";
}

// Cases are read and written whole at each command; what was asked in words stands in the history.
TEST(Enquire, AQuestionDoesNotMakeTheCaseGrow) {
  ACase c = Open();
  v1::Command theirs = ask::Enquire("police", kTheirs);
  theirs.mutable_enquire()->mutable_question()->set_text(std::string(10'000, 'q'));
  c.Does(theirs, PartnerOf("police"));
  EXPECT_EQ(c.Last("enquiry_made").enquiry_made().question().text().size(), 10'000U);
  EXPECT_LT(c.state().enquiries(0).ByteSizeLong(), 200U);
}

TEST(Enquire, R_49_3_OursIsChasedAndAnsweredByTheAgency) {
  ACase c = Open();
  v1::Command enquire = ask::Enquire("police", kOurs);
  SetTimestamp(kFriday, enquire.mutable_enquire()->mutable_respond_by());
  c.Does(enquire).Does(ask::ChaseEnquiry("e1"));
  EXPECT_EQ(c.Due("our_enquiry/e1"), kFriday);
  EXPECT_EQ(c.state().enquiries(0).chased(), 1U);
  EXPECT_THAT(c.Do(ask::AnswerEnquiry("e1"), PartnerOf("police")), IsAccepted());
  EXPECT_THAT(c.Do(ask::ChaseEnquiry("e1")), IsRefusedBy("C-enquiry"));
}

TEST(Enquire, WhoAsksAndWhatItIsForIsSaid) {
  ACase c = Open();
  EXPECT_THAT(c.Do(ask::Enquire("police", v1::ENQUIRY_DIRECTION_UNSPECIFIED)), IsRefusedBy("C-enquiry"));
  v1::Command no_purpose = ask::Enquire("police", kOurs);
  no_purpose.mutable_enquire()->clear_purpose();
  EXPECT_THAT(c.Do(no_purpose), IsRefusedBy("C-enquiry"));
  EXPECT_THAT(c.Do(ask::Enquire("police", kTheirs), PartnerOf("refuge")), IsRefusedBy("C-agency"));
  EXPECT_THAT(c.Do(ask::Enquire("police", kOurs), PartnerOf("police")), IsRefusedBy("L12"));
  EXPECT_THAT(c.Do(ask::AnswerEnquiry("e7")), IsRefusedBy("C-enquiry"));
  EXPECT_THAT(c.Do(ask::ChaseEnquiry("e7")), IsRefusedBy("C-enquiry"));
}

// To whom somebody was referred can endanger them: a partner that tries ids finds out nothing.
TEST(Partner, L11_IsAnsweredAboutAnothersItemsAsAboutNone) {
  ACase c = Open();
  c.Does(ask::Refer("refuge", "advocacy", kFriday, ask::InAnEmergency())).Does(ask::Enquire("refuge", kOurs));
  c.Does(ask::Enquire("refuge", kTheirs), PartnerOf("refuge"));
  const auto said = [&](const v1::Command& command) {
    const CaseVerdict verdict = c.Do(command, PartnerOf("police"));
    return Refused(verdict).SerializeAsString();
  };
  using Referral = v1::AnswerReferral;
  using Enquiry = v1::AnswerEnquiry;
  for (const auto answer : {Referral::ANSWER_ACCEPTED, Referral::ANSWER_COMPLETED, Referral::ANSWER_WITHDRAWN}) {
    EXPECT_EQ(said(ask::AnswerReferral("r1", answer)), said(ask::AnswerReferral("r9", answer))) << answer;
  }
  for (const auto answer : {Enquiry::ANSWER_GIVEN, Enquiry::ANSWER_REFUSED, Enquiry::ANSWER_WITHDRAWN}) {
    for (const char* id : {"e1", "e2"})
      EXPECT_EQ(said(ask::AnswerEnquiry(id, answer)), said(ask::AnswerEnquiry("e9", answer))) << id << answer;
  }
  EXPECT_EQ(said(ask::ChaseReferral("r1")), said(ask::ChaseReferral("r9")));
  for (const char* id : {"e1", "e2"})
    EXPECT_EQ(said(ask::ChaseEnquiry(id)), said(ask::ChaseEnquiry("e9"))) << id;
  v1::Command named = ask::Enquire("police", kTheirs);
  named.mutable_enquire()->set_enquiry_id("e1");
  v1::Command other = named;
  other.mutable_enquire()->set_enquiry_id("e9");
  EXPECT_EQ(said(named), said(other)) << "whether an id is taken";
  for (const char* agency : {"refuge", "nobody", "old_team"}) {
    const CaseVerdict verdict = c.Do(ask::Enquire(agency, kTheirs), PartnerOf("police"));
    EXPECT_THAT(verdict, IsRefusedBy("C-agency"));
    EXPECT_THAT(Refused(verdict).say(), testing::HasSubstr("the agency that the partner speaks for")) << agency;
  }
  EXPECT_THAT(c.Do(ask::Enquire("police", kTheirs), PartnerOf("police")), IsAccepted());
  EXPECT_THAT(c.Do(ask::AnswerReferral("r1", Referral::ANSWER_ACCEPTED), PartnerOf("refuge")), IsAccepted());
}

TEST(Enquire, TheirQuestionAboutAClosedCaseIsStillAnswered) {
  ACase c = Open();
  c.Withdrawn().Does(ask::Enquire("police", kTheirs, true), PartnerOf("police"));
  EXPECT_EQ(c.StatusOf("their_urgent_enquiry/e1"), v1::ClockState::STATUS_RUNNING);
  EXPECT_THAT(c.Do(ask::Told("e1")), IsAccepted());
  EXPECT_THAT(c.Do(ask::Refer("police", "hate_unit", kFriday)), IsRefusedBy("C-closed"));
}

// What is no Words field is logged and fed in clear: no sentence fits in.
TEST(Codes, L11_NoWordsStandWhereCodesAndNumbersBelong) {
  using Referral = v1::AnswerReferral;
  ACase c = Open();
  c.Does(ask::Refer("police", "hate_unit", kFriday)).Does(ask::Enquire("police", kTheirs), PartnerOf("police"));
  c.Does(ask::Share("refuge", ask::InAnEmergency()));
  const std::string words = "Agnes hides at her sister's";
  v1::Command declined = ask::AnswerReferral("r1", Referral::ANSWER_DECLINED);
  declined.mutable_answer_referral()->set_reason_code(words);
  EXPECT_THAT(c.Do(declined), IsRefusedBy("C-reason"));
  v1::Command accepted = ask::AnswerReferral("r1", Referral::ANSWER_ACCEPTED);
  accepted.mutable_answer_referral()->set_reason_code(words);
  EXPECT_THAT(c.Do(accepted), IsRefusedBy("C-reason")) << "also where none is needed";
  accepted.mutable_answer_referral()->clear_reason_code();
  accepted.mutable_answer_referral()->set_alternative_code(words);
  EXPECT_THAT(c.Do(accepted), IsRefusedBy("C-referral"));
  accepted.mutable_answer_referral()->clear_alternative_code();
  accepted.mutable_answer_referral()->set_their_reference(words);
  EXPECT_THAT(c.Do(accepted), IsRefusedBy("C-referral"));
  v1::Command refused = ask::AnswerEnquiry("e1", v1::AnswerEnquiry::ANSWER_REFUSED);
  refused.mutable_answer_enquiry()->set_reason_code(words);
  EXPECT_THAT(c.Do(refused), IsRefusedBy("C-reason"));
  v1::Command review = ask::ReviewSharing("s2", v1::ReviewSharing::FINDING_NOT_JUSTIFIED);
  review.mutable_review_sharing()->set_reason_code(words);
  EXPECT_THAT(c.Do(review, Ruth()), IsRefusedBy("C-reason"));

  v1::Command numbered = ask::Enquire("police", kTheirs);
  numbered.mutable_enquire()->set_their_reference(words);
  EXPECT_THAT(c.Do(numbered), IsRefusedBy("C-enquiry"));
  numbered.mutable_enquire()->set_their_reference(std::string(kOutsideReferenceMax, '7'));
  EXPECT_THAT(c.Do(numbered), IsAccepted());
  numbered.mutable_enquire()->set_their_reference(std::string(kOutsideReferenceMax + 1, '7'));
  EXPECT_THAT(c.Do(numbered), IsRefusedBy("C-enquiry"));
}

TEST(Explain, WhatIsOpenWithAgenciesIsSaid) {
  ACase c = Open();
  c.Does(ask::Enquire("police", kTheirs, true), PartnerOf("police")).Does(ask::Refer("police", "hate_unit", kFriday));
  c.Does(ask::ChaseReferral("r1")).Does(ask::Share("refuge", ask::InAnEmergency()));
  const v1::Actor mo = Mo();
  const v1::CaseExplanation said = ExplainCase(c.state(), c.Context(mo), [](auto, auto) { return nullptr; });
  ASSERT_EQ(said.open_with_agencies_size(), 3) << said.DebugString();
  EXPECT_EQ(said.open_with_agencies(0),
            "urgent enquiry e1 from police waits for our answer, since 2026-11-23T10:00:00Z");
  EXPECT_EQ(said.open_with_agencies(1),
            "referral r1 to police for hate_unit is neither accepted nor declined, since 2026-11-23T10:00:00Z, to be "
            "answered by 2026-11-27T12:00:00Z, chased 1 time(s)");
  EXPECT_EQ(said.open_with_agencies(2),
            "sharing s2 with refuge by the emergency door waits for a review, since 2026-11-23T10:00:00Z");
}

// ---------------------------------------------------------------------------------------------- imports

TEST(Import, R_48_1_AgreementsAreTodaysWhateverTimeIsClaimed) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Imported();
  v1::Command share = ask::Share("police");
  share.set_importing(true);
  const v1::Actor mo = Mo();
  CaseContext context = c.Context(mo);
  context.agency_of = TestAgency;
  context.recorded_at = At("2026-12-01T00:00:00Z");
  EXPECT_THAT(Decide(&c.state(), share, context), GivesA("historical_fact")) << "it has lapsed";
  v1::AgreementState later = PoliceAgreement();
  SetTimestamp(At("2026-11-24T00:00:00Z"), later.mutable_agreement()->mutable_from());
  context.agency_of = WithAgreement(later);
  context.recorded_at = At("2026-11-24T00:00:00Z");
  EXPECT_THAT(Decide(&c.state(), share, context), GivesA("information_shared")) << "it is in force";
}

TEST(Import, ASharingThatTheRulesRefuseIsKeptAsHistory) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Imported();
  const CaseVerdict verdict = c.Do(ask::Share("refuge"));
  ASSERT_THAT(verdict, GivesA("historical_fact"));
  EXPECT_EQ(Accepted(verdict).events[0].historical_fact().refusal().rule(), "C-agreement");
  EXPECT_EQ(c.state().sharings_size(), 0);
}

}  // namespace
}  // namespace caseward::test

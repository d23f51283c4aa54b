#include "engine/cases/evolve_agencies.h"

#include "engine/base/actor.h"
#include "engine/cases/case_lookup.h"

namespace caseward {
namespace {

v1::ReferralState* FindReferral(v1::CaseState& state, std::string_view id) {
  return FindIn(*state.mutable_referrals(), [&](const v1::ReferralState& one) { return one.referral_id() == id; });
}
v1::EnquiryState* FindEnquiry(v1::CaseState& state, std::string_view id) {
  return FindIn(*state.mutable_enquiries(), [&](const v1::EnquiryState& one) { return one.enquiry_id() == id; });
}

void Made(v1::CaseState& state, const v1::Event& event, const v1::CaseReferred& e) {
  v1::ReferralState& referral = *state.add_referrals();
  referral.set_referral_id(e.referral_id());
  referral.set_agency(e.agency());
  referral.set_service(e.service());
  referral.set_status(v1::ReferralState::STATUS_OPEN);
  *referral.mutable_made_at() = event.occurred_at();
  if (e.has_respond_by()) *referral.mutable_respond_by() = e.respond_by();
}

v1::ReferralState::Status StatusAfter(v1::AnswerReferral::Answer answer) {
  switch (answer) {
    case v1::AnswerReferral::ANSWER_ACCEPTED: return v1::ReferralState::STATUS_ACCEPTED;
    case v1::AnswerReferral::ANSWER_DECLINED: return v1::ReferralState::STATUS_DECLINED;
    case v1::AnswerReferral::ANSWER_WITHDRAWN: return v1::ReferralState::STATUS_WITHDRAWN;
    case v1::AnswerReferral::ANSWER_COMPLETED: return v1::ReferralState::STATUS_COMPLETED;
    case v1::AnswerReferral::ANSWER_UNSPECIFIED:
    case v1::AnswerReferral_Answer_AnswerReferral_Answer_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::AnswerReferral_Answer_AnswerReferral_Answer_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return v1::ReferralState::STATUS_OPEN;
}
v1::EnquiryState::Status StatusAfter(v1::AnswerEnquiry::Answer answer) {
  switch (answer) {
    case v1::AnswerEnquiry::ANSWER_GIVEN: return v1::EnquiryState::STATUS_GIVEN;
    case v1::AnswerEnquiry::ANSWER_REFUSED: return v1::EnquiryState::STATUS_REFUSED;
    case v1::AnswerEnquiry::ANSWER_WITHDRAWN: return v1::EnquiryState::STATUS_WITHDRAWN;
    case v1::AnswerEnquiry::ANSWER_UNSPECIFIED:
    case v1::AnswerEnquiry_Answer_AnswerEnquiry_Answer_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::AnswerEnquiry_Answer_AnswerEnquiry_Answer_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return v1::EnquiryState::STATUS_OPEN;
}

void Answered(v1::CaseState& state, const v1::Event& event, const v1::ReferralDecided& e) {
  v1::ReferralState* referral = FindReferral(state, e.referral_id());
  if (referral == nullptr) return;
  referral->set_status(StatusAfter(e.answer()));
  *referral->mutable_answered_at() = event.occurred_at();
  if (!e.their_reference().empty()) referral->set_their_reference(e.their_reference());
}

void Asked(v1::CaseState& state, const v1::Event& event, const v1::EnquiryMade& e) {
  v1::EnquiryState& enquiry = *state.add_enquiries();
  enquiry.set_enquiry_id(e.enquiry_id());
  enquiry.set_agency(e.agency());
  enquiry.set_direction(e.direction());
  enquiry.set_urgent(e.urgent());
  enquiry.set_status(v1::EnquiryState::STATUS_OPEN);
  *enquiry.mutable_made_at() = event.occurred_at();
  if (e.has_respond_by()) *enquiry.mutable_respond_by() = e.respond_by();
  enquiry.set_their_reference(e.their_reference());
}

void Answered(v1::CaseState& state, const v1::Event& event, const v1::EnquiryAnswered& e) {
  v1::EnquiryState* enquiry = FindEnquiry(state, e.enquiry_id());
  if (enquiry == nullptr) return;
  enquiry->set_status(StatusAfter(e.answer()));
  *enquiry->mutable_answered_at() = event.occurred_at();
}

void Chased(v1::CaseState& state, const v1::AgencyChased& e) {
  if (v1::EnquiryState* enquiry = FindEnquiry(state, e.enquiry_id())) enquiry->set_chased(e.attempt());
  if (v1::ReferralState* referral = FindReferral(state, e.referral_id())) referral->set_chased(e.attempt());
}

void Shared(v1::CaseState& state, const v1::Event& event, const v1::InformationShared& e, const v1::Actor& actor) {
  v1::SharingState& sharing = *state.add_sharings();
  sharing.set_share_id(e.share_id());
  sharing.set_agency(e.agency());
  sharing.set_door(e.door());
  sharing.set_agreement_id(e.agreement_id());
  *sharing.mutable_data_classes() = e.data_classes();
  *sharing.mutable_at() = event.occurred_at();
  sharing.set_by(PersonOf(actor));
}

void Reviewed(v1::CaseState& state, const v1::SharingReviewed& e) {
  v1::SharingState* sharing =
      FindIn(*state.mutable_sharings(), [&](const v1::SharingState& one) { return one.share_id() == e.share_id(); });
  if (sharing != nullptr) sharing->set_finding(e.finding());
}

}  // namespace

void EvolveAgencies(v1::CaseState& state, const v1::Event& event, const v1::Actor& actor) {
  if (event.has_case_referred()) Made(state, event, event.case_referred());
  if (event.has_referral_decided()) Answered(state, event, event.referral_decided());
  if (event.has_enquiry_made()) Asked(state, event, event.enquiry_made());
  if (event.has_enquiry_answered()) Answered(state, event, event.enquiry_answered());
  if (event.has_agency_chased()) Chased(state, event.agency_chased());
  if (event.has_information_shared()) Shared(state, event, event.information_shared(), actor);
  if (event.has_sharing_reviewed()) Reviewed(state, event.sharing_reviewed());
}

}  // namespace caseward

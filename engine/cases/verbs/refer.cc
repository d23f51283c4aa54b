#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/cases/verbs/agencies.h"
#include "engine/cases/verbs/verbs.h"
#include "engine/policy/enum_names.h"

namespace caseward::verbs {

// Hands a need to an agency, and with it what the agency must know. Refused whole if that may not be told.
MaybeRefusal Refer(Deciding& deciding, const v1::ReferCase& asked) {
  auto id = NewReferralId(deciding, asked.referral_id());
  if (auto* refusal = std::get_if<v1::Refusal>(&id)) return *refusal;
  auto share_id = NewShareId(deciding, "");
  if (auto* refusal = std::get_if<v1::Refusal>(&share_id)) return *refusal;
  if (!ParseName(asked.service()).ok()) return Invalid("C-referral", "the service that is asked for", "none");
  if (!asked.has_respond_by()) return Invalid("C-referral", "by when the agency is to answer", "no respond_by");
  if (auto refusal = CheckRespondBy(deciding, "C-referral", asked.respond_by())) return refusal;
  if (auto refusal = CheckSharing(deciding, asked.sharing(), asked.has_sharing_reason())) return refusal;

  v1::CaseReferred& e = *deciding.Fact(true).mutable_case_referred();
  e.set_referral_id(std::get<std::string>(id));
  e.set_agency(asked.agency());
  e.set_service(asked.service());
  *e.mutable_respond_by() = asked.respond_by();
  e.set_purpose(asked.sharing().purpose());
  e.set_lawful_basis(asked.sharing().lawful_basis());
  *e.mutable_data_classes() = asked.sharing().data_classes();
  if (asked.has_need()) *e.mutable_need() = asked.need();
  AddSharingFact(deciding, asked.sharing(), asked.has_sharing_reason() ? &asked.sharing_reason() : nullptr,
                 {.share_id = std::get<std::string>(share_id),
                  .agency = asked.agency(),
                  .enquiry_id = "",
                  .referral_id = std::get<std::string>(id)});
  if (auto refusal = CheckAgency(deciding, asked.agency(), asked.service())) return refusal;
  return CheckDoor(deciding, asked.sharing(), asked.agency());
}

namespace {

// Which answers may follow which status.
bool MayFollow(v1::ReferralState::Status status, v1::AnswerReferral::Answer answer) {
  switch (answer) {
    case v1::AnswerReferral::ANSWER_ACCEPTED:
    case v1::AnswerReferral::ANSWER_DECLINED: return status == v1::ReferralState::STATUS_OPEN;
    case v1::AnswerReferral::ANSWER_WITHDRAWN:
      return status == v1::ReferralState::STATUS_OPEN || status == v1::ReferralState::STATUS_ACCEPTED;
    case v1::AnswerReferral::ANSWER_COMPLETED: return status == v1::ReferralState::STATUS_ACCEPTED;
    case v1::AnswerReferral::ANSWER_UNSPECIFIED:
    case v1::AnswerReferral_Answer_AnswerReferral_Answer_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::AnswerReferral_Answer_AnswerReferral_Answer_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return false;
}

}  // namespace

MaybeRefusal AnswerReferral(Deciding& deciding, const v1::AnswerReferral& asked) {
  const v1::ReferralState* referral = FindIn(deciding.before().referrals(), [&](const v1::ReferralState& one) {
    return one.referral_id() == asked.referral_id();
  });
  if (referral == nullptr || !MayKnowOf(deciding, referral->agency())) {
    return Invalid("C-referral", "an existing referral of this case", "an id that is not one");
  }
  if (asked.answer() == v1::AnswerReferral::ANSWER_UNSPECIFIED || !v1::AnswerReferral::Answer_IsValid(asked.answer())) {
    return Invalid("C-referral", "an answer: accepted, declined, withdrawn or completed", "none");
  }
  const bool withdrawn = asked.answer() == v1::AnswerReferral::ANSWER_WITHDRAWN;
  const bool to_nothing = withdrawn || asked.answer() == v1::AnswerReferral::ANSWER_DECLINED;
  if (auto refusal = CheckReasonCode(asked.reason_code(), to_nothing, "a reason why the referral comes to nothing")) {
    return refusal;
  }
  if (!asked.alternative_code().empty() && !ParseName(asked.alternative_code()).ok()) {
    return Invalid("C-referral", "what is done instead, as a code of [a-z0-9_]", "another text");
  }
  if (auto refusal = CheckTheirReference("C-referral", asked.their_reference())) return refusal;
  v1::ReferralDecided& e = *deciding.Fact(true).mutable_referral_decided();
  e.set_referral_id(asked.referral_id());
  e.set_agency(referral->agency());
  e.set_service(referral->service());
  e.set_answer(asked.answer());
  e.set_reason_code(asked.reason_code());
  e.set_alternative_code(asked.alternative_code());
  e.set_their_reference(asked.their_reference());
  if (!MayFollow(referral->status(), asked.answer())) {
    return Refuse("C-referral", "a referral to which this can be the answer",
                  StrCat(asked.referral_id(), ", which is ", EnumText(referral->status())),
                  "Nothing: it has had its answer.");
  }
  return withdrawn ? CheckSharer(deciding) : std::nullopt;
}

}  // namespace caseward::verbs

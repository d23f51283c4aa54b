#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/cases/verbs/agencies.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

// Null also for one that the actor may not know of.
const v1::EnquiryState* FindEnquiry(const Deciding& deciding, std::string_view id) {
  return FindIn(deciding.before().enquiries(), [&](const v1::EnquiryState& one) {
    return one.enquiry_id() == id && MayKnowOf(deciding, one.agency());
  });
}

v1::Refusal NoSuchEnquiry() {
  return Invalid("C-enquiry", "an existing enquiry of this case", "an id that is not one");
}

v1::Refusal Answered(std::string_view id) {
  return Refuse("C-enquiry", "an enquiry that is not answered", StrCat(id, ", which is"),
                "Nothing: it has had its answer.");
}

// The share that goes with a question or an answer: its fact; who may and by which door is checked after the facts.
MaybeRefusal AddSharing(Deciding& deciding, const v1::Sharing& asked, const v1::Words* reason, std::string_view agency,
                        std::string_view enquiry_id) {
  auto share_id = NewShareId(deciding, "");
  if (auto* refusal = std::get_if<v1::Refusal>(&share_id)) return *refusal;
  AddSharingFact(
      deciding, asked, reason,
      {.share_id = std::get<std::string>(share_id), .agency = agency, .enquiry_id = enquiry_id, .referral_id = ""});
  return std::nullopt;
}

// Words of ours that reach an agency tell it something: they go by a door, as everything does that leaves the house.
MaybeRefusal CheckOurQuestion(const v1::Enquire& asked) {
  if (!asked.has_question() || asked.has_sharing()) return std::nullopt;
  return Invalid("C-sharing", "what the words tell the agency: for what, on which basis and by which door",
                 "words without a sharing");
}

MaybeRefusal CheckToldTo(const Deciding& deciding, const v1::Sharing& asked, std::string_view agency) {
  if (auto refusal = CheckSharer(deciding)) return refusal;
  return CheckDoor(deciding, asked, agency);
}

// A partner speaks for its own agency, and its question is given an id: that one is taken would tell it of another's.
MaybeRefusal CheckPartner(const Deciding& deciding, const v1::Enquire& asked) {
  if (deciding.actor().kind() != v1::Actor::KIND_PARTNER) return std::nullopt;
  if (auto refusal = CheckParty(deciding, asked.agency())) return refusal;
  if (asked.enquiry_id().empty()) return std::nullopt;
  return Invalid("C-enquiry", "no id from a partner: one is chosen", "one");
}

}  // namespace

// A question between an agency and us. Theirs needs no agreement: asking tells nothing.
MaybeRefusal Enquire(Deciding& deciding, const v1::Enquire& asked) {
  if (auto refusal = CheckPartner(deciding, asked)) return refusal;
  auto id = NewEnquiryId(deciding, asked.enquiry_id());
  if (auto* refusal = std::get_if<v1::Refusal>(&id)) return *refusal;
  const bool theirs = asked.direction() == v1::ENQUIRY_DIRECTION_FROM_AGENCY;
  if (!theirs && asked.direction() != v1::ENQUIRY_DIRECTION_TO_AGENCY) {
    return Invalid("C-enquiry", "who asks: from_agency or to_agency", "neither");
  }
  if (!ParseName(asked.purpose()).ok()) return Invalid("C-enquiry", "what it is for, as a code", "none");
  if (auto refusal = CheckCodes("C-enquiry", "what is asked for", asked.items())) return refusal;
  if (asked.has_respond_by()) {
    if (auto refusal = CheckRespondBy(deciding, "C-enquiry", asked.respond_by())) return refusal;
  }
  if (auto refusal = CheckTheirReference("C-enquiry", asked.their_reference())) return refusal;
  if (theirs && asked.has_sharing()) return Invalid("C-sharing", "nothing told by a question of theirs", "a sharing");
  if (asked.has_sharing()) {
    if (auto refusal = CheckSharing(deciding, asked.sharing(), asked.has_sharing_reason())) return refusal;
  }
  if (!theirs) {
    if (auto refusal = CheckOurQuestion(asked)) return refusal;
  }

  v1::EnquiryMade& e = *deciding.Fact(!theirs).mutable_enquiry_made();
  e.set_enquiry_id(std::get<std::string>(id));
  e.set_agency(asked.agency());
  e.set_direction(asked.direction());
  e.set_urgent(asked.urgent());
  e.set_purpose(asked.purpose());
  *e.mutable_items() = asked.items();
  if (asked.has_respond_by()) *e.mutable_respond_by() = asked.respond_by();
  e.set_their_reference(asked.their_reference());
  if (asked.has_question()) *e.mutable_question() = asked.question();
  if (asked.has_sharing()) {
    const v1::Words* reason = asked.has_sharing_reason() ? &asked.sharing_reason() : nullptr;
    if (auto refusal = AddSharing(deciding, asked.sharing(), reason, asked.agency(), std::get<std::string>(id))) {
      return refusal;
    }
  }
  if (auto refusal = CheckAgency(deciding, asked.agency())) return refusal;
  if (!theirs) {
    if (auto refusal = CheckSharer(deciding)) return refusal;
  }
  return asked.has_sharing() ? CheckToldTo(deciding, asked.sharing(), asked.agency()) : std::nullopt;
}

// The answer, by whoever was asked. To be told something takes an agreement; to be told no takes a lawful reason.
MaybeRefusal AnswerEnquiry(Deciding& deciding, const v1::AnswerEnquiry& asked) {
  const v1::EnquiryState* enquiry = FindEnquiry(deciding, asked.enquiry_id());
  if (enquiry == nullptr) return NoSuchEnquiry();
  if (asked.answer() == v1::AnswerEnquiry::ANSWER_UNSPECIFIED || !v1::AnswerEnquiry::Answer_IsValid(asked.answer())) {
    return Invalid("C-enquiry", "an answer: given, refused or withdrawn", "none");
  }
  const bool given = asked.answer() == v1::AnswerEnquiry::ANSWER_GIVEN;
  const bool withdrawn = asked.answer() == v1::AnswerEnquiry::ANSWER_WITHDRAWN;
  if (auto refusal = CheckReasonCode(asked.reason_code(), !given, "a reason why no answer is given")) return refusal;
  const bool theirs = enquiry->direction() == v1::ENQUIRY_DIRECTION_FROM_AGENCY;
  if (asked.has_sharing() && (!given || !theirs)) {
    return Invalid("C-sharing", "a sharing only in an answer of ours that is given", "one elsewhere");
  }
  if (asked.has_sharing()) {
    if (auto refusal = CheckSharing(deciding, asked.sharing(), asked.has_sharing_reason())) return refusal;
  }
  // Given is told: what, for what and by which door is said also where the answer is not in words.
  if (theirs && given && !asked.has_sharing()) {
    return Invalid("C-sharing", "what the answer tells the agency: for what, on which basis and by which door",
                   "an answer without a sharing");
  }

  v1::EnquiryAnswered& e = *deciding.Fact(true).mutable_enquiry_answered();
  e.set_enquiry_id(asked.enquiry_id());
  e.set_agency(enquiry->agency());
  e.set_direction(enquiry->direction());
  e.set_answer(asked.answer());
  e.set_reason_code(asked.reason_code());
  e.set_urgent(enquiry->urgent());
  if (asked.has_text()) *e.mutable_text() = asked.text();
  if (asked.has_sharing()) {
    const v1::Words* reason = asked.has_sharing_reason() ? &asked.sharing_reason() : nullptr;
    if (auto refusal = AddSharing(deciding, asked.sharing(), reason, enquiry->agency(), asked.enquiry_id())) {
      return refusal;
    }
  }
  if (enquiry->status() != v1::EnquiryState::STATUS_OPEN) return Answered(asked.enquiry_id());
  // Who asked may take it back; the other side answers.
  if (theirs != withdrawn) {
    if (auto refusal = CheckSharer(deciding)) return refusal;
  }
  if (!asked.has_sharing()) return std::nullopt;
  if (auto refusal = CheckAgency(deciding, enquiry->agency())) return refusal;  // it may have closed since it asked
  return CheckToldTo(deciding, asked.sharing(), enquiry->agency());
}

MaybeRefusal Chase(Deciding& deciding, const v1::ChaseAgency& asked) {
  if (asked.enquiry_id().empty() == asked.referral_id().empty()) {
    return Invalid("C-enquiry", "an enquiry or a referral to chase, one of them", "none or both");
  }
  v1::AgencyChased chased;
  chased.set_enquiry_id(asked.enquiry_id());
  chased.set_referral_id(asked.referral_id());
  chased.set_channel(deciding.command().channel());
  bool open = false;
  if (!asked.enquiry_id().empty()) {
    const v1::EnquiryState* enquiry = FindEnquiry(deciding, asked.enquiry_id());
    if (enquiry == nullptr) return NoSuchEnquiry();
    if (enquiry->direction() != v1::ENQUIRY_DIRECTION_TO_AGENCY) {
      return Invalid("C-enquiry", "an enquiry of ours, which the agency answers", "one of theirs");
    }
    open = enquiry->status() == v1::EnquiryState::STATUS_OPEN;
    chased.set_agency(enquiry->agency());
    chased.set_attempt(enquiry->chased() + 1);
  } else {
    const v1::ReferralState* referral = FindIn(deciding.before().referrals(), [&](const v1::ReferralState& one) {
      return one.referral_id() == asked.referral_id() && MayKnowOf(deciding, one.agency());
    });
    if (referral == nullptr) {
      return Invalid("C-referral", "an existing referral of this case", "an id that is not one");
    }
    open = referral->status() == v1::ReferralState::STATUS_OPEN;
    chased.set_agency(referral->agency());
    chased.set_attempt(referral->chased() + 1);
  }
  *deciding.Fact(false).mutable_agency_chased() = std::move(chased);
  if (!open) return Answered(asked.enquiry_id().empty() ? asked.referral_id() : asked.enquiry_id());
  return CheckSharer(deciding);
}

}  // namespace caseward::verbs

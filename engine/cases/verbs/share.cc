#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/cases/verbs/agencies.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Tells an agency something about the people of the case. Nobody does so against the rules.
MaybeRefusal Share(Deciding& deciding, const v1::ShareInformation& asked) {
  auto id = NewShareId(deciding, asked.share_id());
  if (auto* refusal = std::get_if<v1::Refusal>(&id)) return *refusal;
  if (auto refusal = CheckSharing(deciding, asked.sharing(), asked.has_sharing_reason())) return refusal;
  AddSharingFact(
      deciding, asked.sharing(), asked.has_sharing_reason() ? &asked.sharing_reason() : nullptr,
      {.share_id = std::get<std::string>(id), .agency = asked.agency(), .enquiry_id = "", .referral_id = ""});
  if (auto refusal = CheckAgency(deciding, asked.agency())) return refusal;
  return CheckDoor(deciding, asked.sharing(), asked.agency());
}

// Four eyes on what was shared. What it finds stands beside the sharing; nothing can take back what was told.
MaybeRefusal ReviewSharing(Deciding& deciding, const v1::ReviewSharing& asked) {
  const v1::SharingState* sharing = FindIn(
      deciding.before().sharings(), [&](const v1::SharingState& one) { return one.share_id() == asked.share_id(); });
  if (sharing == nullptr) {
    return Invalid("C-sharing", "something that was shared in this case", "an id that is not one");
  }
  if (asked.finding() == v1::ReviewSharing::FINDING_UNSPECIFIED ||
      !v1::ReviewSharing::Finding_IsValid(asked.finding())) {
    return Invalid("C-sharing", "a finding: justified or not_justified", "none");
  }
  const bool not_justified = asked.finding() == v1::ReviewSharing::FINDING_NOT_JUSTIFIED;
  if (auto refusal = CheckReasonCode(asked.reason_code(), not_justified, "a reason why it was not justified")) {
    return refusal;
  }
  v1::SharingReviewed& e = *deciding.Fact(false).mutable_sharing_reviewed();
  e.set_share_id(asked.share_id());
  e.set_agency(sharing->agency());
  e.set_door(sharing->door());
  e.set_finding(asked.finding());
  e.set_reason_code(asked.reason_code());
  e.set_by(PersonOf(deciding.actor()));
  if (asked.has_reasons()) *e.mutable_reasons() = asked.reasons();
  if (sharing->finding() != v1::ReviewSharing::FINDING_UNSPECIFIED) {
    return Refuse("C-sharing", "a sharing that nobody has reviewed", StrCat(asked.share_id(), ", which was"),
                  "Nothing: it is reviewed.");
  }
  if (sharing->by() == PersonOf(deciding.actor())) {
    return Refuse("C-sharing", "somebody other than who shared it", sharing->by(), "Another person reviews it.");
  }
  return std::nullopt;
}

}  // namespace caseward::verbs

#include "engine/base/actor.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Refuses or takes back a hand-over, with a reason. The sender is still the owner. In a
// history, whoever it was is that history's word.
MaybeRefusal RejectHandover(Deciding& deciding, const v1::RejectHandover& asked) {
  const v1::CaseState& before = deciding.before();
  if (before.handover_to().empty()) {
    return Refuse("C-handover", "a hand-over under way", "none", "Nothing: nobody was handed the case.");
  }
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for rejecting the hand-over", "none");
  const std::string& who = PersonOf(deciding.actor());
  if (!deciding.command().importing() && who != before.handover_to() && who != before.owner()) {
    return Refuse("C-handover", "its receiver or its sender", who, "One of the two rejects it.");
  }
  deciding.Fact(false).mutable_handover_rejected()->set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs

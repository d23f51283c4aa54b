#include "engine/base/validate.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Gives the case its first owner, or a new one where no hand-over is possible (a leaver). A change between people who
// are there goes by hand-over, which the pack's rules may insist on.
MaybeRefusal Assign(Deciding& deciding, const v1::AssignCase& asked) {
  if (!ParseActorId(asked.owner()).ok()) return Invalid("C-owner", "the id of a person", "another text");
  if (asked.owner() == deciding.before().owner()) {
    return Refuse("C-owner", "a person who does not own the case already", asked.owner(),
                  "Nothing: that person owns it.");
  }
  if (auto refusal = CheckTaker(deciding, asked.owner())) return refusal;
  if (auto refusal = CheckReasonCode(asked.reason_code(), false, "why this person")) return refusal;
  v1::OwnerAssigned& e = *deciding.Fact(false).mutable_owner_assigned();
  e.set_owner(asked.owner());
  e.set_previous_owner(deciding.before().owner());
  if (asked.has_reason()) *e.mutable_reason() = asked.reason();
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs

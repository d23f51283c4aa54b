#include "engine/base/validate.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Starts a hand-over. The sender stays accountable until it is accepted: the owner does not change here.
MaybeRefusal HandOver(Deciding& deciding, const v1::HandOverCase& asked) {
  const v1::CaseState& before = deciding.before();
  if (!ParseActorId(asked.to()).ok())
    return Invalid("C-owner", "the id of the person who takes the case", "another text");
  if (asked.to() == before.owner()) {
    return Refuse("C-owner", "another person than the owner", asked.to(), "Name the person who takes it.");
  }
  if (!before.handover_to().empty()) {
    return Refuse("C-handover", "no hand-over under way", "one to " + before.handover_to(),
                  "The receiver accepts or rejects it first.");
  }
  if (auto refusal = CheckTaker(deciding, asked.to())) return refusal;
  if (auto refusal = CheckReasonCode(asked.reason_code(), false, "why this person")) return refusal;
  v1::HandoverInitiated& e = *deciding.Fact(false).mutable_handover_initiated();
  e.set_to(asked.to());
  *e.mutable_items() = asked.items();
  if (asked.has_next_step()) *e.mutable_next_step() = asked.next_step();
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs

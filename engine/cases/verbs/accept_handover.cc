#include "engine/base/actor.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// The receiver takes the case: only the person it was handed to. Who took it in a history is that history's word; the
// importer, who is the actor, only passes it on.
MaybeRefusal AcceptHandover(Deciding& deciding, const v1::AcceptHandover& asked) {
  const v1::CaseState& before = deciding.before();
  if (before.handover_to().empty()) {
    return Refuse("C-handover", "a hand-over under way", "none", "The owner hands the case over first.");
  }
  if (!deciding.command().importing() && before.handover_to() != PersonOf(deciding.actor())) {
    return Refuse("C-handover", "the person it was handed to, " + before.handover_to(), PersonOf(deciding.actor()),
                  "That person accepts it.");
  }
  if (auto refusal = CheckTaker(deciding, before.handover_to())) return refusal;
  v1::HandoverAccepted& e = *deciding.Fact(false).mutable_handover_accepted();
  e.set_owner(before.handover_to());
  e.set_previous_owner(before.owner());
  e.set_risks_read_back(asked.risks_read_back());
  e.set_promises_read_back(asked.promises_read_back());
  return std::nullopt;
}

}  // namespace caseward::verbs

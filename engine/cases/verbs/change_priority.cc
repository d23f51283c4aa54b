#include "engine/base/text.h"
#include "engine/cases/verbs/current_sign_off.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

// What the policy holds the case to, whatever people say: its type's priority and every rule that holds.
struct Held {
  v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
  std::string because;
};
Held HeldTo(const Deciding& deciding) {
  Held held;
  if (const v1::CaseType* type = deciding.pack().case_type(deciding.before().case_type())) {
    held = {type->priority(), type->id()};
  }
  const Facts facts = deciding.FactsBefore();
  for (const CompiledPriority* rule : deciding.pack().Priorities()) {
    if (!MoreUrgent(rule->source->priority(), held.priority) || !rule->when.Holds(facts)) continue;
    held = {rule->source->priority(), rule->source->id()};
  }
  return held;
}

}  // namespace

// A person sets the priority, within what the rules hold it to; lowering needs a signature.
MaybeRefusal ChangePriority(Deciding& deciding, const v1::ChangePriority& asked) {
  if (asked.to() == v1::PRIORITY_UNSPECIFIED || !v1::Priority_IsValid(asked.to())) {
    return Invalid("C-priority", "P1, P2 or P3", "another");
  }
  if (asked.to() == deciding.before().priority()) {
    return Refuse("C-priority", "a priority the case does not have", v1::Priority_Name(asked.to()),
                  "Nothing: the case has it already.");
  }
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for changing the priority", "none");
  v1::PriorityChanged& e = *deciding.Fact(true).mutable_priority_changed();
  e.set_from(deciding.before().priority());
  e.set_to(asked.to());
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

MaybeRefusal ChangePriorityGate(const Deciding& deciding, const v1::ChangePriority& asked) {
  if (!MoreUrgent(deciding.before().priority(), asked.to())) return std::nullopt;
  const Held held = HeldTo(deciding);
  if (MoreUrgent(held.priority, asked.to())) {
    return Refuse("C-priority",
                  StrCat("a priority not below ", v1::Priority_Name(held.priority), ", to which ", held.because,
                         " holds the case"),
                  v1::Priority_Name(asked.to()), "What holds the priority ends first.");
  }
  return NeedSignOff(deciding, kPriorityLoweringSubject, "lower the priority");
}

MaybeRefusal TriageGate(const Deciding& deciding, const v1::TriageCase& asked) {
  const v1::CaseState& before = deciding.before();
  if (before.phase() == v1::PHASE_REPORTED || asked.priority() == v1::PRIORITY_UNSPECIFIED) return std::nullopt;
  if (!MoreUrgent(before.priority(), asked.priority())) return std::nullopt;
  return NeedSignOff(deciding, kPriorityLoweringSubject, "lower the priority");
}

}  // namespace caseward::verbs

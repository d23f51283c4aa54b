#include "engine/cases/verbs/current_sign_off.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Closes a case that was proposed for closing and signed off. There is no other way to close one.
MaybeRefusal Close(Deciding& deciding, const v1::CloseCase&) {
  const v1::CaseState& before = deciding.before();
  v1::CaseClosed& e = *deciding.Fact(true).mutable_case_closed();
  e.set_reason_code(before.closing_reason());
  const v1::SignOffState* signed_off = FindSignOff(before, kClosureSubject);
  if (signed_off != nullptr && signed_off->granted() && !signed_off->void_()) e.set_signed_by(signed_off->by());
  if (before.phase() != v1::PHASE_CLOSING) {
    return Refuse("C-phase", "a case proposed for closing", "one that is not", "Propose closure first.");
  }
  return std::nullopt;
}

MaybeRefusal CloseGate(const Deciding& deciding) { return NeedSignOff(deciding, kClosureSubject, "close the case"); }

}  // namespace caseward::verbs

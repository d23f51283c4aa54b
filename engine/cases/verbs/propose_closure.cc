#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal ProposeClosure(Deciding& deciding, const v1::ProposeClosure& asked) {
  v1::ClosureProposed& e = *deciding.Fact(true).mutable_closure_proposed();
  e.set_reason_code(asked.reason_code());
  if (asked.has_summary()) *e.mutable_summary() = asked.summary();
  if (deciding.before().phase() != v1::PHASE_OPEN) {
    const bool closing = deciding.before().phase() == v1::PHASE_CLOSING;
    return Refuse("C-phase", "an open case without a proposal to close it",
                  closing ? "one already proposed for closing" : "one that is not triaged",
                  closing ? "Withdraw the proposal first." : "Triage the case first.");
  }
  return CheckReason("C-reason", "closed", asked.reason_code(), deciding.pack().source().closing_reasons());
}

}  // namespace caseward::verbs

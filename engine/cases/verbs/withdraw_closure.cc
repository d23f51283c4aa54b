#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal WithdrawClosure(Deciding& deciding, const v1::WithdrawClosure& asked) {
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for withdrawing the proposal", "none");
  deciding.Fact(true).mutable_closure_withdrawn()->set_reason_code(asked.reason_code());
  if (deciding.before().phase() != v1::PHASE_CLOSING) {
    return Refuse("C-phase", "a case proposed for closing", "one that is not",
                  "Nothing: there is no proposal to withdraw.");
  }
  return std::nullopt;
}

}  // namespace caseward::verbs

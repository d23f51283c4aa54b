#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// The reporter takes the report back, or it proves to be a mistake. Not a way to close: the pack's rules say who may.
MaybeRefusal Withdraw(Deciding& deciding, const v1::WithdrawCase& asked) {
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for withdrawing the case", "none");
  v1::CaseWithdrawn& e = *deciding.Fact(true).mutable_case_withdrawn();
  e.set_reason_code(asked.reason_code());
  if (asked.has_reasons()) *e.mutable_reasons() = asked.reasons();
  return std::nullopt;
}

}  // namespace caseward::verbs

#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal Reopen(Deciding& deciding, const v1::ReopenCase& asked) {
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for reopening", "none");
  deciding.Fact(true).mutable_case_reopened()->set_reason_code(asked.reason_code());
  if (!IsClosed(deciding.before())) {
    return Refuse("C-phase", "a closed or withdrawn case", "an open one", "Nothing: the case is open.");
  }
  return std::nullopt;
}

}  // namespace caseward::verbs

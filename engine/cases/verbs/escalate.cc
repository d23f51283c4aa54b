#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal Escalate(Deciding& deciding, const v1::EscalateCase& asked) {
  if (deciding.pack().tier(asked.to_role()) == 0) {
    return Invalid("C-role", "a role of the policy", StrCat("\"", asked.to_role(), "\""));
  }
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for escalating", "none");
  v1::CaseEscalated& e = *deciding.Fact(false).mutable_case_escalated();
  e.set_to_role(asked.to_role());
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs

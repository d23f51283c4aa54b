#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Triage says what the case is, on the answers the policy asks for. May be repeated as more is known.
MaybeRefusal Triage(Deciding& deciding, const v1::TriageCase& asked) {
  const CompiledPack& pack = deciding.pack();
  if (!asked.case_type().empty() && pack.case_type(asked.case_type()) == nullptr) {
    return Invalid("C-case-type", StrCat("a case type of policy ", pack.source().id()),
                   StrCat("\"", asked.case_type(), "\""));
  }
  if (!v1::Priority_IsValid(asked.priority())) return Invalid("C-priority", "P1, P2 or P3", "another");
  if (auto refusal = CheckFields("triage", pack.step("triage"), asked.answers())) return refusal;

  v1::CaseTriaged& e = *deciding.Fact(true).mutable_case_triaged();
  e.set_case_type(asked.case_type().empty() ? deciding.before().case_type() : asked.case_type());
  e.set_priority(asked.priority());
  *e.mutable_answers() = asked.answers();
  if (asked.has_reason()) *e.mutable_reason() = asked.reason();
  return std::nullopt;
}

}  // namespace caseward::verbs

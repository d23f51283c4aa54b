#include "absl/strings/str_cat.h"
#include "engine/cases/verbs/open_item.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal CompleteAction(Deciding& deciding, const v1::CompleteAction& asked) {
  if (auto refusal = CheckOpenItem(deciding, asked.action_id(), false)) return refusal;
  v1::ActionCompleted& e = *deciding.Fact(true).mutable_action_completed();
  e.set_action_id(asked.action_id());
  e.set_evidence_ref(asked.evidence_ref());
  if (asked.has_evidence()) *e.mutable_evidence() = asked.evidence();
  e.set_kind(FindAction(deciding.before(), asked.action_id())->kind());
  return std::nullopt;
}

}  // namespace caseward::verbs

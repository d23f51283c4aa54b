#include "engine/cases/verbs/open_item.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal CancelAction(Deciding& deciding, const v1::CancelAction& asked) {
  if (auto refusal = CheckOpenItem(deciding, asked.action_id(), false)) return refusal;
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for cancelling the action", "none");
  v1::ActionCancelled& e = *deciding.Fact(true).mutable_action_cancelled();
  e.set_action_id(asked.action_id());
  e.set_reason_code(asked.reason_code());
  e.set_kind(FindAction(deciding.before(), asked.action_id())->kind());
  return std::nullopt;
}

}  // namespace caseward::verbs

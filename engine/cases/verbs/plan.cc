#include "engine/base/text.h"
#include "engine/cases/verbs/actions.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// A plan agreed with the resident, and its actions, in one decision.
MaybeRefusal Plan(Deciding& deciding, const v1::AgreePlan& asked) {
  if (asked.has_review_by() && ToTime(asked.review_by()) <= deciding.when()) {
    return Invalid("C-plan", "a review date after the plan is agreed", FormatInstant(ToTime(asked.review_by())));
  }
  v1::PlanAgreed& plan = *deciding.Fact(true).mutable_plan_agreed();
  if (asked.has_outcome_sought()) *plan.mutable_outcome_sought() = asked.outcome_sought();
  if (asked.has_review_by()) *plan.mutable_review_by() = asked.review_by();
  plan.set_understanding_confirmed_by(asked.understanding_confirmed_by());
  plan.set_resident_copy_format(asked.resident_copy_format());
  plan.set_plan_version(deciding.before().plan().version() + 1);
  uint32_t own = 0;
  for (const v1::AddAction& action : asked.actions())
    own += action.resident_task() ? 0 : 1;
  plan.set_landlord_actions(own);

  std::vector<std::string> named;
  for (const v1::AddAction& action : asked.actions())
    named.push_back(action.action_id());
  for (const v1::AddAction& action : asked.actions()) {
    auto id = NewItemId(deciding, action.action_id(), /*promise=*/false, named);
    if (auto* refusal = std::get_if<v1::Refusal>(&id)) return *refusal;
    if (auto refusal = AddActionFact(deciding, action, std::get<std::string>(std::move(id)))) return refusal;
  }
  return std::nullopt;
}

}  // namespace caseward::verbs

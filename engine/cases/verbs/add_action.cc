#include <algorithm>

#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/cases/verbs/actions.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

std::variant<std::string, v1::Refusal> NewItemId(const Deciding& deciding, std::string_view asked, bool promise,
                                                 const std::vector<std::string>& reserved) {
  const v1::CaseState& before = deciding.before();
  const std::string_view rule = promise ? "C-promise" : "C-action";
  std::vector<std::string_view> added;
  for (const v1::Event& fact : deciding.facts()) {
    if (fact.has_action_added()) added.push_back(fact.action_added().action_id());
  }
  const int items = before.actions_size() + static_cast<int>(added.size());
  if (items >= kActionsMax) {
    return Refuse("C-limit", StrCat("at most ", kActionsMax, " actions and promises in a case"), StrCat(items + 1),
                  "Open another case and link it.");
  }
  const auto taken = [&](std::string_view id) {
    return FindAction(before, id) != nullptr || std::find(added.begin(), added.end(), id) != added.end();
  };
  if (!asked.empty()) {
    if (!ParseItemId(asked).ok()) {
      return Invalid(rule, StrCat("an id of 1 to ", kItemIdMax, " characters of [a-z0-9_-]"), "another text");
    }
    if (taken(asked)) {
      return Refuse(rule, "an id that is not used in this case", StrCat("\"", asked, "\""),
                    "Give another id, or none: then one is chosen.");
    }
    return std::string(asked);
  }
  for (int n = items + 1;; ++n) {
    std::string id = StrCat(promise ? "p" : "a", n);
    if (!taken(id) && std::find(reserved.begin(), reserved.end(), id) == reserved.end()) return id;
  }
}

MaybeRefusal AddActionFact(Deciding& deciding, const v1::AddAction& asked, std::string id) {
  if (!asked.has_due()) return Invalid("C-action", "a due time for every action", "none");
  if (ToTime(asked.due()) <= deciding.when()) {
    return Invalid("C-action", "a due time after the action is agreed", FormatInstant(ToTime(asked.due())));
  }
  v1::ActionAdded& e = *deciding.Fact(true).mutable_action_added();
  e.set_action_id(std::move(id));
  e.set_kind(asked.kind());
  e.set_owner(asked.owner().empty() ? deciding.before().owner() : asked.owner());
  *e.mutable_due() = asked.due();
  e.set_resident_task(asked.resident_task());
  if (asked.has_what()) *e.mutable_what() = asked.what();
  return std::nullopt;
}

MaybeRefusal AddAction(Deciding& deciding, const v1::AddAction& asked) {
  auto id = NewItemId(deciding, asked.action_id(), /*promise=*/false);
  if (auto* refusal = std::get_if<v1::Refusal>(&id)) return *refusal;
  return AddActionFact(deciding, asked, std::get<std::string>(std::move(id)));
}

}  // namespace caseward::verbs

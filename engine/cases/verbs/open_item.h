// An action or promise that is named must be there and open.
#pragma once

#include "engine/base/text.h"
#include "engine/cases/deciding.h"

namespace caseward::verbs {

inline MaybeRefusal CheckOpenItem(const Deciding& deciding, std::string_view id, bool promise) {
  const std::string_view what = promise ? "promise" : "action";
  const v1::ActionState* item = FindAction(deciding.before(), id);
  if (item == nullptr || item->promise() != promise) {
    return Invalid(promise ? "C-promise" : "C-action", StrCat("an existing ", what, " of this case"),
                   StrCat("\"", id, "\""));
  }
  if (item->status() != v1::ActionState::STATUS_OPEN) {
    return Refuse(promise ? "C-promise" : "C-action", StrCat("an open ", what),
                  StrCat("\"", id, "\", which is done or cancelled"), "Nothing: it has ended.");
  }
  return std::nullopt;
}

}  // namespace caseward::verbs

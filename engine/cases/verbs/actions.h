// What plan, add_action and promise share: a new dated item of the case.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/cases/deciding.h"

namespace caseward::verbs {

// The id asked for, or the next free one ("a1" for an action, "p1" for a promise); a refusal if it is taken, malformed,
// or the case is full. Looks at the facts of this command as well, and leaves free what `reserved` names.
std::variant<std::string, v1::Refusal> NewItemId(const Deciding& deciding, std::string_view asked, bool promise,
                                                 const std::vector<std::string>& reserved = {});
// Adds ActionAdded for `asked` under `id`.
MaybeRefusal AddActionFact(Deciding& deciding, const v1::AddAction& asked, std::string id);

}  // namespace caseward::verbs

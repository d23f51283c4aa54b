// The pack's rules on a verb, against the case as it stands and the facts that are asked for.
#pragma once

#include <vector>

#include "engine/cases/deciding.h"

namespace caseward {

// The refusal of the first rule that is not satisfied, in the pack's order. A command that tells an agency something
// along with what it asks (refer, enquire, answer) also meets the rules on share; these look at what is shared.
MaybeRefusal CheckRules(const Deciding& deciding);

// The refusal of every rule on `verb` that is not satisfied: what explain shows.
std::vector<v1::Refusal> AllRefusals(const Deciding& deciding, Verb verb);

}  // namespace caseward

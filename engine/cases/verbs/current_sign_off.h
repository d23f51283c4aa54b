// A sign-off that something hangs on: closing, a lower priority.
#pragma once

#include "engine/cases/deciding.h"

namespace caseward::verbs {

// Nothing if the pack does not ask for `subject`, or if it is signed: granted, not void, and the hash of what was
// signed is the hash of what stands. Otherwise the refusal, which says who may sign.
MaybeRefusal NeedSignOff(const Deciding& deciding, std::string_view subject, std::string_view to_do_what);

}  // namespace caseward::verbs

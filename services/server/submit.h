// Hop 1, submit: a command from a known actor goes to its partition's inbox. Used by unary calls and streams alike.
#pragma once

#include "services/server/backend.h"

namespace caseward {

// Checks the command's form, resolves references, routes. OK: `reply` will be called exactly once, on a loop's thread.
// Otherwise it is not called: INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED (the inbox is full), UNAVAILABLE.
absl::Status SubmitCommand(Backend& backend, v1::Command command, v1::Actor actor, ReplyFn reply);

}  // namespace caseward

// The edge: what must be clear about a command before it can be routed (hop 1, submit). The partition looks at the rest
// of its form when it admits it (engine/partition/intake.h); what it means is decided there, and recorded.
//
// Failure  INVALID_ARGUMENT "field: expected ...; found ...", without quoting a text that may be personal.
#pragma once

#include "absl/status/status.h"
#include "caseward/v1/commands.pb.h"

namespace caseward {

// A command id, a verb that clients may use, a channel that is a code, and no enum value that this server does not
// know.
absl::Status CheckCommand(const v1::Command& command);

}  // namespace caseward

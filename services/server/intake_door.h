// The second door's keeper: what a record of .commands is, and who sent it (design §3). The same checks as the first
// door's (SubmitCommand): the form, other systems' references, the sender's credential.
//
//   value     a serialised v1::Command; protobuf JSON if the header content-type says application/json
//   header    caseward-actor, which an authenticator believes or does not (law L13: never the body)
//
// Threads   the loops'. Failure is in what it returns: nothing of what a record holds is quoted.
#pragma once

#include "engine/partition/partition.h"
#include "services/host/references.h"
#include "services/server/principal.h"

namespace caseward {

// JSON text longer than this is not read. (A command's own limit is the partition's: command_bytes_max.)
inline constexpr size_t kIntakeJsonBytesMax = 4 << 20;

// Both outlive the door.
IntakeDoor MakeIntakeDoor(const Authenticator& authenticator, ReferenceContext references);

}  // namespace caseward

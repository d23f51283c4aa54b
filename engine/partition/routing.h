// Where a command belongs: its partition and its stream. The server asks before it hands a command on, the partition
// asks again before it decides, and both get the same answer, because a new id follows from (principal, command id)
// alone.
//
// Pure; any thread. INVALID_ARGUMENT: the command names no stream that can be; the message says what was expected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "engine/partition/records.h"
#include "engine/port/hasher.h"

namespace caseward {

struct Route {
  // nullopt: any partition, each decides for itself (confirm_time).
  std::optional<uint32_t> partition;
  StreamKind kind = StreamKind::kNone;
  // The case, resident or name in the directory; empty for confirm_time.
  std::string stream;
  // For a report: the main resident, given or derived.
  std::string resident_id;
};

// `partitions` is the number the log was made with. The command has a verb that clients may send.
absl::StatusOr<Route> RouteCommand(const Hasher& hasher, const v1::Command& command, std::string_view principal,
                                   uint32_t partitions);

// True for verbs that a client may send; false for those of SYSTEM and of messages, and for none (laws L12, L13).
bool IsClientVerb(v1::Command::VerbCase verb);

}  // namespace caseward

// The edge of the partition (hop 1): a command is looked at once, on the caller's thread, and nothing past here checks
// its form again. What goes on can be logged and read back: valid UTF-8, valid timestamps, no field this build does not
// know, no sealed bytes a client made up, sizes within their bounds. What it means is judged by deciding.
//
// Failure   INVALID_ARGUMENT names the field, what was expected and what was found; never the text itself, which may be
//           personal words in the wrong place.
#pragma once

#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/common.pb.h"
#include "engine/partition/partition.h"
#include "engine/partition/routing.h"

namespace caseward {

inline constexpr size_t kWordsBytesMax = 64 << 10;
inline constexpr int kWordsSubjectsMax = 16;

struct Admitted {
  Route route;  // its partition is set
  // The command holds words in clear.
  bool has_words = false;
  size_t bytes = 0;  // as the client sent it
};

// `config.partition` decides what may go to any; a command of another partition is refused.
absl::StatusOr<Admitted> Admit(const v1::Command& command, const v1::Actor& actor, const PartitionConfig& config,
                               const Hasher& hasher);

// The same, but a command of another partition is admitted too, and says which.
absl::StatusOr<Admitted> AdmitAnywhere(const v1::Command& command, const v1::Actor& actor,
                                       const PartitionConfig& config, const Hasher& hasher);

}  // namespace caseward

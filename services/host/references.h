// Other systems' references in place of case ids: "d365:7f3a..." means the case that claimed it first. Resolved at the
// services' edge, before a command is routed, by looking where claims of that reference are kept.
//
// Threads   any. Failure  INVALID_ARGUMENT: neither an id nor a reference; NOT_FOUND: nobody claimed it. Both name the
// field.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "engine/base/ids.h"
#include "engine/port/hasher.h"
#include "engine/port/state_store.h"

namespace caseward {

struct ReferenceContext {
  uint32_t partitions = 1;
  const Hasher& hasher;
  const StateReader& state;
};

// A case id as written by anybody, or "system:value" of an external reference.
absl::StatusOr<CaseId> ResolveCaseId(std::string_view text, std::string_view field, const ReferenceContext& context);

// Replaces what stands in `command` for cases and residents by their ids as ids are written.
absl::Status ResolveIds(v1::Command& command, const ReferenceContext& context);

}  // namespace caseward

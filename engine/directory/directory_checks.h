// What the deciding of every kind of directory entry checks in the same way. Private to this folder.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "engine/base/refusal.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace caseward {

using MaybeRefusal = std::optional<v1::Refusal>;

// C-version: somebody changed the stream since the caller read it.
MaybeRefusal CheckVersion(const v1::Command& command, uint64_t version);
// C-field: an id or code that cannot be read.
MaybeRefusal CheckId(const absl::StatusOr<std::string_view>& id, std::string_view field);
// Adds to `refusal` what is wrong with a list of names as packs write them.
void CheckNames(const google::protobuf::RepeatedPtrField<std::string>& names, std::string_view field, int max,
                v1::Refusal& refusal);

}  // namespace caseward

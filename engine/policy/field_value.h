// Reading a resolved field out of a message: its time, or a fingerprint to compare values by. Allocates nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "engine/policy/condition.h"

namespace caseward {

using DeclaredFields = google::protobuf::Map<std::string, v1::FieldValue>;

// The map of declared fields of a message of `type`, if it has one; null for all others.
const DeclaredFields* DeclaredFieldsOf(const google::protobuf::Message& message,
                                       const google::protobuf::Descriptor& type);
// The map's name in the message, "" if it has none.
std::string_view DeclaredFieldsName(const google::protobuf::Descriptor& message);

// Nullopt if the field is absent.
std::optional<absl::Time> TimeValue(const CompiledField& field, const google::protobuf::Message& message);
std::optional<uint64_t> ValueFingerprint(const CompiledField& field, const google::protobuf::Message& message);

}  // namespace caseward

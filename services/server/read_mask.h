// Field masks: which fields of an answer a caller wants.
#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace caseward {

// INVALID_ARGUMENT names the first path that `type` does not have.
absl::Status CheckMask(const google::protobuf::FieldMask& mask, const google::protobuf::Descriptor& type);

// Clears what the mask does not name. An empty mask leaves everything.
void ApplyMask(const google::protobuf::FieldMask& mask, google::protobuf::Message& message);

}  // namespace caseward

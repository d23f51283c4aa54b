// Protobuf JSON of outside systems, read strictly: a field that is not known is an error, as a key that is mistyped
// would otherwise be lost in silence.
//
// Failure   INVALID_ARGUMENT says what was expected and where; never a value that was found, which may be personal.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace caseward {

absl::Status ParseJson(std::string_view text, google::protobuf::Message& message);

}  // namespace caseward

// Protobuf JSON, one message a line: what `submit` reads and `--json` writes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace caseward::cli {

// Field names as in the .proto files; no line breaks.
std::string ToJsonLine(const google::protobuf::Message& message);
// INVALID_ARGUMENT says what was expected and what came. An unknown field is an error.
absl::Status FromJson(std::string_view text, google::protobuf::Message* message);
// A JSON string, quoted.
std::string JsonText(std::string_view text);

}  // namespace caseward::cli

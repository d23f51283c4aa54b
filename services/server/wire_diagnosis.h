// Says why bytes could not be read as a message: which field, at which byte, what was expected. Protobuf's own parser
// only says that it failed. Run after a failure; never quotes the bytes, which may be personal.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace caseward {

// For example "command.report_case.region, at byte 31: expected UTF-8; found a byte that is not" or "command, at byte
// 12: the message ends in the middle of a field".
std::string DiagnoseWire(const google::protobuf::Descriptor& type, std::string_view bytes);

}  // namespace caseward

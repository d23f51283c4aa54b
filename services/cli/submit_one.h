// One command, sent and answered: what the verbs that change something have in common.
#pragma once

#include <string>
#include <string_view>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/decision.pb.h"
#include "services/cli/session.h"

namespace caseward::cli {

// Sends it and says what came of it. kDone, kRefused or kFault.
Exit SubmitOne(Session& session, const v1::Command& command);
absl::StatusOr<v1::Outcome> Submit(Session& session, const v1::Command& command);

// A command id made from what is sent: sending the same again is the same command (law L5), so a script may be run
// twice.
std::string IdFromContent(std::string_view what, const google::protobuf::Message& content);
// A command id of its own, for a command that means something each time it is sent.
std::string FreshId(std::string_view what);

}  // namespace caseward::cli

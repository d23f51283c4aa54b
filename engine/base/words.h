// Where the personal words of a message are (law L11). Which fields can lead to a `Words` is worked out once from the
// message types, so that a new field of that type is found without anybody thinking of it, and a message that can hold
// none costs nothing to look at. Takes what is recorded, kept as state or answered to a command; another message ends
// the process (CHECK), because it might hold words that nobody looked for.
//
// Threads   any.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "caseward/v1/common.pb.h"
#include "google/protobuf/message.h"

namespace caseward {

// Calls `visit` for each Words in the message, at any depth; stops at the first fault.
absl::Status ForEachWords(google::protobuf::Message& message, absl::FunctionRef<absl::Status(v1::Words&)> visit);

// True if any Words of the message still has text in clear.
bool HasText(const google::protobuf::Message& message);

// The same of a serialised message of `type`, read where it lies: for what is checked on every command. Bytes that are
// no message count as text in clear.
bool BytesHaveText(const google::protobuf::Descriptor& type, std::string_view bytes);

// Empties all words, keeping whom they are about.
void StripWords(google::protobuf::Message& message);

// Takes all words out, as if they had never been set.
void DropWords(google::protobuf::Message& message);

}  // namespace caseward

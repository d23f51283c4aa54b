// Sealing (law L11): between a client's words and everything that comes after. Every `Words{text}` in a command becomes
// `Words{sealed, key_id}` before the command is digested, decided or logged.
//
// Which fields can hold words is worked out once from the message types, so that a new field of type Words is sealed
// without anybody thinking of it.
//
// Threads   any; the vault's rules apply.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "caseward/v1/common.pb.h"
#include "engine/port/key_vault.h"
#include "google/protobuf/message.h"

namespace caseward {

// Calls `visit` for each Words in the message, at any depth; stops at the first fault.
absl::Status ForEachWords(google::protobuf::Message& message, absl::FunctionRef<absl::Status(v1::Words&)> visit);

// True if any Words of the message still has text.
bool HasText(const google::protobuf::Message& message);

// Seals all words. Words that name no subjects are about `subject`; empty: there is nobody they could be about, and
// FAILED_PRECONDITION says so. Keys that had to be made go to `new_keys`. NOT_FOUND: a subject was erased.
// After a fault some words may be sealed already; `new_keys` holds what was made.
absl::Status SealWords(google::protobuf::Message& message, const std::string& subject, KeyVault& vault,
                       std::vector<KeyRecord>& new_keys);

// Empties all words, keeping whom they are about: for a command that is refused because its words cannot be sealed.
void StripWords(google::protobuf::Message& message);

}  // namespace caseward

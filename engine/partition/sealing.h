// Sealing (law L11): between a client's words and everything that comes after. Every `Words{text}` in a command becomes
// `Words{sealed, key_id}` before the command is digested, decided or logged.
//
// Threads   any; the vault's rules apply.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/port/key_vault.h"
#include "google/protobuf/message.h"

namespace caseward {

// Seals all words. Words that name no subjects are about `subject`; empty: there is nobody they could be about, and
// FAILED_PRECONDITION says so. Keys that had to be made go to `new_keys`. NOT_FOUND: a subject was erased.
// After a fault some words may be sealed already; `new_keys` holds what was made.
absl::Status SealWords(google::protobuf::Message& message, const std::string& subject, KeyVault& vault,
                       std::vector<KeyRecord>& new_keys);

}  // namespace caseward

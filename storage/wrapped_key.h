// A data key as the log holds it: wrapped by the master key, beside the list of subjects it is for. The bytes, integers
// big endian:
//
//   version 1 (1) ‖ master key id (8) ‖ nonce (12) ‖ AES-256-GCM of the key (32 + 16)
//   ‖ number of subjects (2) ‖ { length (2) ‖ subject } of each
//
// The record's id and the list of subjects are authenticated with the key, so neither can be exchanged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace caseward {

struct UnwrappedKey {
  std::string data_key;
  std::vector<std::string> subjects;
};

// Eight bytes that tell master keys apart and say nothing about them.
std::string MasterKeyId(std::string_view master_key);

absl::StatusOr<std::string> WrapKey(std::string_view master_key, std::string_view record_id, std::string_view nonce,
                                    const UnwrappedKey& key);
// UNAUTHENTICATED: wrapped by another master key, or altered; the message says which. DATA_LOSS: no wrapped key at all.
absl::StatusOr<UnwrappedKey> UnwrapKey(std::string_view master_key, std::string_view record_id,
                                       std::string_view wrapped);
// What can be read without the master key.
absl::StatusOr<std::vector<std::string>> SubjectsOfWrapped(std::string_view record_id, std::string_view wrapped);
absl::StatusOr<std::string> MasterKeyIdOfWrapped(std::string_view record_id, std::string_view wrapped);

}  // namespace caseward

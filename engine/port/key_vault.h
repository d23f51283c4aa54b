// Seals and opens personal words (law L11): AES-256-GCM under a data key a person, each wrapped by a master key.
//
// Sealing is deterministic for one key: the nonce is a keyed digest of the text, so a retried command seals to the same
// bytes and can be told from another one without reading it (docs/decisions/0003).
//
// Threads   any. Failure  NOT_FOUND: the key was destroyed, the words are gone for good. UNAUTHENTICATED: the bytes
// were altered, or the master key is another one. FAILED_PRECONDITION: the master key is lost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/port/event_log.h"

namespace caseward {

struct SealedWords {
  std::string key_id;
  std::string sealed;  // nonce (12) ‖ ciphertext ‖ tag (16)
};

class KeyVault {
 public:
  virtual ~KeyVault() = default;

  // Seals `text`, which is about `subjects` (at least one). One subject: the key id is the subject. Several: a key id
  // of its own that dies with any one of them. A key that did not exist is made, and its record added to `new_keys`,
  // which must be appended with the round that uses it.
  virtual absl::StatusOr<SealedWords> Seal(std::string_view text, const std::vector<std::string>& subjects,
                                           std::vector<KeyRecord>& new_keys) = 0;

  virtual absl::StatusOr<std::string> Open(std::string_view key_id, std::string_view sealed) = 0;

  // Forgets the data keys of `subject`, also of texts about several people, and adds their destruction to `destroyed`,
  // which must be appended with the round that records the erasure. From now on Seal for it fails with NOT_FOUND.
  virtual absl::Status Destroy(std::string_view subject, std::vector<KeyRecord>& destroyed) = 0;
  // A round that made or destroyed keys did not commit: forget what is not durable.
  virtual void Forget(const std::vector<KeyRecord>& keys) = 0;

  // Signs a Merkle head (law L14) with the node's Ed25519 key; `key_id` is the hex SHA-256 of the public key.
  virtual absl::StatusOr<std::string> Sign(std::string_view bytes) = 0;
  virtual std::string signing_key_id() const = 0;
  virtual absl::Status Verify(std::string_view key_id, std::string_view bytes, std::string_view signature) const = 0;
};

}  // namespace caseward

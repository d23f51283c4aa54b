// The key vault of one machine (law L11): a data key of 32 random bytes for each person, wrapped by a master key that
// lies in a file beside the data. Wrapped keys live in the log, so they are as durable as the words they open; the
// master key lives only in its file, so the log alone tells nobody anything.
//
//   master key (file) ──wraps──▶ data key (log, as KeyRecord) ──seals──▶ words (in records and state)
//
// Key records, by the names they have in the log:
//   s/<subject>          the wrapped data key of one person; their SealedWords.key_id is the subject
//   t/<hash>             of a text about several people; hash: hex SHA-256 of the sorted subjects, so that a retry
//                        finds the same key
//   m/<subject>/<hash>   marks that t/<hash> is also about this subject, so that erasing them finds it
//   e/<subject>          marks that the subject was erased: no key is ever made for them again
//
// A key is `pending` from the moment it is made until the log is seen to hold it; each round that seals with a pending
// key carries its record, because no other round is sure to commit first. Forget drops it when the last such round
// failed. A round whose outcome is unknown is forgotten only after the partition was claimed anew.
//
// Sealing: AES-256-GCM, the key id as associated data, nonce = first 12 bytes of HMAC-SHA256(a key derived from the
// data key, text). Equal text under one key seals to equal bytes: that is what makes retries recognisable, and all it
// gives away.
//
// Threads   any. Memory  a bounded cache of data keys, wiped when they leave it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/port/key_vault.h"

namespace caseward {

// The secrets of a node, 32 bytes each.
struct NodeSecrets {
  std::string master_key;
  std::string signing_seed;  // Ed25519
};

// Makes a new random master key in a new file that only its owner may read (0600, hex). ALREADY_EXISTS rather than
// replace.
absl::Status CreateMasterKeyFile(const std::string& path);

struct KeyVaultOptions {
  size_t max_cached_keys = 20'000;
  // Fills with bytes nobody can guess. A simulator gives seeded ones, so that a run can be repeated.
  std::function<absl::Status(char* out, size_t size)> random;
  // Other nodes share the log and may destroy keys: one in the cache is used only while the log holds it.
  bool shared = false;
  // Where the signing key and the public keys lie; empty: beside the master key.
  std::string signing_folder;
  // Public keys (32 bytes each) of other or earlier nodes whose signatures Verify accepts.
  std::vector<std::string> trusted_public_keys;
};

class LocalKeyVault final : public KeyVault {
 public:
  // Reads the master key at `master_key_path` and, in the signing folder, `head-signing.key` (made if absent; its
  // public half is kept there as `head-<key id>.pub`, and signatures by every such key are accepted).
  // FAILED_PRECONDITION: the master key is lost though the log holds keys. UNAUTHENTICATED: it is another one.
  // NOT_FOUND: there is none yet, see CreateMasterKeyFile. `log` outlives the vault.
  static absl::StatusOr<std::unique_ptr<LocalKeyVault>> Open(EventLog& log, const std::string& master_key_path,
                                                             KeyVaultOptions options = {});
  // The same without files.
  static absl::StatusOr<std::unique_ptr<LocalKeyVault>> OpenWith(EventLog& log, const NodeSecrets& secrets,
                                                                 KeyVaultOptions options = {});
  ~LocalKeyVault() override;

  absl::StatusOr<SealedWords> Seal(std::string_view text, const std::vector<std::string>& subjects,
                                   std::vector<KeyRecord>& new_keys) override;
  absl::StatusOr<std::string> Open(std::string_view key_id, std::string_view sealed) override;
  absl::Status Destroy(std::string_view subject, std::vector<KeyRecord>& destroyed) override;
  void Forget(const std::vector<KeyRecord>& keys) override;
  absl::StatusOr<std::string> Sign(std::string_view bytes) override;
  std::string signing_key_id() const override;
  absl::Status Verify(std::string_view key_id, std::string_view bytes, std::string_view signature) const override;

 private:
  class Impl;
  explicit LocalKeyVault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A vault for the simulator and for tests. Data keys and the signing key follow from `seed`; the master key is the same
// for all, so that nodes with seeds of their own share a log. Protects nothing.
std::unique_ptr<LocalKeyVault> MakeSeededKeyVault(EventLog& log, uint64_t seed);

}  // namespace caseward

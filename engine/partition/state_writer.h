// Every put and delete of state goes through here, so that the digest cannot be forgotten: the writer collects one
// batch and keeps the digest of the state as it will be once the batch is written.
//
// To replace or delete an entry its old hash must be known. Callers have it: they keep it beside what they cached, or
// made it from the entry they read, or the value is known (timers and owners hold none, and what waits follows from the
// case's state). Used by one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/partition/digest.h"
#include "engine/port/hasher.h"
#include "engine/port/state_store.h"

namespace caseward {

class StateWriter {
 public:
  explicit StateWriter(const Hasher& hasher) : hasher_(hasher) {}

  // Puts an entry in the place of the one whose hash is `old` (nullopt: the key is absent). Returns the new entry's
  // hash.
  Sha256Digest Put(std::string key, std::string value, const std::optional<Sha256Digest>& old) {
    const Sha256Digest hash = EntryHash(hasher_, key, value);
    if (old) digest_.Remove(*old);
    digest_.Add(hash);
    batch_.Put(std::move(key), std::move(value));
    return hash;
  }
  void PutNew(std::string key, std::string value) { Put(std::move(key), std::move(value), std::nullopt); }
  // Deletes a key that holds `value`.
  void Delete(std::string key, std::string_view value) {
    digest_.Remove(EntryHash(hasher_, key, value));
    batch_.Delete(std::move(key));
  }
  // The partition's books, and what is beside them: no part of the digest, which they hold.
  void PutMeta(std::string key, std::string value) { batch_.Put(std::move(key), std::move(value)); }

  const StateBatch& batch() const { return batch_; }
  void Clear() { batch_.clear(); }
  StateDigest& digest() { return digest_; }
  const StateDigest& digest() const { return digest_; }

 private:
  const Hasher& hasher_;
  StateBatch batch_;
  StateDigest digest_;
};

}  // namespace caseward

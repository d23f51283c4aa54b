// The digest of a partition's state (law L1): the sum, modulo 2^256, of a hash of every key and its value. A sum can be
// kept up to date by adding what comes and taking away what goes, whatever the order; so replicas, a rebuilt state and
// a restored backup can be compared at one position without reading them. The books (key `m`) are not part of it: they
// hold it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/port/hasher.h"

namespace caseward {

// SHA-256(length of the key, 8 bytes big endian ‖ key ‖ value): no two entries share their bytes.
Sha256Digest EntryHash(const Hasher& hasher, std::string_view key, std::string_view value);

class StateDigest {
 public:
  void Add(const Sha256Digest& entry);
  void Remove(const Sha256Digest& entry);

  // 32 bytes, most significant first; 64 lower-case hexadecimal digits.
  std::string Bytes() const;
  std::string Hex() const;
  // False if `bytes` are not 32.
  bool Load(std::string_view bytes);

  bool operator==(const StateDigest&) const = default;

 private:
  std::array<uint64_t, 4> limbs_{};  // most significant first
};

}  // namespace caseward

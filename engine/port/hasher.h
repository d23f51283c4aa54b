// SHA-256, as a port because the engine links no cryptographic library. Pure: the same bytes give the same digest.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace caseward {

using Sha256Digest = std::array<uint8_t, 32>;

class Hasher {
 public:
  virtual ~Hasher() = default;
  // Digest of the parts, one after the other. Any thread.
  virtual Sha256Digest Sha256(std::initializer_list<std::string_view> parts) const = 0;
};

}  // namespace caseward

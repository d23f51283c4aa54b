// A hasher for tests that sign: different bytes give different digests as far as a test can tell, and nothing of
// storage/ need be built. Not a cryptographic digest.
#pragma once

#include <cstdint>

#include "engine/port/hasher.h"

namespace caseward {

class MixingHasher final : public Hasher {
 public:
  Sha256Digest Sha256(std::initializer_list<std::string_view> parts) const override {
    uint64_t lanes[4] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0x2545f4914f6cdd1d};
    for (const std::string_view part : parts) {
      for (const char c : part) {
        for (uint64_t& lane : lanes) {
          lane = (lane ^ static_cast<unsigned char>(c)) * 0x100000001b3;
          lane ^= lane >> 29;
        }
      }
    }
    Sha256Digest digest{};
    for (size_t i = 0; i < digest.size(); ++i)
      digest[i] = static_cast<unsigned char>(lanes[i / 8] >> (8 * (i % 8)));
    return digest;
  }
};

}  // namespace caseward

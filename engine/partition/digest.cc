#include "engine/partition/digest.h"

#include "absl/strings/escaping.h"

namespace caseward {
namespace {

uint64_t LoadBigEndian(const uint8_t* bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i)
    value = value << 8 | bytes[i];
  return value;
}

}  // namespace

Sha256Digest EntryHash(const Hasher& hasher, std::string_view key, std::string_view value) {
  std::array<char, 8> length;
  for (size_t i = 0; i < 8; ++i)
    length[i] = static_cast<char>(uint64_t{key.size()} >> (56 - 8 * i));
  return hasher.Sha256({std::string_view(length.data(), length.size()), key, value});
}

void StateDigest::Add(const Sha256Digest& entry) {
  uint64_t carry = 0;
  for (size_t i = 4; i-- > 0;) {
    const uint64_t term = LoadBigEndian(entry.data() + 8 * i);
    const uint64_t sum = limbs_[i] + term;
    const uint64_t total = sum + carry;
    carry = (sum < term || total < sum) ? 1 : 0;
    limbs_[i] = total;
  }
}

void StateDigest::Remove(const Sha256Digest& entry) {
  uint64_t borrow = 0;
  for (size_t i = 4; i-- > 0;) {
    const uint64_t term = LoadBigEndian(entry.data() + 8 * i);
    const uint64_t difference = limbs_[i] - term;
    const uint64_t total = difference - borrow;
    borrow = (limbs_[i] < term || difference < borrow) ? 1 : 0;
    limbs_[i] = total;
  }
}

std::string StateDigest::Bytes() const {
  std::string bytes;
  bytes.reserve(32);
  for (const uint64_t limb : limbs_) {
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(limb >> shift));
  }
  return bytes;
}

std::string StateDigest::Hex() const { return absl::BytesToHexString(Bytes()); }

bool StateDigest::Load(std::string_view bytes) {
  if (bytes.size() != 32) return false;
  for (size_t i = 0; i < 4; ++i)
    limbs_[i] = LoadBigEndian(reinterpret_cast<const uint8_t*>(bytes.data()) + 8 * i);
  return true;
}

}  // namespace caseward

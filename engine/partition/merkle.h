// The Merkle tree of a partition's records (law L14), as RFC 6962 has it: a leaf is SHA-256(0x00 ‖ raw record), a node
// is SHA-256(0x01 ‖ left ‖ right). Kept as its frontier, the roots of the complete subtrees, largest first:
//
//   7 leaves:   [ root of 0..3 ] [ root of 4..5 ] [ leaf 6 ]
//
// so a partition of any length costs at most 64 digests, adding a record costs two hashes on average, and the root is
// there at any moment. Values; threads as for any value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/decision.pb.h"
#include "engine/port/hasher.h"

namespace caseward {

class MerkleFrontier {
 public:
  MerkleFrontier() = default;

  void Append(const Hasher& hasher, std::string_view record);
  // The tree's root; of no record at all SHA-256("").
  Sha256Digest Root(const Hasher& hasher) const;
  uint64_t size() const { return size_; }

  // To and from the partition's books. Load returns false if they are not a frontier of that size.
  void Store(v1::PartitionMeta& meta) const;
  bool Load(const v1::PartitionMeta& meta);

 private:
  uint64_t size_ = 0;
  std::vector<Sha256Digest> subtrees_;
};

// The bytes a signed head signs: a name for the purpose, the log, the partition, the tree's size and its root.
std::string HeadBytes(std::string_view log_id, uint32_t partition, uint64_t tree_size, std::string_view root);

inline std::string_view AsBytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace caseward

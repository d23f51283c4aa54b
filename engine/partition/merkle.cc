#include "engine/partition/merkle.h"

#include <algorithm>
#include <bit>

#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr std::string_view kLeaf("\0", 1);
constexpr std::string_view kNode("\1", 1);

}  // namespace

void MerkleFrontier::Append(const Hasher& hasher, std::string_view record) {
  Sha256Digest digest = hasher.Sha256({kLeaf, record});
  // Each trailing one bit of the size is a complete subtree as large as the one just made.
  for (uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    digest = hasher.Sha256({kNode, AsBytes(subtrees_.back()), AsBytes(digest)});
    subtrees_.pop_back();
  }
  subtrees_.push_back(digest);
  ++size_;
}

Sha256Digest MerkleFrontier::Root(const Hasher& hasher) const {
  if (subtrees_.empty()) return hasher.Sha256({});
  Sha256Digest root = subtrees_.back();
  for (size_t i = subtrees_.size() - 1; i-- > 0;) {
    root = hasher.Sha256({kNode, AsBytes(subtrees_[i]), AsBytes(root)});
  }
  return root;
}

void MerkleFrontier::Store(v1::PartitionMeta& meta) const {
  meta.set_tree_size(size_);
  meta.clear_frontier();
  for (const Sha256Digest& digest : subtrees_)
    meta.add_frontier(digest.data(), digest.size());
}

bool MerkleFrontier::Load(const v1::PartitionMeta& meta) {
  if (meta.frontier_size() != std::popcount(meta.tree_size())) return false;
  std::vector<Sha256Digest> subtrees(static_cast<size_t>(meta.frontier_size()));
  for (int i = 0; i < meta.frontier_size(); ++i) {
    const std::string& bytes = meta.frontier(i);
    Sha256Digest& digest = subtrees[static_cast<size_t>(i)];
    if (bytes.size() != digest.size()) return false;
    std::copy(bytes.begin(), bytes.end(), digest.begin());
  }
  size_ = meta.tree_size();
  subtrees_ = std::move(subtrees);
  return true;
}

std::string HeadBytes(std::string_view log_id, uint32_t partition, uint64_t tree_size, std::string_view root) {
  return StrCat("caseward-head-v1\n", log_id, "\n", partition, "\n", tree_size, "\n", root);
}

}  // namespace caseward

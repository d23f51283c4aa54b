#include "engine/partition/merkle.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "engine/base/text.h"
#include "gtest/gtest.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

std::string Hex(const Sha256Digest& digest) { return absl::BytesToHexString(AbslText(AsBytes(digest))); }

// The leaves that certificate-transparency implementations test RFC 6962 with, and the roots of the first n of them.
const std::vector<std::string>& Leaves() {
  static const auto& leaves = *new std::vector<std::string>{
      "",
      absl::HexStringToBytes("00"),
      absl::HexStringToBytes("10"),
      absl::HexStringToBytes("2021"),
      absl::HexStringToBytes("3031"),
      absl::HexStringToBytes("40414243"),
      absl::HexStringToBytes("5051525354555657"),
      absl::HexStringToBytes("606162636465666768696a6b6c6d6e6f"),
  };
  return leaves;
}
const std::vector<std::string> kRoots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

// The definition of RFC 6962, section 2.1, word for word: slow, and independent of the frontier.
Sha256Digest RootByDefinition(const Hasher& hasher, const std::vector<std::string>& leaves, size_t begin, size_t end) {
  if (end - begin == 1) return hasher.Sha256({std::string_view("\0", 1), leaves[begin]});
  size_t k = 1;
  while (k * 2 < end - begin)
    k *= 2;
  const Sha256Digest left = RootByDefinition(hasher, leaves, begin, begin + k);
  const Sha256Digest right = RootByDefinition(hasher, leaves, begin + k, end);
  return hasher.Sha256({std::string_view("\1", 1), AsBytes(left), AsBytes(right)});
}

TEST(Merkle, AnEmptyTreesRootIsTheDigestOfNothing) {
  EXPECT_EQ(Hex(MerkleFrontier().Root(OpensslHasher())),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Merkle, RootsAreThoseOfRfc6962sTestVectors) {
  const OpensslHasher hasher;
  MerkleFrontier tree;
  for (size_t i = 0; i < Leaves().size(); ++i) {
    tree.Append(hasher, Leaves()[i]);

    EXPECT_EQ(Hex(tree.Root(hasher)), kRoots[i]) << i + 1 << " leaves";
    EXPECT_EQ(tree.size(), i + 1);
  }
}

TEST(Merkle, TheFrontierAgreesWithTheDefinitionForEverySizeUpTo130) {
  const OpensslHasher hasher;
  std::vector<std::string> leaves;
  MerkleFrontier tree;
  for (int i = 0; i < 130; ++i) {
    leaves.push_back(StrCat("record ", i));
    tree.Append(hasher, leaves.back());

    ASSERT_EQ(Hex(tree.Root(hasher)), Hex(RootByDefinition(hasher, leaves, 0, leaves.size()))) << leaves.size();
  }
}

TEST(Merkle, GoesOnFromWhatTheBooksHold) {
  const OpensslHasher hasher;
  MerkleFrontier all;
  v1::PartitionMeta meta;
  for (int i = 0; i < 77; ++i) {
    MerkleFrontier restored;
    ASSERT_TRUE(i == 0 || restored.Load(meta));
    all.Append(hasher, StrCat("record ", i));
    restored.Append(hasher, StrCat("record ", i));
    EXPECT_EQ(Hex(restored.Root(hasher)), Hex(all.Root(hasher)));
    restored.Store(meta);
  }
}

TEST(Merkle, RefusesBooksThatAreNoFrontier) {
  const OpensslHasher hasher;
  MerkleFrontier tree;
  for (int i = 0; i < 5; ++i)
    tree.Append(hasher, "x");
  v1::PartitionMeta meta;
  tree.Store(meta);

  v1::PartitionMeta wrong_size = meta;
  wrong_size.set_tree_size(7);
  v1::PartitionMeta short_digest = meta;
  short_digest.mutable_frontier(0)->pop_back();

  EXPECT_FALSE(MerkleFrontier().Load(wrong_size));
  EXPECT_FALSE(MerkleFrontier().Load(short_digest));
}

}  // namespace
}  // namespace caseward

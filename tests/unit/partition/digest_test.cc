#include "engine/partition/digest.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

Sha256Digest Filled(uint8_t value) {
  Sha256Digest digest;
  digest.fill(value);
  return digest;
}

TEST(StateDigest, DoesNotDependOnTheOrderOfWhatIsAddedAndRemoved) {
  const OpensslHasher hasher;
  const Sha256Digest a = EntryHash(hasher, "a", "1");
  const Sha256Digest b = EntryHash(hasher, "b", "2");
  const Sha256Digest c = EntryHash(hasher, "c", "3");
  StateDigest one;
  StateDigest two;

  one.Add(a);
  one.Add(b);
  two.Add(c);
  two.Add(b);
  two.Remove(c);
  two.Add(a);

  EXPECT_EQ(one, two);
  EXPECT_EQ(one.Hex(), two.Hex());
}

TEST(StateDigest, CarriesAndBorrowsAcrossAll256Bits) {
  Sha256Digest one{};
  one.back() = 1;
  StateDigest digest;

  digest.Add(Filled(0xff));
  digest.Add(one);
  EXPECT_EQ(digest, StateDigest());
  digest.Remove(one);

  EXPECT_EQ(digest.Hex(), std::string(64, 'f'));
}

TEST(StateDigest, LengthFramingTellsKeyFromValue) {
  const OpensslHasher hasher;
  EXPECT_NE(EntryHash(hasher, "ab", "c"), EntryHash(hasher, "a", "bc"));
}

TEST(StateDigest, RoundTripsThroughBytes) {
  const OpensslHasher hasher;
  StateDigest digest;
  digest.Add(EntryHash(hasher, "k", "v"));
  StateDigest read;

  ASSERT_TRUE(read.Load(digest.Bytes()));

  EXPECT_EQ(read, digest);
  EXPECT_FALSE(read.Load("short"));
}

}  // namespace
}  // namespace caseward

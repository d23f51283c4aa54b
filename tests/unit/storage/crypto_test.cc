// Published vectors: that ours is the algorithm it says it is.
#include "storage/crypto.h"
#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "storage/crc32c.h"
#include "storage/openssl_hasher.h"
#include "storage/record_frame.h"

namespace caseward {
namespace {

std::string Bytes(const std::string& hex) { return absl::HexStringToBytes(hex); }

TEST(Hasher, Sha256OfPublishedVectors) {
  const auto hex = [](const Sha256Digest& d) { return crypto::ToHex(std::string(d.begin(), d.end())); };
  const OpensslHasher hasher;
  EXPECT_EQ(hex(hasher.Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(hasher.Sha256({"abc"})), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hasher.Sha256({"a", "", "bc"}), hasher.Sha256({"abc"})) << "parts are one after the other";
}

// RFC 4231, cases 1, 2 and 4.
TEST(Crypto, HmacSha256OfPublishedVectors) {
  EXPECT_EQ(crypto::ToHex(crypto::HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(crypto::ToHex(crypto::HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(crypto::ToHex(crypto::HmacSha256(Bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"),
                                             std::string(50, '\xcd'))),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

// The GCM specification's test case 16: 256-bit key, associated data.
TEST(Crypto, AesGcmOfAPublishedVector) {
  const std::string key = Bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = Bytes("cafebabefacedbaddecaf888");
  const std::string bound = Bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string text = Bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba63"
      "7b39");
  const auto sealed = crypto::Seal(key, nonce, bound, text);
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(crypto::ToHex(*sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393"
            "ba7a0abc"
            "c9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(crypto::Open(key, nonce, bound, *sealed).value(), text);
}

TEST(Crypto, AnyAlteredBitIsFound) {
  const std::string key(32, 'k');
  const std::string nonce(12, 'n');
  const std::string sealed = crypto::Seal(key, nonce, "bound", "words").value();
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string altered = sealed;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(absl::IsUnauthenticated(crypto::Open(key, nonce, "bound", altered).status())) << bit;
  }
  EXPECT_TRUE(absl::IsUnauthenticated(crypto::Open(key, nonce, "other", sealed).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(crypto::Open(std::string(32, 'x'), nonce, "bound", sealed).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(crypto::Open(key, nonce, "bound", "short").status()));
}

// RFC 8032, 7.1, test 2.
TEST(Crypto, Ed25519OfAPublishedVector) {
  const std::string seed = Bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const std::string key = Bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(crypto::PublicKey(seed).value(), key);
  const std::string signature = crypto::Sign(seed, "\x72").value();
  EXPECT_EQ(crypto::ToHex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4"
            "302aeeb00"
            "d291612bb0c00");
  EXPECT_TRUE(crypto::Verify(key, "\x72", signature));
  EXPECT_FALSE(crypto::Verify(key, "\x73", signature));
  EXPECT_FALSE(crypto::Verify("short", "\x72", signature));
}

TEST(Crypto, HexIsReadStrictly) {
  EXPECT_EQ(crypto::FromHex(" 00fF\n", 2).value(), std::string("\0\xff", 2));
  for (const char* bad : {"", "00f", "00fg", "00ffff", "0x00"})
    EXPECT_FALSE(crypto::FromHex(bad, 2).ok()) << bad;
}

// RFC 3720, B.4.
TEST(Crc32c, OfPublishedVectors) {
  EXPECT_EQ(Crc32c(0, ""), 0u);
  EXPECT_EQ(Crc32c(0, std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(0, std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(Crc32c(0, "1234567"), "89"), 0xe3069283u) << "in pieces";
}

TEST(RecordFrame, EveryFlippedBitIsFoundAndNamed) {
  std::string frame;
  AppendFrame(2, 17, "a record", frame);
  EXPECT_EQ(OpenFrame(2, 17, frame).value(), "a record");
  for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto opened = OpenFrame(2, 17, flipped);
    EXPECT_TRUE(absl::IsDataLoss(opened.status())) << bit;
    EXPECT_NE(opened.status().message().find("partition 2 sequence 17"), absl::string_view::npos);
  }
}

TEST(RecordFrame, ARecordCutShortOrMovedIsFound) {
  std::string frame;
  AppendFrame(2, 17, "a record", frame);
  for (size_t size = 0; size < frame.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(OpenFrame(2, 17, frame.substr(0, size)).status())) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(OpenFrame(2, 17, frame + "x").status()));
  EXPECT_TRUE(absl::IsDataLoss(OpenFrame(2, 18, frame).status()));
  EXPECT_TRUE(absl::IsDataLoss(OpenFrame(1, 17, frame).status()));
}

}  // namespace
}  // namespace caseward

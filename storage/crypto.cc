#include "storage/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/openssl_hasher.h"

namespace caseward::crypto {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

const unsigned char* Bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* Bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

// Looked up once: that costs more than sealing a short text.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CHECK(cipher != nullptr);
  return cipher;
}

// One a thread, emptied after each use so that no key stays behind in it.
class CipherUse {
 public:
  CipherUse() { CHECK(Context() != nullptr); }
  ~CipherUse() { EVP_CIPHER_CTX_reset(Context()); }
  EVP_CIPHER_CTX* operator*() const { return Context(); }

 private:
  static EVP_CIPHER_CTX* Context() {
    thread_local const Cipher context(EVP_CIPHER_CTX_new());
    return context.get();
  }
};

absl::Status Fault(std::string_view what) { return absl::InternalError(StrCat("OpenSSL failed to ", what)); }

constexpr size_t kMaxText = 1u << 30;  // OpenSSL counts in int

}  // namespace

absl::StatusOr<std::string> Seal(std::string_view key, std::string_view nonce, std::string_view bound,
                                 std::string_view text) {
  CHECK(key.size() == kKeyBytes && nonce.size() == kNonceBytes);
  CHECK(text.size() < kMaxText && bound.size() < kMaxText);
  const CipherUse use;
  std::string out(text.size() + kTagBytes, '\0');
  int size = 0;
  if (EVP_EncryptInit_ex(*use, Aes256Gcm(), nullptr, Bytes(key), Bytes(nonce)) != 1 ||
      EVP_EncryptUpdate(*use, nullptr, &size, Bytes(bound), static_cast<int>(bound.size())) != 1 ||
      EVP_EncryptUpdate(*use, Bytes(out), &size, Bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_EncryptFinal_ex(*use, Bytes(out) + size, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(*use, EVP_CTRL_GCM_GET_TAG, kTagBytes, out.data() + text.size()) != 1) {
    return Fault("seal");
  }
  return out;
}

absl::StatusOr<std::string> Open(std::string_view key, std::string_view nonce, std::string_view bound,
                                 std::string_view sealed) {
  CHECK(key.size() == kKeyBytes && nonce.size() == kNonceBytes);
  CHECK(sealed.size() < kMaxText && bound.size() < kMaxText);
  if (sealed.size() < kTagBytes) return absl::UnauthenticatedError("sealed bytes are cut short");
  const std::string_view text = sealed.substr(0, sealed.size() - kTagBytes);
  std::string tag(sealed.substr(text.size()));
  std::string out(text.size(), '\0');
  const CipherUse use;
  int size = 0;
  if (EVP_DecryptInit_ex(*use, Aes256Gcm(), nullptr, Bytes(key), Bytes(nonce)) != 1 ||
      EVP_DecryptUpdate(*use, nullptr, &size, Bytes(bound), static_cast<int>(bound.size())) != 1 ||
      EVP_DecryptUpdate(*use, Bytes(out), &size, Bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(*use, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1) {
    return Fault("open");
  }
  if (EVP_DecryptFinal_ex(*use, Bytes(out) + size, &size) != 1) {
    Wipe(out);
    return absl::UnauthenticatedError("sealed bytes were altered, or sealed under another key");
  }
  return out;
}

std::string Sha256(std::string_view bytes) {
  const Sha256Digest digest = OpensslHasher().Sha256({bytes});
  return std::string(digest.begin(), digest.end());
}

// By hand over the hasher, because OpenSSL's own looks its algorithms up on every call.
std::string HmacSha256(std::string_view key, std::string_view text) {
  constexpr size_t kBlock = 64;
  CHECK(key.size() <= kBlock);
  std::string inner(kBlock, '\x36');
  std::string outer(kBlock, '\x5c');
  for (size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const OpensslHasher hasher;
  const Sha256Digest first = hasher.Sha256({inner, text});
  const Sha256Digest second =
      hasher.Sha256({outer, std::string_view(reinterpret_cast<const char*>(first.data()), first.size())});
  Wipe(inner);
  Wipe(outer);
  return std::string(second.begin(), second.end());
}

absl::Status RandomBytes(char* out, size_t size) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out), static_cast<int>(size)) != 1) return Fault("make random bytes");
  return absl::OkStatus();
}

absl::StatusOr<std::string> PublicKey(std::string_view seed) {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size()));
  std::string out(kKeyBytes, '\0');
  size_t size = out.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), Bytes(out), &size) != 1)
    return Fault("read a signing key");
  return out;
}

absl::StatusOr<std::string> Sign(std::string_view seed, std::string_view bytes) {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size()));
  const Digest context(EVP_MD_CTX_new());
  std::string out(64, '\0');
  size_t size = out.size();
  if (key == nullptr || context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), Bytes(out), &size, Bytes(bytes), bytes.size()) != 1) {
    return Fault("sign");
  }
  out.resize(size);
  return out;
}

bool Verify(std::string_view public_key, std::string_view bytes, std::string_view signature) {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  const Digest context(EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(bytes), bytes.size()) == 1;
}

void Wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

std::string ToHex(std::string_view bytes) { return absl::BytesToHexString(AbslText(bytes)); }

absl::StatusOr<std::string> FromHex(std::string_view hex, size_t size) {
  const absl::string_view digits = absl::StripAsciiWhitespace(AbslText(hex));
  bool good = digits.size() == 2 * size;
  for (const char c : digits)
    good = good && absl::ascii_isxdigit(static_cast<unsigned char>(c));
  if (!good)
    return absl::InvalidArgumentError(
        StrCat("expected ", 2 * size, " hex digits, found ", digits.size(), " characters"));
  return absl::HexStringToBytes(digits);
}

}  // namespace caseward::crypto

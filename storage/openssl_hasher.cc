#include "storage/openssl_hasher.h"

#include <openssl/evp.h>

#include <memory>

#include "engine/base/check.h"

namespace caseward {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

Sha256Digest OpensslHasher::Sha256(std::initializer_list<std::string_view> parts) const {
  thread_local const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  // Without the algorithm or memory for a context nothing here can be trusted, so these are bugs, not faults.
  CHECK(Algorithm() != nullptr && context != nullptr);
  CHECK(EVP_DigestInit_ex(context.get(), Algorithm(), nullptr) == 1);
  for (const std::string_view part : parts) {
    CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  Sha256Digest digest;
  unsigned int size = 0;
  CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1 && size == digest.size());
  return digest;
}

}  // namespace caseward

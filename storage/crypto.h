// The few cryptographic operations the vault needs, each by OpenSSL and each with exactly one way to use it.
//
// Threads   any. Failure  absl::Status; UNAUTHENTICATED when bytes are not what was sealed under that key.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caseward::crypto {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;

// AES-256-GCM. Seal gives ciphertext ‖ tag; Open takes that. `bound` is authenticated, not hidden.
absl::StatusOr<std::string> Seal(std::string_view key, std::string_view nonce, std::string_view bound,
                                 std::string_view text);
absl::StatusOr<std::string> Open(std::string_view key, std::string_view nonce, std::string_view bound,
                                 std::string_view sealed);

std::string Sha256(std::string_view bytes);
// RFC 2104 over SHA-256, for keys of at most 64 bytes.
std::string HmacSha256(std::string_view key, std::string_view text);

absl::Status RandomBytes(char* out, size_t size);

// Ed25519 by its 32-byte seed and 32-byte public key.
absl::StatusOr<std::string> PublicKey(std::string_view seed);
absl::StatusOr<std::string> Sign(std::string_view seed, std::string_view bytes);
bool Verify(std::string_view public_key, std::string_view bytes, std::string_view signature);

// Overwrites, in a way the compiler does not drop.
void Wipe(std::string& secret);

std::string ToHex(std::string_view bytes);
// INVALID_ARGUMENT unless `hex` is `size` bytes in hex; surrounding white space is ignored.
absl::StatusOr<std::string> FromHex(std::string_view hex, size_t size);

}  // namespace caseward::crypto

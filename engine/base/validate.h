// Small checks at the edge: text becomes a value once, and nothing downstream checks it again. Each returns its
// argument, or INVALID_ARGUMENT saying what was expected and what came. A message never quotes the text: a client may
// have put personal words where an id belongs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/common.pb.h"

namespace caseward {

// 1 to 64 characters of [A-Za-z0-9._:-].
absl::StatusOr<std::string_view> ParseCommandId(std::string_view text);
// A person or system: 1 to 128 characters of [A-Za-z0-9._@-].
absl::StatusOr<std::string_view> ParseActorId(std::string_view text);
// Another system's name: 1 to 32 characters of [a-z0-9_].
absl::StatusOr<std::string_view> ParseSystemName(std::string_view text);
// A name that packs and calendars use (ids, roles, codes): 1 to 64 characters of [a-z0-9_].
absl::StatusOr<std::string_view> ParseName(std::string_view text);
// An action or promise in a case: 1 to 32 characters of [a-z0-9_-].
absl::StatusOr<std::string_view> ParseItemId(std::string_view text);
// Another organisation's number of a matter, or where a document lies: 1 to 128 characters of [A-Za-z0-9._:/#?=&%+~-].
// Without a space in it no sentence fits.
absl::StatusOr<std::string_view> ParseOutsideReference(std::string_view text);
// A well-formed system, and 1 to 128 bytes of UTF-8 without control characters.
absl::Status CheckReference(const v1::ExternalReference& reference);

// Well-formed UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF.
bool IsValidUtf8(std::string_view text);

// What a protobuf timestamp can hold: years 1 to 9999. Abseil's parser also reads "infinite-future" and year 100,000.
bool IsRecordable(absl::Time t);
inline constexpr int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z

// `text` in quotes, fit for a message: at most 64 bytes of it, and what is not printable escaped. For text that its own
// reader wrote (a flag, a key); never for a value that may be personal words.
std::string QuotedShort(std::string_view text);
// `text` as it is, if it is printable and of at most `size_max` bytes; else QuotedShort.
std::string PlainOrQuoted(std::string_view text, size_t size_max = 256);

inline constexpr size_t kCommandIdMax = 64;
inline constexpr size_t kActorIdMax = 128;
inline constexpr size_t kSystemNameMax = 32;
inline constexpr size_t kNameMax = 64;
inline constexpr size_t kItemIdMax = 32;
inline constexpr size_t kOutsideReferenceMax = 128;
inline constexpr size_t kReferenceValueMax = 128;

}  // namespace caseward

#include "services/server/page_token.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr std::string_view kTokenForm = "1";

// FNV-1a. Guards against mistakes, not against malice: a forged place reads nothing that its maker may not list anyway.
std::string Fingerprint(std::string_view question, std::string_view place) {
  uint64_t hash = 14695981039346656037u;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) {
      hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
    }
    hash = (hash ^ 0x100) * 1099511628211u;
  };
  mix(question);
  mix(place);
  return StrCat(absl::Hex(hash, absl::kZeroPad16));
}

}  // namespace

std::string MakePageToken(std::string_view place, std::string_view question) {
  return absl::WebSafeBase64Escape(StrCat(kTokenForm, Fingerprint(question, place), place));
}

absl::StatusOr<std::string> ReadPageToken(std::string_view token, std::string_view question) {
  if (token.empty()) {
    return std::string();
  }
  std::string plain;
  constexpr size_t kHead = 1 + 16;
  if (absl::WebSafeBase64Unescape(AbslText(token), &plain) && plain.size() >= kHead && plain.starts_with(kTokenForm)) {
    std::string place = plain.substr(kHead);
    if (plain.substr(1, kHead - 1) == Fingerprint(question, place)) {
      return place;
    }
  }
  return absl::InvalidArgumentError(
      "page_token: expected the next_page_token of an answer to the same question (only page_size may change); found "
      "something else");
}

absl::StatusOr<int> PageSize(int asked, int default_size, int most) {
  if (asked < 0) {
    return absl::InvalidArgumentError(StrCat("page_size: expected 0 to ", most, "; found ", asked));
  }
  return asked == 0 ? default_size : std::min(asked, most);
}

}  // namespace caseward

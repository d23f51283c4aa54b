#include "engine/base/validate.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

// Letters and digits that every such text may have, and its own signs.
struct Form {
  std::string_view what;
  size_t characters_max;
  bool upper_case;
  std::string_view signs;
};

absl::StatusOr<std::string_view> ParseForm(const Form& form, std::string_view text) {
  const auto bad = [&](std::string_view found) {
    return absl::InvalidArgumentError(StrCat(form.what, ": expected 1 to ", form.characters_max, " characters of [",
                                             form.upper_case ? "A-Za-z0-9" : "a-z0-9", form.signs, "]; found ", found));
  };
  if (text.empty()) return bad("none");
  if (text.size() > form.characters_max) return bad(StrCat(text.size(), " characters"));
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool ok = absl::ascii_islower(c) || absl::ascii_isdigit(c) || (form.upper_case && absl::ascii_isupper(c)) ||
                    form.signs.find(text[i]) != std::string_view::npos;
    if (!ok) return bad(StrCat("another character at ", i));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string_view> ParseCommandId(std::string_view text) {
  return ParseForm({"command_id", kCommandIdMax, true, "._:-"}, text);
}
absl::StatusOr<std::string_view> ParseActorId(std::string_view text) {
  return ParseForm({"actor id", kActorIdMax, true, "._@-"}, text);
}
absl::StatusOr<std::string_view> ParseSystemName(std::string_view text) {
  return ParseForm({"system", kSystemNameMax, false, "_"}, text);
}
absl::StatusOr<std::string_view> ParseName(std::string_view text) {
  return ParseForm({"name", kNameMax, false, "_"}, text);
}
absl::StatusOr<std::string_view> ParseItemId(std::string_view text) {
  return ParseForm({"id", kItemIdMax, false, "_-"}, text);
}
absl::StatusOr<std::string_view> ParseOutsideReference(std::string_view text) {
  return ParseForm({"reference", kOutsideReferenceMax, true, "._:/#?=&%+~-"}, text);
}

absl::Status CheckReference(const v1::ExternalReference& reference) {
  if (absl::StatusOr<std::string_view> system = ParseSystemName(reference.system()); !system.ok()) {
    return system.status();
  }
  const std::string& value = reference.value();
  const auto bad = [&](std::string_view found) {
    return absl::InvalidArgumentError(StrCat("reference value of system \"", reference.system(), "\": expected 1 to ",
                                             kReferenceValueMax, " bytes of UTF-8 without control characters; found ",
                                             found));
  };
  if (value.empty()) return bad("none");
  if (value.size() > kReferenceValueMax) return bad(StrCat(value.size(), " bytes"));
  if (!IsValidUtf8(value)) return bad("other bytes");
  for (const char c : value) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return bad("a control character");
  }
  return absl::OkStatus();
}

bool IsValidUtf8(std::string_view text) {
  // Smallest code point that needs so many continuation bytes: anything less is an overlong form.
  constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i++]);
    if (lead < 0x80) continue;
    size_t more = 0;
    if ((lead & 0xE0) == 0xC0) {
      more = 1;
    } else if ((lead & 0xF0) == 0xE0) {
      more = 2;
    } else if ((lead & 0xF8) == 0xF0) {
      more = 3;
    } else {
      return false;
    }
    if (text.size() - i < more) return false;
    uint32_t point = lead & (0x3FU >> more);
    for (size_t k = 0; k < more; ++k) {
      const auto next = static_cast<uint8_t>(text[i++]);
      if ((next & 0xC0) != 0x80) return false;
      point = (point << 6) | (next & 0x3FU);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < kSmallest[more] || point > 0x10FFFF || surrogate) return false;
  }
  return true;
}

bool IsRecordable(absl::Time t) {
  return t >= absl::FromUnixSeconds(kFirstSecond) && t < absl::FromUnixSeconds(kLastSecond + 1);
}

std::string QuotedShort(std::string_view text) {
  constexpr size_t kShownMax = 64;
  size_t end = std::min(text.size(), kShownMax);
  // Not in the middle of a character.
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  const absl::string_view shown = AbslText(text.substr(0, end));
  return StrCat("\"", IsValidUtf8(text) ? absl::Utf8SafeCEscape(shown) : absl::CEscape(shown), "\"",
                end < text.size() ? "..." : "");
}

std::string PlainOrQuoted(std::string_view text, size_t size_max) {
  const bool printable = std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return printable && text.size() <= size_max && IsValidUtf8(text) ? std::string(text) : QuotedShort(text);
}

}  // namespace caseward

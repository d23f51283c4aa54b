#include "engine/residents/found_by.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/refusal.h"

namespace caseward {
namespace {

// False: nothing is left of it.
bool Normalize(v1::Words& words, std::string (*normal)(std::string_view)) {
  if (words.text().empty()) return true;
  std::string text = normal(words.text());
  if (text.empty()) return false;
  words.set_text(std::move(text));
  return true;
}

// A registration or an update.
template <typename Told>
std::optional<v1::Refusal> NormalizeTold(Told& told) {
  v1::Refusal refusal = Invalid("C-field", "what a person can be found by again", "other fields");
  if (told.has_phone() && !Normalize(*told.mutable_phone(), NormalPhone)) {
    AddMissing(refusal, "phone", "expected a telephone number, found no digit; empty takes away what was known");
  }
  if (told.has_household() && !Normalize(*told.mutable_household(), NormalHousehold)) {
    AddMissing(refusal, "household", "expected an address, found no letter or digit; empty takes away what was known");
  }
  if (refusal.missing().empty()) return std::nullopt;
  return refusal;
}

// The national number: 0 stands for the country, and is often written beside it, in brackets.
std::string National(std::string_view after_country) {
  return after_country.starts_with('0') ? std::string(after_country) : "0" + std::string(after_country);
}

}  // namespace

std::string NormalPhone(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  const bool international = text.find('+') != std::string_view::npos;
  const std::string_view all = digits;
  if (international && all.starts_with("44")) return National(all.substr(2));
  if (all.starts_with("0044")) return National(all.substr(4));
  return digits;
}

std::string NormalHousehold(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || absl::ascii_isalnum(byte)) letters.push_back(absl::ascii_tolower(byte));
  }
  return letters;
}

std::optional<v1::Refusal> NormalizeFoundBy(v1::Command& command) {
  if (command.has_register_resident()) return NormalizeTold(*command.mutable_register_resident());
  if (command.has_update_resident()) return NormalizeTold(*command.mutable_update_resident());
  return std::nullopt;
}

}  // namespace caseward

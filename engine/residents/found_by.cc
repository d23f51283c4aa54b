#include "engine/residents/found_by.h"

#include "absl/strings/ascii.h"

namespace caseward {
namespace {

void Normalize(v1::Words& words, std::string (*normal)(std::string_view)) {
  if (!words.text().empty()) words.set_text(normal(words.text()));
}

}  // namespace

std::string NormalPhone(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  const bool international = text.find('+') != std::string_view::npos;
  if (international && digits.starts_with("44")) return "0" + digits.substr(2);
  if (digits.starts_with("0044")) return "0" + digits.substr(4);
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

void NormalizeFoundBy(v1::Command& command) {
  if (command.has_register_resident()) {
    v1::RegisterResident& asked = *command.mutable_register_resident();
    if (asked.has_phone()) Normalize(*asked.mutable_phone(), NormalPhone);
    if (asked.has_household()) Normalize(*asked.mutable_household(), NormalHousehold);
  } else if (command.has_update_resident()) {
    v1::UpdateResident& asked = *command.mutable_update_resident();
    if (asked.has_phone()) Normalize(*asked.mutable_phone(), NormalPhone);
    if (asked.has_household()) Normalize(*asked.mutable_household(), NormalHousehold);
  }
}

}  // namespace caseward

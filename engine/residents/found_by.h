// What the same person is found again by, in the one form in which it is sealed and compared: equal text under a
// person's key seals to equal bytes, so the sealed form is a keyed digest that dies with the key (law L11). Two ways
// to write a telephone number must therefore be one text before it is sealed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/common.pb.h"

namespace caseward {

// Digits alone; +44 and 0044 become 0, also before a 0 in brackets, so "+44 1632 960001", "+44 (0)1632 960001" and
// "01632 960 001" are one number. Empty: there are no digits.
std::string NormalPhone(std::string_view text);
// Letters in lower case and digits alone: "Flat 2, 14 Elm St" and "flat 2 / 14 elm st" are one household. Bytes beyond
// ASCII stay as they are.
std::string NormalHousehold(std::string_view text);

// Brings what a registration or an update says into these forms. Text alone: what is sealed stays as it is. C-field,
// and the text as it was, if nothing of it is left to compare; only a text that is empty takes away what was known.
std::optional<v1::Refusal> NormalizeFoundBy(v1::Command& command);

}  // namespace caseward

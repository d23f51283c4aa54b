// Enum values as packs write them: lower case, without the enum's prefix. PRIORITY_P1 is "p1", OUTCOME_TWO_WAY
// "two_way".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace caseward {

std::string EnumValueName(const google::protobuf::EnumValueDescriptor& value);
// The same of a value; "none" for the zero value and for one that has no name.
template <typename Enum>
std::string EnumText(Enum value) {
  const auto* found = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return found == nullptr || value == 0 ? "none" : EnumValueName(*found);
}

// In any case of letters ("P1" is what people write); null for an unknown name. The zero value (unspecified) has no
// name: packs say {present: false}.
const google::protobuf::EnumValueDescriptor* FindEnumValue(const google::protobuf::EnumDescriptor& type,
                                                           std::string_view name);

// All names but the zero value's.
std::vector<std::string> EnumValueNames(const google::protobuf::EnumDescriptor& type);

}  // namespace caseward

#include "engine/policy/enum_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

#include "engine/base/text.h"

namespace caseward {

std::string EnumValueName(const google::protobuf::EnumValueDescriptor& value) {
  absl::string_view prefix = value.type()->value(0)->name();
  absl::string_view name = value.name();
  if (absl::ConsumeSuffix(&prefix, "UNSPECIFIED")) absl::ConsumePrefix(&name, prefix);
  return absl::AsciiStrToLower(name);
}

const google::protobuf::EnumValueDescriptor* FindEnumValue(const google::protobuf::EnumDescriptor& type,
                                                           std::string_view name) {
  for (int i = 1; i < type.value_count(); ++i) {
    if (absl::EqualsIgnoreCase(EnumValueName(*type.value(i)), AbslText(name))) return type.value(i);
  }
  return nullptr;
}

std::vector<std::string> EnumValueNames(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i)
    names.push_back(EnumValueName(*type.value(i)));
  return names;
}

}  // namespace caseward

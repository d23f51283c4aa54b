#include "engine/directory/directory_checks.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {

MaybeRefusal CheckVersion(const v1::Command& command, uint64_t version) {
  if (!command.has_expected_version() || command.expected_version() == version) return std::nullopt;
  return Refuse("C-version", StrCat("version ", command.expected_version()), StrCat("version ", version),
                "Read the newest version, then decide again.");
}

MaybeRefusal CheckId(const absl::StatusOr<std::string_view>& id, std::string_view field) {
  if (id.ok()) return std::nullopt;
  v1::Refusal refusal = Invalid("C-field", StrCat("a readable ", field), "another one");
  AddMissing(refusal, field, StdText(id.status().message()));
  return refusal;
}

void CheckNames(const google::protobuf::RepeatedPtrField<std::string>& names, std::string_view field, int max,
                v1::Refusal& refusal) {
  const bool named = std::all_of(names.begin(), names.end(), [](const auto& name) { return ParseName(name).ok(); });
  if (named && names.size() <= max) return;
  AddMissing(refusal, field, StrCat("expected at most ", max, ", each 1 to ", kNameMax, " characters of [a-z0-9_]"));
}

}  // namespace caseward

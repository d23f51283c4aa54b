// Used while a pack is compiled: what its ids stand for, and the list of what is wrong with it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/policy.pb.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

class PackProblems {
 public:
  void Add(std::string path, std::string expected, std::string found) {
    list_.push_back({std::move(path), std::move(expected), std::move(found)});
  }
  // For a name that is not among `known`: says what it should be and suggests the nearest.
  void UnknownName(std::string path, std::string_view what, std::string_view name,
                   const std::vector<std::string_view>& known);
  const std::vector<PackProblem>& list() const { return list_; }

 private:
  std::vector<PackProblem> list_;
};

// The ids of a pack. Borrowed from it.
struct PackNames {
  explicit PackNames(const v1::Pack& pack);

  template <typename T>
  using ById = std::map<std::string_view, const T*>;
  ById<v1::CaseType> case_types;
  ById<v1::StepType> steps;
  ById<v1::FlagType> flags;
  ById<v1::Clock> clocks;
  ById<v1::RoleType> roles;
  ById<v1::Alert> alerts;
  ById<v1::Variance> variances;
  ById<v1::ExampleActor> people;
  ById<v1::Scenario> scenarios;
  // One id may stand for several, each for other case types.
  std::map<std::string_view, std::vector<const v1::Checklist*>> checklists;
  std::map<std::string_view, std::vector<const v1::SignOffType*>> sign_offs;
  std::map<std::string_view, std::vector<const v1::Rule*>> rules;

  const v1::Pack& pack;

  // The case types a list names; all of the pack's if it is empty.
  std::vector<std::string_view> TypesOf(const google::protobuf::RepeatedPtrField<std::string>& listed) const;
};

using IdList = google::protobuf::RepeatedPtrField<std::string>;

// True if a thing limited to `listed` case types applies to `case_type`.
inline bool AppliesTo(const IdList& listed, std::string_view case_type) {
  if (listed.empty()) return true;
  for (const std::string& one : listed) {
    if (one == case_type) return true;
  }
  return false;
}

template <typename Map>
std::vector<std::string_view> KeysOf(const Map& map) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : map)
    keys.push_back(key);
  return keys;
}

// A span is 1 to 10,000 of a unit. Problem at `path` if it is not.
void CheckSpan(const v1::Span& span, const std::string& path, PackProblems& problems);

// "rules[3].needs"
inline std::string Indexed(std::string_view path, std::string_view list, int index) {
  return StrCat(path, path.empty() ? "" : ".", list, "[", index, "]");
}
inline std::string Quoted(std::string_view text) { return QuotedShort(text); }

}  // namespace caseward

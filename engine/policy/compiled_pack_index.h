// What a CompiledPack holds: everything compiled once, and lists of it by case type and verb, so that deciding looks up
// and never searches. Written by PackCompiler, then never changed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/text.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

struct CompiledPack::Index {
  // Sized once; everything else points into these.
  std::vector<CompiledClock> clocks;
  std::vector<CompiledRule> rules;
  std::vector<CompiledChecklist> checklists;
  std::vector<CompiledSignOff> sign_offs;
  std::vector<CompiledFlag> flags;
  std::vector<CompiledPriority> priorities;
  std::vector<CompiledAlert> alerts;

  struct OfType {
    const v1::CaseType* source = nullptr;
    absl::flat_hash_map<int, std::vector<const CompiledRule*>> rules;  // by verb
    ByStep<CompiledRule> rules_by_step;                                // those on record_step
    std::vector<const CompiledClock*> clocks;
    std::vector<const CompiledAlert*> alerts;
    ByEvent<CompiledClock> clocks_by_event;
    ByEvent<CompiledAlert> alerts_by_event;
    absl::flat_hash_map<std::string, const CompiledSignOff*> sign_offs;
    absl::flat_hash_map<std::string, const CompiledChecklist*> checklists;
  };
  absl::flat_hash_map<std::string, OfType> case_types;
  // Null if the pack has no such case type.
  const OfType* TypeOf(std::string_view case_type) const {
    const auto found = case_types.find(AbslText(case_type));
    return found == case_types.end() ? nullptr : &found->second;
  }
  absl::flat_hash_map<std::string, const v1::StepType*> steps;
  absl::flat_hash_map<std::string, uint32_t> tiers;
  absl::flat_hash_map<std::string, const CompiledClock*> clocks_by_id;
  std::vector<const CompiledFlag*> flag_list;
  std::vector<const CompiledPriority*> priority_list;
};

}  // namespace caseward

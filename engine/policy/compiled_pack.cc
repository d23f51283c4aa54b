#include "engine/policy/compiled_pack.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/policy/compiled_pack_index.h"
#include "engine/policy/field_value.h"

namespace caseward {
namespace {

template <typename Map>
auto FindOrNull(const Map& map, std::string_view key) -> typename Map::mapped_type {
  const auto found = map.find(AbslText(key));
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

CompiledPack::CompiledPack() : index_(std::make_unique<Index>()) {}
CompiledPack::~CompiledPack() = default;

bool CompiledTrigger::Fires(const v1::Event& event, const Facts& facts) const {
  if (!match.Fits(event, &facts)) return false;
  if (!when.has_value()) return true;
  Facts of_event = facts;
  of_event.event = &event;
  return when->Holds(of_event);
}

absl::Time CompiledTrigger::TimeOf(const v1::Event& event) const {
  if (!at.path.empty()) {
    if (const google::protobuf::Message* body = EventBody(event)) {
      if (const auto named = TimeValue(at, *body)) return *named;
    }
  }
  return ToTime(event.occurred_at());
}

const v1::Span* CompiledClock::SpanFor(const Facts& facts) const {
  for (const CompiledWithin& one : within) {
    const v1::Priority priority = one.source->priority();
    if (priority != v1::PRIORITY_UNSPECIFIED && priority != facts.state.priority()) continue;
    if (one.when.has_value() && !one.when->Holds(facts)) continue;
    return &one.source->span();
  }
  return nullptr;
}

std::optional<absl::Time> CompiledClock::DueFrom(const v1::Event& start) const {
  const google::protobuf::Message* body = EventBody(start);
  for (const auto& [kind, field] : due_from) {
    if (kind == start.kind_case() && body != nullptr) return TimeValue(field, *body);
  }
  return std::nullopt;
}

const v1::CaseType* CompiledPack::case_type(std::string_view id) const {
  const Index::OfType* type = index_->TypeOf(id);
  return type == nullptr ? nullptr : type->source;
}

const v1::StepType* CompiledPack::step(std::string_view id) const { return FindOrNull(index_->steps, id); }

uint32_t CompiledPack::tier(std::string_view role) const {
  const auto found = index_->tiers.find(AbslText(role));
  return found == index_->tiers.end() ? 0 : found->second;
}

uint32_t CompiledPack::HighestTier(const google::protobuf::RepeatedPtrField<std::string>& roles) const {
  uint32_t highest = 0;
  for (const std::string& role : roles)
    highest = std::max(highest, tier(role));
  return highest;
}

const CompiledClock* CompiledPack::clock(std::string_view definition) const {
  return FindOrNull(index_->clocks_by_id, definition);
}

absl::Span<const CompiledRule* const> CompiledPack::RulesOn(Verb verb, std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  if (type == nullptr) return {};
  const auto rules = type->rules.find(static_cast<int>(verb));
  if (rules == type->rules.end()) return {};
  return rules->second;
}

absl::Span<const CompiledRule* const> CompiledPack::RulesOnStep(const std::string& step,
                                                                std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  if (type == nullptr) return {};
  return type->rules_by_step.On(step);
}

absl::Span<const CompiledClock* const> CompiledPack::Clocks(std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  if (type == nullptr) return {};
  return type->clocks;
}

absl::Span<const CompiledPriority* const> CompiledPack::Priorities() const { return index_->priority_list; }
absl::Span<const CompiledFlag* const> CompiledPack::Flags() const { return index_->flag_list; }

absl::Span<const CompiledAlert* const> CompiledPack::Alerts(std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  if (type == nullptr) return {};
  return type->alerts;
}

absl::Span<const CompiledClock* const> CompiledPack::ClocksMovedBy(const v1::Event& event,
                                                                   std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  if (type == nullptr) return {};
  return type->clocks_by_event.On(event);
}

absl::Span<const CompiledAlert* const> CompiledPack::AlertsOn(const v1::Event& event,
                                                              std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  if (type == nullptr) return {};
  return type->alerts_by_event.On(event);
}

const CompiledSignOff* CompiledPack::sign_off(std::string_view subject, std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  return type == nullptr ? nullptr : FindOrNull(type->sign_offs, subject);
}

const CompiledChecklist* CompiledPack::checklist(std::string_view id, std::string_view case_type) const {
  const Index::OfType* type = index_->TypeOf(case_type);
  return type == nullptr ? nullptr : FindOrNull(type->checklists, id);
}

}  // namespace caseward

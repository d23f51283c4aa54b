// A pack made ready to decide with: names resolved to field descriptors, ids to indexes, lists sorted by the event or
// verb that calls for them. Deciding walks no tree of strings. Immutable once compiled; any number of threads may read
// it.
//
// Compile checks what it resolves: an unknown event, field, step, flag, clock, role or checklist, a duplicate id, a
// cycle of clocks, a LAW or CODE duration loosened (see law_limits.h) are errors. All of them are reported, not only
// the first.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "caseward/v1/policy.pb.h"
#include "engine/policy/condition.h"
#include "engine/policy/event_reach.h"
#include "engine/policy/verbs.h"

namespace caseward {

// One thing wrong with a pack. `path` is where in the message, e.g. "clocks[3].starts_on[0].on.where[1].field"; the
// reader of YAML turns it into file and line.
struct PackProblem {
  std::string path;
  std::string expected;
  std::string found;
};

struct CompiledTrigger {
  const v1::Trigger* source = nullptr;
  CompiledMatch match;
  CompiledField at;  // no path: the event's occurred_at
  std::optional<CompiledCondition> when;

  // The event is of this kind, its fields fit and the condition holds.
  bool Fires(const v1::Event& event, const Facts& facts) const;
  // When it counts: the named field, or occurred_at.
  absl::Time TimeOf(const v1::Event& event) const;
};

struct CompiledWithin {
  const v1::Within* source = nullptr;
  std::optional<CompiledCondition> when;
};

struct CompiledClockAction {
  const v1::ClockAction* source = nullptr;
  std::optional<CompiledCondition> when;
};

struct CompiledClock {
  const v1::Clock* source = nullptr;
  std::optional<CompiledCondition> when;
  std::vector<CompiledTrigger> starts_on, stops_on, ceases_on;
  std::vector<CompiledWithin> within;
  std::vector<CompiledClockAction> on_warn, on_breach;
  // What may start, stop, cease, re-date, repeat or end it. Any other event leaves it as it is.
  EventReach moved_by;

  // Where each kind of start event keeps the due time, if the clock takes it from there.
  std::vector<std::pair<v1::Event::KindCase, CompiledField>> due_from;

  // The duration that fits now, or null if none does.
  const v1::Span* SpanFor(const Facts& facts) const;
  // The due time that the start event carries (`due_from`); nullopt if the clock does not ask for one or it is absent.
  std::optional<absl::Time> DueFrom(const v1::Event& start) const;
};

struct CompiledNeed {
  const v1::Need* source = nullptr;
  CompiledCondition condition;
};

struct CompiledRule {
  const v1::Rule* source = nullptr;
  std::optional<CompiledCondition> when;
  std::vector<CompiledNeed> needs;
};

struct CompiledChecklistItem {
  const v1::ChecklistItem* source = nullptr;
  std::optional<CompiledCondition> unless;
  CompiledCondition pass;
};
struct CompiledChecklist {
  const v1::Checklist* source = nullptr;
  std::vector<CompiledChecklistItem> items;
};

struct CompiledSigner {
  const v1::Signer* source = nullptr;
  std::optional<CompiledCondition> when;
};
struct CompiledSignOff {
  const v1::SignOffType* source = nullptr;
  std::vector<CompiledSigner> signers;
  const CompiledChecklist* checklist = nullptr;  // null: none
};

struct CompiledFlag {
  const v1::FlagType* source = nullptr;
  std::vector<CompiledTrigger> set_on, clear_on;
  EventReach moved_by;  // what may set or clear it
};
struct CompiledPriority {
  const v1::PriorityRule* source = nullptr;
  CompiledCondition when;
};
struct CompiledAlert {
  const v1::Alert* source = nullptr;
  CompiledTrigger on;
};

class CompiledPack {
 public:
  // The pack, or INVALID_ARGUMENT with one line a problem. `problems`, if given, gets them one by one.
  static absl::StatusOr<std::unique_ptr<const CompiledPack>> Compile(v1::Pack pack,
                                                                     std::vector<PackProblem>* problems = nullptr);
  ~CompiledPack();

  const v1::Pack& source() const { return source_; }

  // Null if the pack has none of that id.
  const v1::CaseType* case_type(std::string_view id) const;
  const v1::StepType* step(std::string_view id) const;
  // What a case weighs in its owner's caseload; 0: the pack counts none. Stands in caseload.cc, as does CapOf.
  uint32_t WeightOf(std::string_view case_type, v1::Priority priority) const;
  // The most that somebody with these roles may carry; 0: no cap.
  uint32_t CapOf(const google::protobuf::RepeatedPtrField<std::string>& roles) const;
  // 0 for a role the pack does not list.
  uint32_t tier(std::string_view role) const;
  // The highest tier among the roles.
  uint32_t HighestTier(const google::protobuf::RepeatedPtrField<std::string>& roles) const;
  const CompiledClock* clock(std::string_view definition) const;

  // What applies to a case type, in the pack's order (rules: by `order`, then the pack's). An unknown case type:
  // nothing.
  absl::Span<const CompiledRule* const> RulesOn(Verb verb, std::string_view case_type) const;
  // Of these, the ones that may refuse to record the step: a rule about other steps need not be looked at.
  absl::Span<const CompiledRule* const> RulesOnStep(const std::string& step, std::string_view case_type) const;
  absl::Span<const CompiledClock* const> Clocks(std::string_view case_type) const;
  absl::Span<const CompiledPriority* const> Priorities() const;
  absl::Span<const CompiledFlag* const> Flags() const;
  absl::Span<const CompiledAlert* const> Alerts(std::string_view case_type) const;
  // Of these, the ones that the event may move, or raise: the others need not be looked at.
  absl::Span<const CompiledClock* const> ClocksMovedBy(const v1::Event& event, std::string_view case_type) const;
  absl::Span<const CompiledAlert* const> AlertsOn(const v1::Event& event, std::string_view case_type) const;
  const CompiledSignOff* sign_off(std::string_view subject, std::string_view case_type) const;
  const CompiledChecklist* checklist(std::string_view id, std::string_view case_type) const;

 private:
  friend class PackCompiler;
  struct Index;
  CompiledPack();
  v1::Pack source_;
  std::unique_ptr<Index> index_;
};

}  // namespace caseward

// A compiled condition's inside: a tree of nodes that mirrors the pack's condition, with every name resolved. Only the
// compiler writes it, only Holds reads it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "engine/policy/condition.h"

namespace caseward {

// Values of one list in a command: enough to tell "at least two channels" apart, and bounded (law L10).
inline constexpr uint32_t kDistinctMax = 16;

struct CompiledCondition::Node {
  // Says what this is. Borrowed from the pack.
  const v1::Condition* source = nullptr;
  // all, any, not
  std::vector<Node> children;
  // last, case_state, resident; the tests of one message
  std::vector<CompiledField> fields;
  // asked, event: the same tests for each kind of event it may be
  struct OfKind {
    v1::Event::KindCase kind = v1::Event::KIND_NOT_SET;  // not set: any
    std::vector<CompiledField> fields;                   // of the event
    std::vector<CompiledField> of_command;               // and of the command that would give it
  };
  std::vector<OfKind> by_kind;
  // count
  CompiledMatch match;
  CompiledField distinct_by;
  // last, count: the event whose latest is meant, or else the step
  v1::Event::KindCase since_event = v1::Event::KIND_NOT_SET;
  std::string_view since_step;
  // clock
  std::vector<v1::ClockState::Status> statuses;
  // age; null: of the event asked for or the one that triggered
  const google::protobuf::FieldDescriptor* time = nullptr;
  // variance
  const v1::Variance* variance = nullptr;

  bool Holds(const Facts& facts) const;

 private:
  bool LastHolds(const Facts& facts) const;
  bool CountHolds(const Facts& facts) const;
  bool EventHolds(const v1::Event* event, const Facts& facts) const;
};

}  // namespace caseward

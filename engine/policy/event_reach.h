// Which events a part of a pack looks at at all: their kinds and, of recorded steps, which steps. A housing pack has
// some forty clocks to a case type, most of them about a step of their own, and an event concerns two or three; lists
// by it spare the others.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "caseward/v1/events.pb.h"

namespace caseward {

// No field of v1.Event that holds a kind has a higher number.
inline constexpr int kEventKindMax = 255;

class EventReach {
 public:
  // Every event of the kind; of step_recorded, whatever the step.
  void Add(v1::Event::KindCase kind) { kinds_.set(static_cast<size_t>(kind)); }
  // A record of this step. The name is borrowed.
  void AddStep(std::string_view step) { steps_.push_back(step); }
  void AddAll() { kinds_.set(); }

  bool Has(v1::Event::KindCase kind) const { return kinds_[static_cast<size_t>(kind)]; }
  bool HasStep(std::string_view step) const {
    return Has(v1::Event::kStepRecorded) || std::find(steps_.begin(), steps_.end(), step) != steps_.end();
  }
  bool Has(const v1::Event& event) const {
    return event.has_step_recorded() ? HasStep(event.step_recorded().step()) : Has(event.kind_case());
  }
  // Those named one by one.
  const std::vector<std::string_view>& steps() const { return steps_; }

 private:
  std::bitset<kEventKindMax + 1> kinds_;
  std::vector<std::string_view> steps_;
};

// Things by the step that they look at, each list in the order in which they were added. Asking allocates nothing.
template <typename Thing>
class ByStep {
 public:
  void AddToAny(const Thing& thing) {
    any_.push_back(&thing);
    for (auto& [step, things] : named_)
      things.push_back(&thing);
  }
  void Add(const std::vector<std::string_view>& steps, const Thing& thing) {
    for (const std::string_view step : steps) {
      // A step that nothing has named before begins with those that look at any.
      auto& things = named_.try_emplace(std::string(step), any_).first->second;
      if (things.empty() || things.back() != &thing) things.push_back(&thing);
    }
  }

  absl::Span<const Thing* const> On(const std::string& step) const {
    const auto named = named_.find(step);
    return named == named_.end() ? any_ : named->second;
  }

 private:
  std::vector<const Thing*> any_;
  absl::flat_hash_map<std::string, std::vector<const Thing*>> named_;
};

// The same by the event.
template <typename Thing>
class ByEvent {
 public:
  void Add(const EventReach& reach, const Thing& thing) {
    for (int kind = 1; kind <= kEventKindMax; ++kind) {
      if (kind != v1::Event::kStepRecorded && reach.Has(static_cast<v1::Event::KindCase>(kind)))
        by_kind_[kind].push_back(&thing);
    }
    if (reach.Has(v1::Event::kStepRecorded)) {
      by_step_.AddToAny(thing);
    } else {
      by_step_.Add(reach.steps(), thing);
    }
  }

  absl::Span<const Thing* const> On(const v1::Event& event) const {
    if (event.has_step_recorded()) return by_step_.On(event.step_recorded().step());
    const auto of_kind = by_kind_.find(event.kind_case());
    if (of_kind == by_kind_.end()) return {};
    return of_kind->second;
  }

 private:
  absl::flat_hash_map<int, std::vector<const Thing*>> by_kind_;
  ByStep<Thing> by_step_;
};

}  // namespace caseward

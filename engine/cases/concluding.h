// A decision after its facts: the case as it has become so far, and where derived events are added. Each part of what
// follows (flags, priority, clocks, alerts) looks at it and adds to it.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/cases/deciding.h"

namespace caseward {

class Concluding {
 public:
  Concluding(const Deciding& deciding, CaseAccepted& accepted);
  // Hands the events over, which ends it.
  void Finish();

  const v1::CaseState& after() const { return *after_; }
  const CompiledPack& pack() const { return deciding_.pack(); }
  const WorkingCalendar& calendar() const { return deciding_.context().calendar; }
  absl::Time now() const { return deciding_.context().now; }
  // A clock fires: whatever follows from it, the decision stands (law L8).
  bool must_stand() const { return deciding_.command().has_fire_clock(); }
  // What conditions may look at now: also the events of this decision, so that a third attempt counts as the third.
  Facts FactsNow(const v1::Event* event) const;

  // Of this decision so far. Each stays where it is while others are added behind it.
  const std::deque<v1::Event>& events() const { return events_; }
  // Evolves it into the case and adds it to the decision.
  void Take(v1::Event event);
  v1::Event Derive(absl::Time at, std::string_view because, std::string_view clause) const;
  // An alert that something which should follow could not be stated.
  void AlertFault(absl::Time at, std::string_view because, std::string_view rule, const absl::Status& why);

  // Definitions of open clocks that the case's present type does not have: a re-typed case keeps what it was promised.
  // They are stopped, ceased and ended like all others, and never started again.
  const std::vector<const CompiledClock*>& kept_clocks() const { return kept_clocks_; }
  void FindKeptClocks();

 private:
  class Lines final : public FactLines {
   public:
    explicit Lines(const Concluding& concluding) : concluding_(concluding) {}
    void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override;

   private:
    const Concluding& concluding_;
  };

  const Deciding& deciding_;
  CaseAccepted& accepted_;
  std::shared_ptr<v1::CaseState> after_;
  std::deque<v1::Event> events_;
  const Lines lines_;
  Facts facts_;  // the same for every event: who asks, who is to take the case, what they carry
  std::vector<const CompiledClock*> kept_clocks_;
};

}  // namespace caseward

#include "engine/cases/rehearsal.h"

#include <algorithm>
#include <variant>

#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/cases/evolve.h"

namespace caseward {

class Rehearsal::Lines : public FactLines {
 public:
  explicit Lines(const std::vector<Line>& lines) : lines_(lines) {}
  void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
    for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
      if (!line({it->event.get(), ToTime(it->event->occurred_at()), it->recorded_at, it->actor_id})) return;
    }
  }

 private:
  const std::vector<Line>& lines_;
};

CaseVerdict Rehearsal::Run(const v1::Command& command, const v1::Actor& actor, absl::Time now,
                           const v1::StaffState* staff) {
  const Lines lines(lines_);
  now = std::max(now, last_now_);
  last_now_ = now;
  const CaseContext context{.pack = stage_.pack,
                            .calendar = stage_.calendar,
                            .hasher = stage_.hasher,
                            .actor = actor,
                            .now = now,
                            .staff = staff,
                            .resident = resident_ ? &*resident_ : nullptr,
                            .lines = &lines,
                            .case_id = "C-00-000000-000000-0",
                            .resident_id = command.resident_id().empty() ? std::string_view("R-00-000000-000000-0")
                                                                         : std::string_view(command.resident_id()),
                            .standing_of = nullptr,
                            .agency_of = stage_.agency_of,
                            .staff_of = stage_.staff_of,
                            .recorded_at = std::nullopt,
                            .load_of = stage_.load_of};
  CaseVerdict verdict = Decide(state_.get(), command, context);
  if (auto* accepted = std::get_if<CaseAccepted>(&verdict)) {
    state_ = accepted->after;
    for (const v1::Event& event : accepted->events) {
      history_.push_back(std::make_shared<const v1::Event>(event));
      const bool bare = !HasText(event);
      lines_.push_back(
          {bare ? history_.back() : std::make_shared<const v1::Event>(WithoutWords(event)), now, PersonOf(actor)});
    }
    last_events_ += accepted->events.size();
  }
  return verdict;
}

bool Rehearsal::FireNext(absl::Time limit, bool also_at) {
  if (!state_) return false;
  std::optional<v1::FireClock> next;
  const auto consider = [&](const v1::ClockState& clock, v1::FireClock::Edge edge,
                            const google::protobuf::Timestamp& due) {
    const absl::Time at = ToTime(due);
    if (at > limit || (at == limit && !also_at) || (next && ToTime(next->due()) <= at)) return;
    next.emplace();
    next->set_clock(clock.clock());
    next->set_edge(edge);
    *next->mutable_due() = due;
  };
  for (const v1::ClockState& clock : state_->clocks()) {
    if (clock.status() != v1::ClockState::STATUS_RUNNING) continue;
    if (clock.has_warn_at() && !clock.warned()) consider(clock, v1::FireClock::EDGE_WARN, clock.warn_at());
    consider(clock, v1::FireClock::EDGE_BREACH, clock.due_exclusive());
  }
  if (!next) return false;
  v1::Command command;
  *command.mutable_fire_clock() = *next;
  const CaseVerdict verdict = Run(command, SystemActor(), ToTime(next->due()), nullptr);
  CHECK(std::holds_alternative<CaseAccepted>(verdict));
  return true;
}

CaseVerdict Rehearsal::Submit(const v1::Command& command, const v1::Actor& actor, absl::Time now,
                              const v1::StaffState* staff) {
  while (FireNext(now, false)) {
  }
  last_events_ = 0;
  return Run(command, actor, now, staff);
}

void Rehearsal::AdvanceTo(absl::Time now) {
  last_events_ = 0;
  while (FireNext(now, true)) {
  }
}

}  // namespace caseward

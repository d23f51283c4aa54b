#include "engine/cases/concluding.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/actor.h"
#include "engine/cases/case_copy.h"
#include "engine/cases/evolve.h"

namespace caseward {

Concluding::Concluding(const Deciding& deciding, CaseAccepted& accepted)
    : deciding_(deciding),
      accepted_(accepted),
      after_(CopyOfCase(deciding.before())),
      lines_(*this),
      facts_(deciding.FactsOn(*after_, nullptr)) {
  facts_.lines = &lines_;
  if (!deciding.exists()) after_->set_case_id(std::string(deciding.context().case_id));
}

void Concluding::Lines::NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const {
  const std::deque<v1::Event>& events = concluding_.events_;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    const FactLine here = {.event = &*event,
                           .occurred_at = ToTime(event->occurred_at()),
                           .recorded_at = concluding_.now(),
                           .person = PersonOf(concluding_.deciding_.actor())};
    if (!line(here)) return;
  }
  const FactLines* earlier = concluding_.deciding_.context().lines;
  if (earlier != nullptr) earlier->NewestFirst(line);
}

Facts Concluding::FactsNow(const v1::Event* event) const {
  Facts facts = facts_;
  facts.event = event;
  return facts;
}

void Concluding::Take(v1::Event event) {
  Evolve(*after_, event, EventContext{deciding_.actor(), deciding_.context().now});
  events_.push_back(std::move(event));
  facts_.asked = &events_.front();  // what was asked for comes first
}

void Concluding::Finish() {
  accepted_.events.assign(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
  events_.clear();
  accepted_.after = std::move(after_);
}

v1::Event Concluding::Derive(absl::Time at, std::string_view because, std::string_view clause) const {
  v1::Event event;
  event.set_derived(true);
  SetTimestamp(at, event.mutable_occurred_at());
  event.set_because(std::string(because));
  event.set_clause(std::string(clause));
  return event;
}

void Concluding::AlertFault(absl::Time at, std::string_view because, std::string_view rule, const absl::Status& why) {
  v1::Event event = Derive(at, because, "");
  event.mutable_alert_raised()->set_alert(std::string(rule));
  event.mutable_alert_raised()->set_say(std::string(why.message()));
  Take(std::move(event));
}

void Concluding::FindKeptClocks() {
  kept_clocks_.clear();
  const auto of_type = pack().Clocks(after().case_type());
  for (const v1::ClockState& clock : after().clocks()) {
    if (!IsOpen(clock)) continue;
    const CompiledClock* definition = pack().clock(clock.definition());
    if (definition == nullptr || std::find(of_type.begin(), of_type.end(), definition) != of_type.end()) continue;
    if (std::find(kept_clocks_.begin(), kept_clocks_.end(), definition) == kept_clocks_.end()) {
      kept_clocks_.push_back(definition);
    }
  }
}

}  // namespace caseward

#include "engine/directory/caseload.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {
namespace {

// A sum of what cases weigh, which are never less than nothing.
uint32_t Plus(uint32_t sum, int32_t change) {
  return static_cast<uint32_t>(std::max<int64_t>(0, int64_t{sum} + change));
}

v1::Event Derived(absl::Time now) {
  v1::Event event;
  event.set_derived(true);
  SetTimestamp(now, event.mutable_occurred_at());
  return event;
}

}  // namespace

std::string CaseloadStream(std::string_view person) { return StrCat(kCaseloadStreams, person); }

std::vector<v1::Event> DecideCaseload(const Directory& directory, const v1::NoteCaseload& note, absl::Time now) {
  const v1::CaseloadState* known = directory.Caseload(note.staff_id());
  const v1::CaseloadState& before = known != nullptr ? *known : v1::CaseloadState::default_instance();
  const Load load = {.load = Plus(before.load(), note.weight_change()), .cap = directory.LoadOf(note.staff_id()).cap};

  std::vector<v1::Event> events = {Derived(now)};
  v1::CaseloadChanged& changed = *events.front().mutable_caseload_changed();
  changed.set_staff_id(note.staff_id());
  changed.set_load(load.load);
  changed.set_cases(Plus(before.cases(), note.cases_change()));
  changed.set_case_id(note.case_id());
  const bool above = load.IsAboveWith(0);
  if (above == before.exceeded()) return events;
  v1::Event crossed = Derived(now);
  const auto say = [&](auto& e) {
    e.set_staff_id(note.staff_id());
    e.set_load(load.load);
    e.set_cap(load.cap);
  };
  above ? say(*crossed.mutable_caseload_threshold_exceeded()) : say(*crossed.mutable_caseload_back_under());
  events.push_back(std::move(crossed));
  return events;
}

void EvolveCaseload(v1::CaseloadState& state, const v1::Event& event, uint64_t sequence) {
  state.set_sequence(sequence);
  if (event.has_caseload_changed()) {
    state.set_staff_id(event.caseload_changed().staff_id());
    state.set_load(event.caseload_changed().load());
    state.set_cases(event.caseload_changed().cases());
  } else if (event.has_caseload_threshold_exceeded()) {
    state.set_exceeded(true);
  } else if (event.has_caseload_back_under()) {
    state.set_exceeded(false);
  }
}

}  // namespace caseward

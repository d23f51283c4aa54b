// What an event makes of a case (hop 4). Pure, total, and never refuses: the event has already happened. Consults no
// policy, calendar or clock; whatever was computed by deciding is in the event (law L2).
#pragma once

#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward {

struct EventContext {
  const v1::Actor& actor;
  absl::Time recorded_at;
};

void Evolve(v1::CaseState& state, const v1::Event& event, const EventContext& context);

// False for what no decision gives: another stream's event, or one about a clock that never started. Evolve has nothing
// to make of such an event (and CHECKs); whoever reads a log that others may have written to asks first.
bool CanEvolve(const v1::CaseState& state, const v1::Event& event);

// The event without its words: a line for conditions that count (law L11: no rule reads words).
v1::Event WithoutWords(const v1::Event& event);

}  // namespace caseward

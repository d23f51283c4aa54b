// What clock events make of a case's clocks. Part of Evolve: pure, total.
#pragma once

#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward {

// False: the event is about a clock that never started.
bool CanEvolveClock(const v1::CaseState& state, const v1::Event& event);

void EvolveClock(v1::CaseState& state, const v1::Event& event);

}  // namespace caseward

// What splitting a case, and merging its main resident, changes in it: a part of Evolve.
#pragma once

#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward {

// The event is one of the five.
void EvolveSplit(v1::CaseState& state, const v1::Event& event);

}  // namespace caseward

// What referrals, enquiries and sharings change in a case: a part of Evolve.
#pragma once

#include "caseward/v1/common.pb.h"
#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward {

// The event is one of the seven. What it names and the case does not have changes nothing.
void EvolveAgencies(v1::CaseState& state, const v1::Event& event, const v1::Actor& actor);

}  // namespace caseward

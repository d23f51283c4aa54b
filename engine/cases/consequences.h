// What follows from a decision's facts by the pack: flags, priority, clocks, alerts, sign-offs made void. Computed
// once, when deciding, and stored as derived events; replay needs none of this (law L2).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "engine/cases/deciding.h"

namespace caseward {

// Evolves the facts into `after` (which begins as the case before) and adds what follows, until nothing more does.
// OUT_OF_RANGE: a due time, or a day that a condition needed, lies beyond the calendar's coverage. INVALID_ARGUMENT: an
// instant the calendar cannot count with. RESOURCE_EXHAUSTED: more than kEventsPerDecisionMax events.
absl::Status Conclude(const Deciding& deciding, std::vector<v1::Event> facts, CaseAccepted& accepted);

}  // namespace caseward

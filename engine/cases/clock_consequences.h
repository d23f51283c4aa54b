// What an event does to a case's clocks: breaks into rounds, re-dates, ceases, stops and starts them, in that order, so
// that one event may stop a clock and start it anew. A part of consequences.cc, apart because it is a subject of its
// own.
#pragma once

#include "absl/status/status.h"
#include "engine/cases/concluding.h"

namespace caseward {

// OUT_OF_RANGE: a due time lies beyond the calendar's coverage.
absl::Status Clocks(Concluding& c, const v1::Event& event);

}  // namespace caseward

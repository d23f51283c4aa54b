// What the partition derives from a case's state alone: its timers and the owner under whom it is listed. Pure
// functions, so whoever has the state before and after knows exactly which index entries go and which come, live or in
// replay.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/state.pb.h"
#include "engine/partition/state_keys.h"

namespace caseward {

// One timer for the warning (unless warned) and one for the due time of every running clock; none of a paused one. A
// case under import has none: its own time drives its clocks until the import is finished.
std::vector<keys::Timer> TimersOf(const v1::CaseState& state);

// The same, whether or not the case is under import: what would fire, earliest first.
std::vector<keys::Timer> ClocksDue(const v1::CaseState& state);

// The state's own due time behind a timer, exact to the nanosecond; null if the state has no such timer.
const google::protobuf::Timestamp* DueOf(const v1::CaseState& state, const keys::Timer& timer);

// Under whose name an open case is listed; empty if nobody's, or if it is closed.
std::string ListedOwner(const v1::CaseState& state);

}  // namespace caseward

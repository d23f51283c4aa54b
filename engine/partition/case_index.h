// What the partition derives from a case's state alone: its timers, the owner under whom it is listed, and what it
// waits for from others. Pure functions, so whoever has the state before and after knows exactly which index entries go
// and which come, live or in replay.
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

// The running or breached clock that is nearest; null: there is none.
const v1::ClockState* NearestClock(const v1::CaseState& state);
// Where it stands in a list of work.
keys::WorkOrder OrderOfWork(const v1::CaseState& state);

// What a case waits for from another person than its owner: a signature under its closure, which several people may
// give, and one person's answer to a hand-over. An index of them, so that nobody's list of work looks through all
// cases.
inline constexpr std::string_view kWaitsForSignature = "sign/closure";
std::string WaitsForTaker(std::string_view person);
struct WaitingEntry {
  std::string what;
  keys::WorkOrder order;
  v1::WaitingState state;
};
std::vector<WaitingEntry> WaitingOf(const v1::CaseState& state);
// The signature under the closure that still counts; null: there is none.
const v1::SignOffState* SignedClosure(const v1::CaseState& state);

}  // namespace caseward

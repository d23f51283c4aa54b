// What each person carries, over all partitions: a case's partition sends a message when the case begins or ends
// to count in somebody's caseload or weighs another weight there, and the directory adds it up. Each message is taken
// once (messages are), so the sum is that of the cases; it lags behind them by as long as a message travels.
//
//   load_counted in a case ──note_caseload──▶ caseload_changed {load, cases}
//                                             caseload_threshold_exceeded, caseload_back_under: when it crosses the cap
#pragma once

#include <vector>

#include "engine/directory/directory.h"

namespace caseward {

// "caseload/<id>": a stream of its own, because it changes far more often than what is known of the person.
std::string CaseloadStream(std::string_view person);
// What caseloads' streams begin with.
inline constexpr std::string_view kCaseloadStreams = "caseload/";

// What the message makes of the caseload. The case has changed, so nothing can refuse it.
std::vector<v1::Event> DecideCaseload(const Directory& directory, const v1::NoteCaseload& note, absl::Time now);

// What an event of it makes of the state, live and in replay alike; `sequence` is its record's.
void EvolveCaseload(v1::CaseloadState& state, const v1::Event& event, uint64_t sequence);

}  // namespace caseward

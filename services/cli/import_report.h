// What a pack found in a history that was taken in: what it would have refused, by rule and clause; which promises were
// kept; what held the clocks; how often the case changed hands. Numbers alone: no person, no team, no case is named.
//
//   WalkCases ─▶ HistoryFindings, a few counters ─▶ Markdown
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "services/cli/case_walk.h"

namespace caseward::cli {

struct HistoryFindings {
  struct Refused {
    uint64_t times = 0;
    uint64_t cases = 0;
  };
  struct Clock {
    uint64_t started = 0, met = 0, breached = 0, ended = 0, open = 0;
  };
  struct Held {
    uint64_t times = 0;
    absl::Duration time;
  };

  std::string case_type;
  std::set<std::string> systems;  // that the cases came from
  v1::Pack pack;                  // of the newest version that the cases were opened under
  uint64_t cases = 0;
  uint64_t events = 0;
  absl::Time first = absl::InfiniteFuture();
  absl::Time last = absl::InfinitePast();
  absl::Time up_to = absl::InfinitePast();
  std::map<std::pair<std::string, std::string>, Refused> by_rule;  // (rule, verb)
  std::map<std::string, uint64_t> refused_pauses;                  // by reason, of all rules
  uint64_t cases_refused = 0;                                      // by a rule of the pack
  std::map<std::pair<std::string, v1::Priority>, Clock> clocks;
  std::map<std::string, Held> held;  // by reason
  std::map<v1::Priority, uint64_t> cases_by_priority;
  uint64_t hand_overs = 0, passed_on = 0, returns = 0, cases_returned = 0;
  std::map<uint64_t, uint64_t> cases_by_hand_overs;
};

absl::StatusOr<HistoryFindings> FindInHistory(Session& session, const std::string& case_type);

// `command` is what made the page, as its reader may type it.
void WriteHistoryReport(std::ostream& out, const HistoryFindings& findings, const std::string& command);

}  // namespace caseward::cli

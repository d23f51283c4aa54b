// Looks for a way to close a case without the signature that should stand before it, by trying: a bounded search over
// the pack's own model, by ways that take turns.
//
//   a report ─▶ every command of the pack's examples, by whoever gives it there ─▶ every state they reach, breadth
//   first each story that the examples tell ─▶ from every state on its way, the same commands ─▶ and on, twelve deep
//
// The first leaves out no script as far as it comes, and of a large pack it does not come far; the second begins where
// closing is near. A closing that nobody signed, or that its owner or proposer signed, is shown by its script,
// shortened until every command left is needed. Time passes only to where a clock warns or falls due. States that
// differ in nothing that a rule on the way to closing looks at, but for the time, count as one. It proves presence,
// never absence: that it finds nothing says that nothing was found within the bounds that the result names.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/compiled_pack.h"
#include "engine/port/hasher.h"

namespace caseward {

struct SearchBounds {
  int depth = 12;           // commands and waits of a script
  size_t states = 100'000;  // that are looked on from
  absl::Duration time = absl::Seconds(60);
};

struct ClosingSearch {
  std::string case_type;
  bool found = false;
  std::string what;                 // "closed without a signature", "closed on the signature of its owner"
  std::vector<std::string> script;  // "mo triage", one a line
  int depth = 0;                    // the longest scripts tried
  int all_to = 0;                   // every script of so many was tried, states that count as one taken once
  size_t states = 0;
  size_t commands = 0;
  // Empty: every script within the depth was tried. Else the bound that ended it: "time", "states".
  std::string ended_by;
};

// One result a case type that the pack's commands can report.
std::vector<ClosingSearch> SearchClosings(const CompiledPack& pack, const WorkingCalendar& calendar,
                                          const Hasher& hasher, const SearchBounds& bounds);

}  // namespace caseward

// Runs a pack's worked examples: each is a small story that ends in a claim, and the claim is checked by deciding with
// the pack itself. This is what `caseward policy test` does, and what keeps a clause, its rule and its example from
// drifting apart.
//
//   scenario (from) ─▶ given ─▶ when ─▶ then
//        every step before `when` must be accepted, or refused by the rule it names; clocks fire in between, in order
//
// Pure: the same pack and calendar always give the same results. An example that cannot be run (an unknown person, no
// time to begin with) fails and says why.
#pragma once

#include <string>
#include <vector>

#include "engine/calendar/working_calendar.h"
#include "engine/policy/compiled_pack.h"
#include "engine/port/hasher.h"

namespace caseward {

struct ExampleResult {
  // The rule or alert that owns the example; empty for the pack's own.
  std::string owner;
  std::string name;
  bool passed = false;
  // If not: one line for each thing that differs, "clock first_contact: expected met, found running".
  std::vector<std::string> differences;
};

std::vector<ExampleResult> RunExamples(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher);

}  // namespace caseward

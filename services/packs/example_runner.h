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
#include <string_view>
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
  // And what happened instead, in plain words: the refusal, the last events, the clocks and flags as they stand.
  std::vector<std::string> explanation;
};

// Every example of a pack, in the order in which they run: the rules', the alerts', the pack's own.
struct OwnedExample {
  std::string_view owner;  // the rule or alert it stands in; empty: it stands alone
  const v1::Example* example = nullptr;
};
std::vector<OwnedExample> ExamplesOf(const v1::Pack& pack);

struct PreparedExample;
class ExampleStage;
// One of the stage's prepared examples.
ExampleResult RunExample(const PreparedExample& example, ExampleStage& stage, bool explain);

std::vector<ExampleResult> RunExamples(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher);

}  // namespace caseward

// What can be wrong with a pack besides a name that does not resolve. Each function adds to the problems and returns;
// none stops at the first.
#pragma once

#include "absl/time/time.h"
#include "engine/policy/pack_names.h"

namespace caseward {

// More than any policy has; each is compared with every other (services/packs/contradictions.h).
inline constexpr int kRulesMax = 2000;
// Ids: their form, that each is there once, and that every `case_types` list names types of the pack.
void CheckIds(const PackNames& names, PackProblems& problems);
// A clause and a provenance on everything that refuses, alarms or counts; words where people read them.
void CheckSources(const PackNames& names, PackProblems& problems);
// Steps and their fields: types, options, classes (law L11), names that would hide another.
void CheckSteps(const PackNames& names, PackProblems& problems);
// Roles and names outside of conditions: signers, alerts, escalations, checklists of sign-offs.
void CheckReferences(const PackNames& names, PackProblems& problems);
// What may be shared with agencies at once has a clock that brings its review about; the examples' agreements an
// agency.
void CheckSharing(const PackNames& names, PackProblems& problems);
// Clocks: a duration for every case, percentages, LAW and CODE limits, no circle of clocks that start one another.
void CheckClocks(const PackNames& names, PackProblems& problems);
// Weights and caps of caseloads: numbers within bounds, names that exist, no line that can never fit.
void CheckCaseload(const PackNames& names, PackProblems& problems);
inline constexpr int kLoadLinesMax = 200;
inline constexpr uint32_t kLoadWeightMax = 100;
inline constexpr uint32_t kLoadCapMax = 10'000;
// Checklists and sign-offs that ask for one another in a circle.
void CheckChecklistCircles(const PackNames& names, PackProblems& problems);
// Exceptions for one region: approved, dated, and not for longer than kVarianceMax.
void CheckVariances(const PackNames& names, PackProblems& problems);
inline constexpr absl::Duration kVarianceMax = absl::Hours(24 * 184);  // six months
// Worked examples: people, scenarios, verbs and what is expected.
void CheckExamples(const PackNames& names, PackProblems& problems);

// "a → b → a" for the first circle found, or "". `edges`: who leads to whom.
std::string FindCircle(const std::map<std::string, std::vector<std::string>>& edges);

}  // namespace caseward

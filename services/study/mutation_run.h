// Runs a pack's examples against every mutation of it and lists what no example noticed: `caseward policy test
// --mutate`.
//
//   each mutation ─▶ the examples it can touch, those about it first ─▶ stops at the first that no longer passes
//
// What a mutation can touch is found from what happened in each example with the pack as it is: a rule can only matter
// where one of its verbs was asked, a clock only where it started (its start, where an event that may start it
// happened), a flag only where an event that may set it happened, a step's roles only where the step was recorded. Runs
// on as many threads as it is given; the result does not depend on how many.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/compiled_pack.h"
#include "engine/port/hasher.h"
#include "services/study/mutations.h"

namespace caseward {

struct MutationRun {
  size_t all = 0;         // mutations that there are
  size_t made = 0;        // mutations that are a pack
  size_t not_a_pack = 0;  // the checks refuse these, so no example need
  size_t killed = 0;
  size_t examples_run = 0;
  std::vector<Mutation> survivors;  // in the order of the pack
  std::set<std::string> untried;    // names of those that a run of a part left out
  // Killed of made, 0 to 100; 100 if there was nothing to change.
  double killed_percent() const {
    return made == 0 ? 100.0 : 100.0 * static_cast<double>(killed) / static_cast<double>(made);
  }
};

// Which changes are tried: of those whose name contains `only` the first of each `every`.
struct MutationChoice {
  size_t every = 1;
  std::string only = {};
  bool all() const { return every == 1 && only.empty(); }
};
// FAILED_PRECONDITION if an example of the pack fails as it is: then nothing could be noticed.
absl::StatusOr<MutationRun> RunMutations(const CompiledPack& pack, const WorkingCalendar& calendar,
                                         const Hasher& hasher, size_t threads, const MutationChoice& choice = {});

// The list of survivors: one name a line, in any order; '#' begins a comment. What the run and the list do not
// share, as lines for people; empty: they agree.
std::vector<std::string> CompareSurvivors(const MutationRun& run, const std::string& list);
// The list as it would be, with the reasons that reviewers gave in `list`, the one before.
std::string WriteSurvivors(const MutationRun& run, const std::string& list);

}  // namespace caseward

// What the offline verbs of `policy` share: a pack read and checked, its problems printed, and the calendar it counts
// by.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/calendar/working_calendar.h"
#include "services/cli/calendar_file.h"
#include "services/cli/session.h"
#include "services/cli/syntax.h"
#include "services/packs/lint_pack.h"

namespace caseward::cli {

// One line each, or with --json one object each.
void PrintProblems(Session& session, const std::vector<FileProblem>& problems, const char* kind);

// Errors printed; null if there are any.
const CompiledPack* CheckedPack(Session& session, const PackLint& lint);

struct CalendarChoice {
  std::string calendar;  // an id or a file; empty: the pack's
  std::string folder = kCalendarFolder;
};
// Adds --calendar and --calendars.
void AddCalendarOptions(const Syntax& verb, CalendarChoice& choice);
absl::StatusOr<WorkingCalendar> CalendarOf(const v1::Pack& pack, const CalendarChoice& choice);

}  // namespace caseward::cli

#include "services/cli/pack_at_hand.h"

#include "services/cli/json.h"
#include "services/study/pack_reports.h"

namespace caseward::cli {

void PrintProblems(Session& session, const std::vector<FileProblem>& problems, const char* kind) {
  if (!session.json) {
    session.out << SayProblems(problems, kind);
    return;
  }
  for (const FileProblem& problem : problems) {
    session.out << "{\"kind\":" << JsonText(kind) << ",\"file\":" << JsonText(problem.file)
                << ",\"line\":" << problem.line << ",\"column\":" << problem.column
                << ",\"path\":" << JsonText(problem.path) << ",\"expected\":" << JsonText(problem.expected)
                << ",\"found\":" << JsonText(problem.found) << "}\n";
  }
}

const CompiledPack* CheckedPack(Session& session, const PackLint& lint) {
  PrintProblems(session, lint.errors, "error");
  return lint.ok() ? lint.compiled.get() : nullptr;
}

void AddCalendarOptions(const Syntax& verb, CalendarChoice& choice) {
  verb.Add("--calendar", choice.calendar, "A calendar's id or file; default: the pack's");
  verb.Add("--calendars", choice.folder, "Folder of calendars by id").ShowDefault();
}

absl::StatusOr<WorkingCalendar> CalendarOf(const v1::Pack& pack, const CalendarChoice& choice) {
  const absl::StatusOr<v1::Calendar> source =
      LoadCalendar(choice.calendar.empty() ? pack.calendar() : choice.calendar, choice.folder);
  if (!source.ok()) return source.status();
  return WorkingCalendar::Compile(*source);
}

}  // namespace caseward::cli

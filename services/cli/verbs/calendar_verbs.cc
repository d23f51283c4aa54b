#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "services/cli/calendar_file.h"
#include "services/cli/json.h"
#include "services/cli/submit_one.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct DueDateOptions {
  std::string calendar;
  std::string from;
  std::string within;
  std::string folder = kCalendarFolder;
};

std::string DayText(absl::CivilDay day) { return absl::FormatCivilTime(day); }
std::string DayName(absl::CivilDay day) {
  switch (absl::GetWeekday(day)) {
    case absl::Weekday::monday: return "Mon";
    case absl::Weekday::tuesday: return "Tue";
    case absl::Weekday::wednesday: return "Wed";
    case absl::Weekday::thursday: return "Thu";
    case absl::Weekday::friday: return "Fri";
    case absl::Weekday::saturday: return "Sat";
    case absl::Weekday::sunday: return "Sun";
  }
  return "";
}

void PrintDue(Session& session, const WorkingCalendar& calendar, absl::Time from, const v1::Span& span, absl::Time due,
              const std::vector<CountedDay>& days) {
  const std::string local = absl::FormatTime(absl::RFC3339_sec, due, calendar.zone());
  if (session.json) {
    session.out << "{\"calendar\":" << JsonText(calendar.source().id()) << ",\"from\":" << JsonText(FormatInstant(from))
                << ",\"within\":" << JsonText(FormatSpan(span)) << ",\"due_exclusive\":" << JsonText(FormatInstant(due))
                << ",\"local\":" << JsonText(local) << ",\"days\":[";
    for (size_t i = 0; i < days.size(); ++i) {
      session.out << (i == 0 ? "" : ",") << "{\"day\":" << JsonText(DayText(days[i].day))
                  << ",\"counted\":" << (days[i].counted ? "true" : "false") << ",\"why\":" << JsonText(days[i].why)
                  << "}";
    }
    session.out << "]}\n";
    return;
  }
  Table table({{.title = "DAY"}, {.title = ""}, {.title = ""}, {.title = "WHY"}});
  for (const CountedDay& day : days) {
    table.Add({DayName(day.day), DayText(day.day), day.counted ? "counted" : "skipped", day.why});
  }
  table.Print(session.out);
  session.out << "\nDue before " << FormatInstant(due) << " (" << local << " in " << calendar.zone().name()
              << "): an act is in time if it happened before this instant.\n";
}

Exit RunDueDate(Session& session, const DueDateOptions& options) {
  const absl::StatusOr<absl::Time> from = InstantOf("--from", options.from);
  if (!from.ok()) return session.Usage(std::string(from.status().message()));
  const absl::StatusOr<v1::Span> span = ParseSpan(options.within);
  if (!span.ok()) return session.Usage(absl::StrCat("--within: ", span.status().message()));
  const absl::StatusOr<v1::Calendar> source = LoadCalendar(options.calendar, options.folder);
  if (!source.ok()) return session.Fault(source.status());
  const absl::StatusOr<WorkingCalendar> calendar = WorkingCalendar::Compile(*source);
  if (!calendar.ok()) return session.Fault(calendar.status());
  const absl::StatusOr<absl::Time> due = calendar->DueExclusive(*from, *span);
  if (!due.ok()) return session.Fault(due.status());
  const absl::StatusOr<std::vector<CountedDay>> days = calendar->Explain(*from, *span);
  if (!days.ok()) return session.Fault(days.status());
  PrintDue(session, *calendar, *from, *span, *due, *days);
  return Exit::kDone;
}

Exit RunPublishCalendar(Session& session, const std::string& file) {
  absl::StatusOr<v1::Calendar> calendar = LoadCalendar(file);
  if (!calendar.ok()) return session.Fault(calendar.status());
  v1::Command command;
  command.set_command_id(IdFromContent("calendar", *calendar));
  *command.mutable_publish_calendar()->mutable_calendar() = *std::move(calendar);
  return SubmitOne(session, command);
}

}  // namespace

void AddCalendarVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("calendar", "Working time: when is a span over, and why");
  auto due = std::make_shared<DueDateOptions>();
  Syntax due_verb = verbs.Verb(group, "due", "Count a span of working time, day by day; needs no server",
                               Verbs::Talks::kOffline, [due](Session& session) { return RunDueDate(session, *due); });
  due_verb.Add("--calendar", due->calendar, "A calendar's id or file").Required();
  due_verb.Add("--from", due->from, "RFC 3339 instant").Required();
  due_verb
      .Add("--within", due->within, "\"5 working_days\", \"4 business_hours\", \"24 hours\", \"10 days\", \"2 months\"")
      .Required();
  due_verb.Add("--calendars", due->folder, "Folder of calendars by id").ShowDefault();

  auto file = std::make_shared<std::string>();
  Syntax publish =
      verbs.Verb(group, "publish", "Publish a calendar; due times computed from now on use it", Verbs::Talks::kToServer,
                 [file](Session& session) { return RunPublishCalendar(session, *file); });
  publish.Add("CALENDAR", *file, "A calendar's id or file").Required();
}

}  // namespace caseward::cli

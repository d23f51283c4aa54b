#include <set>

#include "absl/time/civil_time.h"

#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/calendar/working_calendar.h"
#include "services/packs/message_reader.h"
#include "services/packs/yaml_tree.h"

namespace caseward {
namespace {

// YYYY-MM-DD of a day that exists.
bool IsDate(const std::string& text, absl::CivilDay* day) {
  return text.size() == 10 && absl::ParseCivilTime(text, day) && absl::FormatCivilTime(*day) == text;
}

}  // namespace

CalendarReading ReadCalendarText(std::string_view yaml, const std::string& name) {
  CalendarReading out;
  YamlNode tree;
  if (!ParseYaml(yaml, name, tree, out.problems)) return out;
  SourceMarks marks;
  MessageReader reader(name, nullptr, out.problems, marks);
  reader.ReadMessage(tree, out.calendar, {"", ""});

  const auto problem = [&](const std::string& path, std::string expected, const std::string& found) {
    out.problems.push_back(marks.Locate({path, std::move(expected), QuotedShort(found)}));
  };
  const v1::Calendar& calendar = out.calendar;
  absl::CivilDay from, to;
  const bool covers = IsDate(calendar.covers_from(), &from) && IsDate(calendar.covers_to(), &to);
  if (!IsDate(calendar.covers_from(), &from))
    problem("covers_from", "a date that exists, YYYY-MM-DD", calendar.covers_from());
  if (!IsDate(calendar.covers_to(), &to)) problem("covers_to", "a date that exists, YYYY-MM-DD", calendar.covers_to());
  std::set<std::string> seen;
  for (int i = 0; i < calendar.holidays_size(); ++i) {
    const std::string& date = calendar.holidays(i).date();
    const std::string path = StrCat("holidays[", i, "].date");
    absl::CivilDay day;
    if (!IsDate(date, &day))
      problem(path, "a date that exists, YYYY-MM-DD", date);
    else if (covers && (day < from || day > to))
      problem(path, "a date inside what the calendar covers", date);
    else if (!seen.insert(date).second)
      problem(path, "a date listed once", date);
  }
  if (!out.problems.empty()) return out;
  // What is left to find wrong (zone, hours, weekdays) is the calendar's own check.
  if (const auto compiled = WorkingCalendar::Compile(calendar); !compiled.ok()) {
    out.problems.push_back({name, 0, 0, "", "a calendar that can be used", std::string(compiled.status().message())});
  }
  return out;
}

}  // namespace caseward

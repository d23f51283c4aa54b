#include "tests/support/england_and_wales.h"

#include <yaml-cpp/yaml.h>

#include "engine/base/check.h"
#include "engine/base/time.h"

namespace caseward::test {
namespace {

v1::Calendar Read() {
  const YAML::Node file = YAML::LoadFile("policies/calendars/england_and_wales.yaml");
  v1::Calendar calendar;
  calendar.set_version(1);
  calendar.set_id(file["id"].as<std::string>());
  calendar.set_title(file["title"].as<std::string>());
  calendar.set_time_zone(file["time_zone"].as<std::string>());
  calendar.set_covers_from(file["covers_from"].as<std::string>());
  calendar.set_covers_to(file["covers_to"].as<std::string>());
  calendar.set_opens_minute(file["opens_minute"].as<uint32_t>());
  calendar.set_closes_minute(file["closes_minute"].as<uint32_t>());
  for (const YAML::Node& weekday : file["working_weekdays"])
    calendar.add_working_weekdays(weekday.as<uint32_t>());
  for (const YAML::Node& entry : file["holidays"]) {
    v1::Holiday* holiday = calendar.add_holidays();
    holiday->set_date(entry["date"].as<std::string>());
    holiday->set_title(entry["title"].as<std::string>());
    holiday->set_notes(entry["notes"].as<std::string>(""));
  }
  return calendar;
}

}  // namespace

const v1::Calendar& EnglandAndWalesSource() {
  static const v1::Calendar calendar = Read();
  return calendar;
}

const WorkingCalendar& EnglandAndWales() {
  static const WorkingCalendar calendar = [] {
    absl::StatusOr<WorkingCalendar> compiled = WorkingCalendar::Compile(EnglandAndWalesSource());
    CHECK(compiled.ok());
    return *std::move(compiled);
  }();
  return calendar;
}

absl::Time At(const std::string& instant) {
  const absl::StatusOr<absl::Time> t = ParseInstant(instant);
  CHECK(t.ok());
  return *t;
}

v1::Span SpanOf(const std::string& text) {
  const absl::StatusOr<v1::Span> span = ParseSpan(text);
  CHECK(span.ok());
  return *span;
}

}  // namespace caseward::test

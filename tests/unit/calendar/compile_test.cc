// A calendar that cannot be read is an error that names the field, what was expected and what came.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/calendar/working_calendar.h"
#include "tests/support/england_and_wales.h"

namespace caseward {
namespace {

TEST(CompileCalendar, NamesWhatIsWrong) {
  struct Bad {
    std::function<void(v1::Calendar&)> change;
    std::string message;  // after: calendar "england_and_wales":
  };
  const std::vector<Bad> bad = {
      {[](auto& c) { c.set_time_zone("Europe/Londres"); },
       "time_zone: expected an IANA time zone this machine knows, e.g. \"Europe/London\"; found \"Europe/Londres\""},
      {[](auto& c) { c.set_time_zone(""); },
       "time_zone: expected an IANA time zone this machine knows, e.g. \"Europe/London\"; found \"\""},
      {[](auto& c) { c.set_time_zone("localtime"); },
       "time_zone: expected an IANA time zone this machine knows, e.g. \"Europe/London\"; found \"localtime\""},
      {[](auto& c) { c.set_time_zone("/etc/localtime"); },
       "time_zone: expected an IANA time zone this machine knows, e.g. \"Europe/London\"; found \"/etc/localtime\""},
      {[](auto& c) { c.set_covers_from("2019-02-29"); },
       "covers_from: expected a date YYYY-MM-DD; found \"2019-02-29\""},
      {[](auto& c) { c.set_covers_to("2028-12-3"); }, "covers_to: expected a date YYYY-MM-DD; found \"2028-12-3\""},
      {[](auto& c) { c.set_covers_to("2018-12-31"); },
       "covers_to: expected a date not before covers_from 2019-01-01; found 2018-12-31"},
      {[](auto& c) { c.set_covers_to("2119-01-01"); },
       "covers_to: expected at most 100 years of coverage; found 2019-01-01 to 2119-01-01"},
      {[](auto& c) { c.mutable_holidays(3)->set_date("2019-13-06"); },
       "holidays[3].date: expected a date YYYY-MM-DD; found \"2019-13-06\""},
      {[](auto& c) { c.mutable_holidays(3)->set_date("06/05/2019"); },
       "holidays[3].date: expected a date YYYY-MM-DD; found \"06/05/2019\""},
      {[](auto& c) { c.mutable_holidays(3)->set_date("2019-01-01"); },
       "holidays[3].date: expected each date once; found 2019-01-01 twice"},
      {[](auto& c) { c.mutable_holidays(0)->set_date("2018-12-31"); },
       "holidays[0].date: expected a date covered, 2019-01-01 to 2028-12-31; found 2018-12-31"},
      {[](auto& c) { c.mutable_holidays(0)->clear_title(); },
       "holidays[0].title: expected the holiday's name, which explanations show; found none"},
      {[](auto& c) { c.clear_working_weekdays(); },
       "working_weekdays: expected at least one weekday, 1 = Monday to 7 = Sunday; found none"},
      {[](auto& c) { c.add_working_weekdays(8); },
       "working_weekdays: expected weekdays 1 = Monday to 7 = Sunday; found 8"},
      {[](auto& c) { c.add_working_weekdays(0); },
       "working_weekdays: expected weekdays 1 = Monday to 7 = Sunday; found 0"},
      {[](auto& c) { c.add_working_weekdays(5); }, "working_weekdays: expected each weekday once; found 5 twice"},
      {[](auto& c) { c.set_closes_minute(540); }, "closes_minute: expected more than opens_minute 540; found 540"},
      {[](auto& c) { c.set_opens_minute(1021); }, "closes_minute: expected more than opens_minute 1021; found 1020"},
      {[](auto& c) { c.set_closes_minute(1441); }, "closes_minute: expected at most 1440, midnight; found 1441"},
  };
  for (const Bad& row : bad) {
    v1::Calendar calendar = test::EnglandAndWalesSource();
    row.change(calendar);

    const absl::Status status = WorkingCalendar::Compile(calendar).status();

    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_EQ(status.message(), "calendar \"england_and_wales\": " + row.message);
  }
}

TEST(CompileCalendar, AnIdIsAName) {
  v1::Calendar calendar = test::EnglandAndWalesSource();
  calendar.set_id("England & Wales");

  EXPECT_EQ(WorkingCalendar::Compile(calendar).status().message(),
            "calendar \"England & Wales\": id: expected 1 to 64 characters of [a-z0-9_]; found 15 characters");
}

TEST(CompileCalendar, TakesTheLargestOfEverything) {
  v1::Calendar calendar = test::EnglandAndWalesSource();
  calendar.set_covers_to("2118-12-31");
  calendar.set_opens_minute(0);
  calendar.set_closes_minute(1440);
  calendar.add_working_weekdays(6);
  calendar.add_working_weekdays(7);

  const absl::StatusOr<WorkingCalendar> compiled = WorkingCalendar::Compile(calendar);

  ASSERT_TRUE(compiled.ok()) << compiled.status();
  // A calendar that never rests counts business hours as elapsed ones, also on the day of 23 hours.
  EXPECT_EQ(*compiled->DueExclusive(test::At("2027-03-27T15:00:00Z"), test::SpanOf("24 business_hours")),
            test::At("2027-03-28T15:00:00Z"));
}

}  // namespace
}  // namespace caseward

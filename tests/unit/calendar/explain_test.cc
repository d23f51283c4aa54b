// Why a due time is what it is, each day counted or skipped (R-81's query).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/calendar/working_calendar.h"
#include "tests/support/england_and_wales.h"

namespace caseward {
namespace {

using test::At;
using test::EnglandAndWales;
using test::SpanOf;

// "2026-12-25 - Christmas Day" for a day skipped, "+" for one counted.
std::vector<std::string> Lines(const std::string& from, const std::string& span) {
  const absl::StatusOr<std::vector<CountedDay>> days = EnglandAndWales().Explain(At(from), SpanOf(span));
  if (!days.ok()) return {std::string(days.status().message())};
  std::vector<std::string> lines;
  for (const CountedDay& day : *days) {
    lines.push_back(StrCat(absl::FormatCivilTime(day.day), day.counted ? " + " : " - ", day.why));
  }
  return lines;
}

TEST(Explain, WorkingDaysOverChristmas) {
  EXPECT_EQ(Lines("2026-12-24T15:00:00Z", "2 working_days"), (std::vector<std::string>{
                                                                 "2026-12-24 - day 0, the start",
                                                                 "2026-12-25 - Christmas Day",
                                                                 "2026-12-26 - Saturday",
                                                                 "2026-12-27 - Sunday",
                                                                 "2026-12-28 - Boxing Day (Substitute day)",
                                                                 "2026-12-29 + working day 1 of 2",
                                                                 "2026-12-30 + working day 2 of 2",
                                                             }));
}

TEST(Explain, TheStartIsTheLocalDay) {
  EXPECT_EQ(Lines("2026-06-30T23:30:00Z", "1 working_day"),
            (std::vector<std::string>{"2026-07-01 - day 0, the start", "2026-07-02 + working day 1 of 1"}));
}

TEST(Explain, BusinessHoursOverAWeekend) {
  EXPECT_EQ(Lines("2026-11-20T15:30:00Z", "4 business_hours"),
            (std::vector<std::string>{
                "2026-11-20 + day 0, the start: 1 business hour 30 minutes",
                "2026-11-21 - Saturday",
                "2026-11-22 - Sunday",
                "2026-11-23 + 2 business hours 30 minutes",
            }));
  EXPECT_EQ(Lines("2026-11-22T12:00:00Z", "1 business_hour"),
            (std::vector<std::string>{"2026-11-22 - day 0, the start", "2026-11-23 + 1 business hour"}));
}

TEST(Explain, HoursOnTheDayTheClocksGoForward) {
  EXPECT_EQ(Lines("2026-03-28T15:00:00Z", "24 hours"),
            (std::vector<std::string>{"2026-03-28 + day 0, the start: 9 hours", "2026-03-29 + 15 hours"}));
}

TEST(Explain, CivilDays) {
  EXPECT_EQ(Lines("2026-11-20T15:30:00Z", "2 days"), (std::vector<std::string>{
                                                         "2026-11-20 - day 0, the start",
                                                         "2026-11-21 + day 1 of 2",
                                                         "2026-11-22 + day 2 of 2",
                                                     }));
}

TEST(Explain, AMonthMovedToTheNextWorkingDay) {
  const std::vector<std::string> lines = Lines("2026-09-03T09:00:00Z", "1 month");

  ASSERT_EQ(lines.size(), 33U);
  EXPECT_EQ(lines.front(), "2026-09-03 - day 0, the start");
  EXPECT_EQ(lines[29], "2026-10-02 + day 29");
  EXPECT_EQ(lines[30], "2026-10-03 - the corresponding date, 1 month on, but Saturday");
  EXPECT_EQ(lines[31], "2026-10-04 - Sunday");
  EXPECT_EQ(lines[32], "2026-10-05 + the next working day");
}

TEST(Explain, CountsAsManyDaysAsTheSpanHas) {
  for (const std::string from : {"2022-05-30T09:00:00Z", "2022-09-16T09:00:00Z", "2026-04-02T09:00:00Z"}) {
    const std::vector<CountedDay> days = *EnglandAndWales().Explain(At(from), SpanOf("10 working_days"));
    EXPECT_EQ(std::count_if(days.begin(), days.end(), [](const CountedDay& day) { return day.counted; }), 10) << from;
  }
}

TEST(Explain, FailsAsTheDueTimeDoes) {
  EXPECT_EQ(Lines("2028-12-29T09:00:00Z", "1 working_day").front(),
            "calendar \"england_and_wales\" version 1 covers 2019-01-01 to 2028-12-31; the date needed is 2029-01-01");
}

}  // namespace
}  // namespace caseward

// Local time and bank holidays by rule, against the zone database and the published calendar.
#include "services/year/office_calendar.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/england_and_wales.h"

namespace caseward::year {
namespace {

TEST(OfficeCalendar, LocalTimeIsLondons) {
  absl::TimeZone london;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/London", &london));
  const absl::Time end = absl::FromCivil(absl::CivilDay(2031, 1, 1), absl::UTCTimeZone());
  for (absl::Time t = absl::FromCivil(absl::CivilDay(2019, 1, 1), absl::UTCTimeZone()); t < end;
       t += absl::Minutes(30)) {
    const absl::CivilSecond local = absl::ToCivilSecond(t, london);
    ASSERT_EQ(LocalTime(t), local) << t;
    ASSERT_EQ(InstantOf(local), london.At(local).pre) << t;
  }
}

TEST(OfficeCalendar, BankHolidaysAreThePublishedOnesButForProclamations) {
  // What was proclaimed for one year alone, and the days it took the place of.
  const std::set<absl::CivilDay> proclaimed = {
      absl::CivilDay(2020, 5, 4), absl::CivilDay(2020, 5, 8),  absl::CivilDay(2022, 5, 30), absl::CivilDay(2022, 6, 2),
      absl::CivilDay(2022, 6, 3), absl::CivilDay(2022, 9, 19), absl::CivilDay(2023, 5, 8)};
  std::set<absl::CivilDay> published;
  for (const v1::Holiday& holiday : test::EnglandAndWalesSource().holidays()) {
    absl::CivilDay day;
    ASSERT_TRUE(absl::ParseCivilTime(holiday.date(), &day));
    published.insert(day);
  }
  for (absl::CivilDay day(2019, 1, 1); day <= absl::CivilDay(2028, 12, 31); ++day) {
    EXPECT_EQ(IsBankHoliday(day), published.contains(day) != proclaimed.contains(day)) << day;
  }
}

TEST(OfficeCalendar, WaitsForTheNextOfficeHour) {
  const OfficeCalendar calendar(absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 31));
  const auto next = [&](absl::CivilSecond local) { return LocalTime(calendar.NextOfficeHour(InstantOf(local))); };

  EXPECT_EQ(next(absl::CivilSecond(2026, 3, 2, 9, 0)), absl::CivilSecond(2026, 3, 2, 9, 0));
  EXPECT_EQ(next(absl::CivilSecond(2026, 3, 2, 16, 59)), absl::CivilSecond(2026, 3, 2, 16, 59));
  EXPECT_EQ(next(absl::CivilSecond(2026, 3, 2, 17, 0)), absl::CivilSecond(2026, 3, 3, 9, 0));
  EXPECT_EQ(next(absl::CivilSecond(2026, 3, 2, 8, 59)), absl::CivilSecond(2026, 3, 2, 9, 0));
  // Maundy Thursday evening to the Tuesday after Easter.
  EXPECT_EQ(next(absl::CivilSecond(2026, 4, 2, 18, 0)), absl::CivilSecond(2026, 4, 7, 9, 0));
}

TEST(OfficeCalendar, ThePhonesAreAnsweredEveryDayFromEightToEight) {
  const auto next = [](absl::CivilSecond local) { return LocalTime(OfficeCalendar::NextPhoneHour(InstantOf(local))); };

  EXPECT_EQ(next(absl::CivilSecond(2026, 4, 5, 3, 0)), absl::CivilSecond(2026, 4, 5, 8, 0));
  EXPECT_EQ(next(absl::CivilSecond(2026, 4, 5, 19, 59)), absl::CivilSecond(2026, 4, 5, 19, 59));
  EXPECT_EQ(next(absl::CivilSecond(2026, 4, 5, 20, 0)), absl::CivilSecond(2026, 4, 6, 8, 0));
}

TEST(OfficeCalendar, CountsWorkingDaysOverEaster) {
  const OfficeCalendar calendar(absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 31));
  const absl::Time thursday = InstantOf(absl::CivilSecond(2026, 4, 2, 10, 0));

  EXPECT_EQ(LocalTime(calendar.WorkingDaysAfter(thursday, 1)), absl::CivilSecond(2026, 4, 7, 17, 0));
  EXPECT_EQ(LocalTime(calendar.WorkingDaysAfter(thursday, 4)), absl::CivilSecond(2026, 4, 10, 17, 0));
}

}  // namespace
}  // namespace caseward::year

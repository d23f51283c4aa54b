// The holidays of the file, checked against the rules that make most of them: Easter, first and last Mondays,
// substitutes. What no rule foresees is listed here by name, so neither a slip in the file nor one in the rule passes
// unseen.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "absl/time/civil_time.h"
#include "engine/calendar/working_calendar.h"
#include "tests/support/england_and_wales.h"

namespace caseward {
namespace {

// Date → title, and whether it is a substitute.
struct Title {
  std::string title;
  bool substitute = false;
  bool operator==(const Title&) const = default;
};
using Holidays = std::map<absl::CivilDay, Title>;

// The Gregorian computus of Meeus, Jones and Butcher.
absl::CivilDay EasterSunday(int64_t year) {
  const int64_t golden = year % 19, century = year / 100, rest = year % 100;
  const int64_t lunar = (century - (century + 8) / 25 + 1) / 3;
  const int64_t moon = (19 * golden + century - century / 4 - lunar + 15) % 30;
  const int64_t weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
  const int64_t late = (golden + 11 * moon + 22 * weekday) / 451;
  const int64_t sum = moon + weekday - 7 * late + 114;
  return absl::CivilDay(year, sum / 31, sum % 31 + 1);
}

bool IsWeekend(absl::CivilDay day) { return absl::GetWeekday(day) >= absl::Weekday::saturday; }
absl::CivilDay FirstMonday(int64_t year, int month) {
  return absl::NextWeekday(absl::CivilDay(year, month, 1) - 1, absl::Weekday::monday);
}
absl::CivilDay LastMonday(int64_t year, int month) {
  return absl::PrevWeekday(absl::CivilDay(absl::CivilMonth(year, month) + 1), absl::Weekday::monday);
}

// The day itself, or for a weekend the next weekday that is not a holiday yet.
void AddWithSubstitute(Holidays& holidays, absl::CivilDay day, const std::string& title) {
  const bool substitute = IsWeekend(day);
  while (IsWeekend(day) || holidays.contains(day))
    ++day;
  holidays[day] = {title, substitute};
}

Holidays ByRule(int64_t year) {
  Holidays holidays;
  AddWithSubstitute(holidays, absl::CivilDay(year, 1, 1), "New Year’s Day");
  holidays[EasterSunday(year) - 2] = {"Good Friday"};
  holidays[EasterSunday(year) + 1] = {"Easter Monday"};
  holidays[FirstMonday(year, 5)] = {"Early May bank holiday"};
  holidays[LastMonday(year, 5)] = {"Spring bank holiday"};
  holidays[LastMonday(year, 8)] = {"Summer bank holiday"};
  // Boxing Day first where it is a weekday, so that Christmas Day's substitute comes after it.
  const absl::CivilDay christmas(year, 12, 25);
  if (IsWeekend(christmas) && !IsWeekend(christmas + 1)) {
    AddWithSubstitute(holidays, christmas + 1, "Boxing Day");
    AddWithSubstitute(holidays, christmas, "Christmas Day");
  } else {
    AddWithSubstitute(holidays, christmas, "Christmas Day");
    AddWithSubstitute(holidays, christmas + 1, "Boxing Day");
  }
  return holidays;
}

// By proclamation, against the rule.
void ProclaimExceptions(Holidays& holidays) {
  holidays.erase(absl::CivilDay(2020, 5, 4));
  holidays[absl::CivilDay(2020, 5, 8)] = {"Early May bank holiday (VE day)"};
  holidays.erase(absl::CivilDay(2022, 5, 30));
  holidays[absl::CivilDay(2022, 6, 2)] = {"Spring bank holiday"};
  holidays[absl::CivilDay(2022, 6, 3)] = {"Platinum Jubilee bank holiday"};
  holidays[absl::CivilDay(2022, 9, 19)] = {"Bank Holiday for the State Funeral of Queen Elizabeth II"};
  holidays[absl::CivilDay(2023, 5, 8)] = {"Bank holiday for the coronation of King Charles III"};
}

TEST(EnglandAndWales, HolidaysAreThoseOfTheRulesAndTheNamedExceptions) {
  Holidays expected;
  for (int64_t year = 2019; year <= 2028; ++year)
    expected.merge(ByRule(year));
  ProclaimExceptions(expected);

  Holidays found;
  for (const v1::Holiday& holiday : test::EnglandAndWalesSource().holidays()) {
    absl::CivilDay day;
    ASSERT_TRUE(absl::ParseCivilTime(holiday.date(), &day)) << holiday.date();
    found[day] = {holiday.title(), holiday.notes() == "Substitute day"};
  }

  for (const auto& [day, title] : expected) {
    ASSERT_TRUE(found.contains(day)) << absl::FormatCivilTime(day) << " " << title.title << " is not in the file";
    EXPECT_EQ(found[day].title, title.title) << absl::FormatCivilTime(day);
    EXPECT_EQ(found[day].substitute, title.substitute) << absl::FormatCivilTime(day);
  }
  EXPECT_EQ(found.size(), expected.size());
  EXPECT_EQ(found.size(), 83U);  // eight a year, and three more than the rule
}

TEST(EnglandAndWales, EasterFallsWhereAlmanacsHaveIt) {
  EXPECT_EQ(EasterSunday(2019), absl::CivilDay(2019, 4, 21));
  EXPECT_EQ(EasterSunday(2024), absl::CivilDay(2024, 3, 31));
  EXPECT_EQ(EasterSunday(2026), absl::CivilDay(2026, 4, 5));
  EXPECT_EQ(EasterSunday(2027), absl::CivilDay(2027, 3, 28));
}

TEST(EnglandAndWales, EveryHolidayOfTheFileFallsOnAWorkingWeekday) {
  for (const v1::Holiday& holiday : test::EnglandAndWalesSource().holidays()) {
    absl::CivilDay day;
    ASSERT_TRUE(absl::ParseCivilTime(holiday.date(), &day));
    EXPECT_FALSE(IsWeekend(day)) << holiday.date();
    EXPECT_FALSE(*test::EnglandAndWales().IsWorkingDay(day)) << holiday.date();
  }
}

TEST(EnglandAndWales, HasAsManyWorkingDaysAsTheYearsHave) {
  // Weekdays less holidays; 2022 had two more of them than most years.
  const auto working_days = [](int64_t year) {
    int count = 0;
    for (absl::CivilDay day(year, 1, 1); day < absl::CivilDay(year + 1, 1, 1); ++day) {
      count += *test::EnglandAndWales().IsWorkingDay(day);
    }
    return count;
  };
  EXPECT_EQ(working_days(2019), 253);
  EXPECT_EQ(working_days(2022), 250);
  EXPECT_EQ(working_days(2024), 254);
}

}  // namespace
}  // namespace caseward

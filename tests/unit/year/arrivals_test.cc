// When cases are reported: as many as asked, in order, and as often in each hour, day and month as the table says.
#include "services/year/arrivals.h"

#include <gtest/gtest.h>

#include <vector>

#include "services/year/distributions.h"
#include "tests/support/chi_square.h"

namespace caseward::year {
namespace {

using test::ChiSquare;
using test::ChiSquareOf;

constexpr uint64_t kCases = 200'000;

YearOptions OptionsOf(uint64_t cases) {
  return {.seed = 11, .cases = cases, .start = absl::CivilDay(2025, 4, 1), .days = 365};
}

std::vector<absl::Time> All(const YearOptions& options) {
  const OfficeCalendar calendar(options.start, options.start + options.days);
  Arrivals arrivals(options, calendar);
  std::vector<absl::Time> times;
  while (const auto next = arrivals.Next())
    times.push_back(*next);
  return times;
}

// Counts against the weights of the hours, gathered by `class_of`.
ChiSquare FitBy(size_t classes, size_t (*class_of)(absl::CivilSecond local)) {
  const YearOptions options = OptionsOf(kCases);
  const OfficeCalendar calendar(options.start, options.start + options.days);
  std::vector<uint64_t> counts(classes);
  std::vector<double> weights(classes);
  for (const absl::Time t : All(options))
    ++counts[class_of(LocalTime(t))];
  for (absl::Time t = options.begin(); t < options.end(); t += absl::Hours(1))
    weights[class_of(LocalTime(t))] += static_cast<double>(WeightOf(t, calendar));
  return ChiSquareOf(counts, weights);
}

TEST(Arrivals, AreAsManyAsAskedInOrderAndWithinTheYear) {
  for (const uint64_t cases : {uint64_t{1}, uint64_t{300}, uint64_t{20'000}}) {
    const YearOptions options = OptionsOf(cases);
    const std::vector<absl::Time> times = All(options);
    EXPECT_EQ(times.size(), cases);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_GE(times.front(), options.begin());
    EXPECT_LT(times.back(), options.end());
  }
}

TEST(Arrivals, FollowTheHoursOfTheDay) {
  const ChiSquare fit = FitBy(24, [](absl::CivilSecond local) { return static_cast<size_t>(local.hour()); });
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Arrivals, FollowTheDaysOfTheWeek) {
  const ChiSquare fit =
      FitBy(7, [](absl::CivilSecond local) { return static_cast<size_t>(absl::GetWeekday(absl::CivilDay(local))); });
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Arrivals, FollowTheMonths) {
  const ChiSquare fit = FitBy(12, [](absl::CivilSecond local) { return static_cast<size_t>(local.month() - 1); });
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Arrivals, AreFewerOnBankHolidays) {
  const ChiSquare fit =
      FitBy(2, [](absl::CivilSecond local) { return IsBankHoliday(absl::CivilDay(local)) ? size_t{1} : size_t{0}; });
  EXPECT_LT(fit.statistic, fit.bound);
}

// Summer evenings differ from winter mornings as the product of the weights does: every hour of the year by itself.
TEST(Arrivals, FollowTheWeightOfEachHourOfTheYear) {
  const YearOptions options = OptionsOf(kCases);
  const OfficeCalendar calendar(options.start, options.start + options.days);
  std::vector<uint64_t> counts(24 * 365);
  std::vector<double> weights;
  for (absl::Time t = options.begin(); t < options.end(); t += absl::Hours(1))
    weights.push_back(static_cast<double>(WeightOf(t, calendar)));
  counts.resize(weights.size());
  for (const absl::Time t : All(options))
    ++counts[static_cast<size_t>((t - options.begin()) / absl::Hours(1))];
  const ChiSquare fit = ChiSquareOf(counts, weights);
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Arrivals, AWorkingMondayMorningInJulyIsBusierThanAChristmasNight) {
  const OfficeCalendar calendar(absl::CivilDay(2025, 1, 1), absl::CivilDay(2026, 1, 1));
  const uint64_t monday = WeightOf(InstantOf(absl::CivilSecond(2025, 7, 7, 10)), calendar);
  const uint64_t night = WeightOf(InstantOf(absl::CivilSecond(2025, 12, 25, 4)), calendar);
  EXPECT_EQ(monday, uint64_t{95} * 175 * 1280);
  EXPECT_EQ(night, uint64_t{9} * 95 * 770);
}

}  // namespace
}  // namespace caseward::year

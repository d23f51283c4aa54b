// Who there is: callers who come back, doubles, staff who are away.
#include "services/year/population.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "services/year/dice.h"
#include "tests/support/chi_square.h"

namespace caseward::year {
namespace {

using test::ChiSquare;
using test::ChiSquareOf;

YearOptions OptionsOf(uint64_t cases) {
  return {.seed = 5, .cases = cases, .start = absl::CivilDay(2025, 4, 1), .days = 365};
}

std::map<uint64_t, uint64_t> ReportsByCaller(const Population& population, uint64_t cases) {
  std::map<uint64_t, uint64_t> reports;
  for (uint64_t number = 1; number <= cases; ++number) {
    if (!population.IsAnonymous(number)) ++reports[population.CallerOf(number)];
  }
  return reports;
}

// Yule and Simon: with a part a of the reports by somebody known, a caller has made k of them with probability
// r B(k, r + 1), r = 1 / a; so the next k is (k - 1) / (k + r) times as likely as the one before.
TEST(Population, CallersComeBackAsYuleAndSimonSay) {
  constexpr uint64_t kCases = 60'000;
  constexpr size_t kClasses = 8;
  const Population population(OptionsOf(kCases));
  const double r = 1000.0 / RowOf(Chance::kKnownCaller).per_mille;

  std::vector<uint64_t> counts(kClasses);
  for (const auto& [caller, reports] : ReportsByCaller(population, kCases))
    ++counts[std::min<uint64_t>(reports, kClasses) - 1];

  std::vector<double> weights = {r / (r + 1)};
  double rest = 1 - weights.front();
  for (size_t k = 2; k < kClasses; ++k) {
    weights.push_back(weights.back() * static_cast<double>(k - 1) / (static_cast<double>(k) + r));
    rest -= weights.back();
  }
  weights.push_back(rest);
  const ChiSquare fit = ChiSquareOf(counts, weights);
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Population, AFewCallVeryOften) {
  const Population population(OptionsOf(60'000));
  uint64_t most = 0;
  for (const auto& [caller, reports] : ReportsByCaller(population, 60'000))
    most = std::max(most, reports);
  EXPECT_GT(most, 20u);
}

TEST(Population, ACallerIsKnownByTheFirstReportWhichIsNotAnonymous) {
  const Population population(OptionsOf(5'000));
  for (uint64_t number = 1; number <= 5'000; ++number) {
    const uint64_t caller = population.CallerOf(number);
    EXPECT_LE(caller, number);
    EXPECT_EQ(population.CallerOf(caller), caller);
    if (caller != number) {
      EXPECT_FALSE(population.IsAnonymous(caller)) << number;
    }
    const uint64_t subject = population.SubjectOf(number);
    if (subject != 0) {
      EXPECT_EQ(population.SubjectOf(subject), subject) << number;
    }
  }
}

TEST(Population, ADoubleIsOfOneWhoIsNone) {
  const Population population(OptionsOf(5'000));
  uint64_t doubles = 0;
  for (uint64_t number = 1; number <= 5'000; ++number) {
    if (population.CallerOf(number) != number || population.IsAnonymous(number)) continue;
    const Resident resident = population.ResidentOf(number);
    if (resident.doubles == 0) continue;
    ++doubles;
    const Resident first = population.ResidentOf(resident.doubles);
    EXPECT_LT(first.number, number);
    EXPECT_EQ(first.doubles, 0u);
    EXPECT_EQ(first.home, resident.home);
    EXPECT_EQ(population.CallerOf(first.number), first.number);
  }
  EXPECT_GT(doubles, 50u);
}

TEST(Population, EveryRegionHasManagersWithinTheBounds) {
  for (const uint64_t cases : {uint64_t{1}, uint64_t{5'000}, uint64_t{1'000'000}}) {
    const Population population(OptionsOf(cases));
    for (size_t region = 0; region < kRegions; ++region) {
      // Those who work on the first day: successors of leavers come later.
      const auto& all = population.Of("case_manager", region);
      const auto first = std::count_if(
          all.begin(), all.end(), [&](const Person* person) { return person->first == absl::CivilDay(2025, 4, 1); });
      EXPECT_GE(first, kManagersMin);
      EXPECT_LE(first, kManagersMax);
    }
  }
}

TEST(Population, ALeaversPlaceIsTakenTheNextDay) {
  const Population population(OptionsOf(100'000));
  int leavers = 0;
  for (const Person& person : population.staff()) {
    if (person.last == absl::CivilDay::max()) continue;
    ++leavers;
    EXPECT_EQ(person.role, "case_manager");
    EXPECT_FALSE(person.id.ends_with("-1")) << person.id;
    const auto next = std::find_if(population.staff().begin(), population.staff().end(),
                                   [&](const Person& one) { return one.id == person.id + "-next"; });
    ASSERT_NE(next, population.staff().end()) << person.id;
    EXPECT_EQ(next->first, person.last + 1);
    EXPECT_EQ(person.NextDayHere(person.last + 1), absl::CivilDay::max());
  }
  EXPECT_GT(leavers, 2);
}

TEST(Population, WhoIsAwayIsBackOnTheNextDayHere) {
  const Population population(OptionsOf(1'000));
  for (const Person& person : population.staff()) {
    int away = 0;
    for (absl::CivilDay day(2025, 4, 1); day < absl::CivilDay(2026, 4, 1); ++day) {
      if (person.last < day || day < person.first || person.IsHere(day)) continue;
      ++away;
      const absl::CivilDay back = person.NextDayHere(day);
      EXPECT_GT(back, day);
      EXPECT_TRUE(person.IsHere(back));
      EXPECT_FALSE(person.IsHere(back - 1));
    }
    if (person.last == absl::CivilDay::max() && person.first == absl::CivilDay(2025, 4, 1)) {
      EXPECT_GE(away, kSummerLeaveDays) << person.id;
    }
  }
}

}  // namespace
}  // namespace caseward::year

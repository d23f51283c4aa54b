// Chance: the same numbers everywhere, and the distributions that the table states.
#include "services/year/dice.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/support/chi_square.h"

namespace caseward::year {
namespace {

using test::ChiSquare;
using test::ChiSquareOf;
using ::testing::ElementsAre;

// As reckoned by another program: a machine, a compiler or a library that gives others would tell another year.
TEST(Dice, GiveTheNumbersTheyAlwaysGave) {
  Dice dice(7, About::kCase, 42);
  std::vector<uint64_t> drawn;
  for (int i = 0; i < 6; ++i)
    drawn.push_back(dice.Below(1'000'000));
  EXPECT_THAT(drawn, ElementsAre(366393, 104632, 942358, 50793, 624452, 848760));
}

TEST(Dice, OfAnotherSeedSubjectOrNumberAreOthers) {
  const uint64_t first = Dice(1, About::kCase, 1).Next();
  EXPECT_EQ(first, Dice(1, About::kCase, 1).Next());
  EXPECT_NE(first, Dice(2, About::kCase, 1).Next());
  EXPECT_NE(first, Dice(1, About::kCaller, 1).Next());
  EXPECT_NE(first, Dice(1, About::kCase, 2).Next());
}

TEST(Dice, BelowIsEven) {
  std::vector<uint64_t> counts(7);
  for (uint64_t number = 0; number < 70'000; ++number)
    ++counts[Dice(3, About::kCase, number).Below(7)];
  const ChiSquare fit = ChiSquareOf(counts, std::vector<double>(7, 1));
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(Dice, ASharesIsDrawnAsOftenAsItSays) {
  std::vector<uint64_t> counts(kCaseTypes);
  Dice dice(3, About::kCase, 1);
  for (int i = 0; i < 50'000; ++i)
    ++counts[dice.Share(kCaseTypeShares)];
  const ChiSquare fit = ChiSquareOf(counts, {std::begin(kCaseTypeShares), std::end(kCaseTypeShares)});
  EXPECT_LT(fit.statistic, fit.bound);
}

// Every delay falls between its quantiles as often as the table says, and never outside them.
TEST(Dice, EachDelayHasTheQuantilesOfTheTable) {
  for (size_t delay = 0; delay < DelayCount(); ++delay) {
    const DelayRow& row = RowOf(static_cast<Delay>(delay));
    Dice dice(5, About::kCase, delay);
    std::vector<uint64_t> counts(std::size(kQuantiles) - 1);
    std::vector<double> weights;
    for (size_t i = 0; i + 1 < std::size(kQuantiles); ++i)
      weights.push_back(kQuantiles[i + 1] - kQuantiles[i]);
    for (int drawn = 0; drawn < 20'000; ++drawn) {
      const int64_t minutes = absl::ToInt64Minutes(dice.Draw(row.id));
      ASSERT_GE(minutes, row.minutes[0]) << row.name;
      ASSERT_LT(minutes, row.minutes[6]) << row.name;
      size_t at = 0;
      while (minutes >= row.minutes[at + 1])
        ++at;
      ++counts[at];
    }
    const ChiSquare fit = ChiSquareOf(counts, weights);
    EXPECT_LT(fit.statistic, fit.bound) << row.name;
  }
}

TEST(Distributions, DelaysGrowFromQuantileToQuantile) {
  for (size_t delay = 0; delay < DelayCount(); ++delay) {
    const DelayRow& row = RowOf(static_cast<Delay>(delay));
    for (size_t i = 0; i + 1 < std::size(kQuantiles); ++i)
      EXPECT_LT(row.minutes[i], row.minutes[i + 1]) << row.name;
  }
}

}  // namespace
}  // namespace caseward::year

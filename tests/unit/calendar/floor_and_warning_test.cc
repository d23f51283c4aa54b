// The same counting turned round: floors, "at most this long ago", and the moment to warn.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "tests/support/england_and_wales.h"

namespace caseward {
namespace {

using test::At;
using test::EnglandAndWales;
using test::SpanOf;

bool AtLeast(const std::string& from, const std::string& to, const std::string& span) {
  return *EnglandAndWales().AtLeast(At(from), At(to), SpanOf(span));
}

TEST(Floor, R_45_FiveWorkingDaysMeanFiveWholeOnesAlsoOverAWeekend) {
  // Offered on a Thursday: the fifth working day after it is the next Thursday.
  EXPECT_FALSE(AtLeast("2026-11-19T10:00:00Z", "2026-11-24T10:00:00Z", "5 working_days"));
  EXPECT_FALSE(AtLeast("2026-11-19T10:00:00Z", "2026-11-26T23:59:59.999Z", "5 working_days"));
  EXPECT_TRUE(AtLeast("2026-11-19T10:00:00Z", "2026-11-27T00:00:00Z", "5 working_days"));
}

TEST(Floor, ALengthPastTheCoverageIsNotReachedByACoveredInstant) {
  EXPECT_FALSE(AtLeast("2028-12-27T10:00:00Z", "2028-12-31T10:00:00Z", "5 working_days"));
  EXPECT_TRUE(
      absl::IsOutOfRange(EnglandAndWales()
                             .AtLeast(At("2028-12-27T10:00:00Z"), At("2029-01-01T00:00:00Z"), SpanOf("5 working_days"))
                             .status()));
  EXPECT_TRUE(
      absl::IsOutOfRange(EnglandAndWales()
                             .AtLeast(At("2018-12-27T10:00:00Z"), At("2020-01-01T00:00:00Z"), SpanOf("5 working_days"))
                             .status()));
}

TEST(Before, IsTheEarliestStartThatWouldNotHaveFallenDue) {
  struct Case {
    std::string to, span, from;
  };
  for (const Case& c : std::vector<Case>{
           {"2026-11-24T10:00:00Z", "1 working_day", "2026-11-23T00:00:00Z"},
           {"2026-11-23T10:00:00Z", "1 working_day", "2026-11-20T00:00:00Z"},  // Friday to Monday
           {"2026-12-29T10:00:00Z", "1 working_day", "2026-12-24T00:00:00Z"},  // over Christmas
           {"2026-11-22T10:00:00Z", "1 working_day", "2026-11-20T00:00:00Z"},  // asked on a Sunday
           {"2026-11-22T10:00:00Z", "0 working_days", "2026-11-22T00:00:00Z"},
           {"2026-11-23T10:00:00Z", "30 days", "2026-10-23T23:00:00Z"},  // summer time still, 24 October
           {"2026-11-23T10:00:00Z", "24 hours", "2026-11-22T10:00:00.000001Z"},
           {"2026-11-23T10:00:00Z", "2 business_hours", "2026-11-20T16:00:00.000001Z"},
           {"2026-11-24T10:00:00Z", "1 month", "2026-10-23T23:00:00Z"},
           {"2026-11-23T10:00:00Z", "1 month", "2026-10-20T23:00:00Z"},  // 21 November is moved to the 23rd
           {"2027-03-31T10:00:00Z", "1 month", "2027-03-01T00:00:00Z"},  // February has no 31st
       }) {
    EXPECT_EQ(FormatInstant(*EnglandAndWales().Before(At(c.to), SpanOf(c.span))), c.from)
        << c.span << " before " << c.to;
  }
}

TEST(Before, ReachesBackNoFurtherThanTheCoverage) {
  for (const std::string span : {"3 working_days", "16 business_hours", "1 month"}) {
    EXPECT_TRUE(absl::IsOutOfRange(EnglandAndWales().Before(At("2019-01-02T12:00:00Z"), SpanOf(span)).status()))
        << span;
  }
}

std::string Warn(const std::string& from, const std::string& span_text, uint32_t percent) {
  const v1::Span span = SpanOf(span_text);
  const absl::Time due = *EnglandAndWales().DueExclusive(At(from), span);
  return FormatInstant(*EnglandAndWales().WarnAt(At(from), due, &span, percent));
}

TEST(Warning, IsAShareOfTheSpansOwnUnit) {
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "4 working_days", 75), "2026-11-27T00:00:00Z");   // the end of the 3rd
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "10 working_days", 75), "2026-12-03T00:00:00Z");  // 7.5: the end of the 7th
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "1 working_day", 75), "2026-11-24T00:00:00Z");    // the end of day 0
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "4 business_hours", 75), "2026-11-23T13:00:00Z");
  EXPECT_EQ(Warn("2026-11-20T15:00:00Z", "4 business_hours", 75), "2026-11-23T10:00:00Z");
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "24 hours", 75), "2026-11-24T04:00:00Z");
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "30 days", 75), "2026-12-16T00:00:00Z");  // 22.5: the end of the 22nd
  EXPECT_EQ(Warn("2026-11-23T10:00:00Z", "1 month", 50), "2026-12-09T00:00:00Z");  // 30 days to 23 December
}

TEST(Warning, FollowsADueTimeThatWasMoved) {
  const v1::Span span = SpanOf("4 working_days");
  // Four working days after 23 November, and four more of an extension: 75 % of 8.
  const absl::Time extended = *EnglandAndWales().Extend(At("2026-11-28T00:00:00Z"), span);

  EXPECT_EQ(FormatInstant(*EnglandAndWales().WarnAt(At("2026-11-23T10:00:00Z"), extended, &span, 75)),
            "2026-12-02T00:00:00Z");
}

TEST(Warning, WithoutASpanOrAWholeDayIsAShareOfTheTimeLine) {
  const absl::Time from = At("2026-11-23T10:00:00Z");
  const v1::Span same_day = SpanOf("0 working_days");

  EXPECT_EQ(FormatInstant(*EnglandAndWales().WarnAt(from, At("2026-11-23T14:00:00Z"), nullptr, 75)),
            "2026-11-23T13:00:00Z");
  EXPECT_EQ(FormatInstant(*EnglandAndWales().WarnAt(from, At("2026-11-24T00:00:00Z"), &same_day, 50)),
            "2026-11-23T17:00:00Z");
  EXPECT_EQ(*EnglandAndWales().WarnAt(from, from, &same_day, 50), from);
}

TEST(Warning, TakesAPercentageFrom1To99) {
  const absl::Time from = At("2026-11-23T10:00:00Z");
  const absl::Time due = At("2026-11-24T00:00:00Z");
  EXPECT_TRUE(EnglandAndWales().WarnAt(from, due, nullptr, 1).ok());
  EXPECT_TRUE(EnglandAndWales().WarnAt(from, due, nullptr, 99).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(EnglandAndWales().WarnAt(from, due, nullptr, 0).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(EnglandAndWales().WarnAt(from, due, nullptr, 100).status()));
}

}  // namespace
}  // namespace caseward

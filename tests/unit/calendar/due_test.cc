// Due times: the golden vectors for England and Wales, computed independently of this code, and the corners around
// them.
#include <gtest/gtest.h>

#include <algorithm>
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

// The due time as text, or the error.
std::string Due(const std::string& from, const std::string& span) {
  const absl::StatusOr<absl::Time> due = EnglandAndWales().DueExclusive(At(from), SpanOf(span));
  return due.ok() ? FormatInstant(*due) : std::string(due.status().message());
}

struct Row {
  std::string name, from, span, due;
};
void ExpectDue(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    EXPECT_EQ(Due(row.from, row.span), row.due) << row.name;
}

TEST(Calendar, R_81_1_WorkingDaysEndAtTheLocalMidnightAfterTheNth) {
  ExpectDue({
      {"plain week", "2026-11-23T10:00:00Z", "1 working_day", "2026-11-25T00:00:00Z"},
      {"plain, 5", "2026-11-23T10:00:00Z", "5 working_days", "2026-12-01T00:00:00Z"},
      {"plain, 10", "2026-11-23T10:00:00Z", "10 working_days", "2026-12-08T00:00:00Z"},
      {"Friday 16:59 P1", "2026-11-20T16:59:00Z", "1 working_day", "2026-11-24T00:00:00Z"},
      {"Saturday trigger", "2026-11-21T12:00:00Z", "1 working_day", "2026-11-24T00:00:00Z"},
      {"Christmas 2026", "2026-12-21T09:00:00Z", "5 working_days", "2026-12-31T00:00:00Z"},
      {"Christmas Eve", "2026-12-24T15:00:00Z", "1 working_day", "2026-12-30T00:00:00Z"},
      {"Easter 2026 from Maundy Thursday", "2026-04-02T16:00:00Z", "1 working_day", "2026-04-07T23:00:00Z"},
      {"23:30Z is the next local day", "2026-06-30T23:30:00Z", "1 working_day", "2026-07-02T23:00:00Z"},
      {"just before local midnight", "2026-06-30T22:59:59Z", "1 working_day", "2026-07-01T23:00:00Z"},
  });
}

TEST(Calendar, R_81_1_HoursAreElapsedTimeAlsoWhenTheClocksChange) {
  ExpectDue({
      {"24 h over the spring change", "2026-03-28T15:00:00Z", "24 hours", "2026-03-29T15:00:00Z"},
      {"24 h over the autumn change", "2026-10-24T14:00:00Z", "24 hours", "2026-10-25T14:00:00Z"},
      {"24 h over Christmas Day", "2026-12-24T18:00:00Z", "24 hours", "2026-12-25T18:00:00Z"},
  });
}

TEST(Calendar, R_81_1_MonthsEndOnTheCorrespondingDateOrTheNextWorkingDay) {
  ExpectDue({
      {"corresponding Saturday moves to Monday", "2026-09-03T09:00:00Z", "1 month", "2026-10-05T23:00:00Z"},
      {"no 31 February; 28 is a Sunday", "2027-01-31T09:00:00Z", "1 month", "2027-03-02T00:00:00Z"},
      {"from a Saturday to a Monday", "2026-11-21T09:00:00Z", "1 month", "2026-12-22T00:00:00Z"},
      {"three months", "2026-11-25T09:00:00Z", "3 months", "2027-02-26T00:00:00Z"},
      {"31 January of a leap year", "2028-01-31T09:00:00Z", "1 month", "2028-03-01T00:00:00Z"},
      {"from the leap day", "2028-02-29T09:00:00Z", "1 month", "2028-03-29T23:00:00Z"},
      {"to Christmas Day and past Boxing Day", "2026-11-25T09:00:00Z", "1 month", "2026-12-30T00:00:00Z"},
  });
}

TEST(Calendar, R_81_1_BusinessHoursCountInsideBusinessHoursOnly) {
  ExpectDue({
      {"within a day", "2026-11-23T10:00:00Z", "4 business_hours", "2026-11-23T14:00:00Z"},
      {"ends exactly at closing", "2026-11-23T13:00:00Z", "4 business_hours", "2026-11-23T17:00:00Z"},
      {"over a night", "2026-11-23T15:30:00Z", "4 business_hours", "2026-11-24T11:30:00Z"},
      {"over a weekend", "2026-11-20T16:00:00Z", "4 business_hours", "2026-11-23T12:00:00Z"},
      {"before opening", "2026-11-23T03:00:00Z", "4 business_hours", "2026-11-23T13:00:00Z"},
      {"after closing", "2026-11-23T17:00:00Z", "4 business_hours", "2026-11-24T13:00:00Z"},
      {"in summer opening is 08:00Z", "2026-07-01T07:59:00Z", "1 business_hour", "2026-07-01T09:00:00Z"},
      {"24 h of business time are three working days", "2026-11-23T09:00:00Z", "24 business_hours",
       "2026-11-25T17:00:00Z"},
      {"over Christmas", "2026-12-24T16:30:00Z", "1 business_hour", "2026-12-29T09:30:00Z"},
  });
}

TEST(Calendar, R_81_1_CivilDaysCountEveryDay) {
  ExpectDue({
      {"30 days over Christmas", "2026-12-01T09:00:00Z", "30 days", "2027-01-01T00:00:00Z"},
      {"over the leap day", "2028-02-28T09:00:00Z", "1 day", "2028-03-01T00:00:00Z"},
      {"over the spring change", "2026-03-28T09:00:00Z", "1 day", "2026-03-29T23:00:00Z"},
  });
}

TEST(Calendar, ZeroOfADayUnitIsTheEndOfTheSameDayAndZeroHoursIsAtOnce) {
  ExpectDue({
      {"same day", "2026-11-23T10:00:00Z", "0 working_days", "2026-11-24T00:00:00Z"},
      {"same civil day", "2026-11-21T10:00:00Z", "0 days", "2026-11-22T00:00:00Z"},
      {"hours", "2026-11-23T10:00:00Z", "0 hours", "2026-11-23T10:00:00Z"},
      {"business hours at night", "2026-11-22T22:00:00Z", "0 business_hours", "2026-11-22T22:00:00Z"},
  });
}

TEST(Calendar, ATriggerExactlyAtLocalMidnightBelongsToTheDayThatBegins) {
  ExpectDue({
      {"winter, one second before", "2026-11-22T23:59:59Z", "1 working_day", "2026-11-24T00:00:00Z"},
      {"winter, at midnight", "2026-11-23T00:00:00Z", "1 working_day", "2026-11-25T00:00:00Z"},
      {"summer, one second before", "2026-06-28T22:59:59Z", "1 working_day", "2026-06-29T23:00:00Z"},
      {"summer, at midnight", "2026-06-28T23:00:00Z", "1 working_day", "2026-06-30T23:00:00Z"},
  });
}

TEST(Calendar, LeapDay2028IsAWorkingDayLikeAnother) {
  ExpectDue({
      {"to it", "2028-02-28T10:00:00Z", "1 working_day", "2028-03-01T00:00:00Z"},
      {"from it", "2028-02-29T10:00:00Z", "1 working_day", "2028-03-02T00:00:00Z"},
      {"a year on has no such date", "2028-02-29T10:00:00Z", "0 months", "2028-03-01T00:00:00Z"},
  });
}

TEST(Calendar, ADueTimeIsExclusiveOneMillisecondBeforeIsInTime) {
  const absl::Time due = *EnglandAndWales().DueExclusive(At("2026-11-23T10:00:00Z"), SpanOf("1 working_day"));

  EXPECT_LT(At("2026-11-24T23:59:59.999Z"), due);
  EXPECT_FALSE(At("2026-11-25T00:00:00Z") < due);
  EXPECT_EQ(FormatInstant(due - absl::Milliseconds(1)), "2026-11-24T23:59:59.999Z");
}

TEST(Calendar, TwoTriggersOfTheSameSecondFallDueTogether) {
  EXPECT_EQ(Due("2026-11-23T10:00:00.001Z", "3 working_days"), Due("2026-11-23T10:00:00.999Z", "3 working_days"));
}

// A complaint: acknowledge within 5, answer within 10 of the acknowledgement, extend by at most 10.
TEST(Calendar, ChainOfAComplaint) {
  struct Chain {
    std::string acknowledged, stage_1_due, extended_due;
  };
  EXPECT_EQ(Due("2026-11-23T10:00:00Z", "5 working_days"), "2026-12-01T00:00:00Z");  // the end of 30 November
  for (const Chain& chain : {Chain{"2026-11-30T15:00:00Z", "2026-12-15T00:00:00Z", "2026-12-31T00:00:00Z"},
                             Chain{"2026-11-24T15:00:00Z", "2026-12-09T00:00:00Z", "2026-12-23T00:00:00Z"}}) {
    EXPECT_EQ(Due(chain.acknowledged, "10 working_days"), chain.stage_1_due);
    EXPECT_EQ(FormatInstant(*EnglandAndWales().Extend(At(chain.stage_1_due), SpanOf("10 working_days"))),
              chain.extended_due);
  }
}

// Awaab's Law: each clock starts at the actual end of the step before.
TEST(Calendar, ChainOfAHazard) {
  ExpectDue({
      {"aware on a Saturday: investigate by Friday 4 December", "2026-11-21T11:00:00Z", "10 working_days",
       "2026-12-05T00:00:00Z"},
      {"summary by Wednesday 9 December", "2026-12-04T16:00:00Z", "3 working_days", "2026-12-10T00:00:00Z"},
      {"safe by Friday 11 December", "2026-12-04T16:00:00Z", "5 working_days", "2026-12-12T00:00:00Z"},
      {"physical start within 12 weeks, Friday 26 February", "2026-12-04T16:00:00Z", "84 days", "2027-02-27T00:00:00Z"},
  });
}

// Raised from P2 (3 working days) to P1 (1 working day): the earlier of the old due time and now + the tighter one.
TEST(Calendar, SupersedeTakesTheEarlierOfTheOldAndTheTighterDueTime) {
  const absl::Time p2 = *EnglandAndWales().DueExclusive(At("2026-11-23T10:00:00Z"), SpanOf("3 working_days"));
  const auto raised = [&](const std::string& at) {
    return FormatInstant(std::min(p2, *EnglandAndWales().DueExclusive(At(at), SpanOf("1 working_day"))));
  };

  EXPECT_EQ(raised("2026-11-23T15:00:00Z"), "2026-11-25T00:00:00Z");  // on day 0: tighter
  EXPECT_EQ(raised("2026-11-26T15:00:00Z"), "2026-11-27T00:00:00Z");  // on day 3: the old one is earlier
}

// Version 2 adds a holiday inside an open clock. What was computed with version 1 stays; re-planning computes with 2.
TEST(Calendar, R_81_4_ANewVersionMovesOnlyWhatIsComputedWithIt) {
  v1::Calendar source = test::EnglandAndWalesSource();
  source.set_version(2);
  v1::Holiday* holiday = source.add_holidays();
  holiday->set_date("2026-11-25");
  holiday->set_title("A day of mourning");
  const WorkingCalendar next = *WorkingCalendar::Compile(source);
  const absl::Time from = At("2026-11-23T10:00:00Z");

  EXPECT_EQ(Due("2026-11-23T10:00:00Z", "2 working_days"), "2026-11-26T00:00:00Z");
  EXPECT_EQ(FormatInstant(*next.DueExclusive(from, SpanOf("2 working_days"))), "2026-11-27T00:00:00Z");
  EXPECT_EQ(FormatInstant(*next.DueExclusive(from, SpanOf("1 working_day"))), "2026-11-25T00:00:00Z");
  EXPECT_EQ(next.source().version(), 2U);
}

TEST(Calendar, TheLastCoveredDayWorksAndOnePastIsOutOfRangeByName) {
  EXPECT_EQ(Due("2028-12-28T10:00:00Z", "1 working_day"), "2028-12-30T00:00:00Z");
  EXPECT_EQ(Due("2028-12-29T10:00:00Z", "0 working_days"), "2028-12-30T00:00:00Z");

  const absl::Status past =
      EnglandAndWales().DueExclusive(At("2028-12-29T10:00:00Z"), SpanOf("1 working_day")).status();
  EXPECT_TRUE(absl::IsOutOfRange(past));
  EXPECT_EQ(past.message(),
            "calendar \"england_and_wales\" version 1 covers 2019-01-01 to 2028-12-31; the date needed is 2029-01-01");
  EXPECT_EQ(Due("2028-12-29T10:00:00Z", "6 working_days"),
            "calendar \"england_and_wales\" version 1 covers 2019-01-01 to 2028-12-31; the date needed is 2029-01-08");
}

TEST(Calendar, TheFirstCoveredDayWorksAndOneBeforeIsOutOfRange) {
  EXPECT_EQ(Due("2019-01-01T00:00:00Z", "1 working_day"), "2019-01-03T00:00:00Z");
  EXPECT_EQ(Due("2018-12-31T23:59:59Z", "1 working_day"),
            "calendar \"england_and_wales\" version 1 covers 2019-01-01 to 2028-12-31; the date needed is 2018-12-31");
  EXPECT_TRUE(absl::IsOutOfRange(EnglandAndWales().IsWorkingDay(absl::CivilDay(2018, 12, 31)).status()));
  EXPECT_TRUE(*EnglandAndWales().IsWorkingDay(absl::CivilDay(2019, 1, 2)));
  EXPECT_FALSE(*EnglandAndWales().IsWorkingDay(absl::CivilDay(2019, 1, 1)));
}

TEST(Calendar, HoursAndCivilDaysNeedNoCoverage) {
  EXPECT_EQ(Due("2031-05-01T10:00:00Z", "24 hours"), "2031-05-02T10:00:00Z");
  EXPECT_EQ(Due("2031-05-01T10:00:00Z", "2 days"), "2031-05-03T23:00:00Z");
  for (const std::string span : {"1 working_day", "1 business_hour", "1 month"}) {
    EXPECT_TRUE(absl::IsOutOfRange(EnglandAndWales().DueExclusive(At("2031-05-01T10:00:00Z"), SpanOf(span)).status()))
        << span;
  }
}

TEST(Calendar, ASpanThatCannotBeReadIsInvalid) {
  v1::Span span;
  span.set_amount(1);
  EXPECT_TRUE(absl::IsInvalidArgument(EnglandAndWales().DueExclusive(At("2026-11-23T10:00:00Z"), span).status()));

  span.set_unit(v1::TIME_UNIT_HOUR);
  span.set_amount(kSpanAmountMax);
  EXPECT_TRUE(EnglandAndWales().DueExclusive(At("2026-11-23T10:00:00Z"), span).ok());
  span.set_amount(kSpanAmountMax + 1);
  EXPECT_EQ(EnglandAndWales().DueExclusive(At("2026-11-23T10:00:00Z"), span).status().message(),
            "span.amount: expected 0 to 10000; found 10001");

  EXPECT_TRUE(
      absl::IsInvalidArgument(EnglandAndWales().DueExclusive(absl::InfiniteFuture(), SpanOf("1 hour")).status()));
}

// Clocks that skip midnight: Beirut's day 27 March 2022 began at 01:00 local time, 22:00Z of the day before.
TEST(Calendar, ADayWhoseMidnightIsSkippedBeginsAtItsFirstInstant) {
  v1::Calendar source = test::EnglandAndWalesSource();
  source.set_time_zone("Asia/Beirut");
  const WorkingCalendar beirut = *WorkingCalendar::Compile(source);

  EXPECT_EQ(FormatInstant(*beirut.DueExclusive(At("2022-03-26T10:00:00Z"), SpanOf("0 days"))), "2022-03-26T22:00:00Z");

  // And business hours that would open at 00:30, which that day did not have.
  source.add_working_weekdays(7);
  source.set_opens_minute(30);
  const WorkingCalendar early = *WorkingCalendar::Compile(source);
  EXPECT_EQ(FormatInstant(*early.DueExclusive(At("2022-03-26T21:00:00Z"), SpanOf("1 business_hour"))),
            "2022-03-26T23:00:00Z");
}

}  // namespace
}  // namespace caseward

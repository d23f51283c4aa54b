// Holds and extensions: what a pause moves, and what it does not.
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

struct Row {
  std::string name, from, span, paused, resumed, due;
};

void ExpectAfterHold(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const v1::Span span = SpanOf(row.span);
    const absl::Time due = *EnglandAndWales().DueExclusive(At(row.from), span);
    const absl::StatusOr<absl::Time> after =
        EnglandAndWales().DueAfterHold(due, span.unit(), At(row.paused), At(row.resumed));
    ASSERT_TRUE(after.ok()) << row.name << ": " << after.status();
    EXPECT_EQ(FormatInstant(*after), row.due) << row.name;
  }
}

// The four pause cases that users of Dynamics 365 report as puzzling. There, what a hold counts for depends on which of
// its ends lies in business hours; here the held time is always the business time inside the hold.
TEST(Hold, FourPausesThatOthersCountByCase) {
  ExpectAfterHold({
      {"created, paused and resumed before opening: nothing held", "2026-11-23T06:00:00Z", "4 business_hours",
       "2026-11-23T07:00:00Z", "2026-11-23T08:30:00Z", "2026-11-23T13:00:00Z"},
      {"created before opening, paused and resumed in hours: 1 h held", "2026-11-23T06:00:00Z", "4 business_hours",
       "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T14:00:00Z"},
      {"paused in hours, resumed after closing: held until closing, 5 h", "2026-11-23T06:00:00Z", "4 business_hours",
       "2026-11-23T12:00:00Z", "2026-11-23T20:00:00Z", "2026-11-24T10:00:00Z"},
      {"paused before opening, resumed in hours: held from opening, 90 min", "2026-11-23T06:00:00Z", "4 business_hours",
       "2026-11-23T07:00:00Z", "2026-11-23T10:30:00Z", "2026-11-23T14:30:00Z"},
  });
}

TEST(Hold, AHoldMovesWorkingDaysByTheWorkingDaysItEntered) {
  ExpectAfterHold({
      {"within one day: nothing", "2026-11-23T10:00:00Z", "5 working_days", "2026-11-24T09:00:00Z",
       "2026-11-24T16:00:00Z", "2026-12-01T00:00:00Z"},
      {"Tuesday to Wednesday: one", "2026-11-23T10:00:00Z", "5 working_days", "2026-11-24T16:00:00Z",
       "2026-11-25T09:00:00Z", "2026-12-02T00:00:00Z"},
      {"over a weekend, Friday to Sunday: nothing", "2026-11-23T10:00:00Z", "5 working_days", "2026-11-27T16:00:00Z",
       "2026-11-29T12:00:00Z", "2026-12-01T00:00:00Z"},
      {"over a weekend, Friday to Monday: one", "2026-11-23T10:00:00Z", "5 working_days", "2026-11-27T16:00:00Z",
       "2026-11-30T08:00:00Z", "2026-12-02T00:00:00Z"},
      {"over a holiday: Christmas Eve to Boxing Day's substitute: nothing", "2026-12-21T09:00:00Z", "5 working_days",
       "2026-12-24T16:00:00Z", "2026-12-28T12:00:00Z", "2026-12-31T00:00:00Z"},
      {"past the due day, as long as the hold: what was left is left", "2026-11-23T10:00:00Z", "1 working_day",
       "2026-11-23T16:00:00Z", "2026-11-27T09:00:00Z", "2026-12-01T00:00:00Z"},
  });
}

TEST(Hold, OtherUnitsMoveByTheirOwnTime) {
  ExpectAfterHold({
      {"elapsed time counts at night", "2026-11-23T10:00:00Z", "24 hours", "2026-11-23T20:00:00Z",
       "2026-11-23T21:30:00Z", "2026-11-24T11:30:00Z"},
      {"business time over a weekend", "2026-11-20T15:00:00Z", "4 business_hours", "2026-11-20T16:00:00Z",
       "2026-11-23T10:00:00Z", "2026-11-23T13:00:00Z"},
      {"civil days over a weekend", "2026-11-20T15:00:00Z", "30 days", "2026-11-20T16:00:00Z", "2026-11-23T10:00:00Z",
       "2026-12-24T00:00:00Z"},
      {"months by civil days, to a working day", "2026-11-20T15:00:00Z", "1 month", "2026-12-01T10:00:00Z",
       "2026-12-06T10:00:00Z", "2026-12-30T00:00:00Z"},
      {"a month not held over a midnight", "2026-11-20T15:00:00Z", "1 month", "2026-12-01T10:00:00Z",
       "2026-12-01T12:00:00Z", "2026-12-22T00:00:00Z"},
  });
}

TEST(Hold, AHoldThatEndsBeforeItBeginsIsInvalid) {
  const absl::Status status = EnglandAndWales()
                                  .DueAfterHold(At("2026-12-01T00:00:00Z"), v1::TIME_UNIT_WORKING_DAY,
                                                At("2026-11-24T10:00:00Z"), At("2026-11-24T09:00:00Z"))
                                  .status();

  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(),
            "resumed_at: expected not before paused_at 2026-11-24T10:00:00Z; found 2026-11-24T09:00:00Z");
}

TEST(Hold, ADueTimeMovedPastTheCoverageIsOutOfRange) {
  EXPECT_TRUE(absl::IsOutOfRange(EnglandAndWales()
                                     .DueAfterHold(At("2028-12-30T00:00:00Z"), v1::TIME_UNIT_WORKING_DAY,
                                                   At("2028-12-20T10:00:00Z"), At("2028-12-22T09:00:00Z"))
                                     .status()));
}

TEST(Extension, CountsOnFromTheDayOrTheInstantThatTheDueTimeCloses) {
  struct Case {
    std::string due, by, extended;
  };
  for (const Case& c : std::vector<Case>{
           {"2026-11-28T00:00:00Z", "1 working_day", "2026-12-01T00:00:00Z"},  // Friday's end, to Monday's end
           {"2026-11-28T00:00:00Z", "1 day", "2026-11-29T00:00:00Z"},
           {"2026-11-28T00:00:00Z", "3 hours", "2026-11-28T03:00:00Z"},
           {"2026-11-27T17:00:00Z", "1 business_hour", "2026-11-30T10:00:00Z"},
           {"2026-10-06T23:00:00Z", "2 months", "2026-12-08T00:00:00Z"},  // 6 October, 6 December is a Sunday
           {"2026-11-28T00:00:00Z", "0 working_days", "2026-11-28T00:00:00Z"},
           {"2026-11-27T10:00:00Z", "1 working_day", "2026-12-01T00:00:00Z"},  // a due time taken from a field
       }) {
    EXPECT_EQ(FormatInstant(*EnglandAndWales().Extend(At(c.due), SpanOf(c.by))), c.extended) << c.due << " by " << c.by;
  }
}

}  // namespace
}  // namespace caseward

// Laws of working time, over random instants and spans. A failing run prints its seed; RC_PARAMS="seed=..." reruns it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "tests/support/england_and_wales.h"

namespace caseward {
namespace {

using test::EnglandAndWales;

// Well inside the coverage, so that every span below ends inside it too.
rc::Gen<absl::Time> Instants() {
  const int64_t first = absl::ToUnixSeconds(test::At("2019-07-01T00:00:00Z"));
  const int64_t last = absl::ToUnixSeconds(test::At("2027-06-30T00:00:00Z"));
  // At full size from the first run: rapidcheck would begin with the earliest instants only.
  return rc::gen::resize(
      rc::kNominalSize,
      rc::gen::oneOf(rc::gen::map(rc::gen::inRange(first, last), [](int64_t s) { return absl::FromUnixSeconds(s); }),
                     // On the hour: where days and business hours begin and end.
                     rc::gen::map(rc::gen::inRange(first / 3600, last / 3600),
                                  [](int64_t h) { return absl::FromUnixSeconds(h * 3600); }),
                     // Just before it.
                     rc::gen::map(rc::gen::inRange(first / 3600, last / 3600),
                                  [](int64_t h) { return absl::FromUnixSeconds(h * 3600) - absl::Microseconds(1); })));
}

v1::Span MakeSpan(v1::TimeUnit unit, uint32_t amount) {
  v1::Span span;
  span.set_unit(unit);
  span.set_amount(amount);
  return span;
}

rc::Gen<v1::Span> Spans() {
  const auto of = [](v1::TimeUnit unit, uint32_t most) {
    return rc::gen::map(rc::gen::inRange(0U, most + 1), [unit](uint32_t n) { return MakeSpan(unit, n); });
  };
  return rc::gen::oneOf(of(v1::TIME_UNIT_WORKING_DAY, 60), of(v1::TIME_UNIT_BUSINESS_HOUR, 100),
                        of(v1::TIME_UNIT_HOUR, 200), of(v1::TIME_UNIT_DAY, 90), of(v1::TIME_UNIT_MONTH, 4));
}

absl::Time Due(absl::Time from, const v1::Span& span) {
  const absl::StatusOr<absl::Time> due = EnglandAndWales().DueExclusive(from, span);
  RC_ASSERT(due.ok());
  return *due;
}

std::string Text(const v1::Span& span) { return FormatSpan(span); }

// Runs a property and fails the GoogleTest test with what rapidcheck has to say.
template <typename Property>
void Check(const std::string& name, Property property) {
  EXPECT_TRUE(rc::check(name, property));
}

TEST(CalendarLaws, R_81_1_AgreesWithCountingDayByDay) {
  Check("the due time is what a naive count gives", [] {
    const absl::Time from = *Instants();
    const v1::Span span = *Spans();
    RC_LOG() << FormatInstant(from) << " + " << Text(span);
    const absl::TimeZone london = EnglandAndWales().zone();
    const auto works = [](absl::CivilDay day) { return *EnglandAndWales().IsWorkingDay(day); };
    const auto end_of = [&](absl::CivilDay day) { return absl::FromCivil(day + 1, london); };
    const absl::CivilDay start = absl::ToCivilDay(from, london);
    absl::CivilDay day = start;
    uint32_t left = span.amount();
    if (span.unit() == v1::TIME_UNIT_WORKING_DAY) {
      while (left > 0)
        left -= works(++day) ? 1U : 0U;
      RC_ASSERT(Due(from, span) == end_of(day));
    } else if (span.unit() == v1::TIME_UNIT_DAY) {
      RC_ASSERT(Due(from, span) == end_of(start + static_cast<int>(span.amount())));
    } else if (span.unit() == v1::TIME_UNIT_HOUR) {
      RC_ASSERT(Due(from, span) == from + absl::Hours(span.amount()));
    } else if (span.unit() == v1::TIME_UNIT_MONTH) {
      const absl::CivilMonth month = absl::CivilMonth(start) + static_cast<int>(span.amount());
      day = absl::CivilDay(month);
      while (day.day() < start.day() && absl::CivilMonth(day + 1) == month)
        ++day;
      while (!works(day))
        ++day;
      RC_ASSERT(Due(from, span) == end_of(day));
    } else {
      // Second by second would be slow: hour by hour from the next full hour, after the odd part before it.
      absl::Duration need = absl::Hours(span.amount());
      absl::Time t = from;
      while (need > absl::ZeroDuration()) {
        const absl::Time next = absl::FromUnixSeconds((absl::ToUnixSeconds(t) / 3600 + 1) * 3600);
        const absl::CivilHour hour = absl::ToCivilHour(t, london);
        const bool open = works(absl::CivilDay(hour)) && hour.hour() >= 9 && hour.hour() < 17;
        if (open && need <= next - t) {
          t += need;
          break;
        }
        if (open) need -= next - t;
        t = next;
      }
      RC_ASSERT(Due(from, span) == t);
    }
  });
}

TEST(CalendarLaws, DueIsMonotoneInStartAndInAmount) {
  Check("later starts and longer spans never fall due earlier", [] {
    const absl::Time a = *Instants();
    const absl::Time b = a + absl::Seconds(*rc::gen::inRange(0, 40 * 86'400));
    const v1::Span span = *Spans();
    RC_LOG() << FormatInstant(a) << ", " << FormatInstant(b) << " + " << Text(span);
    RC_ASSERT(Due(a, span) <= Due(b, span));
    RC_ASSERT(Due(a, span) <= Due(a, MakeSpan(span.unit(), span.amount() + 1)));
    RC_ASSERT(a <= Due(a, span));
  });
}

TEST(CalendarLaws, AtLeastAndBeforeAgreeWithDue) {
  Check("a floor is reached exactly at the due time; Before is the first start that is not due", [] {
    const absl::Time from = *Instants();
    const v1::Span span = *Spans();
    const absl::Duration tick = absl::Microseconds(1);
    RC_LOG() << FormatInstant(from) << " with " << Text(span);
    const absl::Time due = Due(from, span);
    RC_ASSERT(*EnglandAndWales().AtLeast(from, due, span));
    RC_ASSERT(!*EnglandAndWales().AtLeast(from, due - tick, span));

    const absl::Time first = *EnglandAndWales().Before(from, span);
    RC_ASSERT(Due(first, span) > from);
    RC_ASSERT(Due(first - tick, span) <= from);
  });
}

TEST(CalendarLaws, AHoldOnlyMovesADueTimeLater) {
  Check("no hold moves a due time earlier; two holds add up", [] {
    const absl::Time from = *Instants();
    const v1::Span span = *Spans();
    const absl::Time paused = from + absl::Seconds(*rc::gen::inRange(0, 20 * 86'400));
    const absl::Time middle = paused + absl::Seconds(*rc::gen::inRange(0, 20 * 86'400));
    const absl::Time resumed = middle + absl::Seconds(*rc::gen::inRange(0, 20 * 86'400));
    RC_LOG() << FormatInstant(from) << " + " << Text(span) << " held " << FormatInstant(paused) << " to "
             << FormatInstant(middle) << " to " << FormatInstant(resumed);
    const absl::Time due = Due(from, span);
    const auto after = [&](absl::Time d, absl::Time a, absl::Time b) {
      return *EnglandAndWales().DueAfterHold(d, span.unit(), a, b);
    };
    RC_ASSERT(after(due, paused, paused) == due);
    RC_ASSERT(after(due, paused, resumed) >= due);
    // Months end on a working day, so a second hold may start from a day that was moved already.
    if (span.unit() != v1::TIME_UNIT_MONTH) {
      RC_ASSERT(after(after(due, paused, middle), middle, resumed) == after(due, paused, resumed));
    }
  });
}

TEST(CalendarLaws, AWarningComesBeforeTheDueTime) {
  Check("a warning lies between the start and the due time, and grows with its share", [] {
    const absl::Time from = *Instants();
    v1::Span span = *Spans();
    if (span.amount() == 0) span.set_amount(1);
    const auto percent = *rc::gen::inRange(1U, 99U);
    RC_LOG() << FormatInstant(from) << " + " << Text(span) << " at " << percent << " %";
    const absl::Time due = Due(from, span);
    const absl::Time warn = *EnglandAndWales().WarnAt(from, due, &span, percent);
    RC_ASSERT(from <= warn);
    RC_ASSERT(warn < due);
    RC_ASSERT(warn <= *EnglandAndWales().WarnAt(from, due, &span, percent + 1));
  });
}

TEST(CalendarLaws, AnExplanationEndsOnTheDueDay) {
  Check("one line a day, the first is the start, the last is the due day", [] {
    const absl::Time from = *Instants();
    const v1::Span span = *Spans();
    RC_LOG() << FormatInstant(from) << " + " << Text(span);
    const absl::Time due = Due(from, span);
    const std::vector<CountedDay> days = *EnglandAndWales().Explain(from, span);
    const absl::CivilDay start = EnglandAndWales().LocalDay(from);
    for (size_t i = 0; i < days.size(); ++i)
      RC_ASSERT(days[i].day == start + static_cast<int>(i));
    RC_ASSERT(days.back().day == std::max(start, EnglandAndWales().LocalDay(due - absl::Microseconds(1))));
    if (span.unit() == v1::TIME_UNIT_WORKING_DAY) {
      RC_ASSERT(std::count_if(days.begin(), days.end(), [](const CountedDay& d) { return d.counted; }) ==
                static_cast<std::ptrdiff_t>(span.amount()));
    }
  });
}

}  // namespace
}  // namespace caseward

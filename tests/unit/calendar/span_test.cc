#include <gtest/gtest.h>

#include <string>

#include "engine/calendar/working_calendar.h"

namespace caseward {
namespace {

TEST(Span, ReadsWhatItWrites) {
  for (const std::string text : {"1 working_day", "5 working_days", "1 business_hour", "4 business_hours", "24 hours",
                                 "1 day", "30 days", "0 days", "2 months", "10000 hours"}) {
    const absl::StatusOr<v1::Span> span = ParseSpan(text);
    ASSERT_TRUE(span.ok()) << span.status();
    EXPECT_EQ(FormatSpan(*span), text);
  }
}

TEST(Span, ReadsSingularAndPluralAlike) {
  EXPECT_EQ(FormatSpan(*ParseSpan("1 working_days")), "1 working_day");
  EXPECT_EQ(FormatSpan(*ParseSpan("5  working_day")), "5 working_days");
}

TEST(Span, RefusesEverythingElseAndSaysWhatItExpects) {
  for (const std::string text : {"", "5", "days", "5 weeks", "5days", "-1 days", "1.5 days", "10001 days",
                                 "99999999999 days", "5 working days", " 5 days", "5 days ", "5 dayss", "5 s"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseSpan(text).status())) << text;
  }
  EXPECT_EQ(
      ParseSpan("2 weeks").status().message(),
      "expected a span of 0 to 10000 working_days, business_hours, hours, days or months, e.g. \"5 working_days\"; "
      "found \"2 weeks\"");
}

}  // namespace
}  // namespace caseward

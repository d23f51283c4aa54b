// Spans as people write them: "5 working_days".
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/calendar/working_calendar.h"

namespace caseward {
namespace {

constexpr std::array<std::pair<v1::TimeUnit, std::string_view>, 5> kUnits = {{
    {v1::TIME_UNIT_WORKING_DAY, "working_day"},
    {v1::TIME_UNIT_BUSINESS_HOUR, "business_hour"},
    {v1::TIME_UNIT_HOUR, "hour"},
    {v1::TIME_UNIT_DAY, "day"},
    {v1::TIME_UNIT_MONTH, "month"},
}};

}  // namespace

absl::StatusOr<v1::Span> ParseSpan(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const size_t unit_at = std::min(text.find_first_not_of(' ', digits), text.size());
  std::string_view unit = text.substr(unit_at);
  if (!unit.empty() && unit.back() == 's') unit.remove_suffix(1);
  uint32_t amount = 0;
  const bool readable =
      digits > 0 && digits <= 5 && unit_at > digits && absl::SimpleAtoi(AbslText(text.substr(0, digits)), &amount);
  const auto known = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& u) { return u.second == unit; });
  if (!readable || amount > kSpanAmountMax || known == kUnits.end()) {
    return absl::InvalidArgumentError(StrCat(
        "expected a span of 0 to ", kSpanAmountMax,
        " working_days, business_hours, hours, days or months, e.g. \"5 working_days\"; found ", QuotedShort(text)));
  }
  v1::Span span;
  span.set_amount(amount);
  span.set_unit(known->first);
  return span;
}

std::string FormatSpan(const v1::Span& span) {
  for (const auto& [unit, name] : kUnits) {
    if (unit == span.unit()) return StrCat(span.amount(), " ", name, span.amount() == 1 ? "" : "s");
  }
  return StrCat(span.amount(), " of unknown unit ", static_cast<int>(span.unit()));
}

}  // namespace caseward

// Compiling a calendar: every field is checked and named in the error; then the working days are numbered.
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/calendar/working_calendar.h"

namespace caseward {
namespace {

absl::Status Bad(const v1::Calendar& calendar, std::string_view field, std::string_view expected,
                 std::string_view found) {
  return absl::InvalidArgumentError(
      StrCat("calendar ", QuotedShort(calendar.id()), ": ", field, ": expected ", expected, "; found ", found));
}

// Only YYYY-MM-DD of a date that exists.
bool ParseDate(std::string_view text, absl::CivilDay* day) {
  return text.size() == 10 && absl::ParseCivilTime(AbslText(text), day) && absl::FormatCivilTime(*day) == text;
}

// A name of the IANA data base: "Europe/London", "UTC". Not a path, nor one of the names that mean "as this machine is
// set".
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64 || !absl::ascii_isupper(static_cast<unsigned char>(name[0]))) return false;
  if (name.find("//") != std::string_view::npos || name.back() == '/') return false;
  for (const char c : name) {
    const bool ok = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '+' || c == '-' || c == '/';
    if (!ok) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<WorkingCalendar> WorkingCalendar::Compile(const v1::Calendar& calendar) {
  WorkingCalendar compiled;
  compiled.source_ = calendar;
  if (!ParseName(calendar.id()).ok()) {
    return Bad(calendar, "id", "1 to 64 characters of [a-z0-9_]", StrCat(calendar.id().size(), " characters"));
  }
  if (!IsZoneName(calendar.time_zone()) || !absl::LoadTimeZone(calendar.time_zone(), &compiled.zone_)) {
    return Bad(calendar, "time_zone", "an IANA time zone this machine knows, e.g. \"Europe/London\"",
               QuotedShort(calendar.time_zone()));
  }
  if (absl::Status read = compiled.ReadCoverage(); !read.ok()) return read;
  if (absl::Status read = compiled.ReadWeek(); !read.ok()) return read;
  if (absl::Status read = compiled.ReadHolidays(); !read.ok()) return read;
  compiled.IndexWorkingDays();
  return compiled;
}

absl::Status WorkingCalendar::ReadCoverage() {
  constexpr std::string_view kDate = "a date YYYY-MM-DD";
  if (!ParseDate(source_.covers_from(), &covers_from_)) {
    return Bad(source_, "covers_from", kDate, QuotedShort(source_.covers_from()));
  }
  if (!ParseDate(source_.covers_to(), &covers_to_)) {
    return Bad(source_, "covers_to", kDate, QuotedShort(source_.covers_to()));
  }
  if (covers_to_ < covers_from_) {
    return Bad(source_, "covers_to", StrCat("a date not before covers_from ", source_.covers_from()),
               source_.covers_to());
  }
  if (absl::CivilYear(covers_to_) - absl::CivilYear(covers_from_) >= kCalendarYearsMax) {
    return Bad(source_, "covers_to", StrCat("at most ", kCalendarYearsMax, " years of coverage"),
               StrCat(source_.covers_from(), " to ", source_.covers_to()));
  }
  return absl::OkStatus();
}

absl::Status WorkingCalendar::ReadWeek() {
  if (source_.working_weekdays().empty()) {
    return Bad(source_, "working_weekdays", "at least one weekday, 1 = Monday to 7 = Sunday", "none");
  }
  for (const uint32_t weekday : source_.working_weekdays()) {
    if (weekday < 1 || weekday > 7) {
      return Bad(source_, "working_weekdays", "weekdays 1 = Monday to 7 = Sunday", StrCat(weekday));
    }
    const uint32_t bit = 1U << (weekday - 1);
    if ((weekdays_ & bit) != 0) {
      return Bad(source_, "working_weekdays", "each weekday once", StrCat(weekday, " twice"));
    }
    weekdays_ |= bit;
  }
  constexpr uint32_t kMinutesADay = 24 * 60;
  if (source_.closes_minute() > kMinutesADay) {
    return Bad(source_, "closes_minute", "at most 1440, midnight", StrCat(source_.closes_minute()));
  }
  if (source_.closes_minute() <= source_.opens_minute()) {
    return Bad(source_, "closes_minute", StrCat("more than opens_minute ", source_.opens_minute()),
               StrCat(source_.closes_minute()));
  }
  return absl::OkStatus();
}

absl::Status WorkingCalendar::ReadHolidays() {
  for (int i = 0; i < source_.holidays_size(); ++i) {
    const v1::Holiday& holiday = source_.holidays(i);
    const std::string at = StrCat("holidays[", i, "]");
    absl::CivilDay day;
    if (!ParseDate(holiday.date(), &day)) {
      return Bad(source_, StrCat(at, ".date"), "a date YYYY-MM-DD", QuotedShort(holiday.date()));
    }
    if (!Covers(day)) {
      return Bad(source_, StrCat(at, ".date"),
                 StrCat("a date covered, ", source_.covers_from(), " to ", source_.covers_to()), holiday.date());
    }
    if (holiday.title().empty()) {
      return Bad(source_, StrCat(at, ".title"), "the holiday's name, which explanations show", "none");
    }
    std::string title = holiday.title();
    if (!holiday.notes().empty()) absl::StrAppend(&title, " (", holiday.notes(), ")");
    if (!holiday_titles_.emplace(day, std::move(title)).second) {
      return Bad(source_, StrCat(at, ".date"), "each date once", StrCat(holiday.date(), " twice"));
    }
  }
  return absl::OkStatus();
}

void WorkingCalendar::IndexWorkingDays() {
  working_days_up_to_.reserve(static_cast<size_t>(covers_to_ - covers_from_ + 1));
  for (absl::CivilDay day = covers_from_; day <= covers_to_; ++day) {
    if (WorksOn(day) && !holiday_titles_.contains(day)) working_days_.push_back(day);
    working_days_up_to_.push_back(static_cast<uint32_t>(working_days_.size()));
  }
}

}  // namespace caseward

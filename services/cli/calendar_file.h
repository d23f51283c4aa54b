// Calendars as files: by path, or by id under a folder (policies/calendars by default).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "caseward/v1/calendar.pb.h"

namespace caseward::cli {

inline constexpr char kCalendarFolder[] = "policies/calendars";

// NOT_FOUND lists what the folder has; INVALID_ARGUMENT has one line a problem.
absl::StatusOr<v1::Calendar> LoadCalendar(const std::string& id_or_path, const std::string& folder = kCalendarFolder);

}  // namespace caseward::cli

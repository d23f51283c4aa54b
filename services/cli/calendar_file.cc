#include "services/cli/calendar_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/packs/pack_reader.h"

namespace caseward::cli {
namespace {

std::vector<std::string> IdsIn(const std::string& folder) {
  std::vector<std::string> ids;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") ids.push_back(entry.path().stem().string());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

absl::StatusOr<v1::Calendar> LoadCalendar(const std::string& id_or_path, const std::string& folder) {
  const bool is_path = absl::StrContains(id_or_path, '/') || absl::EndsWith(id_or_path, ".yaml");
  const std::string path = is_path ? id_or_path : absl::StrCat(folder, "/", id_or_path, ".yaml");
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    const std::vector<std::string> ids = IdsIn(folder);
    return absl::NotFoundError(absl::StrCat("expected a calendar: a YAML file, or one of ",
                                            ids.empty() ? "(no calendars)" : absl::StrJoin(ids, ", "), " under ",
                                            folder, "; found nothing at ", path));
  }
  const CalendarReading reading = ReadCalendarFile(path);
  if (reading.problems.empty()) return reading.calendar;
  std::vector<std::string> lines;
  for (const FileProblem& problem : reading.problems)
    lines.push_back(FormatProblem(problem));
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

}  // namespace caseward::cli

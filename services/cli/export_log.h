// Writes the history of cases for other programs, case by case (case_walk.h): nothing is kept, so memory does not grow
// with the log.
//
//   WalkCases ─▶ RowsOf each decision ─▶ XES trace and events | CSV rows | JSON lines
//
// With a map (services/import/xes_map.h), XES is written in the words of the system that the map speaks of: only the
// cases that came from it, and of these only what its log had, each attribute under the name it had there. A path of
// several keys is not written back, nor is what the map turned into codes (channel, area, region, priority) unless it
// also carries the value as a field.
#pragma once

#include <cstdint>
#include <ostream>

#include "services/cli/export_rows.h"
#include "services/import/xes_map.h"

namespace caseward::cli {

struct ExportCounts {
  uint64_t cases = 0;
  uint64_t events = 0;
};

// `map` may be null. `count` is called after each page, for progress.
using ExportProgress = absl::FunctionRef<void(const ExportCounts&)>;
absl::StatusOr<ExportCounts> ExportXes(Session& session, const ExportOptions& options, const XesMap* map,
                                       std::ostream& out, ExportProgress progress);
absl::StatusOr<ExportCounts> ExportCsv(Session& session, const ExportOptions& options, bool byte_order_mark,
                                       std::ostream& out, ExportProgress progress);
absl::StatusOr<ExportCounts> ExportJsonl(Session& session, const ExportOptions& options, std::ostream& out,
                                         ExportProgress progress);

}  // namespace caseward::cli

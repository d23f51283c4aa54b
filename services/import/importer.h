// From a foreign log's traces to commands: each trace is a case, each of its events a command at its own time (design
// §5).
//
//   XesTrace ──▶ report · what happened, in order of time · finish_import{up_to}
//
// An event is recorded as it is (record_history), and besides becomes the verbs that the map finds in it: who has the
// case, what holds a clock, closing and reopening (case_course.h).
//
// Pure: the same trace gives the same commands. Command ids are made from the source's own references, so that a second
// import of the same log finds every first outcome and changes nothing (law L5). Commands after the report name the
// case as "@<command id of the report>"; whoever sends them puts the id in that the report's outcome tells.
//
// Order in a case: by time, and at one time as the log lists them; the report first. When something is recorded as
// earlier than the start of its own case (logs do that), the case is reported at that earlier time: nothing can happen
// to a case that does not exist yet. An event without a time takes the time of the event before it. A trace that comes
// in parts (xes_reader.h) is ordered within each part; a part that begins before the end of the one before is an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "services/import/case_course.h"
#include "services/import/xes_map.h"
#include "services/import/xes_reader.h"

namespace caseward {

// What a trace, or a part of one, became.
struct ImportedCase {
  std::string reference;
  uint64_t events = 0;        // of the log, without the end the map adds
  uint64_t without_time = 0;  // of these
  uint64_t out_of_order = 0;  // of these: earlier than the one listed before them
  bool begins = true;
  bool ends = true;
  // Report first if it begins, finish last if it ends.
  std::vector<v1::Command> commands;
};

class Importer {
 public:
  Importer(const XesMap& map, absl::Time up_to) : map_(map), up_to_(up_to) {}

  // Traces, each in its parts, in the order of the log. INVALID_ARGUMENT: the trace has no time at all, or an event has
  // no activity; names the trace and its line.
  absl::StatusOr<ImportedCase> Take(const XesLogHeader& header, const XesTrace& part);

 private:
  struct Happening;

  absl::StatusOr<std::vector<Happening>> Events(const XesLogHeader& header, const XesTrace& part,
                                                std::optional<absl::Time> reported, ImportedCase& made);
  absl::Status Begin(const XesLogHeader& header, const XesTrace& part, const std::vector<Happening>& happenings,
                     std::optional<absl::Time> reported, ImportedCase& made);
  void Record(const XesLogHeader& header, const Happening& happening, ImportedCase& made);
  v1::Command& NewCommand(std::string_view what, ImportedCase& made) const;

  const XesMap& map_;
  const absl::Time up_to_;
  // Of the trace whose parts are coming.
  std::string reference_;
  size_t attributes_ = 0;
  std::optional<absl::Time> end_;           // the trace's own, if it has not been recorded yet
  absl::Time last_ = absl::InfinitePast();  // the latest command
  std::optional<CaseCourse> course_;
};

// A whole trace at once.
absl::StatusOr<ImportedCase> CommandsOfTrace(const XesLogHeader& header, const XesTrace& trace, const XesMap& map,
                                             absl::Time up_to);

// The latest moment at which something happened in the trace (due times are not things that happen); InfinitePast if
// none.
absl::Time LatestOfTrace(const XesTrace& trace, const XesMap& map);

// What a first reading of the whole file found: it is well-formed to its end, and when its last event was.
struct XesSurvey {
  XesCounts counts;
  absl::Time latest = absl::InfinitePast();
  // Attributes that the map names and no trace or event has, as "case.respond_by: deadline".
  std::vector<std::string> never_seen;
};
// INVALID_ARGUMENT also if two traces have the same reference (both lines are named), or if the attribute that names
// cases, or the one that names activities, stands nowhere.
absl::StatusOr<XesSurvey> SurveyXes(ByteSource& source, const XesReadOptions& options, const XesMap& map);

// "case-10011" stays readable in a command id; what does not fit is replaced by a digest of 128 bits.
std::string ImportCommandId(std::string_view system, std::string_view reference, std::string_view what);

}  // namespace caseward

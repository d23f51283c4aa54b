// From a foreign log's traces to commands: each trace is a case, each of its events a command at its own time (design
// §5).
//
//   XesTrace ──▶ report · what happened, in order of time · finish_import{up_to}
//
// Pure: the same trace gives the same commands. Command ids are made from the source's own references, so that a second
// import of the same log finds every first outcome and changes nothing (law L5). Commands after the report name the
// case as "@<command id of the report>"; whoever sends them puts the id in that the report's outcome tells.
//
// Order in a case: by time, and at one time as the log lists them; the report first. When something is recorded as
// earlier than the start of its own case (logs do that), the case is reported at that earlier time: nothing can happen
// to a case that does not exist yet. An event without a time takes the time of the event before it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "services/import/xes_map.h"
#include "services/import/xes_reader.h"

namespace caseward {

struct ImportedCase {
  std::string reference;
  uint64_t events = 0;        // of the log, without the end the map adds
  uint64_t without_time = 0;  // of these
  // Report first, finish last.
  std::vector<v1::Command> commands;
};

// INVALID_ARGUMENT: the trace has no time at all, or an event has no activity; names the trace and its line.
absl::StatusOr<ImportedCase> CommandsOfTrace(const XesLogHeader& header, const XesTrace& trace, const XesMap& map,
                                             absl::Time up_to);

// The latest moment at which something happened in the trace (due times are not things that happen); InfinitePast if
// none.
absl::Time LatestOfTrace(const XesTrace& trace, const XesMap& map);

// What a first reading of the whole file found: it is well-formed to its end, and when its last event was.
struct XesSurvey {
  XesCounts counts;
  absl::Time latest = absl::InfinitePast();
};
absl::StatusOr<XesSurvey> SurveyXes(ByteSource& source, const XesReadOptions& options, const XesMap& map);

// "case-10011" stays readable in a command id; what does not fit is replaced by a digest of 128 bits.
std::string ImportCommandId(std::string_view system, std::string_view reference, std::string_view what);

}  // namespace caseward

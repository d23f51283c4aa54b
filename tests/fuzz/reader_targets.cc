// What people write: XES logs, packs, calendars, maps and command lines.
#include <algorithm>

#include "caseward/v1/commands.pb.h"
#include "engine/base/text.h"
#include "engine/calendar/working_calendar.h"
#include "engine/partition/records.h"
#include "services/cli/json.h"
#include "services/import/importer.h"
#include "services/import/xes_reader.h"
#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"
#include "services/packs/pack_reader.h"
#include "storage/openssl_hasher.h"
#include "tests/fuzz/targets.h"
#include "tests/support/england_and_wales.h"

namespace caseward::fuzz {
namespace {

constexpr char kMap[] =
    "pack: receipt\ncase_type: permit\nsystem: coselog\ncase: {reference: concept:name, reported_at: startdate, "
    "respond_by: deadline, channel: channel}\nend: {at: enddate}\n";

// A policy author's own text may be quoted back: it is no personal word.
void DemandGoodProblems(const std::vector<FileProblem>& problems, std::string_view file) {
  for (const FileProblem& problem : problems) {
    Demand(problem.file == file, "a problem names its file");
    Demand(!problem.expected.empty() && !problem.found.empty(), "a problem says what was expected and what came");
    Demand(problem.line >= 0 && problem.column >= 0, "lines and columns count from 1");
    Demand(FormatProblem(problem).size() < 4096, "a problem is short");
  }
}

}  // namespace

int FuzzXes(Bytes bytes) {
  static const XesMap& map = *new XesMap(*ParseXesMap(kMap, "map"));
  const auto source = BytesFromString(std::string(TextOf(bytes)));
  XesReadOptions options;
  options.name = "log.xes";
  options.limits = {.trace_bytes_max = 64 << 10, .trace_events_max = 200, .value_bytes_max = 4096, .nesting_max = 16};
  uint64_t traces = 0;
  const auto counts = ReadXes(*source, options, [&](const XesLogHeader& header, XesTrace trace) {
    ++traces;
    Demand(trace.line > 0, "a trace knows its line");
    Demand(trace.events.size() <= options.limits.trace_events_max, "a trace is bounded");
    const auto commands = CommandsOfTrace(header, trace, map, absl::FromUnixSeconds(1'795'600'000));
    if (!commands.ok()) {
      DemandGoodError(commands.status(), "line", Quotes::kNamesOnly);
      return absl::OkStatus();
    }
    Demand(commands->commands.size() >= 2, "a case begins with its report and ends with its finish");
    return absl::OkStatus();
  });
  if (counts.ok()) {
    Demand(counts->traces == traces, "every trace is given once");
  } else {
    DemandGoodError(counts.status(), "", Quotes::kNamesOnly);
  }
  return 0;
}

int FuzzPackYaml(Bytes bytes) {
  const PackLint lint = LintPackText(TextOf(bytes), "pack.yaml");
  DemandGoodProblems(lint.errors, "pack.yaml");
  DemandGoodProblems(lint.warnings, "pack.yaml");
  Demand(lint.ok() == (lint.compiled != nullptr), "a pack without errors compiles");
  if (lint.compiled == nullptr) return 0;
  static const OpensslHasher hasher;
  for (const ExampleResult& result : RunExamples(*lint.compiled, test::EnglandAndWales(), hasher))
    Demand(result.passed == result.differences.empty(), "an example fails exactly when something differs");
  return 0;
}

int FuzzCalendarYaml(Bytes bytes) {
  const CalendarReading reading = ReadCalendarText(TextOf(bytes), "calendar.yaml");
  DemandGoodProblems(reading.problems, "calendar.yaml");
  if (!reading.problems.empty()) return 0;
  const auto calendar = WorkingCalendar::Compile(reading.calendar);
  if (!calendar.ok()) DemandGoodError(calendar.status(), "calendar", Quotes::kNamesOnly);
  return 0;
}

int FuzzMapYaml(Bytes bytes) {
  const auto map = ParseXesMap(TextOf(bytes), "map.yaml");
  if (!map.ok()) DemandGoodMessage(StdText(map.status().message()), "map.yaml", Quotes::kNamesOnly);
  return 0;
}

int FuzzJsonLine(Bytes bytes) {
  v1::Command command;
  if (const absl::Status read = cli::FromJson(TextOf(bytes), &command); !read.ok()) {
    DemandGoodError(read, "Command", Quotes::kNamesOnly);
    return 0;
  }
  const std::string line = cli::ToJsonLine(command);
  Demand(line.find('\n') == std::string::npos, "a line is one line");
  v1::Command again;
  Demand(cli::FromJson(line, &again).ok(), "a line printed can be read");
  Demand(DeterministicBytes(again) == DeterministicBytes(command), "a line printed is read the same");
  Demand(cli::ToJsonLine(again) == line, "a line is printed the same");
  return 0;
}

}  // namespace caseward::fuzz

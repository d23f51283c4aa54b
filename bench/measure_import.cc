// Importing a history, as `caseward import xes` does it: read twice, made into commands, conducted, and each case's
// clocks read back. Against SubmitStream with the same commands, made beforehand and pipelined step by step, in
// alternating runs.
#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/fill_house.h"
#include "bench/measure.h"
#include "bench/play_stream.h"
#include "engine/base/time.h"
#include "services/cli/xes_import.h"

namespace caseward::bench {
namespace {

constexpr int kRuns = 3;
constexpr int kEventsOfATrace = 8;
constexpr uint64_t kTracesOfABlock = 3000;
constexpr char kMap[] = R"(
pack: scale
case_type: request
system: bench
case: {reference: concept:name, respond_by: deadline}
events: {activity: concept:name, at: time:timestamp, resource: org:resource, lifecycle: lifecycle:transition}
)";

// Eight events a case, hours apart, as another system would have told them; the last is the answer, in every fourth
// case too late.
void WriteHistory(const std::string& file, uint64_t traces) {
  std::ofstream out(file);
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log xes.version=\"1.0\" "
         "xmlns=\"http://www.xes-standard.org/\">\n";
  const absl::Time start = absl::FromCivil(absl::CivilHour(2025, 3, 3, 9), absl::UTCTimeZone());
  for (uint64_t trace = 0; trace < traces; ++trace) {
    const absl::Time reported = start + absl::Minutes(trace);
    const absl::Time deadline = reported + absl::Hours(trace % 4 == 0 ? 20 : 100);
    out << "<trace><string key=\"concept:name\" value=\"request-" << trace << "\"/><date key=\"deadline\" value=\""
        << FormatInstant(deadline) << "\"/>\n";
    for (int event = 0; event < kEventsOfATrace; ++event) {
      out << "  <event><string key=\"concept:name\" value=\""
          << (event + 1 == kEventsOfATrace ? std::string("answered") : absl::StrCat("step ", event))
          << "\"/><string key=\"org:resource\" value=\"person-" << (trace + static_cast<uint64_t>(event)) % 40
          << "\"/><string key=\"lifecycle:transition\" value=\"complete\"/><date key=\"time:timestamp\" value=\""
          << FormatInstant(reported + absl::Hours(4 * event)) << "\"/></event>\n";
    }
    out << "</trace>\n";
  }
  out << "</log>\n";
}

struct History {
  std::string file;
  XesReadOptions read;
  uint64_t traces = 0;
};

// A map of its own for each run: command ids are made from the system's name, so each run imports new cases.
absl::StatusOr<XesMap> MapOf(const std::string& system) {
  auto map = ParseXesMap(kMap, "bench");
  if (map.ok()) map->system = system;
  return map;
}

absl::StatusOr<XesSurvey> Survey(const History& history, const XesMap& map) {
  auto source = OpenByteSource(history.file);
  if (!source.ok()) return source.status();
  return SurveyXes(**source, history.read, map);
}

absl::StatusOr<double> ImportPerSecond(NodeUnderTest& node, const History& history, const std::string& system) {
  auto map = MapOf(system);
  if (!map.ok()) return map.status();
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  cli::Session session(in, out, err);
  session.server = node.address();
  session.actor = House::kDesk;
  const absl::Time began = absl::Now();
  const auto survey = Survey(history, *map);
  if (!survey.ok()) return survey.status();
  auto source = OpenByteSource(history.file);
  if (!source.ok()) return source.status();
  cli::XesImport import(session, *map, survey->latest);
  if (absl::Status s = import.Run(**source, history.read, 0, survey->counts.events); !s.ok()) return s;
  const double seconds = absl::ToDoubleSeconds(absl::Now() - began);
  const cli::ImportTotals& totals = import.totals();
  if (totals.cases != history.traces || totals.faults + totals.refused + totals.historical > 0) {
    return absl::InternalError(absl::StrCat("the history did not go in whole: ", totals.first_trouble));
  }
  return static_cast<double>(totals.commands) / seconds;
}

// The commands of every trace, by trace.
absl::StatusOr<std::vector<std::vector<v1::Command>>> CommandsOf(const History& history, const std::string& system) {
  auto map = MapOf(system);
  if (!map.ok()) return map.status();
  const auto survey = Survey(history, *map);
  if (!survey.ok()) return survey.status();
  auto source = OpenByteSource(history.file);
  if (!source.ok()) return source.status();
  std::vector<std::vector<v1::Command>> all;
  const auto read = ReadXes(**source, history.read, [&](const XesLogHeader& header, const XesTrace& trace) {
    auto made = CommandsOfTrace(header, trace, *map, survey->latest);
    if (made.ok()) all.push_back(std::move(made->commands));
    return made.status();
  });
  if (!read.ok()) return read.status();
  return all;
}

// All first commands of a block of cases, then all second ones: none waits for the one before it.
bool PlayBlock(Pipeline& pipeline, std::vector<std::vector<v1::Command>>& cases, size_t first, size_t end) {
  std::vector<std::string> ids(end - first);
  for (size_t step = 0; step < cases[first].size(); ++step) {
    std::vector<v1::Command> commands;
    for (size_t i = first; i < end; ++i) {
      commands.push_back(std::move(cases[i][step]));
      if (step > 0) commands.back().set_case_id(ids[i - first]);
    }
    const auto keep = [&](size_t i, const v1::Outcome& outcome) {
      if (step == 0) ids[i] = outcome.stream();
    };
    if (!pipeline.Run(commands, keep)) return false;
  }
  return true;
}

absl::StatusOr<double> SubmitPerSecond(NodeUnderTest& node, const History& history, const std::string& system) {
  auto cases = CommandsOf(history, system);
  if (!cases.ok()) return cases.status();
  const auto commands = static_cast<double>(cases->size() * cases->front().size());
  Pipeline pipeline(node.stub(), House::kDesk);
  const absl::Time began = absl::Now();
  for (size_t first = 0; first < cases->size(); first += kTracesOfABlock) {
    const size_t end = std::min<size_t>(first + kTracesOfABlock, cases->size());
    if (!PlayBlock(pipeline, *cases, first, end)) return absl::InternalError("a command was not accepted");
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - began);
  pipeline.Finish();
  return commands / seconds;
}

}  // namespace

absl::Status MeasureImport(const Settings& settings, Report& report) {
  History history{.file = settings.folder + "/history.xes",
                  .read = {},
                  .traces = std::clamp<uint64_t>(settings.stream_cases / 2, 50, kTracesOfABlock)};
  history.read.name = history.file;
  WriteHistory(history.file, history.traces);
  auto node = OpenHouse(settings.folder + "/import");
  if (!node.ok()) return node.status();
  std::array<double, kRuns> import{};
  std::array<double, kRuns> submit{};
  for (size_t run = 0; run < kRuns; ++run) {
    auto imported = ImportPerSecond(**node, history, absl::StrCat("imported", run));
    auto submitted = SubmitPerSecond(**node, history, absl::StrCat("submitted", run));
    if (!imported.ok() || !submitted.ok()) return imported.ok() ? submitted.status() : imported.status();
    import[run] = *imported;
    submit[run] = *submitted;
  }
  std::sort(import.begin(), import.end());
  std::sort(submit.begin(), submit.end());
  report.AtLeast("importing a history (XES)", import[kRuns / 2], "commands/s", "SubmitStream, same commands",
                 submit[kRuns / 2], 0.5);
  return absl::OkStatus();
}

}  // namespace caseward::bench

#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/cli/calendar_file.h"
#include "services/cli/client.h"
#include "services/cli/import_report.h"
#include "services/cli/progress.h"
#include "services/cli/submit_one.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"
#include "services/cli/xes_import.h"
#include "services/packs/lint_pack.h"

namespace caseward::cli {
namespace {

struct ImportOptions {
  std::string file;
  std::string map;
  std::string up_to;
  bool publish = false;
  uint64_t limit = 0;
};

void PrintTotals(Session& session, const ImportTotals& t, absl::Time up_to, absl::Duration took) {
  std::ostream& out = session.json ? session.err : session.out;
  out << WithCommas(t.cases) << " cases, " << WithCommas(t.events) << " events, up to " << Instant(up_to) << "\n"
      << "  met       " << WithCommas(t.met) << "\n  breached  " << WithCommas(t.breached) << "\n  running   "
      << WithCommas(t.running) << "\n";
  const auto line = [&](uint64_t n, const char* what) {
    if (n > 0) out << "  " << WithCommas(n) << " " << what << "\n";
  };
  line(t.hand_overs, "hand-overs");
  line(t.pauses, "pauses of clocks");
  line(t.historical, "facts that today's rules refuse, kept as history");
  line(t.refused, "commands refused");
  line(t.faults, "commands that could not be taken");
  line(t.unreadable, "traces that say too little to be a case");
  line(t.without_time, "events without a time of their own");
  line(t.out_of_order, "events listed after a later one, taken in order of time");
  line(t.stray, "events that belong to no trace, left out");
  line(t.replayed, "cases had been imported before; nothing was repeated");
  if (!t.first_trouble.empty()) out << "  first: " << t.first_trouble << "\n";
  out << Progress::Summary(t.commands, "commands", took) << "\n";
}

// The newest version of the map's pack that the server has.
absl::StatusOr<v1::Pack> FetchPack(Session& session, const XesMap& map) {
  v1::GetPackRequest request;
  request.set_pack_id(map.pack);
  v1::GetPackResponse response;
  Client& client = session.client();
  absl::Status s = client.Call(&v1::DirectoryService::Stub::GetPack, client.directory(), request, &response);
  if (absl::IsNotFound(s)) {
    return absl::NotFoundError(absl::StrCat(map.file, ": pack: expected a pack that has been published; found ",
                                            map.pack, ", which has not (--publish publishes the one beside the map)"));
  }
  if (!s.ok()) return s;
  return std::move(*response.mutable_pack()->mutable_pack());
}

// The map's pack and its calendar, from the map's own folder.
Exit PublishPack(Session& session, const XesMap& map, const std::string& map_file) {
  const size_t slash = map_file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : map_file.substr(0, slash);
  PackLint lint = LintPack(folder);
  if (!lint.ok()) {
    return session.Fault(absl::InvalidArgumentError(absl::StrCat("--publish: ", FormatProblem(lint.errors.front()))));
  }
  if (absl::Status s = CheckXesMap(map, lint.pack); !s.ok()) return session.Fault(s);
  absl::StatusOr<v1::Calendar> calendar = LoadCalendar(lint.pack.calendar(), folder + "/../calendars");
  if (!calendar.ok()) return session.Fault(calendar.status());
  v1::Command commands[2];
  commands[0].set_command_id(IdFromContent("calendar", *calendar));
  *commands[0].mutable_publish_calendar()->mutable_calendar() = *std::move(calendar);
  commands[1].set_command_id(IdFromContent("pack", lint.pack));
  *commands[1].mutable_publish_pack()->mutable_pack() = std::move(lint.pack);
  for (const v1::Command& command : commands) {
    const absl::StatusOr<v1::Outcome> outcome = Submit(session, command);
    if (!outcome.ok()) return session.Fault(outcome.status());
    if (outcome->has_refusal()) {
      PrintRefusal(session.err, outcome->refusal());
      return Exit::kRefused;
    }
  }
  return Exit::kDone;
}

Exit RunImportXes(Session& session, const ImportOptions& options) {
  absl::StatusOr<XesMap> map = ReadXesMap(options.map);
  if (!map.ok()) return session.Fault(map.status());
  XesReadOptions read;
  read.name = options.file;
  read.zone = map->time_zone;

  // First reading: a file that is damaged near its end imports nothing, not nearly everything.
  absl::StatusOr<std::unique_ptr<ByteSource>> first = OpenByteSource(options.file);
  if (!first.ok()) return session.Fault(first.status());
  const absl::StatusOr<XesSurvey> survey = SurveyXes(**first, read, *map);
  if (!survey.ok()) return session.Fault(survey.status());
  absl::Time up_to = survey->latest;
  if (!options.up_to.empty()) {
    const absl::StatusOr<absl::Time> asked = InstantOf("--up-to", options.up_to);
    if (!asked.ok()) return session.Usage(std::string(asked.status().message()));
    up_to = *asked;
  }
  if (up_to == absl::InfinitePast()) {
    return session.Fault(
        absl::InvalidArgumentError(absl::StrCat(options.file, ": expected traces with times; found none")));
  }
  if (options.publish) {
    if (const Exit exit = PublishPack(session, *map, options.map); exit != Exit::kDone) return exit;
  }

  const absl::StatusOr<v1::Pack> pack = FetchPack(session, *map);
  if (!pack.ok()) return session.Fault(pack.status());
  if (absl::Status s = CheckXesMap(*map, *pack); !s.ok()) return session.Fault(s);
  for (const std::string& unseen : survey->never_seen)
    session.err << "caseward: the map names an attribute that " << options.file << " has nowhere: " << unseen << "\n";

  absl::StatusOr<std::unique_ptr<ByteSource>> second = OpenByteSource(options.file);
  if (!second.ok()) return session.Fault(second.status());
  XesImport import(session, *std::move(map), up_to);
  const absl::Time began = absl::Now();
  const absl::Status status = import.Run(**second, read, options.limit, survey->counts.events);
  PrintTotals(session, import.totals(), up_to, absl::Now() - began);
  if (!status.ok()) return session.Fault(status);
  const ImportTotals& totals = import.totals();
  if (totals.faults > 0 || totals.unreadable > 0) return Exit::kFault;
  return totals.refused > 0 ? Exit::kRefused : Exit::kDone;
}

struct FindingsOptions {
  std::string case_type;
  std::string markdown = "-";
};

Exit RunFindings(Session& session, const FindingsOptions& options) {
  const absl::StatusOr<HistoryFindings> findings = FindInHistory(session, options.case_type);
  if (!findings.ok()) return session.Fault(findings.status());
  const std::string command =
      absl::StrCat("caseward import report ", options.case_type, " --markdown ", options.markdown);
  if (options.markdown == "-") {
    WriteHistoryReport(session.out, *findings, command);
    return Exit::kDone;
  }
  std::ofstream file(options.markdown, std::ios::binary | std::ios::trunc);
  WriteHistoryReport(file, *findings, command);
  file.flush();
  if (!file) return session.Fault(absl::PermissionDeniedError(absl::StrCat("cannot write ", options.markdown)));
  session.err << "Wrote " << options.markdown << "\n";
  return Exit::kDone;
}

}  // namespace

void AddImportVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("import", "Take in another system's history");
  auto options = std::make_shared<ImportOptions>();
  Syntax verb =
      verbs.Verb(group, "xes", "Import an IEEE 1849 log, plain or gzip: each trace a case, at its own time",
                 Verbs::Talks::kToServer, [options](Session& session) { return RunImportXes(session, *options); });
  verb.Add("FILE", options->file, "The log").Required();
  verb.Add("--map", options->map, "What its attributes mean here").Required();
  verb.Add("--up-to", options->up_to, "Clocks due by this instant fire; default: the log's last event");
  verb.Flag("--publish", options->publish, "Publish first the pack beside the map, and its calendar");
  verb.Add("--limit", options->limit, "Only this many traces");

  auto report = std::make_shared<FindingsOptions>();
  Syntax told =
      verbs.Verb(group, "report", "What the pack found in a history: refusals, clocks, pauses, hand-overs",
                 Verbs::Talks::kToServer, [report](Session& session) { return RunFindings(session, *report); });
  told.Add("CASE_TYPE", report->case_type, "Of the cases that were imported").Required();
  told.Add("--markdown", report->markdown, "Where the page goes; \"-\" is standard output").ShowDefault();
}

}  // namespace caseward::cli

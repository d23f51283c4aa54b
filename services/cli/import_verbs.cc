#include <deque>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/cli/calendar_file.h"
#include "services/cli/conductor.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/submit_one.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"
#include "services/import/importer.h"
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

// What came of one case.
struct CaseTally {
  std::string reference;
  std::string case_id;
  uint64_t events = 0;
  uint64_t met = 0;
  uint64_t breached = 0;
  uint64_t historical = 0;
  uint64_t refused = 0;
  uint64_t faults = 0;
  bool replayed = false;
  const char* verdict() const { return breached > 0 ? "breached" : met > 0 ? "met" : "running"; }
};

struct Totals {
  uint64_t cases = 0, events = 0, commands = 0, met = 0, breached = 0, running = 0, without_clock = 0;
  uint64_t historical = 0, refused = 0, faults = 0, replayed = 0, without_time = 0, unreadable = 0, stray = 0;
  std::string first_trouble;
};

// Reads traces and hands out their commands one by one. A trace is read when the commands of the one before are out.
class Import {
 public:
  Import(Session& session, XesMap map, absl::Time up_to) : session_(session), map_(std::move(map)), up_to_(up_to) {}

  absl::Status Run(ByteSource& source, const XesReadOptions& options, uint64_t limit, uint64_t expected_events);
  const Totals& totals() const { return totals_; }

 private:
  void Add(const XesLogHeader& header, const XesTrace& trace);
  void Settle(const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer);
  // Counts the case's clocks as they stood when the import reached its end.
  absl::Status Judge(CaseTally& tally, const v1::Position& at_least);
  void Finish(const CaseTally& tally);

  Session& session_;
  const XesMap map_;
  const absl::Time up_to_;
  Totals totals_;
  std::deque<Conducted> ready_;
  std::map<uint64_t, CaseTally> open_;  // by number of the case, until its last answer
  uint64_t next_case_ = 0;
};

void Import::Add(const XesLogHeader& header, const XesTrace& trace) {
  absl::StatusOr<ImportedCase> made = CommandsOfTrace(header, trace, map_, up_to_);
  if (!made.ok()) {
    ++totals_.unreadable;
    if (totals_.first_trouble.empty()) totals_.first_trouble = std::string(made.status().message());
    return;
  }
  totals_.without_time += made->without_time;
  const uint64_t number = next_case_++;
  open_[number] = {.reference = made->reference, .case_id = "", .events = made->events};
  for (v1::Command& command : made->commands) {
    const bool last = command.has_finish_import();
    ready_.push_back({.actor = "", .command = std::move(command), .tag = number, .last_of_case = last});
  }
}

void Import::Settle(const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer) {
  CaseTally& tally = open_[asked.tag];
  ++totals_.commands;
  if (!answer.ok()) {
    ++tally.faults;
    if (totals_.first_trouble.empty()) totals_.first_trouble = std::string(answer.status().message());
  } else {
    if (asked.command.has_report_case()) tally.case_id = answer->stream();
    tally.replayed |= answer->replayed();
    if (answer->has_refusal()) {
      ++tally.refused;
      if (totals_.first_trouble.empty()) {
        totals_.first_trouble = absl::StrCat(asked.command.command_id(), ": refused by ", answer->refusal().rule(),
                                             ": ", answer->refusal().say());
      }
    }
    for (const std::string& event : answer->accepted().events()) {
      if (event == "historical_fact") ++tally.historical;
    }
  }
  if (asked.last_of_case) {
    if (answer.ok()) {
      if (absl::Status s = Judge(tally, answer->position()); !s.ok()) {
        ++tally.faults;
        if (totals_.first_trouble.empty()) totals_.first_trouble = std::string(s.message());
      }
    }
    Finish(tally);
    open_.erase(asked.tag);
  }
}

// A clock that was not stopped is judged by its due time, not by what the wall clock has made of it since.
absl::Status Import::Judge(CaseTally& tally, const v1::Position& at_least) {
  if (tally.case_id.empty()) return absl::OkStatus();
  v1::GetCaseRequest request;
  request.set_case_id(tally.case_id);
  *request.mutable_freshness()->mutable_at_least() = at_least;
  request.mutable_read_mask()->add_paths("clocks");
  v1::GetCaseResponse response;
  Client& client = session_.client();
  absl::Status s = client.Call(&v1::CaseService::Stub::GetCase, client.cases(), request, &response);
  for (const v1::ClockState& clock : response.case_().clocks()) {
    const bool open =
        clock.status() == v1::ClockState::STATUS_RUNNING || clock.status() == v1::ClockState::STATUS_BREACHED;
    const bool breached_by_then = clock.has_breached_at() && ToTime(clock.breached_at()) <= up_to_;
    if (clock.status() == v1::ClockState::STATUS_MET || clock.rounds_met() > 0) ++tally.met;
    if (breached_by_then || (open && ToTime(clock.due_exclusive()) <= up_to_)) ++tally.breached;
  }
  return s;
}

void Import::Finish(const CaseTally& tally) {
  ++totals_.cases;
  totals_.events += tally.events;
  totals_.historical += tally.historical;
  totals_.refused += tally.refused;
  totals_.faults += tally.faults;
  totals_.replayed += tally.replayed ? 1 : 0;
  const std::string_view verdict = tally.verdict();
  ++(verdict == "met" ? totals_.met : verdict == "breached" ? totals_.breached : totals_.running);
  if (!session_.json) return;
  session_.out << "{\"reference\":" << JsonText(tally.reference) << ",\"case_id\":" << JsonText(tally.case_id)
               << ",\"events\":" << tally.events << ",\"verdict\":" << JsonText(verdict)
               << ",\"historical\":" << tally.historical << ",\"refused\":" << tally.refused
               << ",\"faults\":" << tally.faults << "}\n";
}

absl::Status Import::Run(ByteSource& source, const XesReadOptions& options, uint64_t limit, uint64_t expected_events) {
  // ReadXes pushes traces, the conductor pulls commands: each trace is conducted in turn, in a batch of cases that
  // fills the pipeline, so that memory holds a bounded number of commands whatever the file's size.
  constexpr size_t kBatchCommands = 16'384;
  Progress progress(session_.err, session_.err_is_terminal, "commands");
  Conductor conductor(session_.client());
  const auto drain = [&] {
    return conductor.Run(
        [&]() -> absl::StatusOr<std::optional<Conducted>> {
          if (ready_.empty()) return std::nullopt;
          Conducted next = std::move(ready_.front());
          ready_.pop_front();
          return next;
        },
        [&](const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer) {
          Settle(asked, answer);
          const double share =
              static_cast<double>(totals_.events) / static_cast<double>(std::max<uint64_t>(expected_events, 1));
          progress.UpdateShare(totals_.commands, share);
        });
  };
  uint64_t read = 0;
  const absl::StatusOr<XesCounts> counts = ReadXes(source, options, [&](const XesLogHeader& header, XesTrace trace) {
    if (limit > 0 && read++ >= limit) return absl::OkStatus();
    Add(header, trace);
    return ready_.size() < kBatchCommands ? absl::OkStatus() : drain();
  });
  if (!counts.ok()) return counts.status();
  totals_.stray = counts->stray_events;
  return drain();
}

void PrintTotals(Session& session, const Totals& t, absl::Time up_to, absl::Duration took) {
  std::ostream& out = session.json ? session.err : session.out;
  out << WithCommas(t.cases) << " cases, " << WithCommas(t.events) << " events, up to " << Instant(up_to) << "\n"
      << "  met       " << WithCommas(t.met) << "\n  breached  " << WithCommas(t.breached) << "\n  running   "
      << WithCommas(t.running) << "\n";
  const auto line = [&](uint64_t n, const char* what) {
    if (n > 0) out << "  " << WithCommas(n) << " " << what << "\n";
  };
  line(t.historical, "facts that today's rules refuse, kept as history");
  line(t.refused, "commands refused");
  line(t.faults, "commands that could not be taken");
  line(t.unreadable, "traces that say too little to be a case");
  line(t.without_time, "events without a time of their own");
  line(t.stray, "events that belong to no trace, left out");
  line(t.replayed, "cases had been imported before; nothing was repeated");
  if (!t.first_trouble.empty()) out << "  first: " << t.first_trouble << "\n";
  out << Progress::Summary(t.commands, "commands", took) << "\n";
}

// The map's pack and its calendar, from the map's own folder.
Exit PublishPack(Session& session, const std::string& map_file) {
  const size_t slash = map_file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : map_file.substr(0, slash);
  PackLint lint = LintPack(folder);
  if (!lint.ok()) {
    return session.Fault(absl::InvalidArgumentError(absl::StrCat("--publish: ", FormatProblem(lint.errors.front()))));
  }
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

Exit RunXes(Session& session, const ImportOptions& options) {
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
    const absl::StatusOr<absl::Time> asked = ParseInstant(options.up_to);
    if (!asked.ok()) return session.Usage(absl::StrCat("--up-to: ", asked.status().message()));
    up_to = *asked;
  }
  if (up_to == absl::InfinitePast()) {
    return session.Fault(
        absl::InvalidArgumentError(absl::StrCat(options.file, ": expected traces with times; found none")));
  }
  if (options.publish) {
    if (const Exit exit = PublishPack(session, options.map); exit != Exit::kDone) return exit;
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> second = OpenByteSource(options.file);
  if (!second.ok()) return session.Fault(second.status());
  Import import(session, *std::move(map), up_to);
  const absl::Time began = absl::Now();
  const absl::Status status = import.Run(**second, read, options.limit, survey->counts.events);
  PrintTotals(session, import.totals(), up_to, absl::Now() - began);
  if (!status.ok()) return session.Fault(status);
  const Totals& totals = import.totals();
  if (totals.faults > 0 || totals.unreadable > 0) return Exit::kFault;
  return totals.refused > 0 ? Exit::kRefused : Exit::kDone;
}

}  // namespace

void AddImportVerbs(Verbs& verbs) {
  CLI::App& group = verbs.Group("import", "Take in another system's history");
  auto options = std::make_shared<ImportOptions>();
  CLI::App& verb =
      verbs.Verb(group, "xes", "Import an IEEE 1849 log, plain or gzip: each trace a case, at its own time",
                 Verbs::Talks::kToServer, [options](Session& session) { return RunXes(session, *options); });
  verb.add_option("FILE", options->file, "The log")->required();
  verb.add_option("--map", options->map, "What its attributes mean here")->required();
  verb.add_option("--up-to", options->up_to, "Clocks due by this instant fire; default: the log's last event");
  verb.add_flag("--publish", options->publish, "Publish first the pack beside the map, and its calendar");
  verb.add_option("--limit", options->limit, "Only this many traces");
}

}  // namespace caseward::cli

#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/cli/client.h"
#include "services/cli/export_log.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct Asked {
  std::string path = "-";
  std::string case_type;
  std::string from;
  std::string to;
  bool with_words = false;
  std::string map;               // xes
  bool byte_order_mark = false;  // csv
};

// Where the export goes: a file, or the program's own output.
class Target {
 public:
  Target(Session& session, const std::string& path) : session_(session), path_(path) {
    if (path_ != "-") file_.open(path_, std::ios::binary | std::ios::trunc);
  }
  absl::Status Opened() const {
    return file_ ? absl::OkStatus() : absl::PermissionDeniedError(absl::StrCat("cannot write ", path_));
  }
  std::ostream& out() { return path_ == "-" ? session_.out : file_; }
  absl::Status Close() {
    out().flush();
    if (out()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("writing ", path_, " failed; is the disk full?"));
  }
  bool is_file() const { return path_ != "-"; }

 private:
  Session& session_;
  const std::string path_;
  std::ofstream file_;
};

absl::StatusOr<ExportOptions> OptionsOf(const Asked& asked) {
  ExportOptions options;
  options.case_type = asked.case_type;
  options.with_words = asked.with_words;
  const auto read = [](const char* name, const std::string& text, absl::Time& at) {
    if (text.empty()) return absl::OkStatus();
    const absl::StatusOr<absl::Time> parsed = InstantOf(name, text);
    if (parsed.ok()) at = *parsed;
    return parsed.status();
  };
  if (absl::Status s = read("--from", asked.from, options.from); !s.ok()) return s;
  if (absl::Status s = read("--to", asked.to, options.to); !s.ok()) return s;
  if (options.to <= options.from) {
    return absl::InvalidArgumentError("--to: expected an instant after --from; found one that is not");
  }
  return options;
}

// The feed as it is, in the order of the log: of all streams, not only of cases.
absl::StatusOr<ExportCounts> ExportFeed(Session& session, const ExportOptions& options, std::ostream& out,
                                        ExportProgress progress) {
  v1::SubscribeRequest request;
  request.set_stop_at_end(true);
  Client& client = session.client();
  grpc::ClientContext context;
  client.Prepare(context, absl::InfiniteDuration());
  const auto reader = client.events().Subscribe(&context, request);
  ExportCounts counts;
  v1::SubscribeResponse one;
  while (reader->Read(&one)) {
    if (!options.Wants(one.event())) continue;
    out << ToJsonLine(one) << "\n";
    ++counts.events;
    progress(counts);
  }
  const absl::Status status = client.FromGrpc(reader->Finish());
  if (!status.ok()) return status;
  return counts;
}

using Export = std::function<absl::StatusOr<ExportCounts>(const ExportOptions&, std::ostream&, ExportProgress)>;

Exit Run(Session& session, const Asked& asked, const ExportOptions& options, const Export& write) {
  Target target(session, asked.path);
  if (absl::Status s = target.Opened(); !s.ok()) return session.Fault(s);
  Progress progress(session.err, session.err_is_terminal, "events");
  const absl::StatusOr<ExportCounts> counts =
      write(options, target.out(), [&](const ExportCounts& so_far) { progress.Update(so_far.events, 0); });
  progress.Finish();
  if (!counts.ok()) return session.Fault(counts.status());
  if (absl::Status s = target.Close(); !s.ok()) return session.Fault(s);
  if (target.is_file()) {
    session.err << Progress::Summary(counts->events, "events", progress.elapsed());
    if (counts->cases > 0) session.err << " of " << WithCommas(counts->cases) << " cases";
    session.err << " to " << asked.path << "\n";
  }
  return Exit::kDone;
}

Exit RunExportXes(Session& session, const Asked& asked) {
  absl::StatusOr<ExportOptions> options = OptionsOf(asked);
  if (!options.ok()) return session.Usage(std::string(options.status().message()));
  std::optional<XesMap> map;
  if (!asked.map.empty()) {
    absl::StatusOr<XesMap> read = ReadXesMap(asked.map);
    if (!read.ok()) return session.Fault(read.status());
    map = *std::move(read);
    if (options->case_type.empty()) options->case_type = map->case_type;
  }
  return Run(session, asked, *options, [&](const ExportOptions& o, std::ostream& out, ExportProgress progress) {
    return ExportXes(session, o, map.has_value() ? &*map : nullptr, out, progress);
  });
}

Exit RunCsv(Session& session, const Asked& asked) {
  const absl::StatusOr<ExportOptions> options = OptionsOf(asked);
  if (!options.ok()) return session.Usage(std::string(options.status().message()));
  return Run(session, asked, *options, [&](const ExportOptions& o, std::ostream& out, ExportProgress progress) {
    return ExportCsv(session, o, asked.byte_order_mark, out, progress);
  });
}

Exit RunJsonl(Session& session, const Asked& asked) {
  const absl::StatusOr<ExportOptions> options = OptionsOf(asked);
  if (!options.ok()) return session.Usage(std::string(options.status().message()));
  return Run(session, asked, *options, [&](const ExportOptions& o, std::ostream& out, ExportProgress progress) {
    const bool by_case = !o.case_type.empty() || o.with_words;
    return by_case ? ExportJsonl(session, o, out, progress) : ExportFeed(session, o, out, progress);
  });
}

Syntax Add(Verbs& verbs, const Syntax& group, const char* name, const char* what, Exit (*run)(Session&, const Asked&),
           const std::shared_ptr<Asked>& asked) {
  Syntax verb = verbs.Verb(group, name, what, Verbs::Talks::kToServer,
                           [asked, run](Session& session) { return run(session, *asked); });
  verb.Add("FILE", asked->path, "\"-\" is standard output").ShowDefault();
  verb.Add("--case-type", asked->case_type, "Only cases of this type");
  verb.Add("--from", asked->from, "Only what happened at this instant or later");
  verb.Add("--to", asked->to, "Only what happened before this instant");
  verb.Flag("--with-words", asked->with_words,
            "With the personal words and fields that the caller may read; without, they are left out");
  return verb;
}

}  // namespace

void AddExportVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("export", "Hand the history to other systems");
  const auto jsonl = std::make_shared<Asked>();
  Add(verbs, group, "jsonl",
      "Every event so far in its feed form, one JSON object a line; with --case-type or --with-words, case by case",
      RunJsonl, jsonl);
  const auto csv = std::make_shared<Asked>();
  Add(verbs, group, "csv", "The events of cases as CSV (RFC 4180), safe to open in a spreadsheet", RunCsv, csv)
      .Flag("--bom", csv->byte_order_mark, "Begin with a byte order mark, which some spreadsheets need for UTF-8");
  const auto xes = std::make_shared<Asked>();
  Add(verbs, group, "xes", "The events of cases as an IEEE 1849 log: each case a trace", RunExportXes, xes)
      .Add("--map", xes->map, "In the words of the system that this map of an import speaks of, its cases only");
}

}  // namespace caseward::cli

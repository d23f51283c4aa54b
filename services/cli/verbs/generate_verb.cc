#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/verb.h"
#include "services/year/distributions.h"
#include "services/year/year.h"

namespace caseward::cli {
namespace {

struct GenerateOptions {
  year::YearOptions year;
  bool distributions = false;
  std::string start;
  std::string out = "-";
};

void WriteLine(std::ostream& out, const year::Line& line) {
  out << "{\"actor\":" << JsonText(line.actor) << ",\"command\":" << ToJsonLine(line.command) << "}\n";
}

Exit RunGenerate(Session& session, GenerateOptions options) {
  if (options.distributions) {
    year::PrintDistributions(session.out);
    return Exit::kDone;
  }
  if (options.start.empty()) {
    options.year.start = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) - options.year.days;
  } else if (!absl::ParseCivilTime(options.start, &options.year.start)) {
    return session.Usage(absl::StrCat("--start: expected a date such as 2025-04-01; found \"", options.start, "\""));
  }
  std::ofstream file;
  if (options.out != "-") {
    file.open(options.out, std::ios::binary | std::ios::trunc);
    if (!file) return session.Fault(absl::PermissionDeniedError(absl::StrCat("cannot write ", options.out)));
  }
  std::ostream& out = options.out == "-" ? session.out : file;
  Progress progress(session.err, session.err_is_terminal, "commands");
  uint64_t commands = 0;
  const absl::Status status = year::GenerateYear(options.year, [&](const year::Line& line) {
    WriteLine(out, line);
    progress.Update(++commands, 0);
    return out.good() ? absl::OkStatus() : absl::DataLossError(absl::StrCat("writing ", options.out, " failed"));
  });
  out.flush();
  progress.Finish();
  if (!status.ok()) return session.Fault(status);
  if (options.out != "-") {
    session.err << Progress::Summary(commands, "commands", progress.elapsed()) << " to " << options.out << "\n";
  }
  return Exit::kDone;
}

}  // namespace

void AddGenerateVerb(Verbs& verbs) {
  auto options = std::make_shared<GenerateOptions>();
  Syntax verb =
      verbs.Verb(verbs.root(), "generate", "A seeded year of a housing association, as lines for submit",
                 Verbs::Talks::kOffline, [options](Session& session) { return RunGenerate(session, *options); });
  verb.Add("--seed", options->year.seed, "The same seed gives the same year").ShowDefault();
  verb.Add("--cases", options->year.cases, "How many cases").Within(1, int{year::kCasesMax}).ShowDefault();
  verb.Add("--start", options->start, "First day, e.g. 2025-04-01; default: so that the year ends today");
  verb.Add("--days", options->year.days, "How many days").Within(1, year::kDaysMax).ShowDefault();
  verb.Flag("--distributions", options->distributions, "Print what is drawn from which distribution, and nothing else");
  verb.Add("--out", options->out, "File to write; \"-\" is standard output").ShowDefault();
}

}  // namespace caseward::cli

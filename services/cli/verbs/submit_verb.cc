#include <google/protobuf/struct.pb.h>

#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/cli/client.h"
#include "services/cli/conductor.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct SubmitOptions {
  std::string file = "-";
  bool pretty = false;
  bool quiet = false;
};

struct Counts {
  uint64_t accepted = 0;
  uint64_t refused = 0;
  uint64_t replayed = 0;
  uint64_t faults = 0;
  uint64_t all() const { return accepted + refused + faults; }
};

// A line is a command, or {"actor": "mo; roles=case_manager", "command": {...}} when several people act in one file.
absl::Status ParseLine(const std::string& line, Conducted& out) {
  google::protobuf::Struct object;
  if (absl::Status s = FromJson(line, &object); !s.ok()) return s;
  const auto command = object.fields().find("command");
  if (command == object.fields().end()) return FromJson(line, &out.command);
  for (const auto& [key, value] : object.fields()) {
    if (key != "command" && key != "actor") {
      return absl::InvalidArgumentError(absl::StrCat("expected the keys actor and command; found \"", key, "\""));
    }
  }
  if (const auto actor = object.fields().find("actor"); actor != object.fields().end()) {
    out.actor = actor->second.string_value();
  }
  return FromJson(ToJsonLine(command->second), &out.command);
}

// The non-empty lines of the input that are not comments.
class LineSource {
 public:
  LineSource(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}
  absl::StatusOr<std::optional<Conducted>> Next() {
    std::string line;
    while (std::getline(in_, line)) {
      ++number_;
      const size_t begin = line.find_first_not_of(" \t\r");
      if (begin == std::string::npos || line[begin] == '#') continue;
      Conducted conducted;
      if (absl::Status s = ParseLine(line, conducted); !s.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(name_, ":", number_, ": ", s.message()));
      }
      return conducted;
    }
    if (in_.bad()) return absl::DataLossError(absl::StrCat(name_, ": reading failed after line ", number_));
    return std::nullopt;
  }

 private:
  std::istream& in_;
  const std::string name_;
  uint64_t number_ = 0;
};

void PrintAnswer(Session& session, const SubmitOptions& options, const Conducted& asked,
                 const absl::StatusOr<v1::Outcome>& answer) {
  if (!answer.ok()) {
    session.Fault(answer.status());
  } else if (options.pretty) {
    PrintOutcome(session.out, asked.command, *answer);
  } else if (!options.quiet) {
    session.out << ToJsonLine(*answer) << "\n";
  }
}

void Count(const absl::StatusOr<v1::Outcome>& answer, Counts& counts) {
  if (!answer.ok()) {
    ++counts.faults;
    return;
  }
  ++(answer->has_refusal() ? counts.refused : counts.accepted);
  if (answer->replayed()) ++counts.replayed;
}

Exit RunSubmit(Session& session, const SubmitOptions& options) {
  std::ifstream file;
  uint64_t bytes = 0;
  const bool from_stdin = options.file == "-";
  if (!from_stdin) {
    file.open(options.file, std::ios::binary | std::ios::ate);
    if (!file)
      return session.Fault(
          absl::NotFoundError(absl::StrCat("expected a file of commands; cannot open ", options.file)));
    bytes = static_cast<uint64_t>(file.tellg());
    file.seekg(0);
  }
  std::istream& in = from_stdin ? session.in : file;
  LineSource source(in, from_stdin ? "standard input" : options.file);
  Counts counts;
  Progress progress(session.err, session.err_is_terminal, "commands");
  Conductor conductor(session.client());
  const absl::Status status = conductor.Run(
      [&] { return source.Next(); },
      [&](const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer) {
        Count(answer, counts);
        PrintAnswer(session, options, asked, answer);
        const auto at = bytes == 0 ? std::streamoff(0) : std::streamoff(in.tellg());
        progress.UpdateShare(counts.all(), at <= 0 ? 0 : static_cast<double>(at) / static_cast<double>(bytes));
      });
  progress.Finish();
  if (!session.json) {
    session.err << Progress::Summary(counts.all(), "commands", progress.elapsed()) << ": "
                << WithCommas(counts.accepted) << " accepted, " << WithCommas(counts.refused) << " refused, "
                << WithCommas(counts.faults) << " faults";
    if (counts.replayed > 0) session.err << "; " << WithCommas(counts.replayed) << " had been decided before";
    session.err << "\n";
  }
  if (!status.ok()) return session.Fault(status);
  if (counts.faults > 0) return Exit::kFault;
  return counts.refused > 0 ? Exit::kRefused : Exit::kDone;
}

}  // namespace

void AddSubmitVerb(Verbs& verbs) {
  auto options = std::make_shared<SubmitOptions>();
  Syntax verb =
      verbs.Verb(verbs.root(), "submit", "Send commands, one JSON object a line; write their outcomes",
                 Verbs::Talks::kToServer, [options](Session& session) { return RunSubmit(session, *options); });
  verb.Add("FILE", options->file,
           "Commands as protobuf JSON, or {\"actor\": ..., \"command\": ...}; \"-\" is standard input. \"@ID\" "
           "names the "
           "case that the report with command id ID opened")
      .ShowDefault();
  verb.Flag("--pretty", options->pretty, "Outcomes for people instead of JSON");
  verb.Flag("--quiet", options->quiet, "Only the summary and faults");
}

}  // namespace caseward::cli

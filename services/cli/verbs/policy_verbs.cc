#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/calendar/working_calendar.h"
#include "services/cli/calendar_file.h"
#include "services/cli/json.h"
#include "services/cli/submit_one.h"
#include "services/cli/verb.h"
#include "services/offline.h"
#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"

namespace caseward::cli {
namespace {

void PrintProblems(Session& session, const std::vector<FileProblem>& problems, const char* kind) {
  for (const FileProblem& problem : problems) {
    if (session.json) {
      session.out << "{\"kind\":" << JsonText(kind) << ",\"file\":" << JsonText(problem.file)
                  << ",\"line\":" << problem.line << ",\"column\":" << problem.column
                  << ",\"path\":" << JsonText(problem.path) << ",\"expected\":" << JsonText(problem.expected)
                  << ",\"found\":" << JsonText(problem.found) << "}\n";
    } else {
      session.out << kind << "  " << FormatProblem(problem) << "\n";
    }
  }
}

// Errors printed; null if there are any.
const CompiledPack* Checked(Session& session, const PackLint& lint) {
  PrintProblems(session, lint.errors, "error");
  return lint.ok() ? lint.compiled.get() : nullptr;
}

Exit RunCheck(Session& session, const std::string& path) {
  const PackLint lint = LintPack(path);
  const CompiledPack* pack = Checked(session, lint);
  PrintProblems(session, lint.warnings, "warning");
  if (!session.json) {
    session.out << (pack == nullptr ? "Not publishable: " : "Good to publish: ") << lint.errors.size() << " errors, "
                << lint.warnings.size() << " warnings; " << lint.pack.case_types_size() << " case types, "
                << lint.pack.clocks_size() << " clocks, " << lint.pack.rules_size() << " rules, "
                << lint.pack.sign_offs_size() << " sign-offs.\n";
  }
  return pack == nullptr ? Exit::kFault : Exit::kDone;
}

struct TestOptions {
  std::string pack;
  std::string calendar;
  std::string folder = kCalendarFolder;
  std::string only;
};

std::string TitleOf(const ExampleResult& result) {
  return result.owner.empty() ? result.name : absl::StrCat(result.owner, ": ", result.name);
}

void PrintResult(Session& session, const ExampleResult& result) {
  if (session.json) {
    session.out << "{\"owner\":" << JsonText(result.owner) << ",\"name\":" << JsonText(result.name)
                << ",\"passed\":" << (result.passed ? "true" : "false") << ",\"differences\":[";
    for (size_t i = 0; i < result.differences.size(); ++i)
      session.out << (i == 0 ? "" : ",") << JsonText(result.differences[i]);
    session.out << "]}\n";
    return;
  }
  if (result.passed) return;
  session.out << "FAILED  " << TitleOf(result) << "\n";
  for (const std::string& line : result.differences)
    session.out << "        " << line << "\n";
}

Exit RunTest(Session& session, const TestOptions& options) {
  const PackLint lint = LintPack(options.pack);
  const CompiledPack* pack = Checked(session, lint);
  if (pack == nullptr) return Exit::kFault;
  const absl::StatusOr<v1::Calendar> source =
      LoadCalendar(options.calendar.empty() ? pack->source().calendar() : options.calendar, options.folder);
  if (!source.ok()) return session.Fault(source.status());
  const absl::StatusOr<WorkingCalendar> calendar = WorkingCalendar::Compile(*source);
  if (!calendar.ok()) return session.Fault(calendar.status());

  size_t passed = 0;
  size_t failed = 0;
  for (const ExampleResult& result : RunExamples(*pack, *calendar, MachineHasher())) {
    if (!options.only.empty() && TitleOf(result).find(options.only) == std::string::npos) continue;
    ++(result.passed ? passed : failed);
    PrintResult(session, result);
  }
  if (!session.json) session.out << passed << " examples passed, " << failed << " failed.\n";
  return failed == 0 ? Exit::kDone : Exit::kFault;
}

Exit RunPublish(Session& session, const std::string& path) {
  PackLint lint = LintPack(path);
  if (Checked(session, lint) == nullptr) return Exit::kFault;
  v1::Command command;
  command.set_command_id(IdFromContent("pack", lint.pack));
  *command.mutable_publish_pack()->mutable_pack() = std::move(lint.pack);
  return SubmitOne(session, command);
}

}  // namespace

void AddPolicyVerbs(Verbs& verbs) {
  CLI::App& group = verbs.Group("policy", "Policy packs: check, test, publish");
  auto path = std::make_shared<std::string>();
  verbs
      .Verb(group, "check", "Say everything that is wrong with a pack; needs no server", Verbs::Talks::kOffline,
            [path](Session& session) { return RunCheck(session, *path); })
      .add_option("PACK", *path, "A YAML file, or a folder of them")
      ->required();
  auto options = std::make_shared<TestOptions>();
  CLI::App& test = verbs.Verb(group, "test", "Run a pack's worked examples; needs no server", Verbs::Talks::kOffline,
                              [options](Session& session) { return RunTest(session, *options); });
  test.add_option("PACK", options->pack, "A YAML file, or a folder of them")->required();
  test.add_option("--calendar", options->calendar, "A calendar's id or file; default: the pack's");
  test.add_option("--calendars", options->folder, "Folder of calendars by id")->capture_default_str();
  test.add_option("--only", options->only, "Examples whose rule or name contains this");
  verbs
      .Verb(group, "publish", "Publish a pack; cases opened from now on follow it", Verbs::Talks::kToServer,
            [path](Session& session) { return RunPublish(session, *path); })
      .add_option("PACK", *path, "A YAML file, or a folder of them")
      ->required();
}

}  // namespace caseward::cli

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/cli/json.h"
#include "services/cli/pack_at_hand.h"
#include "services/cli/submit_one.h"
#include "services/cli/verb.h"
#include "services/offline.h"
#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"
#include "services/study/closing_search.h"
#include "services/study/mutation_run.h"
#include "services/study/pack_reports.h"

namespace caseward::cli {
namespace {

struct CheckOptions {
  std::string pack;
  bool search = false;
  double seconds = 60;
  CalendarChoice calendar;
};

void PrintSearch(Session& session, const ClosingSearch& one) {
  if (session.json) {
    session.out << "{\"kind\":\"search\",\"case_type\":" << JsonText(one.case_type)
                << ",\"found\":" << (one.found ? "true" : "false") << ",\"what\":" << JsonText(one.what)
                << ",\"script\":[";
    for (size_t i = 0; i < one.script.size(); ++i)
      session.out << (i == 0 ? "" : ",") << JsonText(one.script[i]);
    session.out << "],\"depth\":" << one.depth << ",\"all_to\":" << one.all_to << ",\"states\":" << one.states
                << ",\"commands\":" << one.commands << ",\"ended_by\":" << JsonText(one.ended_by) << "}\n";
    return;
  }
  if (one.found) {
    session.out << "found  " << one.case_type << ": " << one.what
                << ", by this script, of which no line can be left out:\n";
    for (const std::string& line : one.script)
      session.out << "         " << line << "\n";
    return;
  }
  session.out << "search  " << one.case_type << ": no closing without its signature among " << one.commands
              << " commands from " << one.states << " states: every script of " << one.all_to
              << ", and on from the examples' stories, at most " << one.depth << " deep"
              << (one.ended_by.empty() ? "" : absl::StrCat("; ended by its bound of ", one.ended_by)) << ".\n";
}

// True if a way was found.
absl::StatusOr<bool> RunSearch(Session& session, const CheckOptions& options, const CompiledPack& pack) {
  const absl::StatusOr<WorkingCalendar> calendar = CalendarOf(pack.source(), options.calendar);
  if (!calendar.ok()) return calendar.status();
  bool found = false;
  for (const ClosingSearch& one :
       SearchClosings(pack, *calendar, MachineHasher(), {.time = absl::Seconds(options.seconds)})) {
    PrintSearch(session, one);
    found |= one.found;
  }
  if (!session.json) session.out << "A search shows what is possible; that it finds nothing proves nothing.\n";
  return found;
}

Exit RunCheck(Session& session, const CheckOptions& options) {
  const PackLint lint = LintPack(options.pack);
  const CompiledPack* pack = CheckedPack(session, lint);
  PrintProblems(session, lint.warnings, "warning");
  bool found = false;
  if (options.search && pack != nullptr) {
    const absl::StatusOr<bool> searched = RunSearch(session, options, *pack);
    if (!searched.ok()) return session.Fault(searched.status());
    found = *searched;
  }
  if (!session.json) session.out << SayCounts(lint, pack != nullptr && !found);
  return pack == nullptr || found ? Exit::kFault : Exit::kDone;
}

struct TestOptions {
  std::string pack;
  CalendarChoice calendar;
  std::string only;
  bool mutate = false;
  std::string survivors;
  bool write_survivors = false;
  size_t every = 1;
};

void PrintJson(Session& session, const ExampleResult& result) {
  const auto list = [&](const std::vector<std::string>& lines) {
    for (size_t i = 0; i < lines.size(); ++i)
      session.out << (i == 0 ? "" : ",") << JsonText(lines[i]);
  };
  session.out << "{\"owner\":" << JsonText(result.owner) << ",\"name\":" << JsonText(result.name)
              << ",\"passed\":" << (result.passed ? "true" : "false") << ",\"differences\":[";
  list(result.differences);
  session.out << "],\"explanation\":[";
  list(result.explanation);
  session.out << "]}\n";
}

std::string ReadAll(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void PrintMutations(Session& session, const MutationRun& run, absl::Duration took) {
  if (session.json) {
    for (const Mutation& one : run.survivors)
      session.out << "{\"survivor\":" << JsonText(one.name) << ",\"kind\":" << JsonText(MutationKindName(one.kind))
                  << "}\n";
    session.out << "{\"all\":" << run.all << ",\"made\":" << run.made << ",\"killed\":" << run.killed
                << ",\"not_a_pack\":" << run.not_a_pack << ",\"examples_run\":" << run.examples_run
                << ",\"seconds\":" << absl::ToDoubleSeconds(took) << "}\n";
    return;
  }
  for (const Mutation& one : run.survivors)
    session.out << "unnoticed  " << one.name << "\n";
  session.out << absl::StrFormat(
      "%d changes of %d, %d noticed (%.1f %%), %d unnoticed; %d more are no pack. %d examples run in %.1f s.\n",
      run.made, run.all, run.killed, run.killed_percent(), run.survivors.size(), run.not_a_pack, run.examples_run,
      absl::ToDoubleSeconds(took));
}

Exit RunMutate(Session& session, const TestOptions& options, const CompiledPack& pack,
               const WorkingCalendar& calendar) {
  const MutationChoice choice = {.every = options.every, .only = options.only};
  if (options.write_survivors && !choice.all())
    return session.Usage("expected --write-survivors without --every and --only: the list is of all changes");
  const absl::Time began = absl::Now();
  const absl::StatusOr<MutationRun> run =
      RunMutations(pack, calendar, MachineHasher(), std::max(1u, std::thread::hardware_concurrency()), choice);
  if (!run.ok()) return session.Fault(run.status());
  PrintMutations(session, *run, absl::Now() - began);
  const std::string file = !options.survivors.empty() ? options.survivors
                           : std::filesystem::is_directory(options.pack)
                               ? (std::filesystem::path(options.pack) / "mutation_survivors.txt").string()
                               : "";
  if (options.write_survivors) {
    const std::string before = ReadAll(file);
    std::ofstream stream(file, std::ios::binary);
    stream << WriteSurvivors(*run, before);
    stream.close();
    if (!stream) return session.Fault(absl::UnavailableError(absl::StrCat("cannot write \"", file, "\"")));
    return Exit::kDone;
  }
  const std::vector<std::string> differing = CompareSurvivors(*run, file.empty() ? "" : ReadAll(file));
  for (const std::string& line : differing)
    session.err << line << "\n";
  return differing.empty() ? Exit::kDone : Exit::kFault;
}

Exit RunTest(Session& session, const TestOptions& options) {
  const PackLint lint = LintPack(options.pack);
  const CompiledPack* pack = CheckedPack(session, lint);
  if (pack == nullptr) return Exit::kFault;
  const absl::StatusOr<WorkingCalendar> calendar = CalendarOf(pack->source(), options.calendar);
  if (!calendar.ok()) return session.Fault(calendar.status());

  if (options.mutate) return RunMutate(session, options, *pack, *calendar);
  std::vector<ExampleResult> results;
  for (ExampleResult& result : RunExamples(*pack, *calendar, MachineHasher())) {
    if (options.only.empty() || TitleOf(result).find(options.only) != std::string::npos)
      results.push_back(std::move(result));
  }
  if (session.json) {
    for (const ExampleResult& result : results)
      PrintJson(session, result);
  } else {
    session.out << SayResults(results);
  }
  const bool passed =
      std::all_of(results.begin(), results.end(), [](const ExampleResult& result) { return result.passed; });
  return passed ? Exit::kDone : Exit::kFault;
}

Exit RunPublishPack(Session& session, const std::string& path) {
  PackLint lint = LintPack(path);
  if (CheckedPack(session, lint) == nullptr) return Exit::kFault;
  v1::Command command;
  command.set_command_id(IdFromContent("pack", lint.pack));
  *command.mutable_publish_pack()->mutable_pack() = std::move(lint.pack);
  return SubmitOne(session, command);
}

}  // namespace

void AddPolicyVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("policy", "Policy packs: check, test, coverage, map, publish");
  auto path = std::make_shared<std::string>();
  auto checking = std::make_shared<CheckOptions>();
  Syntax check =
      verbs.Verb(group, "check", "Say everything that is wrong with a pack; needs no server", Verbs::Talks::kOffline,
                 [checking](Session& session) { return RunCheck(session, *checking); });
  check.Add("PACK", checking->pack, "A YAML file, or a folder of them").Required();
  check.Flag("--search", checking->search,
             "Also look for a way to close without the signature, by trying: twelve commands deep");
  check.Add("--seconds", checking->seconds, "How long the search may take").Within(0.1, 3600.0).ShowDefault();
  AddCalendarOptions(check, checking->calendar);
  auto options = std::make_shared<TestOptions>();
  Syntax test = verbs.Verb(group, "test", "Run a pack's worked examples; needs no server", Verbs::Talks::kOffline,
                           [options](Session& session) { return RunTest(session, *options); });
  test.Add("PACK", options->pack, "A YAML file, or a folder of them").Required();
  AddCalendarOptions(test, options->calendar);
  test.Add("--only", options->only,
           "Examples whose rule or name contains this; with --mutate, changes whose name does");
  test.Flag("--mutate", options->mutate,
            "Change each duration, role, condition and verb in turn and say what no example notices");
  test.Add("--survivors", options->survivors,
           "List of what none notices; default: mutation_survivors.txt of the pack's folder");
  test.Add("--every", options->every, "Try the first of each so many changes, the same each time")
      .Within(1, 1'000'000)
      .ShowDefault();
  test.Flag("--write-survivors", options->write_survivors, "Write that list instead of comparing with it");
  verbs
      .Verb(group, "publish", "Publish a pack; cases opened from now on follow it", Verbs::Talks::kToServer,
            [path](Session& session) { return RunPublishPack(session, *path); })
      .Add("PACK", *path, "A YAML file, or a folder of them")
      .Required();
  AddPolicyStudyVerbs(verbs, group);
}

}  // namespace caseward::cli

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "services/cli/json.h"
#include "services/cli/pack_at_hand.h"
#include "services/cli/verb.h"
#include "services/offline.h"
#include "services/packs/example_runner.h"
#include "services/study/coverage.h"
#include "services/study/pack_diff.h"
#include "services/study/policy_language.h"
#include "services/study/process_map.h"
#include "services/study/requirement_book.h"

namespace caseward::cli {
namespace {

struct CoverageOptions {
  std::string pack;
  std::string requirements = "policies/requirements";
  CalendarChoice calendar;
};

template <typename List>
std::string JsonList(const List& list) {
  std::string out = "[";
  for (const auto& one : list)
    absl::StrAppend(&out, out.size() == 1 ? "" : ",", JsonText(one));
  return out + "]";
}

void PrintCoverageJson(Session& session, const Coverage& coverage) {
  for (const LineCover& one : coverage.lines) {
    session.out << "{\"line\":" << JsonText(one.line->id()) << ",\"title\":" << JsonText(one.line->title())
                << ",\"requirements\":" << JsonList(one.line->requirements())
                << ",\"verdict\":" << JsonText(VerdictName(one.verdict))
                << ",\"nothing_behind\":" << JsonList(one.nothing_behind) << ",\"in_part\":" << JsonList(one.in_part)
                << "}\n";
  }
  for (const RequirementCover& one : coverage.requirements) {
    session.out << "{\"requirement\":" << JsonText(one.requirement->id())
                << ",\"title\":" << JsonText(one.requirement->title()) << ",\"kept_by\":" << JsonList(one.kept_by)
                << ",\"examples\":" << one.examples << ",\"failing\":" << JsonList(one.failing)
                << ",\"verdict\":" << JsonText(VerdictName(one.verdict))
                << ",\"not_yet\":" << JsonText(one.requirement->not_yet()) << "}\n";
  }
}

Exit RunCoverage(Session& session, const CoverageOptions& options) {
  const BookReading reading = ReadRequirements(options.requirements);
  PrintProblems(session, reading.problems, "error");
  if (!reading.problems.empty()) return Exit::kFault;
  const PackLint lint = LintPack(options.pack);
  const CompiledPack* pack = CheckedPack(session, lint);
  if (pack == nullptr) return Exit::kFault;
  const absl::StatusOr<WorkingCalendar> calendar = CalendarOf(pack->source(), options.calendar);
  if (!calendar.ok()) return session.Fault(calendar.status());

  const Coverage coverage = CoverRequirements(reading.book, lint.pack, RunExamples(*pack, *calendar, MachineHasher()));
  if (session.json)
    PrintCoverageJson(session, coverage);
  else
    WriteCoverageMarkdown(coverage, session.out);
  for (const std::string& id : coverage.open_unlisted)
    session.err << "nothing stands behind " << id << ", and the list `open` does not say so\n";
  for (const std::string& id : coverage.listed_closed)
    session.err << "something stands behind " << id << ": take it off the list `open`\n";
  for (const std::string& what : coverage.unknown)
    session.err << "the requirements do not have " << what << "\n";
  return coverage.holds() ? Exit::kDone : Exit::kFault;
}

struct MapOptions {
  std::string pack;
  std::string case_type;
  std::string format = "mermaid";
  std::string out;
};

Exit RunMap(Session& session, const MapOptions& options) {
  const PackLint lint = LintPack(options.pack);
  if (CheckedPack(session, lint) == nullptr) return Exit::kFault;
  if (!options.case_type.empty() && lint.compiled->case_type(options.case_type) == nullptr) {
    return session.Usage(absl::StrCat("expected a case type of the pack; found \"", options.case_type, "\""));
  }
  for (const v1::CaseType& type : lint.pack.case_types()) {
    if (!options.case_type.empty() && options.case_type != type.id()) continue;
    const ProcessMap map = DrawMap(lint.pack, type);
    const bool dot = options.format == "dot";
    const std::string text = dot ? ToDot(map) : ToMapPage(map);
    if (session.json) {
      session.out << "{\"case_type\":" << JsonText(type.id()) << ",\"format\":" << JsonText(options.format)
                  << ",\"map\":" << JsonText(text) << "}\n";
    }
    if (options.out.empty()) {
      if (!session.json) session.out << text << (dot ? "" : "\n");
      continue;
    }
    const std::filesystem::path file =
        std::filesystem::path(options.out) / absl::StrCat(lint.pack.id(), "_", type.id(), dot ? ".dot" : ".md");
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) return session.Fault(absl::UnavailableError(absl::StrCat("cannot write ", file.string())));
    if (!session.json) session.out << file.string() << "\n";
  }
  return Exit::kDone;
}

// Read as they are: a draft that does not compile may be compared too, as long as it can be read.
Exit RunDiff(Session& session, const std::vector<std::string>& packs) {
  const PackReading before = ReadPack(packs[0]);
  const PackReading after = ReadPack(packs[1]);
  PrintProblems(session, before.problems, "error");
  PrintProblems(session, after.problems, "error");
  if (!before.problems.empty() || !after.problems.empty()) return Exit::kFault;
  const std::vector<PackChange> changes = DiffPacks(before.pack, after.pack);
  for (const PackChange& change : changes) {
    if (!session.json) {
      session.out << SayChange(change) << "\n";
      continue;
    }
    const char* kind = change.kind == PackChange::Kind::kAdded     ? "added"
                       : change.kind == PackChange::Kind::kRemoved ? "removed"
                                                                   : "changed";
    session.out << "{\"change\":" << JsonText(kind) << ",\"what\":" << JsonText(change.what)
                << ",\"where\":" << JsonText(change.where) << ",\"before\":" << JsonText(change.before)
                << ",\"after\":" << JsonText(change.after) << "}\n";
  }
  if (!session.json) session.out << changes.size() << " changes.\n";
  return Exit::kDone;
}

}  // namespace

void AddPolicyStudyVerbs(Verbs& verbs, const Syntax& group) {
  auto coverage = std::make_shared<CoverageOptions>();
  Syntax cover =
      verbs.Verb(group, "coverage", "Review line, requirement, what keeps it, examples, verdict; needs no server",
                 Verbs::Talks::kOffline, [coverage](Session& session) { return RunCoverage(session, *coverage); });
  cover.Add("PACK", coverage->pack, "A YAML file, or a folder of them").Required();
  cover.Add("--requirements", coverage->requirements, "Folder of what must be true").ShowDefault();
  AddCalendarOptions(cover, coverage->calendar);

  auto drawing = std::make_shared<MapOptions>();
  Syntax map = verbs.Verb(group, "map", "Draw the process map of each case type from the rules; needs no server",
                          Verbs::Talks::kOffline, [drawing](Session& session) { return RunMap(session, *drawing); });
  map.Add("PACK", drawing->pack, "A YAML file, or a folder of them").Required();
  map.Add("--case-type", drawing->case_type, "One case type; default: all of them");
  map.Add("--format", drawing->format, "mermaid, a page of Markdown; or dot, for Graphviz")
      .OneOf({"mermaid", "dot"})
      .ShowDefault();
  map.Add("--out", drawing->out, "Write a file for each case type into this folder");

  auto reference = std::make_shared<bool>(false);
  verbs
      .Verb(group, "schema", "Write the JSON schema of packs, for editors; needs no server", Verbs::Talks::kOffline,
            [reference](Session& session) {
              session.out << (*reference ? PolicyReference() : PolicySchema());
              return Exit::kDone;
            })
      .Flag("--reference", *reference, "Write the page of all keys instead");

  auto packs = std::make_shared<std::vector<std::string>>();
  verbs
      .Verb(group, "diff", "Say in words what differs between two packs; needs no server", Verbs::Talks::kOffline,
            [packs](Session& session) { return RunDiff(session, *packs); })
      .Add("PACKS", *packs, "The pack as it was, and as it is: files or folders")
      .Required()
      .Exactly(2);
}

}  // namespace caseward::cli

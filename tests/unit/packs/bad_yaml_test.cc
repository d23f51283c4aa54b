// Each mistake an author makes is named with its file, line, keys, what was expected and what came.

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pack_text.h"
#include "services/packs/lint_pack.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<FileProblem> Problems(const std::string& more) { return ReadSmallPackWith(more).problems; }
// Also what the compiler says.
std::vector<FileProblem> LintErrors(const std::string& more) {
  return LintPackText(kSmallPack + more, "pack.yaml").errors;
}

const char kClock[] = R"yaml(clocks:
  first_contact:
    clause: "4"
    provenance: SECTOR
    starts_on: case_reported
    stops_on: contact_made
)yaml";

TEST(BadYaml, TheSmallPackIsWell) { EXPECT_THAT(LintErrors(""), IsEmpty()); }

TEST(BadYaml, UnknownKeySuggestsTheNearest) {
  EXPECT_THAT(Problems("clocks:\n  a:\n    strats_on: case_reported\n"),
              ElementsAre(ProblemAt(3, "clocks.a.strats_on", "did you mean \"starts_on\"?", "strats_on")));
  EXPECT_THAT(Problems("ruels: []\n"), ElementsAre(ProblemAt(1, "ruels", "did you mean \"rules\"?", "ruels")));
  EXPECT_THAT(Problems("rules:\n  - {id: R, when: {lsat: {step: x}}}\n"),
              ElementsAre(ProblemAt(2, "rules[0].when.lsat", "did you mean \"last\"?", "lsat")));
  EXPECT_THAT(Problems("zzzzzzzz: 1\n"), ElementsAre(ProblemAt(1, "zzzzzzzz", "one of the keys", "zzzzzzzz")));
}

TEST(BadYaml, MisspeltNamesSuggestTheNearestAtTheirLine) {
  EXPECT_THAT(LintErrors("rules:\n  - id: R-1\n    clause: c\n    provenance: OURS\n    on: close\n    say: No.\n"
                         "    when:\n      last: {step: risk_assesed, band: hgih}\n"),
              Contains(ProblemAt(8, "rules[0].when.last.step", "did you mean \"risk_assessed\"?", "risk_assesed")));
  EXPECT_THAT(LintErrors("rules:\n  - id: R-1\n    clause: c\n    provenance: OURS\n    on: close\n    say: No.\n"
                         "    when:\n      last: {step: risk_assessed, band: hgih}\n"),
              Contains(ProblemAt(8, "rules[0].when.last.band", "did you mean \"high\"?", "hgih")));
}

TEST(BadYaml, AMapHasAKeyOnce) {
  EXPECT_THAT(Problems("clocks:\n  a: {}\n  a: {}\n"),
              ElementsAre(ProblemAt(3, "a", "a key used once", "first in line")));
}

TEST(BadYaml, AnIdIsUsedOnce) {
  EXPECT_THAT(
      LintErrors("rules:\n" +
                 std::string("  - {id: R-1, clause: c, provenance: OURS, on: close, say: No., when: {flag: hate}}\n"
                             "  - {id: R-1, clause: c, provenance: OURS, on: close, say: No., when: {flag: hate}}\n")),
      Contains(ProblemAt(3, "rules[1].id", "used once", "\"R-1\" a second time")));
}

TEST(BadYaml, MissingClauseIsSaidAtTheThing) {
  EXPECT_THAT(LintErrors("rules:\n  - {id: R-1, provenance: OURS, on: close, say: No., when: {flag: hate}}\n"),
              Contains(ProblemAt(2, "rules[0].clause", "the clause it comes from", "none")));
}

TEST(BadYaml, ACircleOfClocks) {
  const auto clock = [](const std::string& id, const std::string& other) {
    return "  " + id +
           ": {clause: c, provenance: OURS, within: 1 day, stops_on: case_closed, starts_on: {event: clock_met, where: "
           "{clock: " +
           other + "}}}\n";
  };
  EXPECT_THAT(LintErrors("clocks:\n" + clock("a", "b") + clock("b", "a")),
              Contains(ProblemAt(2, "clocks.a.starts_on", "no circle", "a -> b -> a")));
}

TEST(BadYaml, ALawDurationLoosened) {
  const std::string law = "    catalogue: CK-80\n    within: ";
  std::string clock = kClock;
  clock.replace(clock.find("SECTOR"), 6, "LAW");

  EXPECT_THAT(LintErrors(clock + law + "24 hours\n"), IsEmpty());
  EXPECT_THAT(LintErrors(clock + law + "25 hours\n"),
              ElementsAre(ProblemAt(8, "clocks.first_contact.within.span", "at most 24 hours (CK-80", "25 hours")));
  EXPECT_THAT(LintErrors(clock + law + "1 working_day\n"),
              ElementsAre(ProblemAt(8, "clocks.first_contact.within.span", "at most 24 hours", "1 working_day")));
  EXPECT_THAT(LintErrors(std::string(kClock) + law + "24 hours\n"),
              ElementsAre(ProblemAt(4, "clocks.first_contact.provenance", "LAW", "SECTOR")));
}

TEST(BadYaml, WrongUnits) {
  EXPECT_THAT(Problems(std::string(kClock) + "    within: 5 wokring_days\n"),
              ElementsAre(ProblemAt(7, "clocks.first_contact.within", "5 working_days", "5 wokring_days")));
  EXPECT_THAT(Problems(std::string(kClock) + "    within: {P1: 1 day, P4: 2 days}\n"),
              ElementsAre(ProblemAt(7, "clocks.first_contact.within.P4", "P1", "P4")));
  EXPECT_THAT(Problems(std::string(kClock) + "    warn_at: 100%\n"),
              ElementsAre(ProblemAt(7, "clocks.first_contact.warn_at", "1% to 99%", "100%")));
}

TEST(BadYaml, WrongKindsOfValue) {
  EXPECT_THAT(Problems("needs_owner: maybe\n").size(), 1u) << "a key used twice";
  EXPECT_THAT(ReadPackText("needs_owner: maybe\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, "true or false")));
  EXPECT_THAT(ReadPackText("needs_owner: \"true\"\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, "true or false")));
  EXPECT_THAT(ReadPackText("roles: {a: {tier: one}}\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, "a whole number")));
  EXPECT_THAT(ReadPackText("title: [a]\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::found, "a list")));
  EXPECT_THAT(ReadPackText("title:\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::found, "nothing")));
  EXPECT_THAT(ReadPackText("case_types: {a: {priority: P9}}\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("p1, p2, p3"))));
  EXPECT_THAT(ReadPackText("version: 3\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("given on publishing"))));
}

TEST(BadYaml, OneConditionAtATime) {
  EXPECT_THAT(Problems("rules:\n  - {id: R, when: {flag: hate, priority: P1}}\n"),
              ElementsAre(ProblemAt(2, "rules[0].when", "several go under all: or any:", "2 keys")));
  EXPECT_THAT(Problems("rules:\n  - {id: R, when: [{flag: hate}]}\n"),
              ElementsAre(ProblemAt(2, "rules[0].when", "several go under all: or any:", "a list")));
  EXPECT_THAT(Problems("rules:\n  - {id: R, need: {say: x}}\n"),
              ElementsAre(ProblemAt(2, "rules[0].need", "one condition", "none")));
}

TEST(BadYaml, InstantsExistAndHaveAnOffset) {
  const auto at = [](const std::string& instant) {
    return "examples:\n  - {name: x, when: {at: " + instant + ", by: ann, close: {}}}\n";
  };
  EXPECT_THAT(Problems(at("2026-02-28T10:00:00Z")), IsEmpty());
  EXPECT_THAT(Problems(at("2026-02-30T10:00:00Z")),
              ElementsAre(ProblemAt(2, "examples[0].when.at", "an instant that exists", "2026-02-30")));
  EXPECT_THAT(Problems(at("2026-02-28T10:00:00")),
              ElementsAre(ProblemAt(2, "examples[0].when.at", "with an offset", "2026-02-28")));
}

TEST(BadYaml, ExampleStepsHaveOneKnownVerb) {
  EXPECT_THAT(Problems("examples:\n  - {name: x, when: {by: ann, clsoe: {}}}\n"),
              Contains(ProblemAt(2, "examples[0].when.clsoe", "did you mean \"close\"?", "clsoe")));
  EXPECT_THAT(Problems("examples:\n  - {name: x, when: {by: ann}}\n"),
              ElementsAre(ProblemAt(2, "examples[0].when", "a verb", "a map")));
  EXPECT_THAT(Problems("examples:\n  - {name: x, when: {by: ann, close: {}, reopen: {}}}\n"),
              ElementsAre(ProblemAt(2, "examples[0].when.reopen", "one verb", "close and reopen")));
}

TEST(BadYaml, ExampleCommandsFitTheirVerb) {
  const auto errors = LintErrors(
      "examples:\n  - name: x\n    case_type: noise\n    then: {accepted: true}\n    when:\n      by: ann\n"
      "      contact:\n        wiht: reporter\n        outcome: twoway\n");
  EXPECT_THAT(errors, Contains(ProblemAt(8, "examples[0].when.contact.wiht", "did you mean \"with\"?", "wiht")));
  EXPECT_THAT(errors, Contains(ProblemAt(9, "examples[0].when.contact.outcome", "one of two_way", "twoway")));
}

TEST(BadYaml, SeparationIsThePromiseOfTheSignOff) {
  const auto rule = [](const std::string& who) {
    return "rules:\n  - {id: R, need: {sign_off: {by: manager, separate_from: [" + who + "]}}}\n";
  };
  EXPECT_THAT(Problems(rule("owner")), IsEmpty());
  EXPECT_THAT(Problems(rule("owner, proposer")), ElementsAre(ProblemAt(2, "rules[0].need.sign_off.separate_from",
                                                                       "\"proposer\" in separate_from", "not there")));
}

TEST(BadYaml, NothingIsSaidTwiceAboutCaseTypes) {
  EXPECT_THAT(ReadPackText("case_types:\n  a:\n    clocks:\n      - {id: c, case_types: b}\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, "no case_types inside a case type")));
}

// A forgotten dash joins two items into one, or two things into one map.
TEST(BadYaml, AMissingDash) {
  EXPECT_THAT(LintErrors("closing_reasons:\n  - resolved\n    withdrawn\n"),
              ElementsAre(ProblemAt(2, "closing_reasons[0]", "begins with a dash", "resolved withdrawn")));
  EXPECT_THAT(LintErrors("handover_items:\n  - needs\n  - needs\n"),
              ElementsAre(ProblemAt(3, "handover_items[1]", "a name used once", "a second time")));
  EXPECT_THAT(Problems("rules:\n  - id: R-1\n    say: No.\n    id: R-2\n    say: No.\n"),
              ElementsAre(ProblemAt(4, "id", "a key used once", "first in line")));
  const auto broken = Problems("rules:\n  - {id: R-1}\n  {id: R-2}\n");
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].expected, "YAML");
}

// A clause is a quotation: it is there, and says something.
TEST(BadYaml, AClauseThatNamesNothing) {
  EXPECT_THAT(
      LintErrors("rules:\n  - {id: R-1, clause: \"\", provenance: OURS, on: close, say: No., when: {flag: hate}}\n"),
      Contains(ProblemAt(2, "rules[0].clause", "the clause it comes from", "none")));
  EXPECT_THAT(Problems("rules:\n  - {id: R-1, clause: , provenance: OURS}\n"),
              Contains(ProblemAt(2, "rules[0].clause", "a value", "nothing")));
}

TEST(BadYaml, TwoFilesWithOneId) {
  const TempFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(std::filesystem::path(folder.path()) / name) << text;
  };
  const std::string rule =
      "rules:\n  - {id: R-1, clause: c, provenance: OURS, on: close, say: No., when: {flag: hate}}\n";
  write("pack.yaml", kSmallPack);
  write("a.yaml", rule);
  write("b.yaml", "# The same id again.\n" + rule);
  const std::vector<FileProblem> errors = LintPack(folder.path()).errors;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].file, (std::filesystem::path(folder.path()) / "b.yaml").string());
  EXPECT_EQ(errors[0].line, 3);
  EXPECT_THAT(errors[0].found, testing::HasSubstr("\"R-1\" a second time"));
}

std::string ManyRules(int count) {
  std::string rules = "rules:\n";
  for (int i = 0; i < count; ++i)
    rules +=
        absl::StrCat("  - {id: R-", i, ", clause: c, provenance: OURS, on: close, say: No., when: {flag: hate", "}}\n");
  return rules;
}

// Far more than anybody writes: said, and what else is wrong with them is said as well.
TEST(BadYaml, L10_TenThousandRules) {
  const std::vector<FileProblem> errors = LintErrors(
      ManyRules(10'000) + "  - {id: R-0, clause: c, provenance: OURS, on: close, say: No., when: {flag: haet}}\n");
  EXPECT_THAT(errors, Contains(ProblemAt(1, "rules", "at most 2000 rules", "10001")));
  EXPECT_THAT(errors, Contains(ProblemAt(10'002, "rules[10000].id", "used once", "a second time")));
  EXPECT_THAT(errors, Contains(ProblemAt(10'002, "rules[10000].when.flag", "did you mean \"hate\"?", "haet")));

  EXPECT_TRUE(CompiledPack::Compile(ReadSmallPackWith(ManyRules(2000)).pack).ok());
  EXPECT_FALSE(CompiledPack::Compile(ReadSmallPackWith(ManyRules(2001)).pack).ok());
}

TEST(BadYaml, ADateThatDoesNotExistInACalendar) {
  const CalendarReading reading = ReadCalendarText(
      "id: c\ntitle: C\ntime_zone: UTC\ncovers_from: \"2026-01-01\"\ncovers_to: \"2026-12-31\"\nworking_weekdays: [1]\n"
      "opens: \"09:00\"\ncloses: \"17:00\"\nholidays:\n  - {date: \"2026-02-30\", title: None}\n",
      "c.yaml");
  ASSERT_EQ(reading.problems.size(), 1u);
  EXPECT_EQ(reading.problems[0].line, 10);
  EXPECT_THAT(reading.problems[0].expected, testing::HasSubstr("a date that exists"));
}

TEST(BadYaml, CirclesOfScenariosAndChecklists) {
  EXPECT_THAT(LintErrors("scenarios:\n  a: {from: b, steps: []}\n  b: {from: a, steps: []}\n"),
              Contains(ProblemAt(1, "scenarios", "begin where one another end", "a -> b -> a")));
  EXPECT_THAT(
      LintErrors("checklists:\n  one: {clause: c, provenance: OURS, items: {i: {say: I., pass: {checklist: two}}}}\n"
                 "  two: {clause: c, provenance: OURS, items: {i: {say: I., pass: {checklist: one}}}}\n"),
      Contains(ProblemAt(1, "checklists", "ask for one another", "one -> two -> one")));
}

// ---------------------------------------------------------------------------------------------- YAML itself

TEST(BadYaml, TabsAndSyntaxAreReportedWithTheirLine) {
  EXPECT_THAT(Problems("clocks:\n\ta: {}\n"), ElementsAre(ProblemAt(2, "", "spaces for indentation", "a tab")));
  const auto unclosed = Problems("clocks: {a: [}\n");
  ASSERT_EQ(unclosed.size(), 1u);
  EXPECT_EQ(unclosed[0].expected, "YAML");
  EXPECT_EQ(unclosed[0].line, LinesBefore() + 1);
}

TEST(BadYaml, AnchorsAliasesTagsAndDocumentsAreRefused) {
  EXPECT_THAT(Problems("clocks: &all {}\n"),
              ElementsAre(ProblemAt(1, "", "anchors and aliases are not read", "an anchor")));
  EXPECT_THAT(ReadPackText("id: &a x\ntitle: *a\n", "pack.yaml").problems.size(), 1u);
  EXPECT_THAT(Problems("clocks: !!map {}\n"), ElementsAre(ProblemAt(1, "", "no tags", "map")));
  EXPECT_THAT(Problems("---\nid: other\n"), ElementsAre(ProblemAt(2, "", "one document", "another")));
  EXPECT_THAT(Problems("? [a, b]\n: c\n").size(), 1u);
}

TEST(BadYaml, AnAnchorBombIsRefusedAtOnce) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string name(1, c);
    const std::string alias = absl::StrCat("*", std::string(1, static_cast<char>(c - 1)));
    bomb += absl::StrCat(name, ": &", name, " [", absl::StrJoin(std::vector<std::string>(5, alias), ", "), "]\n");
  }

  EXPECT_EQ(ReadPackText(bomb, "pack.yaml").problems.size(), 1u);
}

TEST(BadYaml, L10_FilesAreBounded) {
  EXPECT_THAT(ReadPackText(std::string(kPackFileBytesMax + 1, ' '), "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("4194304 bytes"))));
  std::string many = "closing_reasons: [";
  for (size_t i = 0; i < kPackNodesMax; ++i)
    many += "a,";
  EXPECT_THAT(ReadPackText(many + "a]\n", "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("200000 parts"))));
  EXPECT_THAT(ReadPackText("title: " + std::string(100, '[') + std::string(100, ']'), "pack.yaml").problems,
              ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("64 levels"))));
  EXPECT_THAT(ReadPackText("title: " + std::string(5000, '['), "pack.yaml").problems.size(), 1u);
}

TEST(BadYaml, AnEmptyOrMissingFileIsSaid) {
  EXPECT_EQ(ReadPackText("", "pack.yaml").problems.size(), 1u);
  EXPECT_EQ(ReadPackText("- a\n", "pack.yaml").problems.size(), 1u);
  const auto missing = ReadPack("/nonexistent/pack.yaml").problems;
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].file, "/nonexistent/pack.yaml");
  EXPECT_EQ(missing[0].expected, "a file that can be read");
}

}  // namespace
}  // namespace caseward

// The verdicts say what they should, and the housing pack's page of them is true and cannot go stale.
#include "services/study/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "mixing_hasher.h"
#include "services/packs/lint_pack.h"
#include "services/study/requirement_book.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kCoveredPack[] = R"(
id: small
title: Small
calendar: england_and_wales
needs_owner: false
roles: {clerk: {tier: 1}}
case_types: {request: {title: A request, priority: P3, clause: Small 1, provenance: OURS}}
steps:
  view_recorded: {title: A view, clause: Small 2, provenance: OURS, requirements: [R-04]}
clocks:
  answer:
    catalogue: CK-01
    title: Answered
    clause: Small 2
    provenance: OURS
    starts_on: [case_reported]
    stops_on: [contact_made]
    within: [{span: 2 working_days}]
rules:
  - id: R-02.1
    clause: Small 3
    provenance: OURS
    on: [plan]
    when: {case: {phase: reported}}
    say: Triage first.
    examples:
      - name: planned before it was triaged
        from: asked
        when: {by: cleo, plan: {}}
        then: {refused: R-02.1}
people: {cleo: {roles: [clerk]}}
scenarios:
  asked:
    steps: [{at: 2026-03-06T09:00:00Z, by: cleo, channel: phone, report: {case_type: request}}]
examples:
  - name: answered
    from: asked
    given: [{by: cleo, step: {step: view_recorded}}]
    when: {by: cleo, channel: phone, contact: {with: reporter, outcome: two_way}}
    then: {accepted: true, clocks: {answer: met}}
  - name: R-03.1 the program keeps this
    from: asked
    when: {by: cleo, close: {}}
    then: {refused: C-phase}
)";

constexpr char kBook[] = R"(
requirements:
  R-01: {title: A clock, kind: rule, catalogue: [CK-01]}
  R-02: {title: A rule, kind: rule}
  R-03: {title: The program, kind: rule}
  R-04: {title: A view, kind: capture}
  R-05: {title: Nothing, kind: rule}
  R-06: {title: A count, kind: report, events: [case_closed]}
  R-07: {title: A report of nothing, kind: report}
  R-08: {title: Code, kind: code, shown_by: [tests]}
  R-09: {title: People, kind: not_software, instead: They do.}
lines:
  L-1: {group: finding, title: Backed, requirements: [R-01, R-02, R-03]}
  L-2: {group: finding, title: Captured, requirements: [R-04, R-09]}
  L-3: {group: finding, title: In part, requirements: [R-01, R-05]}
  L-4: {group: finding, title: Bare, requirements: [R-05]}
  L-5: {group: finding, title: Nobody's, instead: People.}
)";

struct Covered {
  BookReading book;
  PackLint lint;
  Coverage coverage;
  Verdict Of(std::string_view id) const {
    for (const RequirementCover& one : coverage.requirements) {
      if (one.requirement->id() == id) return one.verdict;
    }
    ADD_FAILURE() << id;
    return Verdict::kNothing;
  }
};

std::unique_ptr<Covered> Cover(const std::string& book, PackLint lint) {
  auto out = std::make_unique<Covered>();
  out->book = ReadRequirementsText(book, "book.yaml");
  EXPECT_THAT(out->book.problems, IsEmpty());
  for (const FileProblem& problem : lint.errors)
    ADD_FAILURE() << FormatProblem(problem);
  out->lint = std::move(lint);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  EXPECT_TRUE(calendar.ok()) << calendar.status();
  if (out->lint.compiled == nullptr || !calendar.ok()) return out;
  out->coverage =
      CoverRequirements(out->book.book, out->lint.pack, RunExamples(*out->lint.compiled, *calendar, MixingHasher()));
  return out;
}
std::unique_ptr<Covered> Cover(const std::string& book, const std::string& pack = kCoveredPack) {
  return Cover(book, LintPackText(pack, "small.yaml"));
}

TEST(Coverage, SaysWhatStandsBehindEachRequirement) {
  const auto covered = Cover(kBook);
  EXPECT_EQ(covered->Of("R-01"), Verdict::kBacked);
  EXPECT_EQ(covered->Of("R-02"), Verdict::kBacked);
  EXPECT_EQ(covered->Of("R-03"), Verdict::kBacked);
  EXPECT_EQ(covered->Of("R-04"), Verdict::kCaptured);
  EXPECT_EQ(covered->Of("R-05"), Verdict::kNothing);
  EXPECT_EQ(covered->Of("R-06"), Verdict::kReport);
  EXPECT_EQ(covered->Of("R-07"), Verdict::kNothing);
  EXPECT_EQ(covered->Of("R-08"), Verdict::kCode);
  EXPECT_EQ(covered->Of("R-09"), Verdict::kNotSoftware);
  std::vector<Verdict> lines;
  for (const LineCover& line : covered->coverage.lines)
    lines.push_back(line.verdict);
  EXPECT_THAT(lines, ElementsAre(Verdict::kBacked, Verdict::kCaptured, Verdict::kInPart, Verdict::kNothing,
                                 Verdict::kNotSoftware));
  EXPECT_THAT(covered->coverage.lines[2].nothing_behind, ElementsAre("R-05"));
}

TEST(Coverage, WhatIsKeptInPartSaysWhatIsNot) {
  std::string book = kBook;
  book.replace(book.find("kind: code, shown_by: [tests]"), 10, "kind: code, not_yet: all at night");
  book.replace(book.find("kind: rule}\n  R-03"), 11, "kind: rule, not_yet: plans by post}");
  book.replace(book.find("title: Nothing, kind: rule"), 26, "title: Nothing, kind: rule, not_yet: everything");
  book += "  L-6: {group: finding, title: Nearly, requirements: [R-01, R-02, R-05]}\n";
  const auto covered = Cover(book);

  EXPECT_EQ(covered->Of("R-02"), Verdict::kInPart);
  EXPECT_EQ(covered->Of("R-08"), Verdict::kInPart);
  EXPECT_EQ(covered->Of("R-05"), Verdict::kNothing) << "nothing keeps any of it";
  std::ostringstream out;
  WriteCoverageMarkdown(covered->coverage, out);
  EXPECT_THAT(out.str(), HasSubstr("| R-02 | A rule | rule R-02.1 | 1 | in part: not yet plans by post |"));
  EXPECT_THAT(out.str(), HasSubstr("| L-6 | Nearly | R-01, R-02, R-05 | clock answer, rule R-02.1 | 2 | "
                                   "in part: not R-05, not all of R-02 |"));
}

TEST(Coverage, TheListOfWhatIsOpenIsComparedExactly) {
  EXPECT_THAT(Cover(kBook)->coverage.open_unlisted, ElementsAre("R-05", "R-07"));
  const auto listed = Cover(std::string(kBook) + "open: [R-05, R-07]\n");
  EXPECT_TRUE(listed->coverage.holds());
  EXPECT_THAT(Cover(std::string(kBook) + "open: [R-05, R-07, R-01]\n")->coverage.listed_closed, ElementsAre("R-01"));
}

TEST(Coverage, AFailingExampleTakesTheBackingAway) {
  std::string pack = kCoveredPack;
  pack.replace(pack.find("clocks: {answer: met}"), 21, "clocks: {answer: running}");
  const auto covered = Cover(kBook, pack);
  EXPECT_EQ(covered->Of("R-01"), Verdict::kNothing);
  EXPECT_THAT(covered->coverage.requirements[0].failing, ElementsAre("answered"));
}

TEST(Coverage, ARequirementThatNobodyKnowsIsSaid) {
  std::string pack = kCoveredPack;
  pack.replace(pack.find("[R-04]"), 6, "[R-44]");
  EXPECT_THAT(Cover(kBook, pack)->coverage.unknown, ElementsAre("R-44, which step view_recorded names"));
}

TEST(Coverage, WritesATable) {
  std::ostringstream out;
  WriteCoverageMarkdown(Cover(kBook)->coverage, out);
  EXPECT_THAT(out.str(), HasSubstr("| L-3 | In part | R-01, R-05 | clock answer | 1 | in part: not R-05 |"));
  EXPECT_THAT(out.str(), HasSubstr("| R-05 | Nothing |  | 0 | NOTHING BEHIND |"));
  EXPECT_THAT(out.str(), HasSubstr("5 lines: 1 backed, 1 captured, 1 not software, 1 in part, 1 NOTHING BEHIND."));
}

// Every line of the reviews has something behind it, or its requirement is on the reviewed list of what is still open.
TEST(Coverage, TheHousingPackCoversWhatItSaysAndNoLess) {
  const BookReading reading = ReadRequirements("policies/requirements");
  ASSERT_THAT(reading.problems, IsEmpty());
  PackLint lint = LintPack("policies/housing");
  ASSERT_NE(lint.compiled, nullptr);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  ASSERT_TRUE(calendar.ok()) << calendar.status();
  const Coverage coverage =
      CoverRequirements(reading.book, lint.pack, RunExamples(*lint.compiled, *calendar, MixingHasher()));
  EXPECT_THAT(coverage.open_unlisted, IsEmpty()) << "nothing stands behind these: add to the pack, or to policies/"
                                                    "requirements/open.yaml with a reviewer's consent";
  EXPECT_THAT(coverage.listed_closed, IsEmpty()) << "something stands behind these now: take them off policies/"
                                                    "requirements/open.yaml";
  EXPECT_THAT(coverage.unknown, IsEmpty());
}

}  // namespace
}  // namespace caseward

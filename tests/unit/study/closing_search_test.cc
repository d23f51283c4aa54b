// The search finds what a broken pack allows, shows it step by step, and says by what it ended.
#include "services/study/closing_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mixing_hasher.h"
#include "services/packs/lint_pack.h"
#include "services/packs/pack_reader.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kSearchedPack[] = R"(
id: small
title: Small
calendar: england_and_wales
needs_owner: true
roles: {clerk: {tier: 1}, chief: {tier: 2}}
case_types:
  noise: {title: Noise, priority: P3, clause: Small 1, provenance: OURS}
  hate: {title: Hate, priority: P1, clause: Small 1, provenance: OURS}
closing_reasons: [done]
people: {mo: {roles: [clerk]}, ruth: {roles: [chief]}}
scenarios:
  noise:
    steps:
      - {at: 2026-03-06T09:00:00Z, by: mo, channel: phone, report: {case_type: noise}}
      - {by: mo, triage: {priority: P3}}
      - {by: ruth, assign: {owner: mo}}
  hate:
    steps:
      - {at: 2026-03-06T09:00:00Z, by: mo, channel: phone, report: {case_type: hate}}
      - {by: mo, triage: {priority: P1}}
)";

// `story`: scenarios besides those of the pack.
std::vector<ClosingSearch> Search(const std::string& more, SearchBounds bounds = {}, const std::string& story = "") {
  // Not through lint: what is searched for here, lint would refuse already.
  const PackReading reading = ReadPackText(kSearchedPack + story + more, "small.yaml");
  for (const FileProblem& problem : reading.problems)
    ADD_FAILURE() << FormatProblem(problem);
  const auto pack = CompiledPack::Compile(reading.pack);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  EXPECT_TRUE(pack.ok()) << pack.status();
  EXPECT_TRUE(calendar.ok()) << calendar.status();
  if (!pack.ok() || !calendar.ok()) return {};
  return SearchClosings(**pack, *calendar, MixingHasher(), bounds);
}

constexpr char kSignOff[] = R"(
sign_offs:
  - {subject: closure, clause: Small 2, provenance: OURS, rule: R-2, signers: [{roles: [chief, clerk]}], SEPARATE void_on_change: true, TYPES}
)";
std::string SignOff(const std::string& separate, const std::string& types) {
  std::string text = kSignOff;
  text.replace(text.find("SEPARATE"), 8, separate);
  text.replace(text.find("TYPES"), 5, types);
  return text;
}

TEST(ClosingSearch, ShowsAScriptWithoutAnIdleLineThatClosesWithoutASignature) {
  const auto found = Search(SignOff("separate_from: [owner, proposer],", "case_types: [hate]"));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].case_type, "noise");
  EXPECT_TRUE(found[0].found);
  EXPECT_EQ(found[0].what, "closed without a signature");
  EXPECT_THAT(found[0].script, ElementsAre("mo report", "mo triage", testing::HasSubstr("propose_closure"),
                                           testing::HasSubstr("close")));
  EXPECT_FALSE(found[1].found) << found[1].what << "\n" << absl::StrJoin(found[1].script, "\n");
  EXPECT_EQ(found[1].ended_by, "") << "all that this small pack can do was tried";
}

TEST(ClosingSearch, FindsAClosingOnTheSignatureOfItsProposer) {
  const auto found = Search(SignOff("", "case_types: [noise, hate]"));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_TRUE(found[0].found);
  EXPECT_THAT(found[0].what, testing::StartsWith("closed on the signature of its "));
}

TEST(ClosingSearch, FindsAClosingOnTheSignatureOfItsOwner) {
  const auto found = Search(SignOff("separate_from: [proposer],", "case_types: [noise, hate]"));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_TRUE(found[1].found);
  EXPECT_EQ(found[1].what, "closed on the signature of its owner");
}

// Given to its signer after the signature, a case needs another one: the search, which found that way once, finds none.
TEST(ClosingSearch, FindsNoSignerWhoBecomesTheOwner) {
  for (const ClosingSearch& one : Search(SignOff("separate_from: [owner, proposer],", "case_types: [noise, hate]"))) {
    EXPECT_FALSE(one.found) << one.what << "\n" << absl::StrJoin(one.script, "\n");
    EXPECT_EQ(one.ended_by, "") << "all that this small pack can do was tried";
  }
}

TEST(ClosingSearch, SaysWhichBoundEndedIt) {
  const std::string good = SignOff("separate_from: [owner, proposer],", "case_types: [noise, hate]");
  const auto few = Search(good, {.states = 2});
  ASSERT_THAT(few, SizeIs(2));
  EXPECT_EQ(few[0].ended_by, "states");
  EXPECT_EQ(few[0].states, 2u);
  const auto brief = Search(good, {.time = absl::ZeroDuration()});
  EXPECT_EQ(brief[0].ended_by, "time");
  const auto flat = Search(good, {.depth = 3});
  EXPECT_EQ(flat[0].depth, 3);
  EXPECT_EQ(flat[0].ended_by, "");
  EXPECT_EQ(flat[0].all_to, 3);
}

// A way that only begins where a story ends: breadth first, a state for each order of the steps would stand before it.
TEST(ClosingSearch, GoesOnFromWhereTheStoriesHaveCome) {
  std::string steps = "steps:\n";
  std::string story = "  long:\n    from: noise\n    steps:\n";
  std::string needs;
  for (int i = 0; i < 6; ++i) {
    const std::string step = absl::StrCat("step_", i);
    absl::StrAppend(&steps, "  ", step, ": {title: ", step, ", clause: Small 3, provenance: OURS}\n");
    absl::StrAppend(&story, "      - {by: mo, step: {step: ", step, "}}\n");
    absl::StrAppend(&needs, "      - {id: ", step, ", condition: {last: {step: ", step, "}}, say: Done.}\n");
  }
  const auto found =
      Search(steps + "rules:\n  - id: R-1\n    clause: Small 3\n    provenance: OURS\n    on: [propose_closure]\n" +
                 "    needs:\n" + needs + "    say: All steps first.\n    unblock: Do them.\n" +
                 SignOff("", "case_types: [noise, hate]"),
             {.states = 200}, story);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_TRUE(found[0].found);
  EXPECT_LT(found[0].all_to, 7) << "breadth first did not come so far";
  EXPECT_THAT(found[0].script, SizeIs(12)) << "report, triage, owner, six steps, proposal, signature, closing:\n"
                                           << absl::StrJoin(found[0].script, "\n");
}

TEST(ClosingSearch, FindsNothingInTheHousingPackInAMoment) {
  const PackLint lint = LintPack("policies/housing");
  ASSERT_NE(lint.compiled, nullptr);
  const auto calendar =
      WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  int deepest = 0;
  for (const ClosingSearch& one : SearchClosings(*lint.compiled, *calendar, MixingHasher(),
                                                 {.depth = 12, .states = 300, .time = absl::Seconds(5)})) {
    EXPECT_FALSE(one.found) << one.case_type << ": " << one.what;
    EXPECT_GT(one.commands, 0u);
    deepest = std::max(deepest, one.depth);
  }
  EXPECT_EQ(deepest, 12) << "the stories of its examples lead so far";
}

}  // namespace
}  // namespace caseward

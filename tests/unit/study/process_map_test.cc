// Maps are drawn from the rules: the phases as Evolve moves them, every rule, clock and sign-off of the case type once
// or more, and the committed pages as the command writes them.
#include "services/study/process_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/cases/evolve.h"
#include "engine/policy/pack_names.h"
#include "engine/policy/verbs.h"
#include "services/packs/lint_pack.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;

const v1::Pack& Housing() {
  static const auto& lint = *new PackLint(LintPack("policies/housing"));
  EXPECT_NE(lint.compiled, nullptr);
  return lint.pack;
}

TEST(ProcessMap, ItsMovesAreEvolves) {
  for (const PhaseMove& move : PhaseMoves()) {
    v1::CaseState state;
    state.set_phase(move.from);
    state.mutable_triaged_at()->set_seconds(1);
    v1::Event event;
    const auto kind = ParseEventName(move.event);
    ASSERT_TRUE(kind.has_value()) << move.event;
    ASSERT_TRUE(ParseVerb(move.verb).has_value()) << move.verb;
    event.GetReflection()->MutableMessage(&event, v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(*kind)));
    if (event.has_sign_off_refused()) event.mutable_sign_off_refused()->set_subject("closure");
    const v1::Actor actor;
    Evolve(state, event, {.actor = actor, .recorded_at = absl::UnixEpoch()});
    EXPECT_EQ(state.phase(), move.to) << move.verb;
  }
}

TEST(ProcessMap, EveryRuleClockAndSignOffIsOnIt) {
  for (const v1::CaseType& type : Housing().case_types()) {
    const std::string page = ToMapPage(DrawMap(Housing(), type));
    const std::string chart = page.substr(0, page.find("## Clocks"));
    for (const v1::Rule& rule : Housing().rules()) {
      if (!AppliesTo(rule.case_types(), type.id())) continue;
      EXPECT_THAT(chart, HasSubstr("guard " + rule.id() + " "));
    }
    for (const v1::Clock& clock : Housing().clocks()) {
      if (!AppliesTo(clock.case_types(), type.id())) continue;
      EXPECT_THAT(chart, HasSubstr("starts " + clock.id()));
    }
    for (const v1::SignOffType& sign_off : Housing().sign_offs()) {
      if (!AppliesTo(sign_off.case_types(), type.id())) continue;
      EXPECT_THAT(chart, HasSubstr("sign_" + sign_off.subject()));
    }
  }
}

// Written by: caseward policy map policies/housing --out docs/maps
TEST(ProcessMap, TheCommittedPagesAreCurrent) {
  std::set<std::string> expected;
  for (const v1::CaseType& type : Housing().case_types()) {
    const std::string name = Housing().id() + "_" + type.id() + ".md";
    expected.insert(name);
    std::ifstream file("docs/maps/" + name);
    const std::string committed(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(committed, ToMapPage(DrawMap(Housing(), type)))
        << "run: caseward policy map policies/housing --out docs/maps";
  }
  for (const auto& entry : std::filesystem::directory_iterator("docs/maps")) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(name == "README.md" || expected.contains(name)) << name << " is of no case type of the pack";
  }
}

TEST(ProcessMap, GraphvizTakesIt) {
  const TempFolder folder;
  for (const v1::CaseType& type : Housing().case_types()) {
    const std::string file = std::filesystem::path(folder.path()) / "map.dot";
    std::ofstream(file) << ToDot(DrawMap(Housing(), type));
    EXPECT_EQ(std::system(("dot -Tsvg -o " + file + ".svg " + file).c_str()), 0) << type.id();
    EXPECT_GT(std::filesystem::file_size(file + ".svg"), 1000u);
  }
}

TEST(ProcessMap, LabelsAreEscaped) {
  v1::Pack pack;
  pack.set_id("p");
  pack.set_title("A \"quoted\" title");
  v1::CaseType& type = *pack.add_case_types();
  type.set_id("t");
  v1::Rule& rule = *pack.add_rules();
  rule.set_id("R-1");
  rule.set_title("No \"quotes\" or \\ break it");
  rule.add_on("plan");
  const ProcessMap map = DrawMap(pack, type);
  EXPECT_THAT(ToMermaid(map), HasSubstr("No #quot;quotes#quot; or \\ break it"));
  EXPECT_THAT(ToDot(map), HasSubstr("No \\\"quotes\\\" or \\\\ break it"));
}

}  // namespace
}  // namespace caseward

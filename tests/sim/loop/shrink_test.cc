// Planted bugs: laws of the test's own that some run is sure to break, whose scripts must come down to what it takes.
#include "tests/support/simulation/shrink.h"

#include <unistd.h>

#include <algorithm>

#include "gtest/gtest.h"

namespace caseward::test {
namespace {

// The first seed that breaks the law, and its script.
Script FirstThatBreaks(const SimulationOptions& options) {
  for (uint64_t seed = 100; seed < 200; ++seed) {
    Simulation simulation(seed, options);
    if (!simulation.Run() && simulation.BrokenLaw() == "the test's law") return simulation.script();
  }
  ADD_FAILURE() << "no seed breaks the test's law";
  return {};
}

size_t CountOf(const Script& script, Act::Kind kind) {
  return static_cast<size_t>(std::count_if(script.actions.begin(), script.actions.end(),
                                           [&](const Act& action) { return action.kind == kind; }));
}

TEST(Shrink, AForbiddenThirdContactComesDownToAReportAndThreeContacts) {
  SimulationOptions options;
  options.law = [](const v1::Decision& decision, const v1::CaseState* before) {
    const bool third = before != nullptr && before->contacts_made() == 2 && !decision.command().importing() &&
                       decision.has_accepted() &&
                       decision.command().record_contact().outcome() == v1::RecordContact::OUTCOME_TWO_WAY;
    return third ? "a third contact" : "";
  };
  const Script script = FirstThatBreaks(options);
  ASSERT_GT(script.actions.size(), 20u);

  const Shrunk shrunk = Shrink(script, "the test's law", [&](const Script& one) { return Play(one, options); });

  EXPECT_EQ(shrunk.script.actions.size(), 4u) << shrunk.script.Text();
  ASSERT_FALSE(shrunk.script.actions.empty());
  EXPECT_TRUE(shrunk.script.actions[0].command.has_report_case());
  EXPECT_EQ(Play(shrunk.script, options), "the test's law");
  EXPECT_EQ(Play(shrunk.script), "");
}

// Breaks only where a link is confirmed by an owner that is not the first: something must make the first one go.
TEST(Shrink, TheMisfortuneThatItTakesStaysInTheScript) {
  SimulationOptions options;
  options.law = [](const v1::Decision& decision, const v1::CaseState*) {
    const bool late = decision.term() > 1 && decision.has_accepted() && decision.command().has_note_linked();
    return late ? "a link was confirmed by a later owner" : "";
  };
  const Script script = FirstThatBreaks(options);
  ASSERT_GT(script.actions.size(), 20u);

  const Shrunk shrunk = Shrink(script, "the test's law", [&](const Script& one) { return Play(one, options); });

  const size_t asked = CountOf(shrunk.script, Act::Kind::kSend) + CountOf(shrunk.script, Act::Kind::kPut);
  EXPECT_EQ(asked, 3u) << "two reports and a link\n" << shrunk.script.Text();
  EXPECT_GE(shrunk.script.actions.size(), 4u);
  EXPECT_LE(shrunk.script.actions.size(), 8u) << shrunk.script.Text();
}

TEST(Shrink, WhatIsLeftCanBeReadBackFromItsFile) {
  SimulationOptions options;
  options.law = [](const v1::Decision& decision, const v1::CaseState*) {
    return decision.command().has_split_case() && decision.has_accepted() ? "a split" : "";
  };
  const Shrunk shrunk =
      Shrink(FirstThatBreaks(options), "the test's law", [&](const Script& one) { return Play(one, options); });

  const absl::StatusOr<Script> read = ParseScript(shrunk.script.Text());

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Text(), shrunk.script.Text());
  EXPECT_EQ(Play(*read, options), "the test's law");
}

// A bug in the engine is a CHECK, which ends the process: it is found, and cut down, all the same.
TEST(Shrink, AnEndOfTheProcessIsALawToo) {
  SimulationOptions options;
  options.law = [](const v1::Decision& decision, const v1::CaseState*) -> std::string {
    if (decision.command().has_assign_case() && decision.has_accepted()) _exit(7);
    return "";
  };
  Script script;
  for (uint64_t seed = 100; script.actions.empty() && seed < 120; ++seed) {
    SimulationOptions calm;
    calm.steps = 120;
    Simulation drawn(seed, calm);
    drawn.Run();
    if (PlayApart(drawn.script(), options) == "the process ended") script = drawn.script();
  }
  ASSERT_FALSE(script.actions.empty());

  const Shrunk shrunk = Shrink(script, "the process ended", [&](const Script& one) { return PlayApart(one, options); });

  EXPECT_EQ(shrunk.script.actions.size(), 2u) << shrunk.script.Text();
}

TEST(Script, SaysWhichLineIsWrongAndWhatWasExpected) {
  EXPECT_EQ(ParseScript("seed 1\nmix partitions=2\nfly partition=1\n").status().message(),
            "line 3: expected an action, found \"fly partition=1\"");
  EXPECT_EQ(ParseScript("step partition=1 wings=2\n").status().message(),
            "line 1: expected a number of \"step\", found \"wings=2\"");
  EXPECT_EQ(ParseScript("again stale=0\n").status().message(),
            "line 1: expected an actor and a command, or a command's id, found \"again stale=0\"");
  EXPECT_EQ(ParseScript("mix wind=3\n").status().message(), "line 1: expected name=number of a mix, found \"wind=3\"");
}

TEST(Coverage, IsReadBackAsItWasWritten) {
  Coverage one;
  one.Count("link", "open", Coverage::Result::kAccepted, Misfortune::kCrash, 3);
  one.Count("link", "open", Coverage::Result::kRefused, Misfortune::kCalm);
  Coverage two;

  ASSERT_TRUE(two.Read(one.Cells()).ok());
  ASSERT_TRUE(two.Read(one.Cells()).ok());

  EXPECT_EQ(two.Of("link", Coverage::Result::kAccepted), 6u);
  EXPECT_EQ(two.Under("link", Coverage::Result::kRefused, Misfortune::kCalm), 2u);
  EXPECT_FALSE(two.Read("link\topen\n").ok());
}

}  // namespace
}  // namespace caseward::test

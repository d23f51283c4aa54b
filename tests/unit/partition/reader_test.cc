#include "engine/partition/reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::ElementsAre;
using testing::IsEmpty;

TEST(PartitionReader, ATimelineIsEveryRecordOfAStreamRefusalsIncluded) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Must(Report("other"), Officer());
  world.Must(Close("x1", id), Officer());
  const v1::Outcome contact = world.Must(Contact("c1", id), Officer());

  std::vector<std::string> commands;
  const auto collect = [&](uint64_t sequence, std::string_view raw) {
    v1::Decision decision;
    EXPECT_TRUE(ParseRecord(raw, 1, sequence, decision).ok());
    EXPECT_EQ(decision.sequence(), sequence);
    commands.push_back(decision.command().command_id());
    return true;
  };
  ASSERT_TRUE(world.Reader(1).Timeline(id, 0, UINT64_MAX, collect).ok());
  EXPECT_THAT(commands, ElementsAre("r1", "x1", "c1"));
  commands.clear();
  ASSERT_TRUE(
      world.Reader(1).Timeline(id, contact.position().sequence(), contact.position().sequence() + 1, collect).ok());
  EXPECT_THAT(commands, ElementsAre("c1"));
}

TEST(PartitionReader, AsOfIsWhatHadBeenRecordedByThen) {
  PartitionWorld world(2);
  const absl::Time before = world.now().wall - absl::Microseconds(1);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  const absl::Time reported = world.now().wall;
  world.Advance(absl::Hours(1));
  world.Must(Assign("a1", id, "ben"), Manager());
  const v1::CaseState now = world.CaseAt(id);

  EXPECT_FALSE((*world.Reader(1).CaseAsOf(id, before)).has_value());
  EXPECT_EQ((*world.Reader(1).CaseAsOf(id, reported))->owner(), "");
  EXPECT_EQ(DeterministicBytes(**world.Reader(1).CaseAsOf(id, world.now().wall)), DeterministicBytes(now));
}

TEST(PartitionReader, ListsCasesInOrderFromAnyStart) {
  PartitionWorld world(2);
  for (int i = 0; i < 5; ++i)
    world.Must(Report(StrCat("r", i)), Officer());
  std::vector<std::string> ids;
  ASSERT_TRUE(world.Reader(1)
                  .ListCases("",
                             [&](v1::CaseState&& state) {
                               ids.push_back(state.case_id());
                               return true;
                             })
                  .ok());
  ASSERT_EQ(ids.size(), 5u);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));

  std::vector<std::string> rest;
  ASSERT_TRUE(world.Reader(1)
                  .ListCases(ids[2],
                             [&](v1::CaseState&& state) {
                               rest.push_back(state.case_id());
                               return rest.size() < 2;
                             })
                  .ok());

  EXPECT_THAT(rest, ElementsAre(ids[2], ids[3]));
}

TEST(PartitionReader, ListsTimersSoonestFirstWithAResumableStart) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Must(Action("a1", id, "a1", world.now().wall + absl::Hours(5)), Officer());
  std::vector<keys::Timer> timers;
  const auto collect = [&](const keys::Timer& timer) {
    timers.push_back(timer);
    return true;
  };
  ASSERT_TRUE(world.Reader(1).ListTimers(world.now().wall + absl::Hours(8), std::nullopt, collect).ok());
  ASSERT_EQ(timers.size(), 2u);
  EXPECT_EQ(timers[0].clock, "first_contact");
  EXPECT_EQ(timers[0].edge, v1::FireClock::EDGE_WARN);
  EXPECT_EQ(timers[1].clock, "action_due/a1");

  const keys::Timer first = timers[0];
  timers.clear();
  ASSERT_TRUE(world.Reader(1).ListTimers(absl::InfiniteFuture(), first, collect).ok());

  ASSERT_EQ(timers.size(), 2u);
  EXPECT_EQ(timers[0].clock, "action_due/a1");
}

TEST(PartitionReader, ListsTheOpenCasesOfAnOwner) {
  PartitionWorld world(2);
  const std::string one = world.Must(Report("r1"), Officer()).stream();
  const std::string two = world.Must(Report("r2"), Officer()).stream();
  world.Must(Assign("a1", one, "ben"), Manager());
  world.Must(Assign("a2", two, "benny"), Manager());
  EXPECT_THAT(*world.Reader(1).OwnerCases("ben"), ElementsAre(one));

  world.Must(Assign("a3", one, "cat"), Manager());

  EXPECT_THAT(*world.Reader(1).OwnerCases("ben"), IsEmpty());
  EXPECT_THAT(*world.Reader(1).OwnerCases("cat"), ElementsAre(one));
}

TEST(PartitionReader, FindsTheFirstOutcomeOfACommandId) {
  PartitionWorld world(2);
  const v1::Outcome told = world.Must(Report("r1"), Officer());

  const std::optional<v1::Outcome> found = *world.Reader(1).FirstOutcome("olu", "r1");

  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->replayed());
  EXPECT_EQ(found->position().sequence(), told.position().sequence());
  EXPECT_FALSE((*world.Reader(1).FirstOutcome("olu", "r2")).has_value());
  EXPECT_FALSE((*world.Reader(1).FirstOutcome("ben", "r1")).has_value());
}

TEST(PartitionReader, FactLinesAreNewestFirstAndHoldNoWords) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "words"), Officer()).stream();
  world.Must(Contact("c1", id, "words"), Officer());
  const PartitionReader reader = world.Reader(1);
  const PartitionReader::Lines lines = reader.LinesOf(id);

  std::vector<v1::Event::KindCase> kinds;
  lines.NewestFirst([&](const FactLine& line) {
    kinds.push_back(line.event->kind_case());
    EXPECT_EQ(line.person, "olu");
    EXPECT_FALSE(line.event->contact_made().has_note());
    EXPECT_FALSE(line.event->case_reported().has_account());
    return true;
  });

  ASSERT_TRUE(lines.status().ok());
  EXPECT_THAT(kinds, ElementsAre(v1::Event::kClockMet, v1::Event::kContactMade, v1::Event::kClockStarted,
                                 v1::Event::kCaseReported));
}

TEST(PartitionReader, AStandInResidentIsMadeByAReport) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();

  const std::optional<v1::ResidentState> resident = *world.Reader(1).GetResident(world.CaseAt(id).main_resident_id());

  ASSERT_TRUE(resident.has_value());
  EXPECT_TRUE(resident->stand_in());
  EXPECT_THAT(resident->case_ids(), ElementsAre(id));
}

}  // namespace
}  // namespace caseward

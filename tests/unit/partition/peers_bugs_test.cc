// Bugs that comparable systems had in the field (peers 4b), each reproduced as it would look here.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests

size_t FiredCount(PartitionWorld& world, uint32_t n) {
  size_t count = 0;
  for (const v1::Decision& decision : world.Records(n))
    count += decision.command().has_fire_clock() ? 1 : 0;
  return count;
}

v1::ClockState FirstContact(PartitionWorld& world, const std::string& id) {
  const v1::CaseState state = world.CaseAt(id);
  for (const v1::ClockState& clock : state.clocks()) {
    if (clock.clock() == "first_contact") return clock;
  }
  return {};
}

// Dedup by a high-water mark, batches in flight and a new owner: a later batch is applied first, the earlier is dropped
// for ever. Here ids are marked one by one, so the order in which commands arrive is no matter.
TEST(PeersBugs, Bug1_AnEarlierCommandThatArrivesAfterALaterOneIsNotDropped) {
  PartitionWorld world(2, {}, true, MemoryEventLog::Delivery::kAtOnce);
  world.log().faults().Next(1, LogFault::kUnknownLost);
  const auto earlier = world.Submit(Report("batch-1"), Officer());
  world.partition(1).Step(world.now());
  world.Crash(1);  // the owner changes with the earlier batch in doubt
  ASSERT_TRUE(world.Open(1).ok());
  EXPECT_TRUE(world.Must(Report("batch-2"), Officer()).has_accepted());

  const v1::Outcome again = world.Must(Report("batch-1"), Officer());

  EXPECT_TRUE(again.has_accepted());
  EXPECT_FALSE(again.replayed()) << "it never became durable, so it is decided now";
}

// Dedup by epoch silently drops an acknowledged signal while the leader changes.
TEST(PeersBugs, Bug2_AnAcknowledgedCommandSurvivesAChangeOfOwner) {
  PartitionWorld world(2);
  world.log().faults().Next(1, LogFault::kUnknownVisible);
  const auto waiting = world.Submit(Report("r1"), Officer());
  world.Drive();
  ASSERT_TRUE(waiting->outcome.ok()) << "the log was asked, and it says it is there";
  const v1::Outcome told = *waiting->outcome;

  for (int i = 0; i < 5; ++i)
    world.Reopen(1, 100);

  const v1::Outcome again = world.Must(Report("r1"), Officer());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.position().sequence(), told.position().sequence());
  EXPECT_EQ(world.CaseAt(told.stream()).version(), 1u);
}

// A timer service misses its wake-up after a timer was moved to an earlier or a later time.
TEST(PeersBugs, Bug4_AClockThatWasMovedEarlierFiresThen) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Advance(absl::Minutes(1));
  const absl::Time due = ToTime(FirstContact(world, id).due_exclusive());
  // A later clock first, then an earlier one: the wake-up must move forward.
  world.Must(Action("a1", id, "late", world.now().wall + absl::Hours(90)), Officer());
  world.Must(Action("a2", id, "soon", world.now().wall + absl::Minutes(5)), Officer());
  const StepResult step = world.partition(1).Step(world.now());
  ASSERT_TRUE(step.next_timer.has_value());
  EXPECT_LE(*step.next_timer, world.now().wall + absl::Minutes(5));

  world.Advance(absl::Minutes(5));
  EXPECT_EQ(FiredCount(world, 1), 1u);
  world.Advance(due - world.now().wall);

  EXPECT_EQ(FiredCount(world, 1), 3u)
      << "and the ones behind it are not missed: warning and breach of the first contact";
}

// An unclean crash wipes state, so that everything is read again for days.
TEST(PeersBugs, Bug8_AnUncleanCrashCostsATailNotTheState) {
  PartitionWorld world(2);
  for (int i = 0; i < 50; ++i)
    world.Must(Report(StrCat("r", i)), Officer());
  world.store(1).Flush();
  world.Must(Report("tail"), Officer());
  const uint64_t flushed_to = world.Records(1).size() - 2;

  world.Crash(1, 100);

  EXPECT_EQ((*world.Reader(1).Meta())->applied_sequence(), flushed_to);
  ASSERT_TRUE(world.Open(1).ok());
  EXPECT_EQ(world.partition(1).view().position.sequence(), flushed_to + 1);
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

// Replayed state differs from live state.
TEST(PeersBugs, Bug9_TheHashOfStateAtAPositionMatchesBetweenLiveReplayAndRestart) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "words"), Officer()).stream();
  for (int i = 0; i < 10; ++i) {
    world.Must(Note(StrCat("n", i), id, "words"), Officer());
    world.Must(Contact(StrCat("c", i), id), Officer());
    world.Advance(absl::Hours(7));
    const std::string live = world.Digest(1);

    ASSERT_EQ(live, world.RebuiltDigest(1)) << "after " << i;
    world.Crash(1, static_cast<size_t>(i));
    ASSERT_TRUE(world.Open(1).ok());
    ASSERT_EQ(world.Digest(1), live) << "after a restart " << i;
    world.Drive();
  }
}

// A pause that races a task in flight leaves it running with the pause noted.
TEST(PeersBugs, Bug10_APauseInTheRoundInWhichTheClockFallsDueWinsOrLosesWhole) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  v1::Command pause = OfCase("p1", id);
  pause.mutable_pause_clock()->set_clock("first_contact");
  pause.mutable_pause_clock()->set_reason_code("waiting");
  const auto waiting = world.Submit(pause, Officer());

  world.Advance(absl::Hours(4));  // the warning falls due in the same round

  const v1::ClockState clock = FirstContact(world, id);
  ASSERT_TRUE(waiting->outcome.ok());
  EXPECT_EQ(clock.status(), v1::ClockState::STATUS_PAUSED);
  EXPECT_TRUE(clock.has_paused_at());
  EXPECT_EQ(FiredCount(world, 1), 0u);
  world.Advance(absl::Hours(100));
  EXPECT_EQ(FiredCount(world, 1), 0u);
}

// Polled work starves behind pushed work: throughput looks healthy while the backlog grows. Here messages are polled
// from the inbox, and a quarter of each round is kept for them.
TEST(PeersBugs, Bug12_MessagesAreNotStarvedByCommandsThatKeepComing) {
  constexpr uint32_t kPartitionsHere = 4;
  constexpr size_t kRound = 8;
  PartitionLimits limits;
  limits.round_commands_max = kRound;
  PartitionWorld world(kPartitionsHere, limits);
  v1::ExternalReference reference;
  reference.set_system("d365");
  reference.set_value("abc");
  const uint32_t keeper = ReferencePartition(world.hasher(), reference, kPartitionsHere);
  const size_t before = world.Records(keeper).size();
  int named = 0;
  const auto report_in = [&](bool at_keeper) {
    while (true) {
      v1::Command command = Report(StrCat("r", named++));
      if ((world.PartitionOfCommand(command, Officer()) == keeper) == at_keeper) return command;
    }
  };
  v1::Command sender = report_in(false);
  *sender.add_references() = reference;
  world.Submit(sender, Officer());
  for (size_t i = 0; i < 20 * kRound; ++i)
    world.Submit(report_in(true), Officer());

  world.Drive();

  const std::vector<v1::Decision> records = world.Records(keeper);
  ASSERT_GE(records.size(), before + 20 * kRound);
  const auto claim = std::find_if(records.begin(), records.end(), [](const auto& one) { return one.has_cause(); });
  ASSERT_NE(claim, records.end());
  EXPECT_LE(claim->sequence(), before + 3 * kRound) << "decided behind " << claim->sequence() - before << " commands";
}

}  // namespace
}  // namespace caseward

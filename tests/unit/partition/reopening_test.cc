// State that is reopened at an awkward moment: while the partition stops, and under one that has stopped already.
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests

void SettleAll(PartitionWorld& world) {
  world.Drive();
  while (world.log().DeliverAll() > 0)
    world.Drive();
}

// The store fell back to an earlier moment, the log took the round, and nobody has replayed what lies between: applying
// the round now would leave a hole in state that no later replay closes.
TEST(Reopening, L3_ARoundInFlightIsNotAppliedByAPartitionThatStopsMeanwhile) {
  PartitionWorld world(2, {}, /*publish=*/false, MemoryEventLog::Delivery::kWhenTold);
  SettleAll(world);
  world.Submit(PublishSimpleCalendar("calendar"), Administrator());
  world.Submit(PublishSimplePack("pack"), Administrator());
  SettleAll(world);
  const auto first = world.Submit(Report("r1"), Officer());
  SettleAll(world);
  ASSERT_TRUE(first->answered && first->outcome.ok()) << first->outcome.status();
  const auto second = world.Submit(Report("r2"), Officer());
  world.Drive();
  ASSERT_EQ(world.log().waiting(1), 1U);

  world.partition(1).SuspendState(absl::OkStatus());
  world.store(1).Reopen(/*lost=*/2);
  ASSERT_TRUE(world.log().Deliver(1));
  world.partition(1).Stop();
  world.Crash(1);
  ASSERT_TRUE(world.Open(1).ok());
  SettleAll(world);

  EXPECT_TRUE(second->answered);
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
  const auto again = world.Submit(Report("r2"), Officer());
  SettleAll(world);
  ASSERT_TRUE(again->answered && again->outcome.ok()) << again->outcome.status();
  EXPECT_TRUE(again->outcome->replayed());
}

TEST(Reopening, L9_AStoppedPartitionShowsNoPositionThatItsStateDoesNotHold) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());
  world.Must(Report("r2"), Officer());
  const uint64_t told = world.partition(1).view().position.sequence();
  world.store(1).FailWrites(absl::ResourceExhaustedError("a fault that needs a person"));
  ASSERT_FALSE(world.Do(Report("r3"), Officer()).ok());
  ASSERT_EQ(world.partition(1).view().condition, "STOPPED");
  world.store(1).FailWrites(absl::OkStatus());

  world.ReopenState(1, /*lost=*/2);

  const PartitionView view = world.partition(1).view();
  EXPECT_EQ(view.condition, "STOPPED");
  EXPECT_TRUE(view.position.log_id().empty() || view.position.sequence() < told) << view.position.ShortDebugString();
  absl::Status answer = absl::UnknownError("not answered");
  world.partition(1).WhenApplied(told, [&](const absl::Status& status) { answer = status; });
  EXPECT_TRUE(absl::IsUnavailable(answer)) << answer;
}

}  // namespace
}  // namespace caseward

// A log that does not answer, and one that is not what it was: what the partition says of itself, and what it does.
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/forwarding_event_log.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::HasSubstr;

// What waits for an answer of the log gets it, and so does what that leads to.
void AnswerAll(PartitionWorld& world) {
  while (world.log().DeliverAll() > 0)
    world.Drive();
}

// Time passes while the loop looks on, as a host's does.
void Wait(PartitionWorld& world, absl::Duration by) {
  constexpr absl::Duration kLook = absl::Seconds(1);
  for (; by > kLook; by -= kLook)
    world.Advance(kLook);
  world.Advance(by);
}

TEST(L10, ALogThatDoesNotAnswerIsSaidToBeAwayAtTheLimitAndNotBefore) {
  PartitionWorld world(1, {}, /*publish=*/false, MemoryEventLog::Delivery::kWhenTold);
  AnswerAll(world);
  const auto calendar = world.Submit(PublishSimpleCalendar("calendar"), Administrator());
  world.Drive();
  ASSERT_EQ(world.log().waiting(0), 1u);

  Wait(world, PartitionLimits().append_late - absl::Milliseconds(1));
  EXPECT_EQ(world.partition(0).view().condition, "SERVING");
  const auto queued = world.Submit(PublishSimplePack("pack"), Administrator());
  EXPECT_FALSE(queued->answered);
  world.Advance(absl::Milliseconds(1));
  EXPECT_EQ(world.partition(0).view().condition, "RECOVERING");
  EXPECT_THAT(world.partition(0).view().why, HasSubstr("has not answered for 5s"));
  const auto refused = world.Submit(PublishSimplePack("pack-2"), Administrator());
  ASSERT_TRUE(refused->answered);
  EXPECT_TRUE(absl::IsUnavailable(refused->outcome.status())) << refused->outcome.status();
  EXPECT_EQ(world.partition(0).view().position.sequence() + 1, world.Records(0).size()) << "reads go on";

  AnswerAll(world);
  EXPECT_EQ(world.partition(0).view().condition, "SERVING");
  EXPECT_TRUE(calendar->outcome.ok()) << calendar->outcome.status();
  EXPECT_TRUE(queued->outcome.ok()) << queued->outcome.status();
  EXPECT_TRUE(world.Submit(Report("r1"), Officer())->outcome.status().code() != absl::StatusCode::kUnavailable);
}

TEST(L10, AProcessThatWasStoppedDoesNotTakeItsOwnAbsenceForTheLogsSilence) {
  PartitionWorld world(1, {}, /*publish=*/false, MemoryEventLog::Delivery::kWhenTold);
  AnswerAll(world);
  const auto calendar = world.Submit(PublishSimpleCalendar("calendar"), Administrator());
  world.Drive();

  world.Advance(absl::Hours(1));
  EXPECT_EQ(world.partition(0).view().condition, "SERVING");
  EXPECT_FALSE(calendar->answered);
  Wait(world, PartitionLimits().append_late);
  EXPECT_EQ(world.partition(0).view().condition, "RECOVERING") << "but the log's own silence counts from then on";

  AnswerAll(world);
  EXPECT_TRUE(calendar->outcome.ok()) << calendar->outcome.status();
}

TEST(L10, AfterALateAnswerThatIsNoneTheDoorOpensOnlyWithTheNextClaim) {
  PartitionWorld world(1, {}, /*publish=*/false, MemoryEventLog::Delivery::kWhenTold);
  AnswerAll(world);
  const auto calendar = world.Submit(PublishSimpleCalendar("calendar"), Administrator());
  world.log().faults().Next(0, LogFault::kAborted);
  world.Drive();
  Wait(world, absl::Seconds(10));
  ASSERT_EQ(world.partition(0).view().condition, "RECOVERING");
  world.log().DeliverAll();
  world.partition(0).Step(world.now());
  AnswerAll(world);
  EXPECT_EQ(world.partition(0).view().condition, "SERVING");
  EXPECT_TRUE(calendar->outcome.ok()) << calendar->outcome.status();
}

// Says at a claim, or at an append, that a topic is not what it was.
class LostLog final : public ForwardingEventLog {
 public:
  using ForwardingEventLog::ForwardingEventLog;
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override {
    if (!claim.ok()) return claim;
    return ForwardingEventLog::Claim(partition, owner);
  }
  void AppendRound(uint32_t partition, Round round, AppendDone done) override {
    if (!append.ok()) return done({AppendResult::Kind::kAborted, append});
    ForwardingEventLog::AppendRound(partition, std::move(round), std::move(done));
  }
  absl::Status claim;
  absl::Status append;
};

class LostLogTest : public testing::TestWithParam<bool> {
 protected:
  LostLogTest() {
    PartitionConfig config;
    config.owner = "node";
    config.log_id = "lost-log";
    config.shared = GetParam();
    auto opened = Partition::Open(
        config, {.log = log, .store = store, .vault = *vault, .hasher = hasher, .directory = hub, .observer = observer},
        now);
    EXPECT_TRUE(opened.ok()) << opened.status();
    partition = *std::move(opened);
    partition->Own(true);
    Drive();
    EXPECT_EQ(partition->view().condition, "SERVING");
  }
  void Drive() {
    for (int turn = 0; turn < 100 && partition->Step(now).worked; ++turn) {
    }
  }
  absl::Status Submit(const std::string& id) {
    absl::Status answer = absl::UnknownError("no answer");
    const absl::Status taken =
        partition->Submit({PublishSimpleCalendar(id), Administrator(),
                           [&](const absl::StatusOr<v1::Outcome>& outcome) { answer = outcome.status(); }});
    Drive();
    return taken.ok() ? answer : taken;
  }
  void ExpectStopped() {
    EXPECT_EQ(partition->view().condition, "STOPPED");
    EXPECT_THAT(partition->view().why, HasSubstr("made anew"));
    EXPECT_EQ(partition->view().position.sequence() + 1, *memory.End(0)) << "reads go on";
  }

  const TimeReading now{.wall = absl::FromUnixSeconds(1'772'442'000), .monotonic = absl::Hours(1)};
  MemoryEventLog memory{1};
  LostLog log{memory};
  MemoryStateStore store;
  std::unique_ptr<LocalKeyVault> vault = MakeSeededKeyVault(log, 7);
  OpensslHasher hasher;
  DirectoryHub hub{Directory::Empty()};
  Observer observer;
  std::unique_ptr<Partition> partition;
};

TEST_P(LostLogTest, L1_ARoundThatFindsAnotherTopicStopsByName) {
  log.append = absl::DataLossError("the topic was made anew");
  EXPECT_TRUE(absl::IsUnavailable(Submit("a")));
  ExpectStopped();
  log.append = absl::OkStatus();
  EXPECT_TRUE(absl::IsUnavailable(Submit("b"))) << "until somebody has looked";
}

TEST_P(LostLogTest, L1_AClaimThatFindsAnotherTopicStopsByNameAndIsNotTriedForEver) {
  log.append = absl::UnavailableError("the broker knows no such topic");
  log.claim = absl::DataLossError("the topic was made anew");
  EXPECT_TRUE(absl::IsUnavailable(Submit("a")));
  ExpectStopped();

  log.append = absl::OkStatus();
  log.claim = absl::OkStatus();
  absl::Status resumed = absl::UnknownError("no answer");
  partition->Resume([&](const absl::Status& status) { resumed = status; });
  Drive();
  EXPECT_TRUE(resumed.ok()) << resumed;
  EXPECT_TRUE(Submit("b").ok());
}

INSTANTIATE_TEST_SUITE_P(AloneOrShared, LostLogTest, testing::Bool());

}  // namespace
}  // namespace caseward

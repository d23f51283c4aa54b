// Two nodes that share one log: each has a copy of the partition, and Own moves it between them.
#include <optional>

#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

constexpr int kTurnsMax = 200;

TimeReading Start() { return {.wall = absl::FromUnixSeconds(1'772'442'000), .monotonic = absl::Hours(1)}; }

// One log, and nodes that each keep a whole copy of it.
struct World {
  explicit World(MemoryEventLog::Delivery delivery = MemoryEventLog::Delivery::kAtOnce) : log(1, delivery) {}
  MemoryEventLog log;
  OpensslHasher hasher;
  Observer observer;
  TimeReading now = Start();
};

class Node {
 public:
  Node(World& world, std::string name) : world_(world) {
    PartitionConfig config;
    config.owner = std::move(name);
    config.log_id = "shared-log";
    config.shared = true;
    auto opened = Partition::Open(config,
                                  {.log = world.log,
                                   .store = store_,
                                   .vault = *vault_,
                                   .hasher = world.hasher,
                                   .directory = hub_,
                                   .observer = world.observer},
                                  world.now);
    CHECK(opened.ok());
    partition_ = *std::move(opened);
  }
  Partition& partition() { return *partition_; }
  // As after a full disk: the store's newest batches are gone, the partition lives on.
  void ReopenState(size_t lost) {
    partition_->SuspendState(absl::OkStatus());
    store_.Reopen(lost);
    partition_->BeginAgain(world_.now);
  }
  void Drive() {
    for (int turn = 0; turn < kTurnsMax && partition_->Step(world_.now).worked; ++turn) {
    }
  }
  void Own(bool own) {
    partition_->Own(own);
    Drive();
  }
  void Follow() {
    partition_->NoteLog();
    Drive();
  }
  struct Asked {
    absl::Status taken;
    std::optional<absl::StatusOr<v1::Outcome>> answer;
  };
  std::shared_ptr<Asked> Submit(const v1::Command& command, const v1::Actor& actor) {
    auto asked = std::make_shared<Asked>();
    asked->taken = partition_->Submit(
        {command, actor, [asked](absl::StatusOr<v1::Outcome> outcome) { asked->answer = std::move(outcome); }});
    return asked;
  }
  // Submits and drives; the outcome, or a failure of the test.
  v1::Outcome Must(const v1::Command& command, const v1::Actor& actor) {
    const auto asked = Submit(command, actor);
    Drive();
    if (!asked->taken.ok() || !asked->answer || !asked->answer->ok()) {
      ADD_FAILURE() << command.command_id() << ": " << asked->taken
                    << (asked->answer ? asked->answer->status().ToString() : " no answer");
      return {};
    }
    return **asked->answer;
  }
  void PublishPolicy() {
    EXPECT_TRUE(Must(PublishSimpleCalendar("calendar"), Administrator()).has_accepted());
    EXPECT_TRUE(Must(PublishSimplePack("pack"), Administrator()).has_accepted());
  }
  // As after a full disk: the last batches are gone.
  void ReopenStore(size_t lost) { store_.Reopen(lost); }
  std::string Digest() const {
    const auto meta = PartitionReader(0, store_).Meta();
    CHECK(meta.ok());
    return meta->has_value() ? absl::BytesToHexString((*meta)->digest()) : "nothing applied";
  }

 private:
  World& world_;
  MemoryStateStore store_;
  DirectoryHub hub_{Directory::Empty()};
  std::unique_ptr<LocalKeyVault> vault_ = MakeSeededKeyVault(world_.log, 7);
  std::unique_ptr<Partition> partition_;
};

TEST(Following, ANodeOfASharedLogOwnsNothingUntilItIsAskedTo) {
  World world;
  Node node(world, "a");
  node.Drive();
  EXPECT_FALSE(node.partition().owner());
  EXPECT_EQ(node.partition().view().condition, "FOLLOWING");
  EXPECT_EQ(world.log.End(0).value(), 0u);

  const auto asked = node.Submit(PublishSimpleCalendar("calendar"), Administrator());
  EXPECT_TRUE(absl::IsUnavailable(asked->taken)) << asked->taken;
  EXPECT_TRUE(absl::IsUnavailable(node.partition().Barrier([](absl::Status) {})));

  node.Own(true);
  EXPECT_TRUE(node.partition().owner());
  EXPECT_EQ(node.partition().view().condition, "SERVING");
  node.PublishPolicy();
  EXPECT_TRUE(node.Must(Report("report"), Officer()).has_accepted());
}

TEST(Following, L1_AFollowerAppliesWhatTheOwnerAppends) {
  World world;
  Node owner(world, "a");
  Node follower(world, "b");
  owner.Own(true);
  owner.PublishPolicy();
  const v1::Outcome reported = owner.Must(Report("report", "They shouted again."), Officer());

  bool told = false;
  follower.partition().WhenApplied(reported.position().sequence(), [&](absl::Status status) { told = status.ok(); });
  EXPECT_FALSE(told);
  follower.Follow();
  EXPECT_TRUE(told) << "a reader sees its own writes at every node (law L9)";
  EXPECT_EQ(follower.partition().view().position.sequence(), owner.partition().view().position.sequence());
  EXPECT_EQ(follower.Digest(), owner.Digest());
}

TEST(Following, AFollowerLooksOnceASecondAlsoIfNobodyTellsIt) {
  World world;
  Node owner(world, "a");
  Node follower(world, "b");
  follower.Drive();
  owner.Own(true);
  owner.PublishPolicy();
  follower.Drive();
  EXPECT_NE(follower.Digest(), owner.Digest());
  world.now.monotonic += absl::Seconds(1);
  follower.Drive();
  EXPECT_EQ(follower.Digest(), owner.Digest());
}

TEST(Following, TheDirectoryIsFollowedToo) {
  World world;
  Node first(world, "a");
  Node second(world, "b");
  first.Own(true);
  first.PublishPolicy();
  second.Follow();
  first.Own(false);
  second.Own(true);
  // Deciding a report needs the pack that the other node has published.
  EXPECT_TRUE(second.Must(Report("report"), Officer()).has_accepted());
}

TEST(Following, APartitionThatIsGivenUpAnswersWhoWaitsAndFollowsTheHeir) {
  World world;
  Node first(world, "a");
  Node second(world, "b");
  first.Own(true);
  first.PublishPolicy();
  const auto waits = first.Submit(Report("report"), Officer());
  ASSERT_TRUE(waits->taken.ok());
  first.Own(false);
  ASSERT_TRUE(waits->answer);
  EXPECT_TRUE(absl::IsUnavailable(waits->answer->status())) << waits->answer->status();
  EXPECT_THAT(std::string(waits->answer->status().message()), HasSubstr("same command id"));
  EXPECT_FALSE(first.partition().owner());

  second.Own(true);
  const v1::Outcome again = second.Must(Report("report"), Officer());
  EXPECT_TRUE(again.has_accepted());
  EXPECT_FALSE(again.replayed());
  first.Follow();
  EXPECT_EQ(first.Digest(), second.Digest());
  EXPECT_GT(first.partition().view().term, 1u);
}

TEST(Following, WhileTheAnswerToItsLastRoundIsWaitedForItSaysThatItHandsOver) {
  World world(MemoryEventLog::Delivery::kWhenTold);
  Node node(world, "a");
  node.Own(true);
  while (world.log.DeliverAll() > 0)
    node.Drive();
  const auto asked = node.Submit(PublishSimpleCalendar("calendar"), Administrator());
  node.Drive();
  ASSERT_EQ(world.log.waiting(0), 1u);

  node.Own(false);
  EXPECT_EQ(node.partition().view().condition, "HANDING_OVER");
  const auto late = node.Submit(PublishSimpleCalendar("late"), Administrator());
  EXPECT_TRUE(absl::IsUnavailable(late->taken)) << late->taken;
  EXPECT_THAT(late->taken.message(), HasSubstr("HANDING_OVER"));
  EXPECT_FALSE(asked->answer.has_value());

  ASSERT_TRUE(world.log.Deliver(0));
  node.Drive();
  EXPECT_EQ(node.partition().view().condition, "FOLLOWING");
  ASSERT_TRUE(asked->answer.has_value());
  EXPECT_TRUE(asked->answer->ok()) << "what was in flight is answered: " << asked->answer->status();
}

TEST(Following, L5_TheHeirAnswersARetryWithTheFirstOutcome) {
  World world;
  Node first(world, "a");
  Node second(world, "b");
  first.Own(true);
  first.PublishPolicy();
  const v1::Outcome outcome = first.Must(Report("report"), Officer());
  first.Own(false);
  second.Own(true);
  const v1::Outcome again = second.Must(Report("report"), Officer());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.stream(), outcome.stream());
  EXPECT_EQ(again.position().sequence(), outcome.position().sequence());
}

// A paused owner that wakes after takeover (law L4): what it appends is refused, and it stops claiming for a while,
// because whoever hands out the partitions will tell it in a moment.
TEST(Following, L4_AnOvertakenOwnerFollowsAndRestsBeforeItClaimsAgain) {
  World world;
  Node paused(world, "a");
  Node heir(world, "b");
  paused.Own(true);
  paused.PublishPolicy();
  heir.Own(true);
  EXPECT_TRUE(heir.Must(Report("heirs"), Officer()).has_accepted());

  absl::Status latest;
  ASSERT_TRUE(paused.partition().Barrier([&](absl::Status status) { latest = std::move(status); }).ok());
  const auto late = paused.Submit(Report("zombies"), Officer());
  ASSERT_TRUE(late->taken.ok());
  paused.Drive();
  ASSERT_TRUE(late->answer);
  EXPECT_TRUE(absl::IsUnavailable(late->answer->status())) << late->answer->status();
  EXPECT_TRUE(absl::IsUnavailable(latest)) << "a paused owner must not answer LATEST (law L9): " << latest;
  EXPECT_EQ(paused.partition().view().condition, "FOLLOWING");
  EXPECT_EQ(paused.Digest(), heir.Digest());

  EXPECT_TRUE(heir.Must(Report("heirs-too"), Officer()).has_accepted());
  world.now.monotonic += absl::Seconds(2);
  paused.Drive();
  EXPECT_FALSE(paused.partition().owner()) << "it rests";
  world.now.monotonic += absl::Seconds(2);
  paused.Drive();
  EXPECT_TRUE(paused.partition().owner()) << "nobody has said that it should not own";
  EXPECT_TRUE(paused.Must(Report("own-again"), Officer()).has_accepted());
}

TEST(Following, L8_TimersFireAtTheHeirAlone) {
  World world;
  Node first(world, "a");
  Node second(world, "b");
  first.Own(true);
  first.PublishPolicy();
  const std::string case_id = first.Must(Report("report"), Officer()).stream();
  EXPECT_TRUE(first.Must(Triage("triage", case_id), Officer()).has_accepted());
  first.Own(false);
  const uint64_t before = world.log.End(0).value();
  world.now.wall += absl::Hours(24 * 5);
  world.now.monotonic += absl::Hours(24 * 5);
  first.Drive();
  EXPECT_EQ(world.log.End(0).value(), before) << "a follower fires nothing";
  second.Own(true);
  second.Drive();
  EXPECT_GT(world.log.End(0).value(), before + 1) << "what fell due meanwhile has fired";
  first.Follow();
  EXPECT_EQ(first.Digest(), second.Digest());

  // And back: who owned before looks for what is due anew.
  second.Own(false);
  world.now.wall += absl::Hours(24 * 5);
  world.now.monotonic += absl::Hours(24 * 5);
  const uint64_t then = world.log.End(0).value();
  first.Own(true);
  first.Drive();
  EXPECT_GT(world.log.End(0).value(), then + 1);
}

TEST(Following, AFollowerWhoseStateIsReopenedCatchesUpAndFollows) {
  World world;
  Node owner(world, "a");
  Node follower(world, "b");
  owner.Own(true);
  owner.PublishPolicy();
  follower.Follow();
  follower.partition().SuspendState(absl::OkStatus());
  EXPECT_EQ(follower.partition().view().condition, "RECOVERING");
  EXPECT_TRUE(owner.Must(Report("report"), Officer()).has_accepted());
  follower.ReopenStore(1);  // what was published is replayed, over a directory that has it
  follower.partition().BeginAgain(world.now);
  follower.Follow();
  EXPECT_EQ(follower.partition().view().condition, "FOLLOWING");
  EXPECT_EQ(follower.Digest(), owner.Digest());
  owner.Own(false);
  follower.Own(true);
  EXPECT_TRUE(follower.Must(Report("another"), Officer()).has_accepted()) << "the directory is there again";
}

TEST(Following, AFollowerWhoseStateLostTheDirectorysTailFollowsItAgain) {
  World world;
  Node owner(world, "a");
  Node follower(world, "b");
  owner.Own(true);
  owner.PublishPolicy();
  follower.Follow();
  const std::string before = follower.Digest();
  follower.ReopenState(/*lost=*/1);
  EXPECT_NE(follower.Digest(), before) << "the pack is not in state any more";
  follower.Follow();
  EXPECT_EQ(follower.partition().view().condition, "FOLLOWING");
  EXPECT_EQ(follower.Digest(), before);
  owner.Own(false);
  follower.Own(true);
  EXPECT_TRUE(follower.Must(Report("report"), Officer()).has_accepted()) << "the directory is there again";
}

}  // namespace
}  // namespace caseward::test

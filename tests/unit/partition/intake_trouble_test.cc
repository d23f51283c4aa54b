// When commands by topic cannot go on, and how they share a round with everything else: an intake that stands still
// names why and holds up nothing, and nothing is passed over in silence.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/intake_door.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---------------------------------------------------------------------------------------------- trouble

TEST(Intake, WhatRetentionTookStopsTheIntakeByNameAndNothingElse) {
  PartitionWorld world(2);
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  world.Crash(1);
  for (int i = 0; i < 3; ++i)
    world.log().PutIntake(1, ByTopic(ReportIn(world, 1, StrCat("late", i)), Officer()));
  world.log().ExpireIntake(1, 3);
  ASSERT_TRUE(world.Open(1).ok());
  world.Drive();

  const PartitionView view = world.partition(1).view();
  EXPECT_EQ(view.condition, "SERVING");
  EXPECT_EQ(view.intake.condition, "STOPPED");
  EXPECT_THAT(view.intake.why, HasSubstr("lay at offset 1, but the topic begins at 3"));
  EXPECT_TRUE(world.Must(ReportIn(world, 1, "by-call"), Officer()).has_accepted());
  world.Advance(absl::Hours(1));
  EXPECT_EQ(Taken(world, 1).size(), 1u) << "never a silent jump";
}

TEST(Intake, ATopicMadeAnewIsNotTakenForTheOneBefore) {
  PartitionWorld world(2);
  for (int i = 0; i < 3; ++i)
    world.Put(1, ReportIn(world, 1, StrCat("r", i)), Officer());
  world.log().RemakeIntake(1);
  world.Advance(absl::Seconds(1));
  EXPECT_THAT(world.partition(1).view().intake.why, HasSubstr("made anew"));

  // And once the new one has grown past the old position, the record taken last still tells them apart.
  for (int i = 0; i < 5; ++i)
    world.Put(1, ReportIn(world, 1, StrCat("new", i)), Officer());
  world.Advance(absl::Seconds(1));

  EXPECT_EQ(world.partition(1).view().intake.condition, "STOPPED");
  EXPECT_THAT(world.partition(1).view().intake.why, HasSubstr("the topic was made anew"));
  EXPECT_EQ(Taken(world, 1).size(), 3u);
}

TEST(Intake, APersonMayAcceptTheLossAndItIsRecordedWithTheirName) {
  PartitionWorld world(2);
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  const v1::Actor grace = Staff("grace", "system_admin");
  absl::Status refused = absl::OkStatus();
  ASSERT_TRUE(world.partition(1).AcceptIntake(0, grace, [&](absl::Status s) { refused = s; }).ok());
  world.Drive();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << "it goes on by itself: " << refused;

  world.log().RemakeIntake(1);
  const v1::Command report = ReportIn(world, 1, "new");
  world.Put(1, report, Officer());
  world.Advance(absl::Seconds(1));
  ASSERT_EQ(world.partition(1).view().intake.condition, "STOPPED");
  absl::Status accepted = absl::UnknownError("not told");
  ASSERT_TRUE(world.partition(1).AcceptIntake(0, grace, [&](absl::Status s) { accepted = s; }).ok());
  world.Drive();

  EXPECT_TRUE(accepted.ok()) << accepted;
  EXPECT_EQ(world.partition(1).view().intake.condition, "OPEN");
  const std::vector<v1::Decision> records = world.Records(1);
  const v1::Decision& note = records[records.size() - 2];
  EXPECT_EQ(note.intake_noted().kind(), v1::IntakeNoted::KIND_ACCEPTED_LOSS);
  EXPECT_EQ(note.actor().id(), "grace");
  EXPECT_EQ(note.intake_noted().lost_from(), 1u);
  EXPECT_EQ(note.intake_noted().next_offset(), 0u);
  EXPECT_EQ(records.back().command().command_id(), report.command_id());
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Intake, ABrokerThatIsAwayMakesItWaitAndItGoesOnByItself) {
  PartitionWorld world(2);
  world.log().FailIntake(absl::UnavailableError("no broker answers"));
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  EXPECT_EQ(world.partition(1).view().intake.condition, "WAITING");
  EXPECT_EQ(world.partition(1).view().intake.why, "no broker answers");

  world.log().FailIntake(absl::OkStatus());
  world.Advance(absl::Seconds(1));

  EXPECT_EQ(world.partition(1).view().intake.condition, "OPEN");
  EXPECT_EQ(Taken(world, 1).size(), 1u);
}

TEST(Intake, WhatCannotBeToldNowIsKeptAndHoldsWhatIsBehindIt) {
  PartitionWorld world(2);
  bool away = true;
  world.SetDoor([&](const IntakeRecord& record, const Directory& directory) {
    IntakeCommand made = TestDoor(record, directory);
    if (away) made.status = absl::UnavailableError("the vault is away");
    return made;
  });
  world.Reopen(1);
  world.log().PutIntake(1, ByTopic(ReportIn(world, 1, "r1"), Officer()));
  world.Put(1, ReportIn(world, 1, "r2"), Officer());
  EXPECT_THAT(Taken(world, 1), IsEmpty());
  EXPECT_EQ(world.partition(1).view().intake.condition, "WAITING");
  EXPECT_EQ(world.partition(1).view().intake.why, "the vault is away");
  EXPECT_TRUE(world.Must(ReportIn(world, 1, "by-call"), Officer()).has_accepted());

  away = false;
  world.Advance(absl::Seconds(1));

  ASSERT_EQ(Taken(world, 1).size(), 2u);
  EXPECT_EQ(Taken(world, 1)[0].command().command_id().substr(0, 2), "r1");
}

TEST(Intake, WithoutADoorItIsClosedAndNothingIsLost) {
  PartitionWorld world(2);
  world.SetDoor(nullptr);
  world.Reopen(1);
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  world.Advance(absl::Seconds(5));
  EXPECT_THAT(Taken(world, 1), IsEmpty());
  EXPECT_EQ(world.partition(1).view().intake.condition, "CLOSED");

  world.SetDoor(TestDoor);
  world.Reopen(1);
  EXPECT_EQ(Taken(world, 1).size(), 1u);
}

class Troubles final : public Observer {
 public:
  void Trouble(uint32_t partition, std::string_view what, std::string_view why) override {
    told.push_back(StrCat(partition, " ", what, why.empty() ? " over" : StrCat(": ", why)));
  }
  void IntakeTaken(uint32_t, std::string_view what) override { ++taken[std::string(what)]; }
  std::vector<std::string> told;
  std::map<std::string, int> taken;
};

TEST(Intake, TroubleIsToldWhenItBeginsAndWhenItIsOver) {
  Troubles troubles;
  PartitionWorld world(2);
  world.SetObserver(troubles);
  world.Reopen(1);
  world.log().FailIntake(absl::UnavailableError("away"));
  world.Advance(absl::Seconds(3));
  world.log().FailIntake(absl::OkStatus());
  world.Advance(absl::Seconds(1));
  EXPECT_THAT(troubles.told, ElementsAre("1 INTAKE_WAITING: away", "1 INTAKE_WAITING over"));
  const v1::Command report = ReportIn(world, 1, "r");
  world.Put(1, report, Officer());
  world.Put(1, report, Officer());
  world.Put(1, {.key = "", .value = "none", .headers = {{kSender, "olu;officer"}}});
  EXPECT_THAT(troubles.taken,
              ElementsAre(testing::Pair("decided", 1), testing::Pair("duplicate", 1), testing::Pair("rejected", 1)));
}

TEST(Messages, AnInboxThatCannotBeReadIsToldWhileItLasts) {
  Troubles troubles;
  PartitionWorld world(2);
  world.SetObserver(troubles);
  world.Reopen(1);
  world.log().FailInbox(absl::DataLossError("topic messages partition 1 offset 7: expected a message"));
  world.Advance(absl::Seconds(3));
  EXPECT_THAT(world.partition(1).view().messages_why, HasSubstr("offset 7"));
  EXPECT_EQ(world.partition(1).view().condition, "SERVING");
  world.log().FailInbox(absl::OkStatus());
  world.Advance(absl::Seconds(1));
  EXPECT_EQ(world.partition(1).view().messages_why, "");
  EXPECT_THAT(troubles.told,
              ElementsAre("1 MESSAGES_UNREADABLE: topic messages partition 1 offset 7: expected a message",
                          "1 MESSAGES_UNREADABLE over"));
}

// ---------------------------------------------------------------------------------------------- fairness

// Polled work starves behind pushed work, or the other way round (peers' bug 12). Here both are saturated, and each
// gets its quarter of every round.
TEST(Intake, Bug12_CallsAndTopicShareARoundAndNeitherStarves) {
  PartitionLimits limits;
  limits.round_commands_max = 16;
  PartitionWorld world(1, limits);
  constexpr int kEach = 64;
  for (int i = 0; i < kEach; ++i)
    world.log().PutIntake(0, ByTopic(Report(StrCat("topic-", i)), Officer()));
  std::vector<std::shared_ptr<PartitionWorld::Waiting>> calls;
  for (int i = 0; i < kEach; ++i)
    calls.push_back(world.Submit(Report(StrCat("call-", i)), Officer()));
  const auto answered = [&] {
    return std::count_if(calls.begin(), calls.end(), [](const auto& call) { return call->answered; });
  };

  for (int round = 1; answered() < kEach && Taken(world, 0).size() < kEach; ++round) {
    world.partition(0).Step(world.now());  // gathers and appends
    world.partition(0).Step(world.now());  // settles, and gathers the next
    const auto by_call = static_cast<size_t>(answered());
    const size_t by_topic = Taken(world, 0).size();
    ASSERT_GE(by_call, static_cast<size_t>(round) * limits.round_commands_max / 4) << round;
    ASSERT_GE(by_topic, static_cast<size_t>(round) * limits.round_commands_max / 4) << round;
    ASSERT_LT(round, kEach);
  }
  world.Drive();
  EXPECT_EQ(answered(), kEach);
  EXPECT_EQ(Taken(world, 0).size(), static_cast<size_t>(kEach));
}

TEST(Intake, AloneItUsesTheWholeRoundButWhatMessagesAreSureOf) {
  PartitionLimits limits;
  limits.round_commands_max = 16;
  PartitionWorld world(1, limits);
  for (int i = 0; i < 40; ++i)
    world.log().PutIntake(0, ByTopic(Report(StrCat("topic-", i)), Officer()));
  world.partition(0).Step(world.now());
  world.partition(0).Step(world.now());
  EXPECT_GE(Taken(world, 0).size(), 12u);
  world.Drive();
  EXPECT_EQ(Taken(world, 0).size(), 40u);
}

TEST(Intake, LargeRecordsAndLargeCommandsShareTheBytesOfARound) {
  PartitionLimits limits;
  limits.round_bytes_max = 64 << 10;
  PartitionWorld world(1, limits);
  const std::string long_story(20 << 10, 'x');
  for (int i = 0; i < 8; ++i)
    world.log().PutIntake(0, ByTopic(Report(StrCat("topic-", i), long_story), Officer()));
  std::vector<std::shared_ptr<PartitionWorld::Waiting>> calls;
  for (int i = 0; i < 8; ++i)
    calls.push_back(world.Submit(Report(StrCat("call-", i), long_story), Officer()));
  for (int round = 1; round <= 4; ++round) {
    world.partition(0).Step(world.now());
    world.partition(0).Step(world.now());
    EXPECT_GE(Taken(world, 0).size(), static_cast<size_t>(round));
    EXPECT_GE(std::count_if(calls.begin(), calls.end(), [](const auto& call) { return call->answered; }), round);
  }
}

}  // namespace
}  // namespace caseward

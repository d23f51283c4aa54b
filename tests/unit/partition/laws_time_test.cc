// Laws L6 to L8: time enters once, refusals are evidence, clocks fire exactly once.
#include <memory>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/decide.h"
#include "engine/partition/records.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests

v1::Command At(v1::Command command, absl::Time occurred_at) {
  SetTimestamp(occurred_at, command.mutable_occurred_at());
  return command;
}

std::vector<v1::Decision> FiredOf(PartitionWorld& world, uint32_t n) {
  std::vector<v1::Decision> fired;
  for (v1::Decision& decision : world.Records(n)) {
    if (decision.command().has_fire_clock()) fired.push_back(std::move(decision));
  }
  return fired;
}

TEST(L6, RecordedAtNeverGoesBackWhenTheWallClockDoes) {
  PartitionWorld world(2);
  const v1::Outcome first = world.Must(Report("r1"), Officer());

  world.Jump(-absl::Hours(2));
  const v1::Outcome second = world.Must(Report("r2"), Officer());

  EXPECT_EQ(ToTime(second.recorded_at()), ToTime(first.recorded_at()));
}

TEST(L6, AClaimedTimeMayBeNowButNotAMicrosecondLater) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Advance(absl::Minutes(1));

  EXPECT_TRUE(world.Must(At(Contact("c1", id), world.now().wall), Officer()).has_accepted());
  const v1::Outcome late = world.Must(At(Contact("c2", id), world.now().wall + absl::Microseconds(1)), Officer());

  EXPECT_EQ(late.refusal().rule(), "C-future");
}

TEST(L6, AClaimedTimeMayBe400DaysBackButNoMore) {
  PartitionWorld world(2);
  const absl::Time oldest = world.now().wall - kBackdateMax;

  EXPECT_TRUE(world.Must(At(Report("r1"), oldest), Officer()).has_accepted());
  EXPECT_EQ(world.Must(At(Report("r2"), oldest - absl::Microseconds(1)), Officer()).refusal().rule(), "C-backdate");
}

TEST(L6, AJumpHoldsTimersUntilAnAdministratorConfirms) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Jump(absl::Hours(20));
  world.Drive();
  EXPECT_EQ(world.partition(1).view().condition, "HOLDING_TIMERS");
  EXPECT_TRUE(FiredOf(world, 1).empty());
  EXPECT_TRUE(world.Must(Note("n1", id, "words"), Officer()).has_accepted()) << "commands go on";

  // By anybody: refused. By an administrator: the clocks fire.
  v1::Command confirm;
  confirm.set_command_id("ok1");
  confirm.mutable_confirm_time()->set_reason_code("checked");
  Partition& partition = world.partition(1);
  absl::StatusOr<v1::Outcome> refused = absl::UnknownError("");
  ASSERT_TRUE(
      partition.Submit({.command = confirm, .actor = Officer(), .reply = [&](auto outcome) { refused = outcome; }})
          .ok());
  world.Drive();
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->refusal().rule(), "C-role");
  EXPECT_TRUE(FiredOf(world, 1).empty());

  absl::StatusOr<v1::Outcome> confirmed = absl::UnknownError("");
  confirm.set_command_id("ok2");
  ASSERT_TRUE(
      partition
          .Submit({.command = confirm, .actor = Administrator(), .reply = [&](auto outcome) { confirmed = outcome; }})
          .ok());
  world.Drive();
  ASSERT_TRUE(confirmed.ok() && confirmed->has_accepted());
  EXPECT_EQ(confirmed->stream(), "partition/1");
  EXPECT_EQ(partition.view().condition, "SERVING");
  EXPECT_EQ(FiredOf(world, 1).size(), 2u) << "warned and breached";
}

// A case that may be proposed for closing, but for the rule that wants two contacts.
std::string TriagedCase(PartitionWorld& world) {
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  EXPECT_TRUE(world.Must(Triage("t1", id), Officer()).has_accepted());
  return id;
}

TEST(L7, ARefusalIsRecordedWithItsRuleAndClauseAndMovesNoVersion) {
  PartitionWorld world(2);
  const std::string id = TriagedCase(world);

  const v1::Outcome refused = world.Must(Propose("p1", id), Officer());

  EXPECT_EQ(refused.refusal().rule(), "T-1");
  EXPECT_EQ(refused.refusal().clause(), "T 4");
  EXPECT_EQ(refused.refusal().missing(0).id(), "contacts");
  EXPECT_FALSE(refused.refusal().unblock().empty());
  EXPECT_EQ(world.Records(1).back().refusal().rule(), "T-1");
  EXPECT_EQ(world.CaseAt(id).version(), 2u);
}

TEST(L7, TheSameRefusalWithinAMinuteIsCountedNotRepeated) {
  PartitionWorld world(2);
  const std::string id = TriagedCase(world);
  const v1::Outcome first = world.Must(Propose("p1", id), Officer());
  const size_t records = world.Records(1).size();

  world.Advance(absl::Seconds(30));
  const v1::Outcome second = world.Must(Propose("p2", id), Officer());
  const v1::Outcome third = world.Must(Propose("p3", id), Officer());

  EXPECT_EQ(second.refusal().repeats(), 1u);
  EXPECT_EQ(third.refusal().repeats(), 2u);
  EXPECT_EQ(third.command_id(), "p3");
  EXPECT_EQ(third.position().sequence(), first.position().sequence());
  EXPECT_EQ(world.Records(1).size(), records);

  world.Advance(absl::Seconds(30));
  const v1::Decision counted = world.Records(1).back();
  EXPECT_EQ(counted.stream(), id);
  EXPECT_EQ(counted.actor().kind(), v1::Actor::KIND_SYSTEM);
  EXPECT_EQ(counted.command().count_refusals().rule(), "T-1");
  EXPECT_EQ(counted.command().count_refusals().repeats(), 2u);
  EXPECT_EQ(world.CaseAt(id).version(), 2u);
  EXPECT_EQ(world.Must(Propose("p4", id), Officer()).refusal().repeats(), 0u) << "a new minute";
}

TEST(L7, TheSameRefusalTwiceInOneRoundIsCountedToo) {
  PartitionWorld world(2);
  const std::string id = TriagedCase(world);
  const size_t records = world.Records(1).size();
  const auto one = world.Submit(Propose("p1", id), Officer());
  const auto two = world.Submit(Propose("p2", id), Officer());
  const auto three = world.Submit(Propose("p3", id), Officer());

  world.Drive();

  EXPECT_EQ(one->outcome->refusal().repeats(), 0u);
  EXPECT_EQ(two->outcome->refusal().repeats(), 1u);
  EXPECT_EQ(three->outcome->refusal().repeats(), 2u);
  EXPECT_EQ(world.Records(1).size(), records + 1);
  world.Advance(absl::Minutes(1));
  EXPECT_EQ(world.Records(1).back().command().count_refusals().repeats(), 2u);
}

TEST(L7, AnotherActorOrAnotherRuleIsRecorded) {
  PartitionWorld world(2);
  const std::string id = TriagedCase(world);
  world.Must(Propose("p1", id), Officer());
  const size_t records = world.Records(1).size();

  EXPECT_EQ(world.Must(Propose("p2", id), Staff("ben", "officer")).refusal().repeats(), 0u);
  EXPECT_EQ(world.Must(Close("x1", id), Officer()).refusal().repeats(), 0u);

  EXPECT_EQ(world.Records(1).size(), records + 2);
}

TEST(L7, WithoutRepeatsNothingIsCounted) {
  PartitionWorld world(2);
  const std::string id = TriagedCase(world);
  world.Must(Propose("p1", id), Officer());
  const size_t records = world.Records(1).size();

  world.Advance(absl::Minutes(2));

  EXPECT_EQ(world.Records(1).size(), records);
}

TEST(L8, AClockWarnsAndBreachesExactlyOnceAtItsTime) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Advance(absl::Hours(4) - absl::Microseconds(1));
  EXPECT_TRUE(FiredOf(world, 1).empty());

  world.Advance(absl::Microseconds(1));
  ASSERT_EQ(FiredOf(world, 1).size(), 1u);
  EXPECT_EQ(FiredOf(world, 1)[0].command().fire_clock().edge(), v1::FireClock::EDGE_WARN);
  world.Advance(absl::Hours(4));
  world.Advance(absl::Hours(400));

  const std::vector<v1::Decision> fired = FiredOf(world, 1);
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_EQ(fired[1].command().fire_clock().edge(), v1::FireClock::EDGE_BREACH);
  EXPECT_EQ(ClockOf(world.CaseAt(id), "first_contact").status(), v1::ClockState::STATUS_BREACHED);
}

TEST(L8, AClockThatFellDueWhileTheServiceWasDownFiresOnceAndSaysWhenItWasDetected) {
  PartitionWorld world(2);
  const v1::Outcome reported = world.Must(Report("r1"), Officer());
  world.Crash(1);
  world.Advance(absl::Hours(100));

  world.Reopen(1);

  ASSERT_EQ(FiredOf(world, 1).size(), 2u);
  const v1::ClockState clock = ClockOf(world.CaseAt(reported.stream()), "first_contact");
  EXPECT_EQ(ToTime(clock.breached_at()), ToTime(reported.recorded_at()) + absl::Hours(8));
  EXPECT_EQ(ToTime(clock.detected_at()), world.now().wall);
  world.Reopen(1, 2);
  EXPECT_EQ(FiredOf(world, 1).size(), 2u);
}

TEST(L8, AtOneInstantFactsComeBeforeTimers) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Advance(absl::Hours(5));  // warned
  world.SetWall(world.now().wall);
  // Due at the very moment at which the contact is recorded.
  const absl::Time due = ToTime(ClockOf(world.CaseAt(id), "first_contact").due_exclusive());
  const auto contact = world.Submit(At(Contact("c1", id), due - absl::Seconds(1)), Officer());

  world.Advance(due - world.now().wall);

  ASSERT_TRUE(contact->outcome.ok() && contact->outcome->has_accepted());
  EXPECT_EQ(ClockOf(world.CaseAt(id), "first_contact").status(), v1::ClockState::STATUS_MET);
  EXPECT_EQ(FiredOf(world, 1).size(), 1u) << "the warning only";
}

TEST(L8, APausedClockDoesNotFireAndAResumedOneFiresAtItsNewTime) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  v1::Command pause = OfCase("p1", id);
  pause.mutable_pause_clock()->set_clock("first_contact");
  pause.mutable_pause_clock()->set_reason_code("waiting");
  ASSERT_TRUE(world.Must(pause, Officer()).has_accepted());
  world.Advance(absl::Hours(50));
  EXPECT_TRUE(FiredOf(world, 1).empty());

  v1::Command resume = OfCase("p2", id);
  resume.mutable_resume_clock()->set_clock("first_contact");
  ASSERT_TRUE(world.Must(resume, Officer()).has_accepted());
  world.Advance(absl::Hours(7));
  EXPECT_EQ(FiredOf(world, 1).size(), 1u);
  world.Advance(absl::Hours(1));

  EXPECT_EQ(FiredOf(world, 1).size(), 2u);
}

TEST(L8, ManyClocksDueAtOnceDrainInRoundsBesideCommands) {
  PartitionLimits limits;
  limits.round_commands_max = 8;
  PartitionWorld world(2, limits);
  for (int i = 0; i < 30; ++i)
    world.Must(Report(StrCat("r", i)), Officer());
  world.Crash(1);
  world.Advance(absl::Hours(9));
  ASSERT_TRUE(world.Open(1).ok());
  world.partition(1).Step(world.now());  // the claim
  const auto command = world.Submit(Report("while-draining"), Officer());
  for (int turn = 0; turn < 4; ++turn)
    world.partition(1).Step(world.now());

  EXPECT_TRUE(command->answered) << "a command does not wait for all clocks";
  EXPECT_LT(FiredOf(world, 1).size(), 60u);
  world.Drive();
  EXPECT_EQ(FiredOf(world, 1).size(), 60u);
}

// Ten clocks are due, and are found when the partition opens; its first step claims.
void ReportFiveThatFallDueWhileAway(PartitionWorld& world) {
  for (int i = 0; i < 5; ++i)
    world.Must(Report(StrCat("r", i)), Officer());
  world.Crash(1);
  world.Advance(absl::Hours(9));
  ASSERT_TRUE(world.Open(1).ok());
  world.partition(1).Step(world.now());
}

TEST(L10, ARoundFiresAsManyClocksAsItsLimitAndNotOneMore) {
  PartitionLimits limits;
  limits.round_timers_max = 4;
  PartitionWorld world(2, limits);
  ReportFiveThatFallDueWhileAway(world);

  std::vector<size_t> fired = {FiredOf(world, 1).size()};
  for (int turn = 0; turn < 10 && fired.back() < 10; ++turn) {
    world.partition(1).Step(world.now());
    const size_t now = FiredOf(world, 1).size();
    if (now != fired.back()) fired.push_back(now);
  }

  ASSERT_EQ(fired.back(), 10u);
  std::vector<size_t> rounds;
  for (size_t i = 1; i < fired.size(); ++i)
    rounds.push_back(fired[i] - fired[i - 1]);
  if (fired.front() > 0) rounds.insert(rounds.begin(), fired.front());
  EXPECT_THAT(rounds, testing::ElementsAre(4, 4, 2));
}

// The loop remembers up to where it has fired, and what starts overdue lies before that.
TEST(L8, AClockThatStartsOverdueWhileOthersDrainFiresToo) {
  PartitionLimits limits;
  limits.round_timers_max = 1;
  PartitionWorld world(2, limits);
  ReportFiveThatFallDueWhileAway(world);
  while (FiredOf(world, 1).size() < 6)
    world.partition(1).Step(world.now());

  const absl::Time long_ago = world.now().wall - absl::Hours(100);
  const std::string late = world.Must(At(Report("late"), long_ago), Officer()).stream();
  world.Drive();

  EXPECT_EQ(ClockOf(world.CaseAt(late), "first_contact").status(), v1::ClockState::STATUS_BREACHED);
  EXPECT_EQ(FiredOf(world, 1).size(), 12u);
}

}  // namespace
}  // namespace caseward

// The path of a command through one partition, and what happens to it when the log does not answer as hoped.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/forwarding_event_log.h"
#include "tests/support/england_and_wales.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

std::vector<std::string> EventsOf(const v1::Outcome& outcome) {
  return {outcome.accepted().events().begin(), outcome.accepted().events().end()};
}

TEST(PartitionLoop, ACommandIsDecidedAppendedAppliedAndAnswered) {
  PartitionWorld world(2);

  const v1::Outcome outcome = world.Must(Report("r1", "It happens at night."), Officer());

  EXPECT_THAT(EventsOf(outcome), IsSupersetOf({"case_reported", "clock_started"}));
  EXPECT_EQ(outcome.version(), 1u);
  EXPECT_EQ(outcome.position().partition(), 1u);
  EXPECT_FALSE(outcome.replayed());
  const v1::CaseState state = world.CaseAt(outcome.stream());
  EXPECT_EQ(state.phase(), v1::PHASE_REPORTED);
  EXPECT_EQ(world.Records(1).back().sequence(), outcome.position().sequence());
}

// Notes of each round whether its caller may block.
class HintsOf : public ForwardingEventLog {
 public:
  using ForwardingEventLog::ForwardingEventLog;
  void AppendRound(uint32_t partition, Round round, AppendDone done) override {
    hints.push_back(round.may_block);
    inner().AppendRound(partition, std::move(round), std::move(done));
  }
  std::vector<bool> hints;
};

TEST(PartitionLoop, ARoundMayBlockWhereTheLoopHasNothingElseToDo) {
  PartitionWorld world(2);
  HintsOf log(world.log());
  bool alone = false;
  PartitionConfig config = world.Config(1);
  config.alone = [&] { return alone; };
  auto opened = Partition::Open(config,
                                {.log = log,
                                 .store = world.store(1),
                                 .vault = world.vault(1),
                                 .hasher = world.hasher(),
                                 .directory = world.hub(),
                                 .observer = world.observer()},
                                world.now());
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto step = [&] {
    while ((*opened)->Step(world.now()).worked) {
    }
  };
  step();  // its prelude
  for (const bool yes : {true, false}) {
    alone = yes;
    ASSERT_TRUE((*opened)->Submit({Report(yes ? "r1" : "r2"), Officer(), [](absl::StatusOr<v1::Outcome>) {}}).ok());
    step();
  }
  EXPECT_THAT(log.hints, ElementsAre(false, true, false));
}

TEST(PartitionLoop, ACaseGoesAllTheWay) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();

  EXPECT_TRUE(world.Must(Triage("t1", id), Officer()).has_accepted());
  EXPECT_TRUE(world.Must(Assign("a1", id, "olu"), Manager()).has_accepted());
  EXPECT_TRUE(world.Must(Contact("c1", id, "Rang back."), Officer()).has_accepted());
  EXPECT_EQ(world.Must(Propose("p1", id), Officer()).refusal().rule(), "T-1");
  EXPECT_TRUE(world.Must(Update("c2", id), Officer()).has_accepted());
  EXPECT_TRUE(world.Must(Propose("p2", id), Officer()).has_accepted());
  EXPECT_TRUE(world.Must(Close("x1", id), Officer()).has_refusal());
  EXPECT_EQ(world.Must(Sign("s1", id), Officer()).refusal().rule(), "T-2");
  EXPECT_TRUE(world.Must(Sign("s2", id), Manager()).has_accepted());
  EXPECT_TRUE(world.Must(Close("x2", id), Officer()).has_accepted());

  EXPECT_EQ(world.CaseAt(id).phase(), v1::PHASE_CLOSED);
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(PartitionLoop, TheFirstRecordsAreGenesisAndTheClaim) {
  PartitionWorld world(2, {}, /*publish=*/false);

  const std::vector<v1::Decision> records = world.Records(1);

  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].genesis().log_id(), "test-log");
  EXPECT_EQ(records[0].genesis().partitions(), 2u);
  EXPECT_EQ(records[1].owner_claimed().owner(), "node");
  EXPECT_EQ(records[1].owner_claimed().term(), records[1].term());
}

TEST(PartitionLoop, AnAbortedRoundIsDecidedAgain) {
  PartitionWorld world(2);
  world.log().faults().Next(1, LogFault::kAborted);

  const v1::Outcome outcome = world.Must(Report("r1", "words"), Officer());

  EXPECT_TRUE(outcome.has_accepted());
  EXPECT_FALSE(outcome.replayed());
  EXPECT_EQ(world.partition(1).view().condition, "SERVING");
  const v1::Words account = world.CaseAt(outcome.stream()).account();
  EXPECT_EQ(*world.vault(1).Open(account.key_id(), account.sealed()), "words")
      << "sealed anew, with a key that is durable";
}

TEST(PartitionLoop, AfterThreeAttemptsTheClientIsToldToAskAgainAndTheDoorCloses) {
  PartitionWorld world(2);
  for (int i = 0; i < 3; ++i)
    world.log().faults().Next(1, LogFault::kAborted);

  const absl::StatusOr<v1::Outcome> outcome = world.Do(Report("r1"), Officer());

  EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
  EXPECT_EQ(world.partition(1).view().condition, "RECOVERING");
  EXPECT_TRUE(absl::IsUnavailable(world.Do(Report("r2"), Officer()).status()));
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(world.partition(1).view().condition, "SERVING");
  EXPECT_FALSE(world.Must(Report("r1"), Officer()).replayed());
}

TEST(PartitionLoop, ARoundOfUnknownOutcomeThatIsThereIsAnsweredFromTheLog) {
  PartitionWorld world(2);
  const size_t before = world.Records(1).size();
  world.log().faults().Next(1, LogFault::kUnknownVisible);

  const v1::Outcome outcome = world.Must(Report("r1"), Officer());

  EXPECT_FALSE(outcome.replayed());
  EXPECT_EQ(world.Records(1).size(), before + 2) << "the report and the new claim";
  EXPECT_EQ(world.CaseAt(outcome.stream()).version(), 1u);
}

TEST(PartitionLoop, ARoundOfUnknownOutcomeThatIsNotThereIsDecidedAgain) {
  for (const LogFault fault : {LogFault::kUnknownLost, LogFault::kUnknownLate}) {
    PartitionWorld world(2);
    world.log().faults().Next(1, fault);

    const v1::Outcome outcome = world.Must(Report("r1"), Officer());

    EXPECT_FALSE(world.log().DeliverLate(1)) << "a claim came between";
    EXPECT_TRUE(outcome.has_accepted());
    int reports = 0;
    for (const v1::Decision& decision : world.Records(1))
      reports += decision.command().has_report_case() ? 1 : 0;
    EXPECT_EQ(reports, 1);
  }
}

TEST(PartitionLoop, WhenTheLogCannotEvenBeClaimedCallersHearThatTheirFateIsUnknown) {
  PartitionWorld world(2);
  world.log().faults().Next(1, LogFault::kUnknownVisible);
  world.log().faults().NextClaimFails(1);

  const absl::StatusOr<v1::Outcome> outcome = world.Do(Report("r1"), Officer());
  EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
  world.Advance(absl::Seconds(2));

  EXPECT_TRUE(world.Must(Report("r1"), Officer()).replayed());
}

TEST(PartitionLoop, WhileOneAppendIsInFlightTheNextRoundGathers) {
  PartitionWorld world(2, {}, /*publish=*/false, MemoryEventLog::Delivery::kWhenTold);
  while (world.log().DeliverAll() > 0)
    world.Drive();
  const auto calendar = world.Submit(PublishSimpleCalendar("calendar"), Administrator());
  const auto pack = world.Submit(PublishSimplePack("pack"), Administrator());
  world.Drive();
  while (world.log().DeliverAll() > 0)
    world.Drive();
  ASSERT_TRUE(calendar->outcome.ok() && pack->outcome.ok());
  const auto one = world.Submit(Report("r1"), Officer());
  EXPECT_TRUE(world.partition(1).Step(world.now()).waiting_for_append);
  const auto two = world.Submit(Report("r2"), Officer());
  const auto three = world.Submit(Report("r3"), Officer());
  world.Drive();
  EXPECT_EQ(world.log().waiting(1), 1u) << "only one round at a time";

  ASSERT_TRUE(world.log().Deliver(1));
  world.Drive();
  EXPECT_TRUE(one->answered);
  EXPECT_FALSE(two->answered);
  EXPECT_EQ(world.log().waiting(1), 1u) << "both that gathered";
  world.log().Deliver(1);
  world.Drive();

  EXPECT_TRUE(two->answered && three->answered);
}

TEST(PartitionLoop, StopAnswersEverybodyAndIsIdempotent) {
  PartitionWorld world(2);
  const auto waiting = world.Submit(Report("r1"), Officer());
  absl::Status applied;
  world.partition(1).WhenApplied(1'000'000, [&](absl::Status status) { applied = std::move(status); });

  world.partition(1).Stop();
  world.partition(1).Stop();

  EXPECT_TRUE(waiting->answered);
  EXPECT_TRUE(absl::IsUnavailable(waiting->outcome.status()));
  EXPECT_TRUE(absl::IsUnavailable(applied));
  EXPECT_TRUE(absl::IsUnavailable(world.Do(Report("r2"), Officer()).status()));
  EXPECT_FALSE(world.partition(1).Step(world.now()).worked);
}

TEST(PartitionLoop, StopFinishesWhatTheLogHasAnswered) {
  PartitionWorld world(2);
  const auto waiting = world.Submit(Report("r1"), Officer());
  world.partition(1).Step(world.now());
  ASSERT_FALSE(waiting->answered);

  world.partition(1).Stop();

  EXPECT_TRUE(waiting->outcome.ok());
}

TEST(PartitionLoop, WaitsForADirectoryAsNewAsItsOwnDecisionsHaveUsed) {
  PartitionWorld world(2);
  const v1::Outcome reported = world.Must(Report("r1"), Officer());
  const std::shared_ptr<const Directory> newest = world.hub().Now();
  world.Crash(1);
  world.hub().Publish(Directory::Empty());  // a node that has not caught up with partition 0

  ASSERT_TRUE(world.Open(1).ok());
  const auto waiting = world.Submit(Contact("c1", reported.stream()), Officer());
  const StepResult step = world.partition(1).Step(world.now());
  EXPECT_EQ(world.partition(1).view().condition, "WAITING");
  EXPECT_TRUE(step.next_timer.has_value());
  EXPECT_FALSE(waiting->answered);
  world.hub().Publish(newest);
  world.Drive();

  EXPECT_TRUE(waiting->outcome.ok());
  EXPECT_EQ(world.partition(1).view().condition, "SERVING");
}

TEST(PartitionLoop, TheDirectoryIsRebuiltWhenPartition0OpensAgain) {
  PartitionWorld world(2);
  v1::Command staff;
  staff.set_command_id("s1");
  staff.mutable_register_staff()->set_staff_id("olu");
  staff.mutable_register_staff()->add_roles("officer");
  ASSERT_TRUE(world.Must(staff, Administrator()).has_accepted());
  const uint64_t sequence = world.hub().Now()->sequence();

  world.Crash(0);
  world.hub().Publish(Directory::Empty());
  world.Reopen(0);

  EXPECT_EQ(world.hub().Now()->sequence(), sequence);
  EXPECT_NE(world.hub().Now()->NewestPack("simple"), nullptr);
  EXPECT_NE(world.hub().Now()->Staff("olu"), nullptr);
}

TEST(PartitionLoop, PacksOfOneRoundAreSeenByTheNextCommandOfTheRound) {
  PartitionWorld world(1, {}, /*publish=*/false);
  const auto calendar = world.Submit(PublishSimpleCalendar("calendar"), Administrator());
  const auto pack = world.Submit(PublishSimplePack("pack"), Administrator());
  const auto report = world.Submit(Report("r1"), Officer());

  world.Drive();

  ASSERT_TRUE(report->outcome.ok());
  EXPECT_TRUE(report->outcome->has_accepted()) << report->outcome->ShortDebugString();
  EXPECT_EQ(report->outcome->position().sequence(), pack->outcome->position().sequence() + 1);
}

}  // namespace
}  // namespace caseward

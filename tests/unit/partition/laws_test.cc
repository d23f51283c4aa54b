// Laws L1 to L5 of the design, as far as one process can prove them: the log is the truth, one path of state, both
// visible together, one writer, acknowledged is durable. (Crashes at every point and misbehaving logs: the simulator.)
#include <memory>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/apply.h"
#include "engine/partition/records.h"
#include "engine/partition/round.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::HasSubstr;

v1::Actor Officer() { return Staff("olu", "officer"); }
v1::Actor Manager() { return Staff("mia", "manager"); }

// A few cases in various states, with clocks that fired and refusals.
std::string LiveALittle(PartitionWorld& world) {
  const std::string id = world.Must(Report("r1", "It happens at night."), Officer()).stream();
  world.Must(Report("r2"), Officer());
  world.Must(Triage("t1", id), Officer());
  world.Must(Contact("c1", id, "Rang back."), Officer());
  world.Advance(absl::Hours(13));
  world.Must(Propose("p1", id), Officer());
  world.Must(Note("n1", id, "A note."), Officer());
  world.Must(Assign("a1", id, "olu"), Manager());
  return id;
}

// Appends raw records behind the owner's back, as a broken or foreign writer would.
absl::Status AppendRaw(PartitionWorld& world, uint32_t n, const v1::Decision& decision) {
  const absl::StatusOr<uint64_t> term = world.log().Claim(n, "intruder");
  const absl::StatusOr<uint64_t> end = world.log().End(n);
  Round round;
  round.term = *term;
  round.first_sequence = *end;
  round.records.push_back(DeterministicBytes(decision));
  absl::Status status = absl::UnknownError("no answer");
  world.log().AppendRound(n, std::move(round), [&](AppendResult result) { status = result.why; });
  return status;
}

TEST(L1, DeletedStateIsRebuiltToAnEqualDigest) {
  PartitionWorld world(2);
  LiveALittle(world);
  const std::string before = world.Digest(1);
  const uint64_t records = world.Records(1).size();

  world.Crash(1);
  world.store(1).Drop();
  ASSERT_TRUE(world.Open(1).ok());

  EXPECT_EQ(world.Digest(1), before);
  EXPECT_EQ(world.partition(1).view().position.sequence(), records - 1);
}

TEST(L1, TheDigestDoesNotDependOnHowRecordsAreCutIntoBatches) {
  PartitionLimits small;
  small.round_commands_max = 1;
  PartitionWorld rounds_of_one(2, small);
  LiveALittle(rounds_of_one);

  // RebuiltDigest applies one record a batch; the owner applied rounds; a new owner applies all in one chunk.
  const std::string one_by_one = rounds_of_one.RebuiltDigest(1);
  EXPECT_EQ(rounds_of_one.Digest(1), one_by_one);
  rounds_of_one.Crash(1);
  rounds_of_one.store(1).Drop();
  ASSERT_TRUE(rounds_of_one.Open(1).ok());
  EXPECT_EQ(rounds_of_one.Digest(1), one_by_one);
}

TEST(L2, EvolvingTheEventsGivesTheStateThatDecidingForesaw) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  // The same round, built by hand: what deciding foresaw is in its draft.
  Applier applier(1, {}, {.store = world.store(1), .hasher = world.hasher()});
  ASSERT_TRUE(applier.Restore().ok());
  RefusalWindows windows(absl::Minutes(1));
  const PartitionConfig config = world.Config(1);
  const std::vector<v1::Command> script = {
      Triage("t1", id),        Contact("c1", id, "words"),
      Update("u1", id),        Note("n1", id, "more words"),
      Assign("a1", id, "olu"), Action("x1", id, "a1", world.now().wall + absl::Hours(5)),
      Propose("p1", id),       Sign("s1", id),
      Close("y1", id)};
  absl::Time now = world.now().wall;
  for (const v1::Command& command : script) {
    now += absl::Hours(3);
    RoundBuilder round({.config = config,
                        .applier = applier,
                        .vault = world.vault(1),
                        .hasher = world.hasher(),
                        .windows = windows,
                        .term = 1,
                        .recorded_at = now},
                       world.hub().Now());
    const v1::Actor actor = command.has_sign_off() ? Manager() : Officer();
    absl::StatusOr<Admitted> admitted = Admit(command, actor, config, world.hasher());
    ASSERT_TRUE(admitted.ok()) << admitted.status();
    Pending pending{.submission = {.command = command, .actor = actor, .reply = [](absl::StatusOr<v1::Outcome>) {}},
                    .admitted = *std::move(admitted)};
    ASSERT_TRUE(round.AddCommand(std::move(pending)).ok());

    RoundDraft draft = round.Take();
    for (size_t i = 0; i < draft.decisions.size(); ++i) {
      ASSERT_TRUE(applier.Apply(draft.decisions[i], draft.round.records[i]).ok());
    }
    ASSERT_TRUE(world.store(1).Write(applier.EndBatch()).ok());
    applier.BatchWritten();

    ASSERT_EQ(draft.cases.count(id), draft.decisions[0].has_accepted() ? 1u : 0u);
    if (!draft.decisions[0].has_accepted()) continue;
    const v1::CaseState* evolved = *applier.FindCase(id);
    EXPECT_EQ(DeterministicBytes(draft.cases.at(id)), DeterministicBytes(*evolved)) << command.ShortDebugString();
  }
  EXPECT_EQ((*applier.FindCase(id))->phase(), v1::PHASE_CLOSED);
}

TEST(L3, ARoundThatReachedTheLogButNotTheStateIsAppliedOnceAfterACrash) {
  PartitionWorld world(2, {}, true);
  const std::string before = world.Digest(1);
  const std::shared_ptr<PartitionWorld::Waiting> waiting = world.Submit(Report("r1", "words"), Officer());
  world.partition(1).Step(world.now());  // decides and appends; nothing is applied before the next turn
  ASSERT_EQ(world.Digest(1), before);
  const size_t records = world.Records(1).size();

  world.Reopen(1);
  const v1::Outcome again = world.Must(Report("r1", "words"), Officer());

  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.position().sequence(), records - 1);
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(L3, StateBatchesLostInACrashAreReplayed) {
  PartitionWorld world(2);
  const std::string id = LiveALittle(world);
  const std::string before = world.Digest(1);

  world.Reopen(1, /*lost=*/3);

  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
  EXPECT_EQ(world.CaseAt(id).owner(), "olu");
  EXPECT_EQ(world.Digest(1), before) << "the new claim is a record, and changes no state";
}

TEST(L3, AStateStoreThatCannotBeWrittenStopsThePartitionAndLosesNothing) {
  PartitionWorld world(2);
  world.store(1).FailWrites(absl::ResourceExhaustedError("the disk is full"));

  const absl::StatusOr<v1::Outcome> outcome = world.Do(Report("r1"), Officer());

  EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
  EXPECT_EQ(world.partition(1).view().condition, "STOPPED");
  EXPECT_THAT(world.partition(1).view().why, HasSubstr("disk is full"));
  EXPECT_TRUE(absl::IsUnavailable(world.Do(Report("r2"), Officer()).status()));
  world.store(1).FailWrites(absl::OkStatus());
  world.Reopen(1);
  EXPECT_TRUE(world.Must(Report("r1"), Officer()).replayed());
}

TEST(L4, AGapStopsThePartitionAndIsNamed) {
  PartitionWorld world(2);
  v1::Decision decision = world.Records(1).back();
  decision.set_sequence(decision.sequence() + 7);
  world.Crash(1);
  ASSERT_TRUE(AppendRaw(world, 1, decision).ok());

  const absl::Status opened = world.Open(1);

  EXPECT_TRUE(absl::IsDataLoss(opened)) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr("a gap in the log: expected sequence"));
}

TEST(L4, ARepeatStopsThePartitionAndIsNamed) {
  PartitionWorld world(2);
  const v1::Decision decision = world.Records(1).back();
  world.Crash(1);
  ASSERT_TRUE(AppendRaw(world, 1, decision).ok());

  const absl::Status opened = world.Open(1);

  EXPECT_TRUE(absl::IsDataLoss(opened)) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr("a repeat in the log"));
}

TEST(L4, ARecordOfALowerTermAfterAHigherOneIsSkippedAndCounted) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());
  world.Reopen(1);  // a higher term
  v1::Decision stale = world.Records(1).back();
  stale.set_term(1);
  stale.set_sequence(stale.sequence() + 1);
  stale.set_stream("C-zombie");
  world.Crash(1);
  ASSERT_TRUE(AppendRaw(world, 1, stale).ok());

  ASSERT_TRUE(world.Open(1).ok());
  world.Drive();
  const v1::Outcome after = world.Must(Report("r2"), Officer());

  EXPECT_TRUE(after.has_accepted());
  EXPECT_EQ((*world.Reader(1).Meta())->stale_records(), 1u);
  // And a restart reads on from the right place.
  world.Reopen(1, 1);
  EXPECT_TRUE(world.Must(Report("r2"), Officer()).replayed());
}

TEST(L4, AnOwnerThatWasOvertakenStopsAndItsClientsAreToldToAskAgain) {
  PartitionWorld world(2);
  ASSERT_TRUE(world.log().Claim(1, "another").ok());
  const size_t records = world.Records(1).size();

  const absl::StatusOr<v1::Outcome> outcome = world.Do(Report("r1"), Officer());

  EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
  EXPECT_EQ(world.partition(1).view().condition, "STOPPED");
  EXPECT_EQ(world.Records(1).size(), records);
}

TEST(L4, StateOfAnotherLogIsRefused) {
  PartitionWorld one(2);
  PartitionWorld two(2);
  two.Crash(1);
  one.Crash(1);
  PartitionConfig config = one.Config(1);
  config.log_id = "another-log";
  Observer observer;

  const auto foreign_id = Partition::Open(config,
                                          {.log = one.log(),
                                           .store = one.store(1),
                                           .vault = one.vault(0),
                                           .hasher = one.hasher(),
                                           .directory = one.hub(),
                                           .observer = observer},
                                          one.now());
  MemoryEventLog empty(2);
  config.log_id = "test-log";
  const auto lost_log = Partition::Open(config,
                                        {.log = empty,
                                         .store = one.store(1),
                                         .vault = one.vault(0),
                                         .hasher = one.hasher(),
                                         .directory = one.hub(),
                                         .observer = observer},
                                        one.now());

  EXPECT_TRUE(absl::IsFailedPrecondition(foreign_id.status())) << foreign_id.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(lost_log.status())) << lost_log.status();
  EXPECT_THAT(std::string(lost_log.status().message()), HasSubstr("the log holds 0"));
}

TEST(L4, AFlippedBitIsNamedAndNeverSkipped) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());
  world.Crash(1);
  world.store(1).Drop();
  world.log().FlipBit(1, 2, 200);

  const absl::Status opened = world.Open(1);

  EXPECT_TRUE(absl::IsDataLoss(opened)) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr("2"));
}

TEST(L5, ARetryGetsTheFirstOutcomeAndDecidesNothing) {
  PartitionWorld world(2);
  const v1::Outcome first = world.Must(Report("r1", "words"), Officer());
  const size_t records = world.Records(1).size();
  world.Advance(absl::Minutes(30));

  const v1::Outcome again = world.Must(Report("r1", "words"), Officer());

  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.position().sequence(), first.position().sequence());
  EXPECT_EQ(again.stream(), first.stream());
  EXPECT_EQ(again.accepted().events_size(), first.accepted().events_size());
  EXPECT_EQ(world.Records(1).size(), records);
}

TEST(L5, TheSameIdWithOtherContentIsAnErrorAlsoWhenOnlyTheWordsDiffer) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "words"), Officer()).stream();
  world.Must(Contact("c1", id, "one thing"), Officer());

  EXPECT_TRUE(absl::IsAlreadyExists(world.Do(Contact("c1", id, "another thing"), Officer()).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(world.Do(Update("c1", id), Officer()).status()));
  EXPECT_TRUE(world.Must(Contact("c1", id, "one thing"), Officer()).replayed());
  EXPECT_FALSE(world.Must(Contact("c1", id, "one thing"), Staff("ben", "officer")).replayed()) << "another principal";
}

TEST(L5, TwiceInOneRoundIsDecidedOnce) {
  PartitionWorld world(2);
  const size_t records = world.Records(1).size();
  const auto one = world.Submit(Report("r1", "words"), Officer());
  const auto two = world.Submit(Report("r1", "words"), Officer());
  const auto other = world.Submit(Report("r1", "other words"), Officer());

  world.Drive();

  ASSERT_TRUE(one->outcome.ok() && two->outcome.ok());
  EXPECT_FALSE(one->outcome->replayed());
  EXPECT_TRUE(two->outcome->replayed());
  EXPECT_EQ(one->outcome->position().sequence(), two->outcome->position().sequence());
  EXPECT_TRUE(absl::IsAlreadyExists(other->outcome.status()));
  EXPECT_EQ(world.Records(1).size(), records + 1);
}

TEST(L5, ARefusalIsAFirstOutcomeToo) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  const v1::Outcome first = world.Must(Close("x1", id), Officer());

  const v1::Outcome again = world.Must(Close("x1", id), Officer());

  ASSERT_TRUE(first.has_refusal());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.refusal().rule(), first.refusal().rule());
}

TEST(L5, IdsAreKept400DaysAndAnOlderRetryOfAReportGetsANamedError) {
  PartitionWorld world(2);
  world.Must(Report("r1", "words"), Officer());
  world.Advance(absl::Hours(24) * 400 - absl::Minutes(1));
  world.Must(Report("r2"), Officer());  // a record: pruning goes with records
  EXPECT_TRUE(world.Must(Report("r1", "words"), Officer()).replayed());

  world.Advance(absl::Minutes(2));
  world.Must(Report("r3"), Officer());
  const absl::StatusOr<v1::Outcome> late = world.Do(Report("r1", "words"), Officer());

  EXPECT_TRUE(absl::IsAlreadyExists(late.status())) << late.status();
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("C-retry-expired"));
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(L5, PruningIsBoundedARecordAndKeepsUp) {
  PartitionWorld world(2);
  for (int i = 0; i < 40; ++i)
    world.Must(Report(StrCat("r", i)), Officer());
  const auto marks = [&] {
    int count = 0;
    EXPECT_TRUE(world.store(1)
                    .Scan(keys::ExpiryPrefix(1), "", [&](std::string_view, std::string_view) { return ++count > 0; })
                    .ok());
    return count;
  };
  ASSERT_EQ(marks(), 40);
  world.Advance(absl::Hours(24) * 401);
  const int left_by_clocks = marks();
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));

  for (int i = 0; i < 40; ++i)
    world.Must(Report(StrCat("late", i)), Officer());

  EXPECT_LT(left_by_clocks, 40);
  EXPECT_EQ(marks(), 40) << "the new ones only";
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

}  // namespace
}  // namespace caseward

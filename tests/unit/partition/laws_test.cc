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
    EXPECT_EQ(DeterministicBytes(*draft.cases.at(id)), DeterministicBytes(*evolved)) << command.ShortDebugString();
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

TEST(L3, AFullDiskIsWaitedForAndNothingIsLost) {
  PartitionWorld world(2);
  const std::string id = LiveALittle(world);
  world.store(1).FailWrites(absl::UnavailableError("the disk is full"));

  const absl::StatusOr<v1::Outcome> outcome = world.Do(Contact("late", id, "It got worse."), Officer());

  EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
  EXPECT_TRUE(world.partition(1).Step(world.now()).state_lost);
  const PartitionView view = world.partition(1).view();
  EXPECT_EQ(view.condition, "RECOVERING");
  EXPECT_THAT(view.why, HasSubstr("disk is full"));
  EXPECT_TRUE(view.position.log_id().empty()) << "no reader is shown a state older than it was told of";
  EXPECT_TRUE(absl::IsUnavailable(world.Do(Report("r2"), Officer()).status()));

  world.ReopenState(1, /*lost=*/3);
  world.Drive();

  EXPECT_EQ(world.partition(1).view().condition, "SERVING");
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
  EXPECT_TRUE(world.Must(Contact("late", id, "It got worse."), Officer()).replayed()) << "its first outcome stands";
  EXPECT_TRUE(world.Must(Report("r2"), Officer()).has_accepted());
}

// A world whose log answers when it is told to, with the simple policy published.
class SlowWorld : public testing::Test {
 protected:
  SlowWorld() : world_(2, {}, /*publish=*/false, MemoryEventLog::Delivery::kWhenTold) {
    Settle();
    for (const v1::Command& command : {PublishSimpleCalendar("calendar"), PublishSimplePack("pack")}) {
      EXPECT_TRUE(Settled(command, Administrator()).has_accepted());
    }
  }
  void Settle() {
    world_.Drive();
    while (world_.log().DeliverAll() > 0)
      world_.Drive();
  }
  v1::Outcome Settled(const v1::Command& command, const v1::Actor& actor) {
    const auto waiting = world_.Submit(command, actor);
    Settle();
    EXPECT_TRUE(waiting->answered && waiting->outcome.ok()) << waiting->outcome.status();
    return waiting->outcome.ok() ? *waiting->outcome : v1::Outcome();
  }
  PartitionWorld world_;
};

// The store is shared: it is reopened also under a partition that missed nothing, while its round is in flight.
TEST_F(SlowWorld, L3_ARoundInFlightWhileStateIsReopenedIsAskedOfTheLog) {
  for (const bool visible : {true, false}) {
    const auto report = world_.Submit(Report(visible ? "r1" : "r2", "They shout."), Officer());
    world_.Drive();
    ASSERT_EQ(world_.log().waiting(1), 1U);
    if (visible) {
      ASSERT_TRUE(world_.log().Deliver(1));
    }
    ASSERT_FALSE(report->answered);

    world_.ReopenState(1, /*lost=*/2);
    Settle();

    ASSERT_TRUE(report->answered && report->outcome.ok()) << report->outcome.status();
    EXPECT_TRUE(report->outcome->has_accepted());
    EXPECT_EQ(world_.CaseAt(report->outcome->stream()).version(), 1U);
    EXPECT_EQ(world_.Digest(1), world_.RebuiltDigest(1));
  }
}

// Another owner gave the same person another key a moment before: the log refuses the round, and the words are sealed
// again under the key that is durable.
TEST_F(SlowWorld, L11_ARoundWithAnotherKeyForAPersonIsSealedAgain) {
  const std::string id = Settled(Report("r1"), Officer()).stream();
  const std::string resident = world_.CaseAt(id).main_resident_id();
  const auto note = world_.Submit(Note("n1", id, "ours"), Officer());
  world_.Drive();
  ASSERT_EQ(world_.log().waiting(1), 1U);

  const std::unique_ptr<LocalKeyVault> other = MakeSeededKeyVault(world_.log(), 8);
  Round theirs;
  ASSERT_TRUE(other->Seal("theirs", {resident}, theirs.keys).ok());
  ASSERT_EQ(theirs.keys.size(), 1U);
  const KeyRecord key = theirs.keys.front();
  theirs.term = *world_.log().Claim(0, "other");
  theirs.first_sequence = *world_.log().End(0);
  AppendResult appended;
  world_.log().AppendRound(0, std::move(theirs), [&](AppendResult result) { appended = std::move(result); });
  ASSERT_TRUE(world_.log().Deliver(0));
  ASSERT_EQ(appended.kind, AppendResult::Kind::kCommitted) << appended.why;
  Settle();

  ASSERT_TRUE(note->answered && note->outcome.ok()) << note->outcome.status();
  EXPECT_TRUE(note->outcome->has_accepted());
  EXPECT_EQ(**world_.log().ReadKey(key.key_id), key.wrapped) << "the first key stands";
  const v1::Decision record = world_.Records(1).back();
  const v1::Words& words = record.command().record_step().fields().at("words").words();
  const absl::StatusOr<std::string> text = world_.vault(1).Open(words.key_id(), words.sealed());
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "ours");
}

// A round whose fate is unknown keeps its keys until the log has spoken: if it is visible, they are durable with it.
TEST(L11, KeysOfARoundInDoubtAreForgottenOnlyIfItIsLost) {
  for (const LogFault fault : {LogFault::kUnknownVisible, LogFault::kUnknownLost}) {
    PartitionWorld world(2);
    const std::string id = world.Must(Report("r1"), Officer()).stream();
    world.log().faults().Next(1, fault);

    EXPECT_TRUE(world.Must(Note("n1", id, "ours"), Officer()).has_accepted());

    const v1::CaseState state = world.CaseAt(id);
    const v1::Words& words = state.steps(0).fields().at("words").words();
    // Durable with its first use: a process that knows nothing but the log opens it.
    const absl::StatusOr<std::string> text = MakeSeededKeyVault(world.log(), 9)->Open(words.key_id(), words.sealed());
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_EQ(*text, "ours");
  }
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

// Messages between partitions: references claimed where their hash says, links in two steps, each exactly once; and
// imports, where a case runs on its own time.
#include <string>
#include <vector>

#include "engine/base/ids.h"
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

v1::Actor Officer() { return Staff("olu", "officer"); }

v1::ExternalReference Reference(const std::string& value) {
  v1::ExternalReference reference;
  reference.set_system("d365");
  reference.set_value(value);
  return reference;
}

v1::Command WithReference(v1::Command command, const std::string& value) {
  *command.add_references() = Reference(value);
  return command;
}

// A report whose case is at home in partition `n`.
v1::Command ReportIn(PartitionWorld& world, uint32_t n, const std::string& name) {
  for (int i = 0;; ++i) {
    v1::Command command = Report(StrCat(name, "-", i));
    if (world.PartitionOfCommand(command, Officer()) == n) return command;
  }
}

std::vector<v1::Decision> Caused(PartitionWorld& world, uint32_t n) {
  std::vector<v1::Decision> caused;
  for (v1::Decision& decision : world.Records(n)) {
    if (decision.has_cause()) caused.push_back(std::move(decision));
  }
  return caused;
}

TEST(Messages, AReferenceIsClaimedInThePartitionOfItsOwnHash) {
  PartitionWorld world(4);
  const std::string id = world.Must(WithReference(ReportIn(world, 1, "r"), "abc"), Officer()).stream();
  const uint32_t keeper = ReferencePartition(world.hasher(), Reference("abc"), 4);

  EXPECT_THAT(*world.Reader(keeper).ResolveReference(Reference("abc")), ElementsAre(id));
  ASSERT_EQ(Caused(world, keeper).size(), 1u);
  const v1::Decision claim = Caused(world, keeper)[0];
  EXPECT_EQ(claim.cause().partition(), 1u);
  EXPECT_EQ(claim.command().command_id(), StrCat("1-", claim.cause().sequence(), "-0"));
  EXPECT_EQ(claim.actor().kind(), v1::Actor::KIND_SYSTEM);
}

TEST(Messages, ASecondClaimShowsOnBothCases) {
  PartitionWorld world(4);
  const std::string one = world.Must(WithReference(ReportIn(world, 1, "r"), "abc"), Officer()).stream();
  const std::string two = world.Must(WithReference(ReportIn(world, 2, "r"), "abc"), Officer()).stream();

  const uint32_t keeper = ReferencePartition(world.hasher(), Reference("abc"), 4);
  EXPECT_THAT(*world.Reader(keeper).ResolveReference(Reference("abc")), ElementsAre(one, two));
  ASSERT_EQ(world.CaseAt(one).contested_size(), 1);
  EXPECT_EQ(world.CaseAt(one).contested(0).other_case_id(), two);
  ASSERT_EQ(world.CaseAt(two).contested_size(), 1);
  EXPECT_EQ(world.CaseAt(two).contested(0).other_case_id(), one);
  for (uint32_t n = 0; n < 4; ++n)
    EXPECT_EQ(world.Digest(n), world.RebuiltDigest(n)) << n;
}

TEST(Messages, AMessageIsTakenExactlyOnceAcrossCrashes) {
  PartitionWorld world(4);
  const uint32_t keeper = ReferencePartition(world.hasher(), Reference("abc"), 4);
  const uint32_t home = keeper == 1 ? 2 : 1;
  world.Crash(keeper);
  world.Must(WithReference(ReportIn(world, home, "r"), "abc"), Officer());
  ASSERT_TRUE(Caused(world, keeper).empty());

  world.Reopen(keeper);
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(Caused(world, keeper).size(), 1u);
  world.Reopen(keeper, 5);
  world.Advance(absl::Seconds(2));

  EXPECT_EQ(Caused(world, keeper).size(), 1u);
}

TEST(Messages, ALinkTakesTwoStepsAndShowsWhileHalfDone) {
  PartitionWorld world(4);
  const std::string one = world.Must(ReportIn(world, 1, "r"), Officer()).stream();
  const std::string two = world.Must(ReportIn(world, 2, "r"), Officer()).stream();
  world.Crash(2);
  v1::Command link = OfCase("l1", one);
  link.mutable_link_case()->set_other_case_id(two);
  link.mutable_link_case()->set_relation("same_parties");

  ASSERT_TRUE(world.Must(link, Officer()).has_accepted());
  EXPECT_FALSE(world.CaseAt(one).links(0).confirmed());
  world.Reopen(2);
  world.Advance(absl::Seconds(2));

  EXPECT_TRUE(world.CaseAt(one).links(0).confirmed());
  EXPECT_TRUE(world.CaseAt(two).links(0).confirmed());
}

TEST(Messages, ALinkToACaseThatDoesNotExistIsRecordedAsRefusedThere) {
  PartitionWorld world(4);
  const std::string one = world.Must(ReportIn(world, 1, "r"), Officer()).stream();
  v1::Command link = OfCase("l1", one);
  link.mutable_link_case()->set_other_case_id(DeriveCaseId(world.hasher(), 2, "nobody", "nothing").string());
  link.mutable_link_case()->set_relation("same_parties");

  ASSERT_TRUE(world.Must(link, Officer()).has_accepted());

  ASSERT_EQ(Caused(world, 2).size(), 1u);
  EXPECT_EQ(Caused(world, 2)[0].refusal().rule(), "C-unknown-case");
}

TEST(Messages, ALinkToWhatIsNoCaseIdIsRefused) {
  PartitionWorld world(2);
  const std::string one = world.Must(Report("r1"), Officer()).stream();
  v1::Command link = OfCase("l1", one);
  link.mutable_link_case()->set_other_case_id("the other one");
  link.mutable_link_case()->set_relation("same_parties");

  EXPECT_EQ(world.Must(link, Officer()).refusal().rule(), "C-unknown-case");
  EXPECT_EQ(world.CaseAt(one).links_size(), 0);
}

TEST(Messages, BytesThatAreNoCommandLeaveANoteAndDoNotHoldUpTheRest) {
  PartitionWorld world(2);
  const absl::StatusOr<uint64_t> term = world.log().Claim(0, "foreign");
  Round round;
  round.term = *term;
  round.first_sequence = *world.log().End(0);
  round.messages.push_back({.to_partition = 1, .from_sequence = 900, .n = 0, .command = "\xff\xff"});
  world.log().AppendRound(0, std::move(round), [](AppendResult) {});

  world.Advance(absl::Seconds(2));

  ASSERT_EQ(Caused(world, 1).size(), 1u);
  EXPECT_TRUE(Caused(world, 1)[0].has_intake_noted());
  EXPECT_TRUE(world.Must(Report("r1"), Officer()).has_accepted());
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(Caused(world, 1).size(), 1u);
}

// ---------------------------------------------------------------------------------------------- imports

v1::Command Imported(v1::Command command, absl::Time at) {
  command.set_importing(true);
  SetTimestamp(at, command.mutable_occurred_at());
  return command;
}

v1::ClockState ClockOf(const v1::CaseState& state, const std::string& id) {
  for (const v1::ClockState& clock : state.clocks()) {
    if (clock.clock() == id) return clock;
  }
  return {};
}

TEST(ImportTime, ClocksDueBeforeACommandFireBeforeItAtTheirOwnTime) {
  PartitionWorld world(2);
  const absl::Time then = world.now().wall - absl::Hours(24 * 900);
  const std::string id = world.Must(Imported(Report("r1"), then), Officer()).stream();

  ASSERT_TRUE(world.Must(Imported(Contact("c1", id), then + absl::Hours(20)), Officer()).has_accepted());

  const std::vector<v1::Decision> records = world.Records(1);
  ASSERT_GE(records.size(), 3u);
  const v1::Decision& warned = records[records.size() - 3];
  const v1::Decision& breached = records[records.size() - 2];
  EXPECT_EQ(warned.command().fire_clock().edge(), v1::FireClock::EDGE_WARN);
  EXPECT_EQ(breached.command().fire_clock().edge(), v1::FireClock::EDGE_BREACH);
  EXPECT_EQ(ToTime(breached.accepted().events(0).occurred_at()), then + absl::Hours(8));
  EXPECT_EQ(ToTime(breached.recorded_at()), world.now().wall);
  EXPECT_EQ(ClockOf(world.CaseAt(id), "first_contact").status(), v1::ClockState::STATUS_MET_LATE);
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(ImportTime, AtTheDueInstantItselfTheFactComesFirst) {
  PartitionWorld world(2);
  const absl::Time then = world.now().wall - absl::Hours(24 * 900);
  const std::string id = world.Must(Imported(Report("r1"), then), Officer()).stream();

  world.Must(Imported(Note("n1", id, "words"), then + absl::Hours(8)), Officer());

  EXPECT_EQ(ClockOf(world.CaseAt(id), "first_contact").status(), v1::ClockState::STATUS_RUNNING);
  world.Must(Imported(Note("n2", id, "words"), then + absl::Hours(8) + absl::Microseconds(1)), Officer());
  EXPECT_EQ(ClockOf(world.CaseAt(id), "first_contact").status(), v1::ClockState::STATUS_BREACHED);
}

TEST(ImportTime, WallClockTimersLeaveItAloneUntilTheImportIsFinished) {
  PartitionWorld world(2);
  const absl::Time then = world.now().wall - absl::Hours(30);
  const std::string id = world.Must(Imported(Report("r1"), then), Officer()).stream();
  world.Advance(absl::Hours(1));
  EXPECT_EQ(ClockOf(world.CaseAt(id), "first_contact").status(), v1::ClockState::STATUS_RUNNING);

  v1::Command finish = OfCase("f1", id);
  finish.set_importing(true);
  SetTimestamp(then + absl::Hours(5), finish.mutable_finish_import()->mutable_up_to());
  ASSERT_TRUE(world.Must(finish, Officer()).has_accepted());

  // Up to there the case's own time: warned. Then the wall clock: breached now, detected now.
  const v1::ClockState clock = ClockOf(world.CaseAt(id), "first_contact");
  EXPECT_TRUE(clock.warned());
  EXPECT_EQ(clock.status(), v1::ClockState::STATUS_BREACHED);
  EXPECT_EQ(ToTime(clock.detected_at()), world.now().wall);
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(ImportTime, ARefusedCommandIsKeptAsAHistoricalFact) {
  PartitionWorld world(2);
  const absl::Time then = world.now().wall - absl::Hours(24 * 900);
  const std::string id = world.Must(Imported(Report("r1"), then), Officer()).stream();

  const v1::Outcome kept = world.Must(Imported(Propose("p1", id), then + absl::Hours(1)), Officer());

  ASSERT_TRUE(kept.has_accepted());
  EXPECT_EQ(kept.accepted().events(0), "historical_fact");
  EXPECT_EQ(world.CaseAt(id).phase(), v1::PHASE_REPORTED);
}

TEST(ImportTime, ALiveCaseCannotBeMovedToAnotherTime) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Advance(absl::Hours(1));

  EXPECT_EQ(world.Must(Imported(Contact("c1", id), world.now().wall - absl::Minutes(30)), Officer()).refusal().rule(),
            "C-importing");
  v1::Command finish = OfCase("f1", id);
  finish.set_importing(true);
  SetTimestamp(world.now().wall, finish.mutable_finish_import()->mutable_up_to());
  EXPECT_EQ(world.Must(finish, Officer()).refusal().rule(), "C-importing");
}

TEST(ImportTime, AnImportMayNotReachIntoTheFuture) {
  PartitionWorld world(2);
  const std::string id = world.Must(Imported(Report("r1"), world.now().wall - absl::Hours(30)), Officer()).stream();
  v1::Command finish = OfCase("f1", id);
  finish.set_importing(true);
  SetTimestamp(world.now().wall + absl::Microseconds(1), finish.mutable_finish_import()->mutable_up_to());

  EXPECT_EQ(world.Must(finish, Officer()).refusal().rule(), "C-future");
}

TEST(ImportTime, ACommandThatWouldFireTooManyClocksSaysSoAndGetsThereByRetrying) {
  PartitionWorld world(2);
  const absl::Time then = world.now().wall - absl::Hours(24 * 2000);
  const std::string id = world.Must(Imported(Report("r1"), then), Officer()).stream();
  world.Must(Imported(Triage("t1", id), then + absl::Hours(1)), Officer());  // every 12 hours from here, for years
  const v1::Command last = Imported(Contact("c1", id), then + absl::Hours(24 * 800));

  const absl::StatusOr<v1::Outcome> first = world.Do(last, Officer());
  EXPECT_TRUE(absl::IsResourceExhausted(first.status())) << first.status();
  const absl::StatusOr<v1::Outcome> second = world.Do(last, Officer());

  EXPECT_TRUE(second.ok() && second->has_accepted()) << second.status();
}

}  // namespace
}  // namespace caseward

// Messages between partitions: references claimed where their hash says, links in two steps, each exactly once; and
// imports, where a case runs on its own time.
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "engine/partition/routing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/agencies.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::ElementsAre;

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

v1::Command SplitOf(const std::string& name, const std::string& case_id, const std::string& resident_id) {
  v1::Command split = OfCase(name, case_id);
  split.mutable_split_case()->set_case_type("nuisance");
  split.mutable_split_case()->set_resident_id(resident_id);
  split.mutable_split_case()->add_versions(2);
  split.mutable_split_case()->set_reason_code("another_matter");
  return split;
}

TEST(Messages, ASplitTakesTwoStepsAndShowsWhileHalfDone) {
  PartitionWorld world(4);
  const std::string one = world.Must(ReportIn(world, 1, "r"), Officer()).stream();
  world.Must(Note("n1", one, "another neighbour"), Officer());
  const std::string resident = DeriveResidentId(world.hasher(), 2, "tests", "two").string();
  world.Crash(2);

  ASSERT_TRUE(world.Must(SplitOf("s1", one, resident), Officer()).has_accepted());
  ASSERT_EQ(world.CaseAt(one).splits_size(), 1);
  const std::string two = world.CaseAt(one).splits(0).new_case_id();
  EXPECT_EQ(world.CaseAt(one).splits(0).status(), v1::SplitState::STATUS_HALF_DONE);
  world.Reopen(2);
  world.Advance(absl::Seconds(2));

  EXPECT_EQ(world.CaseAt(one).splits(0).status(), v1::SplitState::STATUS_DONE);
  EXPECT_EQ(world.CaseAt(two).split_from(), one);
  EXPECT_EQ(world.CaseAt(two).main_resident_id(), resident);
  EXPECT_TRUE(world.CaseAt(one).links(0).confirmed());
  EXPECT_TRUE(world.CaseAt(two).links(0).confirmed());
  EXPECT_EQ(world.CaseAt(two).phase(), v1::PHASE_REPORTED);
  for (uint32_t n = 0; n < 4; ++n)
    EXPECT_EQ(world.Digest(n), world.RebuiltDigest(n)) << n;
}

TEST(Messages, L11_WhatASplitSaysInWordsDiesWithEitherResident) {
  for (const bool first : {true, false}) {
    PartitionWorld world(4);
    const std::string one = world.Must(ReportIn(world, 1, "r"), Officer()).stream();
    world.Must(Note("n1", one, "another neighbour"), Officer());
    const std::string resident = DeriveResidentId(world.hasher(), 2, "tests", "two").string();
    v1::Command split = SplitOf("s1", one, resident);
    split.mutable_split_case()->mutable_account()->set_text("SECRET of both");
    ASSERT_TRUE(world.Must(split, Officer()).has_accepted());
    world.Advance(absl::Seconds(2));
    const v1::Words account = world.CaseAt(world.CaseAt(one).splits(0).new_case_id()).account();
    ASSERT_EQ(*world.vault(2).Open(account.key_id(), account.sealed()), "SECRET of both");

    v1::Command erase;
    erase.set_command_id("e1");
    erase.set_resident_id(first ? world.CaseAt(one).main_resident_id() : resident);
    erase.mutable_erase_resident()->set_reason_code("asked");
    ASSERT_TRUE(world.Must(erase, Officer()).has_accepted());
    world.Reopen(2);  // its vault had the key at hand

    EXPECT_TRUE(absl::IsNotFound(world.vault(2).Open(account.key_id(), account.sealed()).status())) << first;
    EXPECT_TRUE(world.Must(split, Officer()).replayed());
  }
}

// ---------------------------------------------------------------------------------------------- merges

// A resident who is at home in partition `n`.
std::string RegisteredIn(PartitionWorld& world, uint32_t n, const std::string& name, bool safe_contact = false) {
  const std::string id = DeriveResidentId(world.hasher(), n, "tests", name).string();
  v1::Command command;
  command.set_command_id(name);
  command.set_resident_id(id);
  command.mutable_register_resident()->mutable_needs()->set_language("en");
  if (safe_contact) {
    command.mutable_register_resident()->mutable_needs()->mutable_safe_contact()->set_text("by her sister");
  }
  EXPECT_TRUE(world.Must(command, Officer()).has_accepted());
  return id;
}
v1::Command MergeOf(const std::string& name, const std::string& merged, const std::string& survivor,
                    v1::MergeResident::SafeContact keep = v1::MergeResident::SAFE_CONTACT_UNSPECIFIED) {
  v1::Command command;
  command.set_command_id(name);
  command.set_resident_id(merged);
  command.mutable_merge_resident()->set_survivor_id(survivor);
  command.mutable_merge_resident()->set_keep_safe_contact(keep);
  command.mutable_merge_resident()->set_reason_code("registered_twice");
  return command;
}
v1::ResidentState ResidentAt(PartitionWorld& world, uint32_t n, const std::string& id) {
  return **world.Reader(n).GetResident(id);
}

TEST(Messages, AMergeTakesTwoStepsAndItsCasesPointToTheSurvivor) {
  PartitionWorld world(4);
  const std::string merged = RegisteredIn(world, 1, "m", /*safe_contact=*/true);
  const std::string survivor = RegisteredIn(world, 2, "s");
  v1::Command report = Report("r1");
  report.set_resident_id(merged);
  const std::string id = world.Must(report, Officer()).stream();
  world.Crash(2);

  const v1::Command merge = MergeOf("x1", merged, survivor, v1::MergeResident::SAFE_CONTACT_MERGED);
  ASSERT_TRUE(world.Must(merge, Officer()).has_accepted());
  EXPECT_EQ(ResidentAt(world, 1, merged).merging_into(), survivor);
  EXPECT_EQ(world.CaseAt(id).survivor_id(), "");
  world.Reopen(2);
  world.Advance(absl::Seconds(2));

  EXPECT_EQ(ResidentAt(world, 1, merged).merged_into(), survivor);
  ASSERT_EQ(ResidentAt(world, 2, survivor).merged_from_size(), 1);
  EXPECT_TRUE(ResidentAt(world, 2, survivor).needs().has_safe_contact());
  EXPECT_EQ(world.CaseAt(id).survivor_id(), survivor);
  EXPECT_EQ(world.CaseAt(id).main_resident_id(), merged) << "it stays at home";
  v1::Command later = Report("r2");
  later.set_resident_id(merged);
  EXPECT_EQ(world.CaseAt(world.Must(later, Officer()).stream()).survivor_id(), survivor);

  v1::Command erase;
  erase.set_command_id("e1");
  erase.set_resident_id(survivor);
  erase.mutable_erase_resident()->set_reason_code("asked");
  ASSERT_TRUE(world.Must(erase, Officer()).has_accepted());
  world.Advance(absl::Seconds(2));
  EXPECT_TRUE(ResidentAt(world, 1, merged).erased()) << "they are one person";
  for (uint32_t n = 0; n < 4; ++n)
    EXPECT_EQ(world.Digest(n), world.RebuiltDigest(n)) << n;
}

TEST(Messages, ACaseReportedInTheRoundOfTheMergesAnswerPointsToTheSurvivorToo) {
  PartitionWorld world(4);
  const std::string merged = RegisteredIn(world, 1, "m");
  const std::string survivor = RegisteredIn(world, 2, "s");
  const auto rest = [&](uint32_t n) {
    while (world.partition(n).Step(world.now()).worked) {
    }
  };
  const auto begun = world.Submit(MergeOf("x1", merged, survivor), Officer());
  rest(1);
  ASSERT_TRUE(begun->outcome.ok() && begun->outcome->has_accepted());
  rest(2);  // the answer waits in the inbox of partition 1
  v1::Command report = Report("r1");
  report.set_resident_id(merged);
  const auto reported = world.Submit(report, Officer());
  world.Drive();

  ASSERT_TRUE(reported->outcome.ok() && reported->outcome->has_accepted());
  const std::string& id = reported->outcome->stream();
  uint64_t answered = 0;
  for (const v1::Decision& decision : world.Records(1)) {
    if (decision.command().has_note_merge()) answered = decision.sequence();
  }
  ASSERT_LT(reported->outcome->position().sequence(), answered) << "reported first";
  EXPECT_EQ(world.CaseAt(id).survivor_id(), survivor);
}

TEST(Messages, AResidentIsKnownInTheRoundOfTheReportThatMadeIt) {
  PartitionWorld world(2);
  const v1::Command report = ReportIn(world, 1, "r");
  const auto reported = world.Submit(report, Officer());
  v1::Command update;
  update.set_command_id("u1");
  update.set_resident_id(RouteCommand(world.hasher(), report, Officer().id(), 2)->resident_id);
  update.mutable_update_resident()->mutable_needs()->set_language("cy");
  const auto updated = world.Submit(update, Officer());
  world.Drive();

  ASSERT_TRUE(reported->outcome.ok() && reported->outcome->has_accepted());
  ASSERT_TRUE(updated->outcome.ok());
  EXPECT_TRUE(updated->outcome->has_accepted()) << updated->outcome->ShortDebugString();
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Messages, TwoWhoAreMergedIntoOneAnotherStayTwo) {
  PartitionWorld world(4);
  const std::string one = RegisteredIn(world, 1, "one");
  const std::string two = RegisteredIn(world, 2, "two");
  world.Crash(2);
  ASSERT_TRUE(world.Must(MergeOf("x1", one, two), Officer()).has_accepted());
  world.Reopen(2);
  world.Must(MergeOf("x2", two, one), Officer());
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(ResidentAt(world, 1, one).merging_into(), "");
  EXPECT_EQ(ResidentAt(world, 2, two).merging_into(), "");
  EXPECT_FALSE(ResidentAt(world, 1, one).merged_into() == two && ResidentAt(world, 2, two).merged_into() == one)
      << "no circle";
}

TEST(Residents, L11_ATelephoneNumberWithoutDigitsIsRefusedAndSealedAllTheSame) {
  PartitionWorld world(2);
  const std::string id = RegisteredIn(world, 1, "m");
  v1::Command update;
  update.set_command_id("u1");
  update.set_resident_id(id);
  update.mutable_update_resident()->mutable_phone()->set_text("SECRET sister");
  EXPECT_EQ(world.Must(update, Officer()).refusal().rule(), "C-field");
  EXPECT_FALSE(ResidentAt(world, 1, id).has_phone());
  EXPECT_EQ(world.Records(1).back().ShortDebugString().find("SECRET"), std::string::npos);
}

TEST(Messages, AMergeIntoNobodyIsRefusedThereAndUndoneHere) {
  PartitionWorld world(4);
  const std::string one = RegisteredIn(world, 1, "one");
  ASSERT_TRUE(world.Must(MergeOf("x1", one, DeriveResidentId(world.hasher(), 2, "no", "body").string()), Officer())
                  .has_accepted());
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(ResidentAt(world, 1, one).merging_into(), "");
  EXPECT_EQ(ResidentAt(world, 1, one).merged_into(), "");
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

TEST(ImportTime, R_48_1_AgreementsAreTodays) {
  PartitionWorld world(2);
  const absl::Time then = world.now().wall - absl::Hours(24 * 900);
  v1::Command agency;
  agency.set_command_id("a1");
  agency.mutable_register_agency()->mutable_agency()->set_id("police");
  agency.mutable_register_agency()->mutable_agency()->set_title("Police");
  agency.mutable_register_agency()->mutable_agency()->set_kind("police");
  ASSERT_TRUE(world.Must(agency, Administrator()).has_accepted());
  v1::Command agreement;
  agreement.set_command_id("a2");
  *agreement.mutable_register_agreement()->mutable_agreement() = PoliceAgreement().agreement();
  v1::Agreement& dates = *agreement.mutable_register_agreement()->mutable_agreement();
  SetTimestamp(world.now().wall - absl::Hours(1), dates.mutable_from());
  SetTimestamp(world.now().wall + absl::Hours(1), dates.mutable_until());
  ASSERT_TRUE(world.Must(agreement, Administrator()).has_accepted());
  const std::string id = world.Must(Imported(Report("r1"), then), Officer()).stream();
  const auto share = [&](const std::string& name) {
    v1::Command command = ask::Share("police");
    command.set_command_id(name);
    command.set_case_id(id);
    return world.Must(Imported(command, then + absl::Hours(1)), Officer()).accepted().events(0);
  };

  EXPECT_EQ(share("s1"), "information_shared");
  world.Advance(absl::Hours(2));
  EXPECT_EQ(share("s2"), "historical_fact") << "lapsed since, though then was before";
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

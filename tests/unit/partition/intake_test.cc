// Commands by topic (design §3, "The second door"): each record of the intake leaves exactly one record in the log and
// exactly one outcome, whatever happens to the partition and whatever the record is.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/intake_records.h"
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

v1::PartitionMeta Books(PartitionWorld& world, uint32_t n) { return **world.Reader(n).Meta(); }

// ---------------------------------------------------------------------------------------------- what a record leaves

TEST(Intake, ACommandByTopicIsDecidedAndItsOutcomePublished) {
  PartitionWorld world(2);
  const v1::Command report = ReportIn(world, 1, "r");
  TopicRecord record = ByTopic(report, Officer());
  record.key = "their key";

  const uint64_t offset = world.Put(1, record);

  ASSERT_EQ(Taken(world, 1).size(), 1u);
  const v1::Decision decision = Taken(world, 1)[0];
  EXPECT_TRUE(decision.has_accepted());
  EXPECT_EQ(decision.intake_offset(), offset);
  EXPECT_EQ(decision.actor().id(), "olu");
  EXPECT_EQ(decision.command().command_id(), report.command_id());
  ASSERT_EQ(world.Outcomes(1).size(), 1u);
  const v1::IntakeOutcome outcome = world.Outcomes(1)[0];
  EXPECT_EQ(outcome.command_id(), report.command_id());
  EXPECT_EQ(outcome.partition(), 1u);
  EXPECT_EQ(outcome.offset(), offset);
  EXPECT_EQ(outcome.outcome().stream(), decision.stream());
  EXPECT_EQ(outcome.outcome().position().sequence(), decision.sequence());
  EXPECT_EQ(outcome.outcome().version(), 1u);
  EXPECT_EQ(world.CaseAt(decision.stream()).version(), 1u);
  const TopicRecord published = world.log().outcomes(1)[0];
  EXPECT_EQ(published.key, "their key");
  EXPECT_EQ(FindHeader(published, kCommandIdHeader), report.command_id());
  EXPECT_EQ(FindHeader(published, kOffsetHeader), StrCat(offset));
  EXPECT_EQ(FindHeader(published, kPartitionHeader), "1");
  EXPECT_EQ(FindHeader(published, kResultHeader), "accepted");
  EXPECT_THAT(world.log().rejects(1), IsEmpty());
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Intake, ARefusalByARuleIsAnOutcomeAndARecord) {
  PartitionWorld world(2);
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  const std::string id = Taken(world, 1)[0].stream();

  world.Put(1, Close("c1", id), Staff("mia", "manager"));

  EXPECT_TRUE(Taken(world, 1).back().has_refusal());
  EXPECT_FALSE(world.Outcomes(1).back().outcome().refusal().rule().empty());
  EXPECT_EQ(FindHeader(world.log().outcomes(1).back(), kResultHeader), "refused");
}

TEST(Intake, L5_ACommandIdDecidesOnceWhicheverDoorItComesBy) {
  PartitionWorld world(2);
  const v1::Command report = ReportIn(world, 1, "r");
  const v1::Outcome first = world.Must(report, Officer());

  world.Put(1, report, Officer());
  world.Put(1, report, Officer());

  ASSERT_EQ(Taken(world, 1).size(), 2u);
  for (const v1::Decision& note : Taken(world, 1)) {
    EXPECT_EQ(note.intake_noted().kind(), v1::IntakeNoted::KIND_DUPLICATE);
    EXPECT_EQ(note.intake_noted().first().sequence(), first.position().sequence());
    EXPECT_EQ(note.intake_noted().command_id(), report.command_id());
    EXPECT_EQ(note.intake_noted().actor_id(), "olu");
  }
  for (const v1::IntakeOutcome& outcome : world.Outcomes(1)) {
    EXPECT_TRUE(outcome.outcome().replayed());
    EXPECT_EQ(outcome.outcome().position().sequence(), first.position().sequence());
  }
  EXPECT_EQ(world.Outcomes(1).size(), 2u);
  EXPECT_EQ(world.CaseAt(first.stream()).version(), 1u);
}

TEST(Intake, L5_TheSameRecordTwiceInOneRoundDecidesOnce) {
  PartitionWorld world(2);
  const v1::Command report = ReportIn(world, 1, "r");
  world.log().PutIntake(1, ByTopic(report, Officer()));
  world.Put(1, report, Officer());

  ASSERT_EQ(Taken(world, 1).size(), 2u);
  EXPECT_TRUE(Taken(world, 1)[0].has_accepted());
  EXPECT_EQ(Taken(world, 1)[1].intake_noted().kind(), v1::IntakeNoted::KIND_DUPLICATE);
  EXPECT_TRUE(world.Outcomes(1)[1].outcome().replayed());
}

TEST(Intake, L5_AnIdThatWasUsedForAnotherCommandIsAFault) {
  PartitionWorld world(2);
  v1::Command report = ReportIn(world, 1, "r");
  world.Put(1, report, Officer());
  report.set_channel("letter");
  world.Put(1, report, Officer());

  EXPECT_EQ(Taken(world, 1)[1].intake_noted().kind(), v1::IntakeNoted::KIND_FAULT);
  EXPECT_EQ(Taken(world, 1)[1].intake_noted().code(), static_cast<int>(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(world.Outcomes(1)[1].fault().code(), static_cast<int>(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(FindHeader(world.log().outcomes(1)[1], kResultHeader), "fault");
}

TEST(Intake, ACaseThatIsNotThereIsAFault) {
  PartitionWorld world(2);
  const v1::Command report = ReportIn(world, 1, "r");
  world.Put(1, report, Officer());
  std::string other = Taken(world, 1)[0].stream();
  world.Crash(1);
  PartitionWorld empty(2);

  empty.Put(1, Contact("c1", other), Officer());

  EXPECT_EQ(Taken(empty, 1)[0].intake_noted().kind(), v1::IntakeNoted::KIND_FAULT);
  EXPECT_EQ(empty.Outcomes(1)[0].fault().code(), static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_THAT(empty.log().rejects(1), IsEmpty());
}

TEST(Intake, L7_ARepeatedRefusalIsCountedAndNotedNotRecordedAgain) {
  PartitionWorld world(2);
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  const std::string id = Taken(world, 1)[0].stream();
  const v1::Actor manager = Staff("mia", "manager");
  world.Put(1, Close("c1", id), manager);

  world.Put(1, Close("c2", id), manager);

  const std::vector<v1::Decision> taken = Taken(world, 1);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_TRUE(taken[1].has_refusal());
  EXPECT_EQ(taken[2].intake_noted().kind(), v1::IntakeNoted::KIND_COUNTED);
  EXPECT_EQ(taken[2].intake_noted().first().sequence(), taken[1].sequence());
  EXPECT_EQ(world.Outcomes(1)[2].outcome().refusal().repeats(), 1u);
  EXPECT_EQ(world.Outcomes(1)[2].command_id(), "c2");
}

TEST(Intake, L11_WordsByTopicAreSealedBeforeTheyAreLogged) {
  PartitionWorld world(2);
  world.Put(1, ReportIn(world, 1, "r", "They shouted at my door."), Officer());

  ASSERT_TRUE(Taken(world, 1)[0].has_accepted());
  const absl::Status read = world.log().ReadFrom(1, 0, [&](uint64_t, std::string_view raw) {
    EXPECT_EQ(raw.find("shouted"), std::string_view::npos);
    return true;
  });
  EXPECT_TRUE(read.ok()) << read;
  for (const TopicRecord& outcome : world.log().outcomes(1))
    EXPECT_EQ(outcome.value.find("shouted"), std::string::npos);
}

// ---------------------------------------------------------------------------------------------- what is no command

TEST(Intake, BytesThatAreNoCommandAreRejectedAsTheyCameAndHoldUpNothing) {
  PartitionWorld world(2);
  TopicRecord record{.key = "k", .value = "\xff\xfe not a command", .headers = {{kSender, "olu;officer"}, {"x", "1"}}};
  world.log().PutIntake(1, record);
  const v1::Command report = ReportIn(world, 1, "r");
  world.Put(1, report, Officer());

  ASSERT_EQ(Taken(world, 1).size(), 2u);
  EXPECT_EQ(Taken(world, 1)[0].intake_noted().kind(), v1::IntakeNoted::KIND_REJECTED);
  EXPECT_TRUE(Taken(world, 1)[1].has_accepted());
  EXPECT_EQ(world.Outcomes(1)[0].fault().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(world.Outcomes(1)[0].fault().message(), HasSubstr("expected a command"));
  ASSERT_EQ(world.log().rejects(1).size(), 1u);
  const TopicRecord reject = world.log().rejects(1)[0];
  EXPECT_EQ(reject.key, "k");
  EXPECT_EQ(reject.value, record.value);
  EXPECT_EQ(FindHeader(reject, "x"), "1");
  EXPECT_EQ(FindHeader(reject, kPartitionHeader), "1");
  EXPECT_EQ(FindHeader(reject, kOffsetHeader), "0");
  EXPECT_THAT(std::string(FindHeader(reject, kWhyHeader).value_or("")), HasSubstr("expected a command"));
}

TEST(Intake, ACommandThatMayNotBeTakenIsRejected) {
  PartitionWorld world(2);
  v1::Command system;
  system.set_command_id("s1");
  system.mutable_fire_clock()->set_clock("first_contact");
  world.Put(1, system, Officer());
  v1::Command nameless = Report("x");
  nameless.set_command_id("Mrs Example of Flat 4");
  world.Put(1, nameless, Officer());
  TopicRecord unsigned_record = ByTopic(Report("r1"), Officer());
  unsigned_record.headers.clear();
  world.Put(1, unsigned_record);

  ASSERT_EQ(Taken(world, 1).size(), 3u);
  for (const v1::Decision& note : Taken(world, 1))
    EXPECT_EQ(note.intake_noted().kind(), v1::IntakeNoted::KIND_REJECTED);
  EXPECT_EQ(world.log().rejects(1).size(), 3u);
  EXPECT_EQ(world.Outcomes(1)[0].command_id(), "s1");
  EXPECT_EQ(world.Outcomes(1)[1].command_id(), "") << "an id that is none may be somebody's name";
  EXPECT_EQ(Taken(world, 1)[1].intake_noted().command_id(), "");
  EXPECT_EQ(world.Outcomes(1)[2].fault().code(), static_cast<int>(absl::StatusCode::kUnauthenticated));
}

TEST(Intake, L10_ACommandAtItsLimitIsTakenAndOneBytePastItIsRejected) {
  PartitionLimits limits;
  const v1::Command at = [&] {
    PartitionWorld world(1);
    return ReportIn(world, 0, "r", "just so long");
  }();
  limits.command_bytes_max = at.ByteSizeLong();
  PartitionWorld world(1, limits);
  v1::Command past = at;
  past.mutable_report_case()->mutable_account()->mutable_text()->push_back('!');

  world.Put(0, past, Officer());
  world.Put(0, at, Officer());

  EXPECT_EQ(Taken(world, 0)[0].intake_noted().kind(), v1::IntakeNoted::KIND_REJECTED);
  EXPECT_THAT(world.Outcomes(0)[0].fault().message(), HasSubstr(StrCat("at most ", limits.command_bytes_max)));
  EXPECT_TRUE(Taken(world, 0)[1].has_accepted());
}

TEST(Intake, L10_ARejectTooLargeToBePassedOnIsNamedAlone) {
  TopicRecord record{.key = "k", .value = std::string(100, 'x'), .headers = {{kSender, "olu;officer"}}};
  PartitionLimits limits;
  limits.reject_bytes_max = BytesOf(record);
  PartitionWorld world(1, limits);

  world.Put(0, record);
  record.value.push_back('x');
  world.Put(0, record);

  ASSERT_EQ(world.log().rejects(0).size(), 2u);
  EXPECT_EQ(world.log().rejects(0)[0].value.size(), 100u);
  EXPECT_EQ(world.log().rejects(0)[1].value, "");
  EXPECT_EQ(world.log().rejects(0)[1].key, std::nullopt);
  EXPECT_EQ(FindHeader(world.log().rejects(0)[1], kLeftOutHeader), StrCat(limits.reject_bytes_max + 1));
  EXPECT_EQ(FindHeader(world.log().rejects(0)[1], kOffsetHeader), "1");
}

TEST(Intake, ASendersHeadersOfOurNamesAreNotPassedOn) {
  PartitionWorld world(1);
  TopicRecord record{
      .key = "k", .value = "no command", .headers = {{kSender, "olu;officer"}, {"caseward-why", "fine"}}};
  world.Put(0, record);

  const std::vector<TopicRecord> rejects = world.log().rejects(0);
  int whys = 0;
  for (const auto& [name, value] : rejects[0].headers)
    whys += name == kWhyHeader ? 1 : 0;
  EXPECT_EQ(whys, 1);
  EXPECT_NE(FindHeader(rejects[0], kWhyHeader), "fine");
}

// ---------------------------------------------------------------------------------------------- another partition

TEST(Intake, ARecordOnTheWrongPartitionFindsTheRightOne) {
  PartitionWorld world(4);
  const v1::Command report = ReportIn(world, 2, "r");
  TopicRecord record = ByTopic(report, Officer());
  record.headers.emplace_back("trace", "abc");

  const uint64_t offset = world.Put(1, record);

  ASSERT_EQ(Taken(world, 1).size(), 1u);
  EXPECT_EQ(Taken(world, 1)[0].intake_noted().kind(), v1::IntakeNoted::KIND_MOVED);
  EXPECT_EQ(Taken(world, 1)[0].intake_noted().moved_to(), 2u);
  EXPECT_THAT(world.Outcomes(1), IsEmpty()) << "its outcome comes from where it went";
  ASSERT_EQ(Taken(world, 2).size(), 1u);
  EXPECT_TRUE(Taken(world, 2)[0].has_accepted());
  ASSERT_EQ(world.Outcomes(2).size(), 1u);
  EXPECT_EQ(world.Outcomes(2)[0].moved_from().partition(), 1u);
  EXPECT_EQ(world.Outcomes(2)[0].moved_from().offset(), offset);
  EXPECT_EQ(FindHeader(world.log().outcomes(2)[0], kMovedFromHeader), StrCat("1/", offset));
}

TEST(Intake, ARecordThatWasMovedAndIsStillWrongIsRejected) {
  PartitionWorld world(4);
  TopicRecord record = ByTopic(ReportIn(world, 2, "r"), Officer());
  record.headers.push_back({std::string(kMovedFromHeader), std::string("0/17")});

  world.Put(1, record);

  EXPECT_EQ(Taken(world, 1)[0].intake_noted().kind(), v1::IntakeNoted::KIND_REJECTED);
  EXPECT_THAT(world.Outcomes(1)[0].fault().message(), HasSubstr("moved already"));
  EXPECT_THAT(Taken(world, 2), IsEmpty());
}

TEST(Intake, ConfirmingTheTimeIsDecidedWhereItLies) {
  PartitionWorld world(2);
  v1::Command confirm;
  confirm.set_command_id("t1");
  confirm.mutable_confirm_time()->set_reason_code("checked");
  world.Put(1, confirm, Staff("grace", "system_admin"));
  EXPECT_TRUE(Taken(world, 1)[0].has_accepted());
}

// ---------------------------------------------------------------------------------------------- the position (L3)

TEST(Intake, L3_AnOwnerReadsOnWhereTheLogSays) {
  PartitionWorld world(2);
  for (int i = 0; i < 5; ++i)
    world.Put(1, ReportIn(world, 1, StrCat("r", i)), Officer());

  world.Reopen(1, 100);  // nothing of the state is left
  world.Put(1, ReportIn(world, 1, "after"), Officer());

  std::vector<uint64_t> offsets;
  for (const v1::Decision& decision : Taken(world, 1))
    offsets.push_back(decision.intake_offset());
  EXPECT_THAT(offsets, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(world.Outcomes(1).size(), 6u);
  EXPECT_EQ(Books(world, 1).intake_offset(), 6u);
}

TEST(Intake, L3_ARoundThatIsLostOrUnknownIsReadAgainAndNothingIsTakenTwice) {
  for (const LogFault fault :
       {LogFault::kAborted, LogFault::kUnknownLost, LogFault::kUnknownVisible, LogFault::kUnknownLate}) {
    PartitionWorld world(2);
    world.log().faults().Next(1, fault);
    world.Put(1, ReportIn(world, 1, "r1"), Officer());
    world.Put(1, ReportIn(world, 1, "r2"), Officer());
    world.Advance(absl::Seconds(3));

    ASSERT_EQ(Taken(world, 1).size(), 2u) << static_cast<int>(fault);
    EXPECT_TRUE(Taken(world, 1)[0].has_accepted());
    EXPECT_TRUE(Taken(world, 1)[1].has_accepted());
    EXPECT_EQ(world.Outcomes(1).size(), 2u);
  }
}

TEST(Intake, L3_AMoveThatDidNotCommitLeavesNothingElsewhere) {
  PartitionWorld world(4);
  world.log().faults().Next(1, LogFault::kAborted);
  world.Put(1, ReportIn(world, 2, "r"), Officer());
  world.Advance(absl::Seconds(3));

  EXPECT_EQ(Taken(world, 1).size(), 1u);
  ASSERT_EQ(Taken(world, 2).size(), 1u);
  EXPECT_EQ(Taken(world, 2)[0].intake_offset(), 2u) << "the aborted one and its marker took offsets too";
}

TEST(Intake, RecordsOfATransactionAreTakenWhenItCommitsAndNeverIfItDoesNot) {
  PartitionWorld world(2);
  world.log().BeginIntakeTransaction(1);
  world.Put(1, ReportIn(world, 1, "open"), Officer());
  EXPECT_THAT(Taken(world, 1), IsEmpty());
  world.log().EndIntakeTransaction(1, /*commit=*/false);
  world.log().BeginIntakeTransaction(1);
  world.Put(1, ReportIn(world, 1, "kept"), Officer());
  world.log().EndIntakeTransaction(1, /*commit=*/true);
  world.Advance(absl::Seconds(1));

  ASSERT_EQ(Taken(world, 1).size(), 1u);
  EXPECT_EQ(Taken(world, 1)[0].intake_offset(), 2u);
}

TEST(Intake, APositionThatHasPassedControlRecordsAloneIsRecordedOnceItIsIdle) {
  PartitionLimits limits;
  limits.intake_idle = absl::Minutes(10);
  PartitionWorld world(2, limits);
  world.Put(1, ReportIn(world, 1, "r"), Officer());
  world.log().BeginIntakeTransaction(1);
  world.log().EndIntakeTransaction(1, /*commit=*/true);  // offset 1 is its marker
  world.Advance(absl::Seconds(1));                       // seen
  world.Advance(absl::Minutes(10) - absl::Microseconds(1));
  EXPECT_EQ(Books(world, 1).intake_offset(), 1u);

  world.Advance(absl::Seconds(1));

  EXPECT_EQ(Books(world, 1).intake_offset(), 2u);
  world.Advance(absl::Hours(5));
  int notes = 0;
  for (const v1::Decision& decision : world.Records(1))
    notes += decision.intake_noted().kind() == v1::IntakeNoted::KIND_POSITION ? 1 : 0;
  EXPECT_EQ(notes, 1);
  // Now retention may take all of it, and nothing is missed.
  world.log().ExpireIntake(1, 2);
  world.Reopen(1);
  world.Advance(absl::Seconds(1));
  EXPECT_EQ(world.partition(1).view().intake.condition, "OPEN");
}

}  // namespace
}  // namespace caseward

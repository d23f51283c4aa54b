// The part of EventLog's contract that is about the intake (engine/port/event_log.h), on every log that has one. Built
// a second time for the rung that has a real broker.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/log_under_test.h"
#ifdef CASEWARD_CONTRACT_ON_KAFKA
#include "tests/support/kafka_broker.h"
#endif

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using Kind = AppendResult::Kind;

TopicRecord Value(std::string value) { return {.key = std::nullopt, .value = std::move(value)}; }

std::vector<std::string> Values(const std::vector<TopicRecord>& records) {
  std::vector<std::string> out;
  for (const TopicRecord& record : records)
    out.push_back(record.value);
  return out;
}

template <typename UnderTest>
class IntakeContract : public LogContract<UnderTest> {
 protected:
  // What is read from `cursor` on until `count` records have come (0: until the end has), as nobody is told how long a
  // log fetches.
  absl::StatusOr<IntakeBatch> Read(uint32_t partition, const IntakeCursor& cursor, size_t count, size_t limit = 100,
                                   size_t bytes = 1 << 20) {
    const absl::StatusOr<IntakeRange> range = this->log().FindIntake(partition);
    EXPECT_TRUE(range.ok()) << range.status();
    for (const absl::Time until = absl::Now() + absl::Seconds(60);;) {
      absl::StatusOr<IntakeBatch> batch = this->log().ReadIntake(partition, cursor, limit, bytes);
      const bool waits = batch.ok() ? (count > 0 ? batch->records.size() < count : batch->next < range->end)
                                    : absl::IsUnavailable(batch.status());
      if (!waits || absl::Now() > until) return batch;
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  std::vector<std::string> ValuesFrom(uint32_t partition, uint64_t next, size_t count) {
    const absl::StatusOr<IntakeBatch> batch = Read(partition, {.next = next, .last = std::nullopt}, count);
    EXPECT_TRUE(batch.ok()) << batch.status();
    std::vector<std::string> out;
    if (!batch.ok()) return out;
    for (const IntakeRecord& record : batch->records)
      out.push_back(record.record.value);
    return out;
  }
  // The fault of reading there, once it is known.
  absl::Status FaultAt(uint32_t partition, const IntakeCursor& cursor) {
    for (const absl::Time until = absl::Now() + absl::Seconds(60);;) {
      const absl::Status status = this->log().ReadIntake(partition, cursor, 100, 1 << 20).status();
      if (absl::IsOutOfRange(status) || absl::Now() > until) return status;
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  Round WithParts(uint64_t term, uint64_t first) {
    Round round{term, first, {"r"}, {}, {}};
    round.outcomes = {{.key = "k", .value = "outcome", .headers = {{"a", "1"}}}};
    round.rejects = {{.key = std::nullopt, .value = "reject"}};
    round.moves = {{.to_partition = 2, .record = {.key = "k", .value = "moved", .headers = {{"b", "2"}}}}};
    return round;
  }
};
#ifdef CASEWARD_CONTRACT_ON_KAFKA
using Logs = testing::Types<InKafka>;
#else
using Logs = testing::Types<MemoryAtOnce, MemoryWhenTold, Faulty<MemoryAtOnce>>;
#endif
TYPED_TEST_SUITE(IntakeContract, Logs);

TYPED_TEST(IntakeContract, WhatIsPutThereIsReadAsItCame) {
  EXPECT_TRUE(this->log().has_intake());
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  const uint64_t first =
      this->under_test_.intake().Put(1, {.key = all, .value = all, .headers = {{"h", "1"}, {"h", "2"}, {"x", ""}}});
  this->under_test_.intake().Put(1, Value(""));

  const absl::StatusOr<IntakeBatch> batch = this->Read(1, {.next = first, .last = std::nullopt}, 2);

  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->records.size(), 2u);
  EXPECT_EQ(batch->records[0].offset, first);
  EXPECT_EQ(batch->records[0].record.key, all);
  EXPECT_EQ(batch->records[0].record.value, all);
  EXPECT_THAT(batch->records[0].record.headers, ElementsAre(Pair("h", "1"), Pair("h", "2"), Pair("x", "")));
  EXPECT_EQ(batch->records[1].record.key, std::nullopt);
  EXPECT_GT(batch->records[1].offset, first);
  EXPECT_GE(batch->records[1].time, batch->records[0].time);
  EXPECT_EQ(batch->next, batch->records[1].offset + 1);
}

TYPED_TEST(IntakeContract, ItIsReadFromTheCursorAndWithinTheLimits) {
  std::vector<uint64_t> offsets;
  for (const char* const value : {"a", "b", "c", "d"})
    offsets.push_back(this->under_test_.intake().Put(0, Value(value)));
  EXPECT_THAT(this->ValuesFrom(0, offsets[0], 4), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(this->ValuesFrom(0, offsets[2], 2), ElementsAre("c", "d"));
  EXPECT_THAT(this->ValuesFrom(0, offsets[1], 3), ElementsAre("b", "c", "d")) << "also from before";

  const absl::StatusOr<IntakeBatch> two = this->Read(0, {.next = offsets[1], .last = std::nullopt}, 2, 2);
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->records.size(), 2u);
  EXPECT_EQ(two->next, offsets[2] + 1);
  EXPECT_GT(two->end, two->next);
  const absl::StatusOr<IntakeBatch> small = this->Read(0, {.next = offsets[1], .last = std::nullopt}, 1, 100, 1);
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_EQ(small->records.size(), 1u) << "one is given however large it is";
}

TYPED_TEST(IntakeContract, PartitionsAreApart) {
  this->under_test_.intake().Put(0, Value("zero"));
  this->under_test_.intake().Put(1, Value("one"));
  EXPECT_THAT(this->ValuesFrom(0, 0, 1), ElementsAre("zero"));
  EXPECT_THAT(this->ValuesFrom(1, 0, 1), ElementsAre("one"));
  EXPECT_THAT(this->ValuesFrom(2, 0, 0), IsEmpty());
  EXPECT_TRUE(absl::IsInvalidArgument(this->log().ReadIntake(kPartitions, {}, 1, 1).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(this->log().FindIntake(kPartitions).status()));
}

TYPED_TEST(IntakeContract, OutcomesRejectsAndMovesAreVisibleWithTheirRound) {
  const uint64_t term = this->Claim(0);
  EXPECT_EQ(this->Append(0, this->WithParts(term, 0)).kind, Kind::kCommitted);

  const std::vector<TopicRecord> outcomes = this->under_test_.intake().outcomes(0);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].key, "k");
  EXPECT_EQ(outcomes[0].value, "outcome");
  EXPECT_THAT(outcomes[0].headers, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(Values(this->under_test_.intake().rejects(0)), ElementsAre("reject"));
  EXPECT_EQ(this->under_test_.intake().rejects(0)[0].key, std::nullopt);
  const absl::StatusOr<IntakeBatch> moved = this->Read(2, {}, 1);
  ASSERT_TRUE(moved.ok() && moved->records.size() == 1) << moved.status();
  EXPECT_EQ(moved->records[0].record.key, "k");
  EXPECT_EQ(moved->records[0].record.value, "moved");
  EXPECT_THAT(moved->records[0].record.headers, ElementsAre(Pair("b", "2")));
}

TYPED_TEST(IntakeContract, L4_NothingOfAStaleOwnersRoundIsVisible) {
  const uint64_t zombie = this->Claim(0, "zombie");
  this->Commit(0, zombie, {"a"});
  const uint64_t term = this->Claim(0, "heir");

  EXPECT_EQ(this->Append(0, this->WithParts(zombie, 1)).kind, Kind::kAborted);
  this->Commit(0, term, {"b"});

  EXPECT_THAT(this->under_test_.intake().outcomes(0), IsEmpty());
  EXPECT_THAT(this->under_test_.intake().rejects(0), IsEmpty());
  EXPECT_THAT(this->ValuesFrom(2, 0, 0), IsEmpty());
}

TYPED_TEST(IntakeContract, ARecordMovedNowhereIsRefusedWhole) {
  const uint64_t term = this->Claim(0);
  for (const uint32_t to : {0u, kPartitions}) {
    Round round = this->WithParts(term, 0);
    round.moves[0].to_partition = to;
    const AppendResult result = this->Append(0, std::move(round));
    EXPECT_EQ(result.kind, Kind::kAborted);
    EXPECT_TRUE(absl::IsInvalidArgument(result.why)) << result.why;
  }
  EXPECT_EQ(this->End(0), 0u);
  EXPECT_THAT(this->under_test_.intake().outcomes(0), IsEmpty());
}

TYPED_TEST(IntakeContract, OfAnOpenTransactionNothingIsReadAndOfAnAbortedOneNothingEver) {
  auto& intake = this->under_test_.intake();
  intake.Put(1, Value("before"));
  intake.Begin(1);
  intake.Put(1, Value("aborted"));
  EXPECT_THAT(this->ValuesFrom(1, 0, 1), ElementsAre("before"));
  intake.End(1, /*commit=*/false);
  intake.Begin(1);
  const uint64_t kept = intake.Put(1, Value("kept"));
  intake.End(1, /*commit=*/true);

  EXPECT_THAT(this->ValuesFrom(1, 0, 2), ElementsAre("before", "kept"));
  // Reading passes what holds nothing: the marker of the last transaction, too.
  const absl::StatusOr<IntakeBatch> rest = this->Read(1, {.next = kept + 1, .last = std::nullopt}, 0);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_THAT(rest->records, IsEmpty());
  EXPECT_EQ(rest->next, kept + 2);
}

TYPED_TEST(IntakeContract, APlaceThatIsGoneOrNeverWasIsNamedNotPassedOver) {
  auto& intake = this->under_test_.intake();
  std::vector<uint64_t> offsets;
  for (const char* const value : {"a", "b", "c"})
    offsets.push_back(intake.Put(1, Value(value)));

  const absl::Status beyond = this->FaultAt(1, {.next = offsets[2] + 5, .last = std::nullopt});
  EXPECT_TRUE(absl::IsOutOfRange(beyond)) << beyond;
  EXPECT_THAT(beyond.message(), HasSubstr("but the topic ends at 3"));
  intake.Expire(1, offsets[2]);
  const absl::Status gone = this->FaultAt(1, {.next = offsets[1], .last = std::nullopt});
  EXPECT_TRUE(absl::IsOutOfRange(gone)) << gone;
  EXPECT_THAT(gone.message(), HasSubstr("lay at offset 1, but the topic begins at 2"));
  EXPECT_TRUE(absl::IsOutOfRange(this->FaultAt(1, {.next = offsets[1], .last = std::nullopt}))) << "and stays so";

  EXPECT_EQ(this->log().FindIntake(1)->begin, offsets[2]);
  EXPECT_EQ(this->log().FindIntake(1)->end, offsets[2] + 1);
  EXPECT_THAT(this->ValuesFrom(1, offsets[2], 1), ElementsAre("c"));
}

TYPED_TEST(IntakeContract, AnIntakeThatIsNotTheOneThatWasReadIsNamed) {
  auto& intake = this->under_test_.intake();
  for (const char* const value : {"a", "b", "c"})
    intake.Put(1, Value(value));
  const absl::StatusOr<IntakeBatch> batch = this->Read(1, {}, 3);
  ASSERT_TRUE(batch.ok() && batch->records.size() == 3) << batch.status();
  const IntakeRecord& second = batch->records[1];
  this->under_test_.Restart();

  IntakeCursor cursor{.next = second.offset + 1, .last = IntakeCursor::Taken{second.offset, second.time}};
  const absl::StatusOr<IntakeBatch> rest = this->Read(1, cursor, 1);
  ASSERT_TRUE(rest.ok() && rest->records.size() == 1) << rest.status();
  EXPECT_EQ(rest->records[0].record.value, "c");

  this->under_test_.Restart();
  cursor.last->time += absl::Milliseconds(1);
  const absl::Status another = this->FaultAt(1, cursor);
  EXPECT_TRUE(absl::IsOutOfRange(another)) << another;
  EXPECT_THAT(another.message(), HasSubstr("the topic was made anew"));
}

#ifndef CASEWARD_CONTRACT_ON_KAFKA
TEST(EmbeddedIntake, ThereIsNoneAndARoundThatNeedsOneIsRefusedWhole) {
  Embedded embedded;
  EXPECT_FALSE(embedded.log().has_intake());
  EXPECT_TRUE(absl::IsUnimplemented(embedded.log().ReadIntake(0, {}, 1, 1).status()));
  const uint64_t term = *embedded.log().Claim(0, "owner");
  for (int part = 0; part < 3; ++part) {
    Round round{term, 0, {"r"}, {}, {}};
    if (part == 0) round.outcomes = {Value("o")};
    if (part == 1) round.rejects = {Value("r")};
    if (part == 2) round.moves = {{.to_partition = 1, .record = Value("m")}};
    std::promise<AppendResult> promise;
    embedded.log().AppendRound(0, std::move(round), [&](AppendResult result) { promise.set_value(result); });
    const AppendResult result = promise.get_future().get();
    EXPECT_EQ(result.kind, Kind::kAborted);
    EXPECT_TRUE(absl::IsInvalidArgument(result.why)) << result.why;
  }
  EXPECT_EQ(*embedded.log().End(0), 0u);
}
#endif

}  // namespace
}  // namespace caseward

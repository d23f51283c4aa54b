// Unknown outcomes, lost and late rounds: the part of EventLog's contract that only misfortune shows, on every log that
// can be made to suffer it.
#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/log_under_test.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = AppendResult::Kind;

template <typename UnderTest>
class LogFaultsContract : public LogContract<UnderTest> {};
using Logs = testing::Types<MemoryAtOnce, MemoryWhenTold, Faulty<MemoryAtOnce>, Faulty<Embedded>>;
TYPED_TEST_SUITE(LogFaultsContract, Logs);

TYPED_TEST(LogFaultsContract, AnAbortedRoundLeavesNothingAndMayBeTriedAgain) {
  const uint64_t term = this->Claim(0);
  this->under_test_.faults().Next(0, LogFault::kAborted);

  const AppendResult result = this->Append(0, {term, 0, {"a"}, {{1, 0, 0, "m"}}, {{"k", "w"}}});
  EXPECT_EQ(result.kind, Kind::kAborted);
  EXPECT_TRUE(absl::IsUnavailable(result.why));
  EXPECT_EQ(this->End(0), 0u);
  EXPECT_THAT(this->Inbox(1), IsEmpty());
  EXPECT_EQ(this->Key("k"), std::nullopt);

  this->Commit(0, term, {"a"});
  EXPECT_THAT(this->Records(0), ElementsAre("a"));
}

TYPED_TEST(LogFaultsContract, L4_AfterAnUnknownOutcomeNoRoundOfThatTermBecomesVisible) {
  for (const LogFault fault : {LogFault::kUnknownVisible, LogFault::kUnknownLost}) {
    const uint64_t term = this->Claim(0);
    const uint64_t before = this->End(0);
    this->under_test_.faults().Next(0, fault);

    EXPECT_EQ(this->Append(0, {term, before, {"doubtful"}, {}, {}}).kind, Kind::kUnknown);
    const uint64_t end = this->End(0);
    EXPECT_EQ(end, fault == LogFault::kUnknownVisible ? before + 1 : before);
    for (const uint64_t first : {before, before + 1}) {
      const AppendResult later = this->Append(0, {term, first, {"later"}, {}, {}});
      EXPECT_EQ(later.kind, Kind::kAborted);
      EXPECT_TRUE(absl::IsFailedPrecondition(later.why)) << later.why;
    }
    EXPECT_EQ(this->Append(0, {term, end, {}, {}, {}}).kind, Kind::kAborted) << "a barrier proves nothing either";

    this->Commit(0, this->Claim(0), {"after"});
    EXPECT_EQ(this->End(0), end + 1);
  }
  EXPECT_THAT(this->Records(0), ElementsAre("doubtful", "after", "after"));
}

TYPED_TEST(LogFaultsContract, AnUnknownRoundMayBecomeVisibleLate) {
  const uint64_t term = this->Claim(0);
  this->under_test_.faults().Next(0, LogFault::kUnknownLate);
  EXPECT_EQ(this->Append(0, {term, 0, {"late"}, {{1, 0, 0, "m"}}, {}}).kind, Kind::kUnknown);
  EXPECT_EQ(this->End(0), 0u);

  EXPECT_TRUE(this->under_test_.DeliverLate(0));
  this->under_test_.Settle();
  this->Claim(0);  // behind it
  EXPECT_THAT(this->Records(0), ElementsAre("late"));
  EXPECT_THAT(this->Inbox(1), ElementsAre("0/0/0 m"));
  EXPECT_FALSE(this->under_test_.DeliverLate(0));
}

TYPED_TEST(LogFaultsContract, L4_AClaimSettlesALateRoundForGood) {
  const uint64_t zombie = this->Claim(0, "zombie");
  this->under_test_.faults().Next(0, LogFault::kUnknownLate);
  EXPECT_EQ(this->Append(0, {zombie, 0, {"late"}, {}, {{"k", "late"}}}).kind, Kind::kUnknown);

  const uint64_t term = this->Claim(0, "heir");
  EXPECT_FALSE(this->under_test_.DeliverLate(0));
  this->Commit(0, term, {"mine"});

  EXPECT_THAT(this->Records(0), ElementsAre("mine"));
  EXPECT_EQ(this->Key("k"), std::nullopt);
}

TYPED_TEST(LogFaultsContract, AFailedClaimChangesNothing) {
  const uint64_t term = this->Claim(0);
  this->under_test_.faults().NextClaimFails(0);
  EXPECT_TRUE(absl::IsUnavailable(this->log().Claim(0, "heir").status()));
  this->Commit(0, term, {"still mine"});
}

TYPED_TEST(LogFaultsContract, FaultsMayBeChosenRoundByRound) {
  const uint64_t term = this->Claim(0);
  int asked = 0;
  this->under_test_.faults().Otherwise(
      [&](uint32_t) { return ++asked % 2 == 1 ? LogFault::kAborted : LogFault::kNone; });
  EXPECT_EQ(this->Append(0, {term, 0, {"a"}, {}, {}}).kind, Kind::kAborted);
  EXPECT_EQ(this->Append(0, {term, 0, {"a"}, {}, {}}).kind, Kind::kCommitted);
}

// What only the twin in memory can do.

TEST(MemoryEventLog, ACrashedOwnersRoundsReachTheLogAsFarAsTheyGotAndNobodyHears) {
  MemoryEventLog log(1, MemoryEventLog::Delivery::kWhenTold);
  const uint64_t term = *log.Claim(0, "owner");
  int heard = 0;
  for (uint64_t i = 0; i < 3; ++i)
    log.AppendRound(0, {term, i, {"r"}, {}, {}}, [&](AppendResult) { ++heard; });
  EXPECT_EQ(log.waiting(0), 3u);

  log.CrashOwner(0, 2);

  EXPECT_EQ(*log.End(0), 2u);
  EXPECT_EQ(log.waiting(0), 0u);
  EXPECT_FALSE(log.Deliver(0));
  EXPECT_EQ(heard, 0);
}

TEST(MemoryEventLog, NothingIsVisibleBeforeItIsDelivered) {
  MemoryEventLog log(2, MemoryEventLog::Delivery::kWhenTold);
  const uint64_t term = *log.Claim(0, "owner");
  int answered = 0;
  log.AppendRound(0, {term, 0, {"a"}, {}, {}}, [&](AppendResult) { ++answered; });
  EXPECT_EQ(*log.End(0), 0u);
  EXPECT_EQ(answered, 0);

  EXPECT_TRUE(log.Deliver(0));
  EXPECT_EQ(*log.End(0), 1u);
  EXPECT_EQ(answered, 1);
}

TEST(MemoryEventLog, AFlippedBitIsNamedByPartitionAndSequence) {
  MemoryEventLog log(2);
  const uint64_t term = *log.Claim(1, "owner");
  log.AppendRound(1, {term, 0, {"a", "b", "c"}, {}, {}}, [](AppendResult) {});
  log.FlipBit(1, 1, 70);

  int seen = 0;
  const absl::Status read = log.ReadFrom(1, 0, [&](uint64_t, std::string_view) { return ++seen > 0; });
  EXPECT_TRUE(absl::IsDataLoss(read));
  EXPECT_THAT(read.message(), testing::HasSubstr("partition 1 sequence 1"));
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace caseward

// The contract of EventLog (engine/port/event_log.h), line by line, on every log there is. Built a second time for the
// rung that has a real broker.
#include <atomic>
#include <thread>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/log_under_test.h"
#ifdef CASEWARD_CONTRACT_ON_KAFKA
#include "tests/support/kafka_broker.h"
#endif

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = AppendResult::Kind;
using Strings = std::vector<std::string>;

template <typename UnderTest>
class EventLogContract : public LogContract<UnderTest> {};
#ifdef CASEWARD_CONTRACT_ON_KAFKA
using Logs = testing::Types<InKafka>;
#else
using Logs = testing::Types<MemoryAtOnce, MemoryWhenTold, Embedded, EmbeddedByCallers, Faulty<MemoryAtOnce>,
                            Faulty<EmbeddedByCallers>>;
#endif
TYPED_TEST_SUITE(EventLogContract, Logs);

TYPED_TEST(EventLogContract, EachClaimGivesAGreaterTermAlsoAfterARestart) {
  const uint64_t first = this->Claim(1);
  const uint64_t second = this->Claim(1);
  EXPECT_GT(second, first);

  this->under_test_.Restart();
  EXPECT_GT(this->Claim(1), second);
}

TYPED_TEST(EventLogContract, ACommittedRoundIsVisibleWithAllItsParts) {
  const uint64_t term = this->Claim(0);

  Round round{term, 0, {"a", "b"}, {{1, 0, 0, "to one"}, {2, 1, 0, "to two"}}, {{"s/r1", "wrapped"}}};
  const AppendResult result = this->Append(0, round);

  EXPECT_EQ(result.kind, Kind::kCommitted) << result.why;
  EXPECT_EQ(this->End(0), 2u);
  EXPECT_THAT(this->Records(0), ElementsAre("a", "b"));
  EXPECT_THAT(this->Inbox(1), ElementsAre("0/0/0 to one"));
  EXPECT_THAT(this->Inbox(2), ElementsAre("0/1/0 to two"));
  EXPECT_EQ(this->Key("s/r1"), "wrapped");
}

TYPED_TEST(EventLogContract, WhatIsCommittedOutlivesARestart) {
  const uint64_t term = this->Claim(0);
  this->Append(0, {term, 0, {"a"}, {{1, 0, 0, "m"}}, {{"k", "w"}}});

  this->under_test_.Restart();

  EXPECT_THAT(this->Records(0), ElementsAre("a"));
  EXPECT_THAT(this->Inbox(1), ElementsAre("0/0/0 m"));
  EXPECT_EQ(this->Key("k"), "w");
  this->Commit(0, this->Claim(0), {"b"});
  EXPECT_THAT(this->Records(0), ElementsAre("a", "b"));
}

TYPED_TEST(EventLogContract, L4_AStaleOwnersRoundNeverBecomesVisible) {
  const uint64_t zombie = this->Claim(0, "zombie");
  this->Commit(0, zombie, {"a"});
  const uint64_t term = this->Claim(0, "heir");

  const AppendResult late = this->Append(0, {zombie, 1, {"late"}, {{1, 1, 0, "late"}}, {{"k", "late"}}});

  EXPECT_EQ(late.kind, Kind::kAborted);
  EXPECT_TRUE(absl::IsFailedPrecondition(late.why)) << late.why;
  EXPECT_THAT(late.why.message(), testing::HasSubstr("heir"));
  this->Commit(0, term, {"b"});
  EXPECT_THAT(this->Records(0), ElementsAre("a", "b"));
  EXPECT_THAT(this->Inbox(1), IsEmpty());
  EXPECT_EQ(this->Key("k"), std::nullopt);
}

TYPED_TEST(EventLogContract, L4_ARoundInFlightIsVisibleWhenClaimReturnsOrNever) {
  const uint64_t zombie = this->Claim(0, "zombie");
  std::future<AppendResult> in_flight = this->Start(0, {zombie, 0, {"in flight"}, {}, {}});

  this->Claim(0, "heir");
  const uint64_t end = this->End(0);
  const AppendResult result = this->Answer(std::move(in_flight));

  EXPECT_EQ(this->End(0), end);
  EXPECT_EQ(result.kind, end == 1 ? Kind::kCommitted : Kind::kAborted);
}

TYPED_TEST(EventLogContract, ATermNobodyClaimedIsRefused) {
  EXPECT_EQ(this->Append(0, {1, 0, {"a"}, {}, {}}).kind, Kind::kAborted);
  const uint64_t term = this->Claim(0);
  EXPECT_EQ(this->Append(0, {term + 1, 0, {"a"}, {}, {}}).kind, Kind::kAborted);
  EXPECT_EQ(this->End(0), 0u);
}

TYPED_TEST(EventLogContract, TermsOfPartitionsAreApart) {
  const uint64_t term = this->Claim(0);
  this->Claim(1);
  this->Claim(1);
  this->Commit(0, term, {"a"});
}

TYPED_TEST(EventLogContract, ARoundThatDoesNotBeginAtTheNextSequenceIsRefusedWhole) {
  const uint64_t term = this->Claim(0);
  this->Commit(0, term, {"a", "b"});

  for (const uint64_t first : {0u, 1u, 3u}) {
    const AppendResult result = this->Append(0, {term, first, {"x"}, {{1, first, 0, "x"}}, {{"k", "x"}}});
    EXPECT_EQ(result.kind, Kind::kAborted);
    EXPECT_TRUE(absl::IsFailedPrecondition(result.why)) << result.why;
  }

  EXPECT_THAT(this->Records(0), ElementsAre("a", "b"));
  EXPECT_THAT(this->Inbox(1), IsEmpty());
  EXPECT_EQ(this->Key("k"), std::nullopt);
}

TYPED_TEST(EventLogContract, RoundsHandedInOneAfterTheOtherCommitInOrder) {
  const uint64_t term = this->Claim(0);
  std::vector<std::future<AppendResult>> answers;
  Strings expected;
  for (uint64_t i = 0; i < 20; ++i) {
    expected.push_back("r" + std::to_string(i));
    answers.push_back(this->Start(0, {term, i, {expected.back()}, {}, {}}));
  }
  for (auto& answer : answers)
    EXPECT_EQ(this->Answer(std::move(answer)).kind, Kind::kCommitted);
  EXPECT_EQ(this->Records(0), expected);
}

TYPED_TEST(EventLogContract, EveryRoundOfEveryPartitionIsAnsweredExactlyOnce) {
  constexpr int kRounds = 200;
  std::atomic<int> answers = 0;
  std::atomic<int> committed = 0;
  std::vector<std::thread> owners;
  for (uint32_t partition = 0; partition < kPartitions; ++partition) {
    const uint64_t term = this->Claim(partition);
    owners.emplace_back([&, partition, term] {
      for (uint64_t i = 0; i < kRounds; ++i) {
        this->log().AppendRound(partition, {term, i, {"x"}, {}, {}}, [&](AppendResult result) {
          ++answers;
          if (result.kind == Kind::kCommitted) ++committed;
        });
      }
    });
  }
  for (std::thread& owner : owners)
    owner.join();
  this->under_test_.Settle();
  for (uint32_t partition = 0; partition < kPartitions; ++partition)
    this->Claim(partition);  // behind all of them

  EXPECT_EQ(answers, kRounds * static_cast<int>(kPartitions));
  EXPECT_EQ(committed, answers);
  EXPECT_EQ(this->End(1), static_cast<uint64_t>(kRounds));
}

TYPED_TEST(EventLogContract, RecordsComeBackByteForByte) {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  const Strings records = {"", std::string(1, '\0'), all, std::string(1 << 20, 'x')};
  this->Commit(0, this->Claim(0), records);

  EXPECT_EQ(this->Records(0), records);
  this->under_test_.Restart();
  EXPECT_EQ(this->Records(0), records);
}

TYPED_TEST(EventLogContract, ReadFromBeginsAndEndsWhereItSays) {
  EXPECT_THAT(this->Records(0), IsEmpty());
  this->Commit(0, this->Claim(0), {"a", "b", "c"});
  this->Commit(1, this->Claim(1), {"other"});

  EXPECT_THAT(this->Records(0, 1), ElementsAre("b", "c"));
  EXPECT_THAT(this->Records(0, 3), IsEmpty());
  const auto ignore = [](uint64_t, std::string_view) { return true; };
  EXPECT_TRUE(absl::IsOutOfRange(this->log().ReadFrom(0, 4, ignore)));
  EXPECT_TRUE(absl::IsOutOfRange(this->log().ReadFrom(2, 1, ignore)));

  int seen = 0;
  EXPECT_TRUE(this->log().ReadFrom(0, 0, [&](uint64_t, std::string_view) { return ++seen < 2; }).ok());
  EXPECT_EQ(seen, 2);
}

TYPED_TEST(EventLogContract, APartitionThatIsNotThereIsAnErrorNotAnEmptyOne) {
  EXPECT_EQ(this->log().partitions(), kPartitions);
  EXPECT_TRUE(absl::IsInvalidArgument(this->log().Claim(kPartitions, "x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(this->log().End(kPartitions).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(this->log().ReadInbox(kPartitions, {}, 1).status()));
  const auto ignore = [](uint64_t, std::string_view) { return true; };
  EXPECT_TRUE(absl::IsInvalidArgument(this->log().ReadFrom(kPartitions, 0, ignore)));
}

TYPED_TEST(EventLogContract, L9_AnEmptyRoundProvesTheTermAndChangesNothing) {
  const uint64_t term = this->Claim(0);
  this->Commit(0, term, {"a"});

  EXPECT_EQ(this->Append(0, {term, 1, {}, {}, {}}).kind, Kind::kCommitted);
  EXPECT_EQ(this->End(0), 1u);

  this->Claim(0, "heir");
  const AppendResult stale = this->Append(0, {term, 1, {}, {}, {}});
  EXPECT_EQ(stale.kind, Kind::kAborted);
  EXPECT_TRUE(absl::IsFailedPrecondition(stale.why));
}

TYPED_TEST(EventLogContract, TheInboxKeepsEachSendersOrder) {
  const uint64_t zero = this->Claim(0);
  const uint64_t one = this->Claim(1);
  this->Append(1, {one, 0, {"x"}, {{2, 0, 0, "b0"}}, {}});
  this->Append(0, {zero, 0, {"x", "y"}, {{2, 0, 1, "a1"}, {2, 0, 0, "a0"}, {2, 1, 0, "a2"}}, {}});
  this->Append(0, {zero, 2, {"z"}, {{2, 2, 0, "a3"}, {0, 2, 1, "self"}}, {}});

  Strings from_zero;
  for (const std::string& m : this->Inbox(2)) {
    if (m[0] == '0') from_zero.push_back(m);
  }
  EXPECT_THAT(from_zero, ElementsAre("0/0/0 a0", "0/0/1 a1", "0/1/0 a2", "0/2/0 a3"));
  EXPECT_THAT(this->Inbox(2), testing::Contains("1/0/0 b0"));
  EXPECT_THAT(this->Inbox(0), ElementsAre("0/2/1 self"));
}

TYPED_TEST(EventLogContract, TheInboxIsReadAfterCursorsAndWithinTheLimit) {
  const uint64_t term = this->Claim(0);
  const uint64_t one = this->Claim(1);
  this->Append(0, {term, 0, {"x"}, {{2, 0, 0, "a"}, {2, 0, 1, "b"}, {2, 0, 2, "c"}}, {}});
  this->Append(1, {one, 0, {"x"}, {{2, 0, 0, "d"}}, {}});

  EXPECT_THAT(this->Inbox(2, {{0, 0, 0}, {1, 0, 0}}), ElementsAre("0/0/1 b", "0/0/2 c"));
  EXPECT_THAT(this->Inbox(2, {{0, 0, 1}}), testing::UnorderedElementsAre("0/0/2 c", "1/0/0 d"));
  EXPECT_THAT(this->Inbox(2, {{0, 7, 0}, {1, 7, 0}}), IsEmpty());
  EXPECT_EQ(this->Inbox(2, {}, 0).size(), 0u);
  EXPECT_EQ(this->Inbox(2, {}, 3).size(), 3u);
  EXPECT_EQ(this->Inbox(2, {}, 4).size(), 4u);
}

TYPED_TEST(EventLogContract, ABusySenderDoesNotStarveTheOthers) {
  const uint64_t zero = this->Claim(0);
  const uint64_t one = this->Claim(1);
  Round busy{zero, 0, {"x"}, {}, {}};
  for (uint32_t n = 0; n < 50; ++n)
    busy.messages.push_back({2, 0, n, "busy"});
  this->Append(0, std::move(busy));
  this->Append(1, {one, 0, {"x"}, {{2, 0, 0, "quiet"}}, {}});

  EXPECT_THAT(this->Inbox(2, {}, 6), testing::Contains("1/0/0 quiet"));
}

TYPED_TEST(EventLogContract, TrimmingDropsOnlyWhatTheCursorsPass) {
  const uint64_t term = this->Claim(0);
  this->Append(0, {term, 0, {"x"}, {{2, 0, 0, "a"}, {2, 0, 1, "b"}, {1, 0, 2, "other"}}, {}});

  this->log().TrimInbox(2, {{0, 0, 0}});
  this->Commit(0, term, {"the hint may wait for a round"});

  EXPECT_THAT(this->Inbox(2, {{0, 0, 0}}), ElementsAre("0/0/1 b"));
  EXPECT_THAT(this->Inbox(1), ElementsAre("0/0/2 other"));
  // It is a hint: what was trimmed may come back, before the cursors.
  this->under_test_.Restart();
  EXPECT_THAT(this->Inbox(2, {{0, 0, 0}}), ElementsAre("0/0/1 b"));
  EXPECT_THAT(this->Inbox(2), testing::Contains("0/0/1 b"));
}

TYPED_TEST(EventLogContract, AMessageToNoPartitionIsRefusedWhole) {
  const uint64_t term = this->Claim(0);
  const AppendResult result = this->Append(0, {term, 0, {"x"}, {{kPartitions, 0, 0, "m"}}, {}});
  EXPECT_EQ(result.kind, Kind::kAborted);
  EXPECT_TRUE(absl::IsInvalidArgument(result.why));
  EXPECT_EQ(this->End(0), 0u);
}

TYPED_TEST(EventLogContract, L11_AKeyIsThereFromTheRoundThatBringsIt) {
  const uint64_t term = this->Claim(0);
  EXPECT_EQ(this->Key("s/r1"), std::nullopt);

  this->Append(0, {term, 0, {"x"}, {}, {{"s/r1", "w1"}, {"s/r2", "w2"}, {"t/1", "w3"}}});

  EXPECT_EQ(this->Key("s/r1"), "w1");
  EXPECT_THAT(this->KeyIds("s/"), ElementsAre("s/r1", "s/r2"));
  EXPECT_THAT(this->KeyIds(""), ElementsAre("s/r1", "s/r2", "t/1"));
  EXPECT_THAT(this->KeyIds("z"), IsEmpty());
  int seen = 0;
  EXPECT_TRUE(this->log().ReadKeys("", [&](std::string_view, std::string_view) { return ++seen < 2; }).ok());
  EXPECT_EQ(seen, 2);
}

TYPED_TEST(EventLogContract, L11_AKeyIsNeverOverwritten) {
  const uint64_t term = this->Claim(0);
  this->Append(0, {term, 0, {"x"}, {}, {{"s/r1", "w1"}}});

  const AppendResult other = this->Append(0, {term, 1, {"y"}, {}, {{"s/r1", "other"}}});
  EXPECT_EQ(other.kind, Kind::kAborted);
  EXPECT_TRUE(absl::IsAborted(other.why)) << other.why;
  EXPECT_EQ(this->Append(0, {term, 1, {"y"}, {}, {{"s/r1", "w1"}}}).kind, Kind::kCommitted);

  EXPECT_EQ(this->Key("s/r1"), "w1");
  EXPECT_THAT(this->Records(0), ElementsAre("x", "y"));
}

TYPED_TEST(EventLogContract, L11_TwoOwnersRacingForOneKeyCannotBothWin) {
  const uint64_t zero = this->Claim(0);
  const uint64_t one = this->Claim(1);
  std::future<AppendResult> first = this->Start(0, {zero, 0, {"x"}, {}, {{"s/r1", "w0"}}});
  std::future<AppendResult> second = this->Start(1, {one, 0, {"y"}, {}, {{"s/r1", "w1"}}});

  const bool first_won = this->Answer(std::move(first)).kind == Kind::kCommitted;
  const bool second_won = this->Answer(std::move(second)).kind == Kind::kCommitted;

  EXPECT_NE(first_won, second_won);
  EXPECT_EQ(this->Key("s/r1"), first_won ? "w0" : "w1");
}

TYPED_TEST(EventLogContract, L11_ADestroyedKeyIsGoneAndNeverComesBack) {
  const uint64_t term = this->Claim(0);
  this->Append(0, {term, 0, {"x"}, {}, {{"s/r1", "w1"}, {"s/r2", "w2"}}});

  EXPECT_EQ(this->Append(0, {term, 1, {"erased"}, {}, {{"s/r1", ""}}}).kind, Kind::kCommitted);
  EXPECT_EQ(this->Key("s/r1"), std::nullopt);
  EXPECT_THAT(this->KeyIds("s/"), ElementsAre("s/r2"));

  const AppendResult again = this->Append(0, {term, 2, {"late"}, {}, {{"s/r1", "w1"}}});
  EXPECT_TRUE(absl::IsAborted(again.why)) << again.why;
  this->under_test_.Restart();
  EXPECT_EQ(this->Key("s/r1"), std::nullopt);
  EXPECT_THAT(this->Records(0), ElementsAre("x", "erased"));
}

}  // namespace
}  // namespace caseward

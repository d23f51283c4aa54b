// What a log in Kafka makes of the records it reads, without a broker: which count, which are stale, what is damage.
#include "storage/kafka/kafka_tail.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_table.h"
#include "storage/record_frame.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// One partition's records as a reader hands them over, offset by offset.
class KafkaTailTest : public testing::Test {
 protected:
  KafkaTailTest() { tail_.Begin(KafkaOrder(0, 0), "", 0); }

  absl::Status Claim(uint64_t term, uint64_t sequence) {
    return tail_.Take({offset_++, {KafkaKind::kClaim, term, sequence, 0, 0}, "", "owner " + std::to_string(term)});
  }
  absl::Status Record(uint64_t term, uint64_t sequence, const std::string& bytes) {
    std::string frame;
    AppendFrame(kPartition, sequence, bytes, frame);
    return tail_.Take({offset_++, {KafkaKind::kRecord, term, sequence, 0, 0}, "", frame});
  }
  std::vector<std::string> Recent() const {
    std::vector<std::string> out;
    bool stopped = false;
    tail_.ReadRecent(
        0, tail_.head().next,
        [&](uint64_t, std::string_view bytes) {
          out.emplace_back(bytes);
          return true;
        },
        stopped);
    return out;
  }

  static constexpr uint32_t kPartition = 2;
  KafkaTail tail_{kPartition, 1 << 20};
  int64_t offset_ = 0;
};

TEST_F(KafkaTailTest, L4_ARecordOfALowerTermAfterAHigherOneIsSkippedAndCounted) {
  ASSERT_TRUE(Claim(1, 0).ok());
  ASSERT_TRUE(Record(1, 0, "a").ok());
  ASSERT_TRUE(Claim(2, 1).ok());
  ASSERT_TRUE(Record(1, 1, "zombie").ok());
  ASSERT_TRUE(Claim(1, 2).ok());
  ASSERT_TRUE(Record(2, 1, "b").ok());

  EXPECT_THAT(Recent(), ElementsAre("a", "b"));
  EXPECT_EQ(tail_.head().term, 2u);
  EXPECT_EQ(tail_.head().owner, "owner 2");
  EXPECT_EQ(tail_.head().stale, 2u);
  EXPECT_EQ(tail_.head().offset, offset_);
}

TEST_F(KafkaTailTest, L4_AGapOrARepeatIsDamageAndIsNamed) {
  ASSERT_TRUE(Record(1, 0, "a").ok());

  const absl::Status gap = Record(1, 2, "c");
  EXPECT_TRUE(absl::IsDataLoss(gap));
  EXPECT_THAT(gap.message(), HasSubstr("partition 2 (Kafka offset 1, term 1): expected sequence 1, found 2"));
  const absl::Status repeat = Record(1, 0, "a");
  EXPECT_TRUE(absl::IsDataLoss(repeat));
  EXPECT_THAT(repeat.message(), HasSubstr("a record is repeated"));
  EXPECT_TRUE(absl::IsDataLoss(Claim(2, 5))) << "a claim that knows of more records than there are";

  EXPECT_TRUE(Record(1, 1, "b").ok());
}

TEST_F(KafkaTailTest, AnAlteredRecordIsDamage) {
  std::string frame;
  AppendFrame(kPartition, 0, "a", frame);
  frame.back() = 'b';
  EXPECT_TRUE(absl::IsDataLoss(tail_.Take({0, {KafkaKind::kRecord, 1, 0, 0, 0}, "", frame})));
}

TEST_F(KafkaTailTest, OwnRoundsAreVisibleAtOnceAndFoundLater) {
  ASSERT_TRUE(Claim(1, 0).ok());
  std::vector<std::string> records(1000, "x");
  std::vector<int64_t> offsets;
  for (int64_t i = 0; i < 1000; ++i)
    offsets.push_back(10 + i);
  tail_.Committed(0, records, offsets);

  EXPECT_EQ(tail_.head().next, 1000u);
  EXPECT_EQ(tail_.head().offset, 1010);
  EXPECT_EQ(tail_.Floor(700).sequence, 512u);
  EXPECT_EQ(tail_.Floor(700).offset, 522);
  EXPECT_EQ(tail_.Above(700)->sequence, 1000u);
}

TEST_F(KafkaTailTest, OnlyTheNewestRecordsStayInMemory) {
  KafkaTail small(kPartition, 100);
  small.Begin(KafkaOrder(1, 0), "", 0);
  small.Committed(0, {std::string(90, 'a'), std::string(90, 'b')}, {1, 2});
  bool stopped = false;
  const auto ignore = [](uint64_t, std::string_view) { return true; };
  EXPECT_EQ(small.ReadRecent(0, 2, ignore, stopped), 0u);
  EXPECT_EQ(small.ReadRecent(1, 2, ignore, stopped), 2u);
}

TEST(KafkaStamp, SaysTheSameAgainAndNothingOfOthers) {
  const std::string bytes = EncodeStamp({KafkaKind::kMessage, 7, 1ull << 40, 3, 9});
  const std::optional<KafkaStamp> again = DecodeStamp(bytes);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->kind, KafkaKind::kMessage);
  EXPECT_EQ(again->term, 7u);
  EXPECT_EQ(again->sequence, 1ull << 40);
  EXPECT_EQ(again->from_partition, 3u);
  EXPECT_EQ(again->n, 9u);
  EXPECT_FALSE(DecodeStamp("").has_value());
  EXPECT_FALSE(DecodeStamp(bytes.substr(1)).has_value());
  EXPECT_FALSE(DecodeStamp("\x02" + bytes.substr(1)).has_value());
}

TEST(KafkaKeys, L11_ADestroyedKeyIsMarkedWhereverItLies) {
  KafkaOptions options;
  KafkaReaders readers(options);
  KafkaKeys keys(readers, "keys");
  keys.Put({"s/r1", "w"}, 2);

  EXPECT_THAT(keys.PlacesOf({"s/r1", ""}, 0), ElementsAre(0, 2));
  EXPECT_THAT(keys.PlacesOf({"s/r1", "w"}, 0), ElementsAre(0));
  keys.Put({"s/r1", ""}, 0);
  keys.Put({"s/r1", "w"}, 2);  // read again, in another order
  EXPECT_EQ(keys.Get("s/r1"), "");
}

TEST(KafkaKeys, L11_TheFirstRoundHoldsAKeyUntilItIsSettled) {
  KafkaOptions options;
  KafkaReaders readers(options);
  KafkaKeys keys(readers, "keys");
  ASSERT_TRUE(keys.Reserve({{"s/r1", "w0"}}, 0).ok());

  EXPECT_TRUE(absl::IsAborted(keys.Reserve({{"s/r1", "w1"}}, 1)));
  EXPECT_TRUE(absl::IsAborted(keys.Reserve({{"s/r1", ""}}, 1)));
  EXPECT_TRUE(keys.Reserve({{"s/r1", "w0"}}, 1).ok()) << "the same bytes are no change";
  keys.Release(0);
  EXPECT_TRUE(keys.Reserve({{"s/r1", "w1"}}, 1).ok());
}

}  // namespace
}  // namespace caseward

// Starting on a broker: topics made, checked, refused with what was expected and what was found; and reading a log far
// longer than what is kept in memory.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/kafka_broker.h"

namespace caseward {
namespace {

using testing::HasSubstr;

absl::Status TryOpen(const KafkaOptions& options) { return KafkaEventLog::Open(options).status(); }

TEST(KafkaTopics, ALogIsMadeOnceAndFoundAfterwards) {
  const SharedTopics topics;
  KafkaOptions options = topics.options;
  options.create = false;
  EXPECT_TRUE(absl::IsNotFound(TryOpen(options))) << TryOpen(options);
  options.create = true;
  EXPECT_TRUE(TryOpen(options).ok()) << TryOpen(options);

  options.create = false;
  options.partitions = 0;
  options.log_id = "";
  const auto found = KafkaEventLog::Open(options);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->partitions(), kPartitions);
  EXPECT_EQ((*found)->log_id(), "contract");
}

TEST(KafkaTopics, WhatDiffersIsNamedWithWhatWasExpectedAndFound) {
  const SharedTopics topics;
  KafkaOptions options = topics.options;
  options.max_record_bytes = 1 << 20;
  ASSERT_TRUE(TryOpen(options).ok());

  options.max_record_bytes = 2 << 20;
  const absl::Status small = TryOpen(options);
  EXPECT_TRUE(absl::IsFailedPrecondition(small));
  EXPECT_THAT(small.message(), HasSubstr(options.Topic(kEventsTopic)));
  EXPECT_THAT(small.message(), HasSubstr("max.message.bytes: expected 2162688, found 1114112"));

  options.max_record_bytes = 1 << 20;
  options.partitions = kPartitions + 2;
  const absl::Status partitions = TryOpen(options);
  EXPECT_TRUE(absl::IsFailedPrecondition(partitions));
  EXPECT_THAT(partitions.message(), HasSubstr("partitions: expected 5, found 3"));

  options.partitions = kPartitions;
  options.min_insync_replicas = 2;
  EXPECT_THAT(TryOpen(options).message(), HasSubstr("min.insync.replicas: expected 2, found 1"));
}

TEST(KafkaTopics, AnotherLogIsRefused) {
  const SharedTopics topics;
  KafkaOptions options = topics.options;
  ASSERT_TRUE(TryOpen(options).ok());
  options.log_id = "other";
  const absl::Status refused = TryOpen(options);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(refused.message(), HasSubstr("expected log other"));
  EXPECT_THAT(refused.message(), HasSubstr("found log contract"));
}

TEST(KafkaTopics, ATopicThatWasDeletedBesideTheOthersIsRefused) {
  for (const char* const topic : {kEventsTopic, kOwnersTopic, kKeysTopic}) {
    const SharedTopics topics;
    const KafkaOptions& options = topics.options;
    {
      const auto log = KafkaEventLog::Open(options);
      ASSERT_TRUE(log.ok()) << log.status();
      ASSERT_TRUE((*log)->Claim(0, "owner").ok());
    }
    DeleteTopics(options, {topic});
    const absl::Status refused = TryOpen(options);
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_THAT(refused.message(), HasSubstr("deleted"));
    EXPECT_THAT(refused.message(), HasSubstr(options.Topic(topic)));
  }
}

TEST(KafkaTopics, WhereNoBrokerAnswersTheAddressIsNamed) {
  KafkaOptions options = LogInKafka("127.0.0.1:1", "nobody");
  options.connect_timeout = absl::Seconds(2);
  const absl::Status refused = TryOpen(options);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("127.0.0.1:1"));
}

class KafkaLongLog : public LogContract<InKafka> {};

TEST_F(KafkaLongLog, ARecordOverTheLimitIsRefusedAndNothingIsLost) {
  const uint64_t term = Claim(0);
  Commit(0, term, {"a"});
  const AppendResult result = Append(0, {term, 1, {std::string((8 << 20) + 1, 'x')}, {}, {}});
  EXPECT_EQ(result.kind, AppendResult::Kind::kAborted);
  EXPECT_TRUE(absl::IsInvalidArgument(result.why)) << result.why;
  Commit(0, term, {std::string(8 << 20, 'y')});
  EXPECT_EQ(End(0), 2u);
  under_test_.Restart();
  EXPECT_EQ(Records(0, 1).front().size(), size_t{8} << 20);
}

TEST_F(KafkaLongLog, AnySequenceIsFoundInALogThatIsNotInMemory) {
  constexpr uint64_t kRounds = 300;
  constexpr uint64_t kRecords = 40;
  const uint64_t term = Claim(0);
  for (uint64_t round = 0; round < kRounds; ++round) {
    std::vector<std::string> records;
    for (uint64_t i = 0; i < kRecords; ++i)
      records.push_back(absl::StrCat("record ", round * kRecords + i));
    Commit(0, term, std::move(records));
  }

  under_test_.Restart();
  for (const uint64_t from : {uint64_t{0}, uint64_t{1}, uint64_t{5000}, uint64_t{7777}, kRounds * kRecords - 1}) {
    std::string first;
    const absl::Status read = log().ReadFrom(0, from, [&](uint64_t sequence, std::string_view bytes) {
      EXPECT_EQ(sequence, from);
      first = std::string(bytes);
      return false;
    });
    EXPECT_TRUE(read.ok()) << read;
    EXPECT_EQ(first, absl::StrCat("record ", from));
  }
  EXPECT_EQ(Records(0).size(), kRounds * kRecords);
}

}  // namespace
}  // namespace caseward

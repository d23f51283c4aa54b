// Topics that were restored under a running node: what it knew of them is forgotten when it is asked to look again.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_topics.h"
#include "tests/support/kafka_broker.h"

namespace caseward {
namespace {

using testing::HasSubstr;
using Strings = std::vector<std::string>;

constexpr std::chrono::seconds kPatience(60);

void Commit(EventLog& log, uint64_t term, const Strings& records) {
  std::promise<AppendResult> done;
  log.AppendRound(0, {term, log.End(0).value_or(0), records, {}, {}},
                  [&](AppendResult result) { done.set_value(std::move(result)); });
  const AppendResult result = done.get_future().get();
  EXPECT_EQ(result.kind, AppendResult::Kind::kCommitted) << result.why;
}

Strings Records(EventLog& log) {
  Strings out;
  const absl::Status read = log.ReadFrom(0, 0, [&](uint64_t, std::string_view bytes) {
    out.emplace_back(bytes);
    return true;
  });
  EXPECT_TRUE(read.ok()) << read;
  return out;
}

// Deletes the topics and makes them anew, as log `log_id` with `records`.
void Restore(const KafkaOptions& options, const std::string& log_id, const Strings& records) {
  DeleteTopics(options, {kTopicNames.begin(), kTopicNames.end()});
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (CountKafkaPartitions(options).value_or(1) != 0)
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the topics are still there";
  KafkaOptions anew = options;
  anew.log_id = log_id;
  const auto log = KafkaEventLog::Open(anew);
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::StatusOr<uint64_t> term = (*log)->Claim(0, "restorer");
  ASSERT_TRUE(term.ok()) << term.status();
  Commit(**log, *term, records);
}

TEST(KafkaRecheck, RestoredTopicsAreReadAnewAndAnotherLogIsRefused) {
  const SharedTopics topics;
  const auto log = KafkaEventLog::Open(topics.options);
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::StatusOr<uint64_t> first = (*log)->Claim(0, "node");
  ASSERT_TRUE(first.ok()) << first.status();
  Commit(**log, *first, {"a", "b"});
  Commit(**log, *first, {"lost"});

  Restore(topics.options, topics.options.log_id, {"a", "b"});
  EXPECT_FALSE((*log)->Claim(0, "node").ok()) << "what it remembers is not there any more";
  const absl::Status again = (*log)->Recheck(0);
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(Records(**log), Strings({"a", "b"}));
  const absl::StatusOr<uint64_t> term = (*log)->Claim(0, "node");
  ASSERT_TRUE(term.ok()) << term.status();
  Commit(**log, *term, {"c"});
  EXPECT_EQ(Records(**log), Strings({"a", "b", "c"}));

  Restore(topics.options, "other", {"x"});
  const absl::Status other = (*log)->Recheck(0);
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_THAT(other.message(), HasSubstr("found log other"));
}

}  // namespace
}  // namespace caseward

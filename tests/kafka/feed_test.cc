// The feed's topic, seen by a stranger: what a round brings is there with it or not at all, and whoever claims a
// partition makes up for what is not told yet, once.
#include <librdkafka/rdkafka.h>

#include <array>

#include "engine/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_feed.h"
#include "storage/kafka/kafka_handles.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_topic.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using Kind = AppendResult::Kind;
using Strings = std::vector<std::string>;

FeedItem Item(uint64_t sequence, const std::string& body) {
  FeedItem item;
  item.id = StrCat("contract/0/", sequence, "/0");
  item.subject = "C-1";
  item.attributes = {{"type", "caseward.case.closed.v1"}, {"feedform", "1"}};
  item.body = body;
  return item;
}

// Topics with a feed, and a node after another on them. An item tells of each record but those that begin with "-".
class KafkaFeed : public testing::Test {
 protected:
  KafkaFeed() {
    topics_.options.feed.form = 1;
    topics_.options.feed.of_record = [this](EventLog&, const std::string& log_id, uint32_t, uint64_t sequence,
                                            std::string_view record, std::vector<FeedItem>& items) {
      EXPECT_EQ(log_id, "contract");
      if (sequence == fails_at_) return absl::UnavailableError("told to fail");
      if (!record.starts_with("-")) items.push_back(Item(sequence, StrCat("told of ", record.substr(0, 8))));
      return absl::OkStatus();
    };
    NewNode();
  }
  ~KafkaFeed() override {
    log_.reset();
    DeleteTopics(topics_.options, {kFeedTopic, "feed.2"});
  }

  KafkaOptions& options() { return topics_.options; }
  void NewNode() {
    log_.reset();
    auto opened = KafkaEventLog::Open(options());
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }
  uint64_t Claim() {
    const absl::StatusOr<uint64_t> term = log_->Claim(0, "node");
    EXPECT_TRUE(term.ok()) << term.status();
    return term.value_or(0);
  }
  AppendResult Append(Round round) {
    std::promise<AppendResult> promise;
    std::future<AppendResult> answer = promise.get_future();
    log_->AppendRound(0, std::move(round), [&](AppendResult result) { promise.set_value(std::move(result)); });
    return answer.get();
  }
  void Commit(uint64_t term, Strings records, std::vector<FeedItem> feed) {
    const AppendResult result = Append({term, *log_->End(0), std::move(records), {}, {}, std::move(feed)});
    EXPECT_EQ(result.kind, Kind::kCommitted) << result.why;
  }
  Strings Bodies(const std::string& isolation = "read_committed") {
    Strings out;
    for (const SeenMessage& seen : TopicReader(options().bootstrap, isolation).ReadAll(options().FeedTopic(), 0)) {
      out.push_back(seen.value);
    }
    return out;
  }

  SharedTopics topics_;
  std::unique_ptr<KafkaEventLog> log_;
  uint64_t fails_at_ = ~uint64_t{0};
};

TEST_F(KafkaFeed, AnItemIsACloudEventInBinaryMode) {
  Commit(Claim(), {"a"}, {Item(0, "body")});
  const auto seen = TopicReader(options().bootstrap).ReadAll(options().Topic("feed"), 0);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].key, "C-1");
  EXPECT_EQ(seen[0].value, "body");
  EXPECT_THAT(seen[0].headers,
              UnorderedElementsAre(Pair("ce_specversion", "1.0"), Pair("ce_id", "contract/0/0/0"),
                                   Pair("ce_subject", "C-1"), Pair("ce_type", "caseward.case.closed.v1"),
                                   Pair("ce_feedform", "1"), Pair("content-type", "application/protobuf")));
}

TEST_F(KafkaFeed, ARoundThatIsNotTakenLeavesNoItem) {
  const uint64_t term = Claim();
  Commit(term, {"a"}, {Item(0, "a")});
  EXPECT_EQ(Append({term, 7, {"b"}, {}, {}, {Item(7, "b")}}).kind, Kind::kAborted);
  EXPECT_EQ(Append({term, 1, {std::string((8 << 20) + 1, 'x')}, {}, {}, {Item(1, "b")}}).kind, Kind::kAborted);
  EXPECT_THAT(Bodies(), ElementsAre("a"));
}

// As a dead owner leaves it: an item produced by one of its lanes, in a transaction that nobody commits.
void LeaveOpen(const KafkaOptions& options, const FeedItem& item) {
  auto client = KafkaClient::Make(options, KafkaClient::Kind::kTransactional, options.prefix + ".0.a");
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_EQ(rd_kafka_init_transactions(client->get(), 15000), nullptr);
  ASSERT_EQ(rd_kafka_begin_transaction(client->get()), nullptr);
  const std::string topic = options.FeedTopic();
  std::array<rd_kafka_vu_t, 4> fields = {};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = 0;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[3].u.headers = MakeFeedHeaders(item);
  ASSERT_EQ(rd_kafka_produceva(client->get(), fields.data(), fields.size()), nullptr);
  const KafkaQueue queue(rd_kafka_queue_get_main(client->get()));
  const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), 30000));
  EXPECT_NE(event, nullptr) << "not delivered";
}

TEST_F(KafkaFeed, AnItemOfAnAbortedRoundIsNeverSeen) {
  Commit(Claim(), {"a"}, {Item(0, "a")});
  LeaveOpen(options(), Item(1, "never committed"));
  NewNode();
  Commit(Claim(), {"b"}, {Item(1, "b")});
  EXPECT_THAT(Bodies(), ElementsAre("a", "b"));
  EXPECT_EQ(Bodies("read_uncommitted").size(), 3u) << "the test showed nothing: there was no aborted item";
}

TEST_F(KafkaFeed, WhatIsNotToldYetIsToldAtTheClaimOnce) {
  options().feed.form = 0;
  NewNode();
  const uint64_t term = Claim();
  Commit(term, {"a", "-", "b"}, {Item(0, "of no topic")});
  Commit(term, {"-", "-"}, {});

  options().feed.form = 1;
  NewNode();
  for (int claims = 0; claims < 3; ++claims)
    Claim();
  EXPECT_THAT(Bodies(), ElementsAre("told of a", "told of b"));
  Commit(Claim(), {"c"}, {Item(5, "c")});
  NewNode();
  Claim();
  EXPECT_THAT(Bodies(), ElementsAre("told of a", "told of b", "c"));
}

TEST_F(KafkaFeed, AnotherFormIsToldWholeInATopicOfItsOwn) {
  Commit(Claim(), {"a", "b"}, {Item(0, "a"), Item(1, "b")});
  options().feed.form = 2;
  NewNode();
  EXPECT_EQ(options().FeedTopic(), options().Topic("feed.2"));
  Commit(Claim(), {"c"}, {Item(2, "c")});
  EXPECT_THAT(Bodies(), ElementsAre("told of a", "told of b", "c"));
  // A node of the first form comes back, as in a rollback: its feed has no gap either.
  options().feed.form = 1;
  NewNode();
  Claim();
  EXPECT_THAT(Bodies(), ElementsAre("a", "b", "told of c"));
}

TEST_F(KafkaFeed, ATellingThatWasInterruptedGoesOnWhereItStopped) {
  options().feed.form = 0;
  NewNode();
  const uint64_t term = Claim();
  Strings expected;
  for (int i = 0; i < 12; ++i) {  // of a megabyte: some rounds of items
    const std::string name = StrCat("record", 10 + i);
    Commit(term, {name + std::string(1 << 20, ' ')}, {});
    expected.push_back("told of " + name);
  }
  options().feed.form = 1;
  NewNode();
  fails_at_ = 7;
  EXPECT_FALSE(log_->Claim(0, "node").ok());
  const Strings half = Bodies();
  EXPECT_GT(half.size(), 0u);
  EXPECT_LT(half.size(), 8u);
  fails_at_ = ~uint64_t{0};
  Claim();
  EXPECT_THAT(Bodies(), ElementsAreArray(expected));
}

TEST_F(KafkaFeed, AFeedOfAnotherLogOrOfMoreThanTheLogIsRefused) {
  const uint64_t term = Claim();
  Commit(term, {"a"}, {Item(9, "of a record that is not there")});
  const absl::Status ahead = log_->Claim(0, "node").status();
  EXPECT_TRUE(absl::IsDataLoss(ahead)) << ahead;
  EXPECT_THAT(ahead.message(), HasSubstr("tells of sequence 9, but the log ends at 1"));

  FeedItem foreign = Item(0, "foreign");
  foreign.id = "other/1/0/0";
  const absl::StatusOr<uint64_t> again = log_->Claim(1, "node");
  ASSERT_TRUE(again.ok()) << again.status();
  std::promise<AppendResult> promise;
  log_->AppendRound(1, {*again, 0, {"a"}, {}, {}, {foreign}},
                    [&](AppendResult result) { promise.set_value(std::move(result)); });
  EXPECT_EQ(promise.get_future().get().kind, Kind::kCommitted);
  const absl::Status other = log_->Claim(1, "node").status();
  EXPECT_TRUE(absl::IsDataLoss(other)) << other;
  EXPECT_THAT(other.message(), HasSubstr("expected the feed of log contract"));
}

TEST_F(KafkaFeed, ATopicThatWasMadeAnewUnderTheOwnerIsNamedAndToldAnewOnceSomebodyHasLooked) {
  const uint64_t term = Claim();
  for (int i = 0; i < 3; ++i)
    Commit(term, {"a" + std::to_string(i)}, {Item(static_cast<uint64_t>(i), "a")});
  DeleteTopics(options(), {kFeedTopic});
  MakeTopic(options(), kFeedTopic, kPartitions);

  const AppendResult result = Append({term, 3, {"b"}, {}, {}, {Item(3, "b")}});
  EXPECT_EQ(result.kind, Kind::kAborted) << result.why;
  const absl::Status lost = log_->Claim(0, "node").status();
  EXPECT_TRUE(absl::IsDataLoss(lost)) << lost;
  EXPECT_THAT(lost.message(), HasSubstr(options().FeedTopic()));
  EXPECT_THAT(lost.message(), HasSubstr("deleted and made anew"));
  EXPECT_EQ(*log_->End(0), 3u);
  EXPECT_THAT(Bodies(), IsEmpty()) << "nothing is told behind the gap";

  // Nobody made it as it should be: it would be kept for seven days.
  const absl::Status setting = log_->Recheck(0);
  EXPECT_TRUE(absl::IsFailedPrecondition(setting)) << setting;
  EXPECT_THAT(setting.message(), HasSubstr("topic " + options().FeedTopic()));
  DeleteTopics(options(), {kFeedTopic});
  EXPECT_TRUE(log_->Recheck(0).ok());
  Claim();
  EXPECT_EQ(Bodies().size(), 3u);
}

TEST(KafkaFeedId, IsReadOrRefused) {
  const auto place = ParseFeedId("log/2/41/3");
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->log_id, "log");
  EXPECT_EQ(place->partition, 2u);
  EXPECT_EQ(place->sequence, 41u);
  EXPECT_EQ(place->index, 3u);
  for (const char* const wrong : {"", "log/2/41", "/2/41/3", "log/2/41/3/4", "log/-1/41/3", "log/a/41/3", "log/2//3"}) {
    EXPECT_FALSE(ParseFeedId(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace caseward

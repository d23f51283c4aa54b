// What only a real broker shows: aborted rounds, owners on other nodes, transactions left open by the dead, an id that
// the broker forgot, a broker killed or paused in the middle of a commit.
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_handles.h"
#include "storage/kafka/kafka_lane.h"
#include "storage/record_frame.h"
#include "tests/support/kafka_broker.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = AppendResult::Kind;
using Strings = std::vector<std::string>;

// A node: a log of its own on the same topics.
class Node {
 public:
  explicit Node(KafkaOptions options) : options_(std::move(options)) {
    auto opened = KafkaEventLog::Open(options_);
    if (!opened.ok()) ADD_FAILURE() << opened.status();
    log_ = *std::move(opened);
  }
  KafkaEventLog& log() { return *log_; }
  uint64_t Claim(uint32_t partition, const std::string& owner = "node") {
    const absl::StatusOr<uint64_t> term = log_->Claim(partition, owner);
    EXPECT_TRUE(term.ok()) << term.status();
    return term.value_or(0);
  }
  AppendResult Append(uint32_t partition, Round round) {
    std::promise<AppendResult> promise;
    std::future<AppendResult> answer = promise.get_future();
    log_->AppendRound(partition, std::move(round), [&](AppendResult result) { promise.set_value(std::move(result)); });
    return answer.get();
  }
  void Commit(uint32_t partition, uint64_t term, Strings records) {
    const AppendResult result = Append(partition, {term, End(partition), std::move(records), {}, {}});
    EXPECT_EQ(result.kind, Kind::kCommitted) << result.why;
  }
  uint64_t End(uint32_t partition) {
    const absl::StatusOr<uint64_t> end = log_->End(partition);
    EXPECT_TRUE(end.ok()) << end.status();
    return end.value_or(0);
  }
  Strings Records(uint32_t partition, uint64_t from = 0) {
    Strings out;
    const absl::Status read = log_->ReadFrom(partition, from, [&](uint64_t sequence, std::string_view bytes) {
      EXPECT_EQ(sequence, from + out.size());
      out.emplace_back(bytes);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return out;
  }

 private:
  const KafkaOptions options_;
  std::unique_ptr<KafkaEventLog> log_;
};

// A stranger with a lane's transactional id, who has produced a record and committed nothing.
class OpenTransaction {
 public:
  OpenTransaction(const KafkaOptions& options, uint32_t partition, char lane, uint64_t term, uint64_t sequence) {
    auto client = KafkaClient::Make(options, KafkaClient::Kind::kTransactional,
                                    absl::StrCat(options.prefix, ".", partition, ".", std::string(1, lane)));
    EXPECT_TRUE(client.ok()) << client.status();
    client_.emplace(*std::move(client));
    EXPECT_EQ(rd_kafka_init_transactions(client_->get(), 15000), nullptr);
    EXPECT_EQ(rd_kafka_begin_transaction(client_->get()), nullptr);
    std::string frame;
    AppendFrame(partition, sequence, "never committed", frame);
    const std::string stamp = EncodeStamp({KafkaKind::kRecord, term, sequence, partition, 0});
    rd_kafka_headers_t* headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, kStampHeader, -1, stamp.data(), static_cast<ssize_t>(stamp.size()));
    rd_kafka_topic_t* topic = rd_kafka_topic_new(client_->get(), options.Topic(kEventsTopic).c_str(), nullptr);
    std::array<rd_kafka_vu_t, 5> fields = {};
    fields[0].vtype = RD_KAFKA_VTYPE_RKT;
    fields[0].u.rkt = topic;
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = static_cast<int32_t>(partition);
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[3].u.mem = {frame.data(), frame.size()};
    fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[4].u.headers = headers;
    EXPECT_EQ(rd_kafka_produceva(client_->get(), fields.data(), fields.size()), nullptr);
    rd_kafka_topic_destroy(topic);
    const KafkaQueue queue(rd_kafka_queue_get_main(client_->get()));
    const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), 15000));
    EXPECT_NE(event, nullptr) << "not delivered";
  }
  void Abort() { EXPECT_EQ(rd_kafka_abort_transaction(client_->get(), 15000), nullptr); }

 private:
  std::optional<KafkaClient> client_;
};

TEST(KafkaTakeover, AnAbortedRoundIsNeverVisible) {
  const SharedTopics topics;
  const KafkaOptions& options = topics.options;
  uint64_t term = 0;
  {
    Node node(options);
    term = node.Claim(0);
    node.Commit(0, term, {"a", "b"});
  }
  OpenTransaction(options, 0, 'a', term, 2).Abort();

  Node heir(options);
  EXPECT_EQ(heir.End(0), 2u);
  heir.Commit(0, heir.Claim(0), {"c"});
  EXPECT_THAT(heir.Records(0), ElementsAre("a", "b", "c"));
}

TEST(KafkaTakeover, L4_BothLanesInFlightAtTakeoverAreEndedByTheClaim) {
  const SharedTopics topics;
  const KafkaOptions& options = topics.options;
  Node dead(options);
  const uint64_t term = dead.Claim(0);
  dead.Commit(0, term, {"a"});
  const OpenTransaction one(options, 0, 'a', term, 1);
  const OpenTransaction two(options, 0, 'b', term, 2);

  Node heir(options);
  const uint64_t next = heir.Claim(0);
  EXPECT_GT(next, term);
  EXPECT_EQ(heir.End(0), 1u);
  heir.Commit(0, next, {"b"});

  // Nothing but control records and claims may lie at the end; whoever looks next finds the same.
  Node reader(options);
  EXPECT_EQ(reader.End(0), 2u);
  EXPECT_THAT(reader.Records(0), ElementsAre("a", "b"));
}

TEST(KafkaTakeover, L4_AZombieOnAnotherNodeIsFencedAndToldWhoHolds) {
  const SharedTopics topics;
  const KafkaOptions& options = topics.options;
  Node zombie(options);
  Node heir(options);
  const uint64_t old_term = zombie.Claim(0, "zombie");
  zombie.Commit(0, old_term, {"a"});
  const uint64_t term = heir.Claim(0, "heir");

  const AppendResult barrier = zombie.Append(0, {old_term, 1, {}, {}, {}});
  const AppendResult late = zombie.Append(0, {old_term, 1, {"late"}, {{1, 1, 0, "late"}}, {{"k", "late"}}});

  for (const AppendResult& result : {barrier, late}) {
    EXPECT_EQ(result.kind, Kind::kAborted) << result.why;
    EXPECT_TRUE(absl::IsFailedPrecondition(result.why)) << result.why;
    EXPECT_THAT(result.why.message(), HasSubstr("heir"));
  }
  heir.Commit(0, term, {"b"});
  EXPECT_THAT(heir.Records(0), ElementsAre("a", "b"));
  EXPECT_THAT(zombie.Records(0), ElementsAre("a", "b"));
  EXPECT_EQ(*heir.log().ReadKey("k"), std::nullopt);
}

TEST(KafkaTakeover, ManyTakeoversLoseNothingThatWasAcknowledged) {
  const SharedTopics topics;
  const KafkaOptions& options = topics.options;
  Strings acknowledged;
  std::unique_ptr<Node> before;
  for (int i = 0; i < 10; ++i) {
    auto node = std::make_unique<Node>(options);
    const uint64_t term = node->Claim(0);
    for (int r = 0; r < 3; ++r) {
      acknowledged.push_back(absl::StrCat("n", i, " r", r));
      node->Commit(0, term, {acknowledged.back()});
    }
    before = std::move(node);  // the one before goes only now: it was overtaken alive
  }
  Node reader(options);
  EXPECT_EQ(reader.Records(0), acknowledged);
}

TEST(KafkaTakeover, AnIdThatTheBrokerForgotIsClaimedAnew) {
  // The one that is kept is used twelve times before it would be forgotten, so that a busy machine is no matter.
  const OwnBroker broker(
      "transactional.id.expiration.ms=6000 transaction.remove.expired.transaction.cleanup.interval.ms=500 "
      "producer.id.expiration.ms=6000 producer.id.expiration.check.interval.ms=500");
  KafkaOptions options = LogInKafka(broker.address(), "expiry");
  Node idle(options);
  options.idle_commit = absl::Milliseconds(500);
  Node kept(options);
  const uint64_t idle_term = idle.Claim(0);
  const uint64_t kept_term = kept.Claim(1);
  idle.Commit(0, idle_term, {"a"});
  kept.Commit(1, kept_term, {"a"});

  // Long enough to be forgotten; there is no event to wait for.
  std::promise<void> never;
  never.get_future().wait_for(std::chrono::seconds(14));

  const AppendResult result = idle.Append(0, {idle_term, 1, {"b"}, {}, {}});
  EXPECT_EQ(result.kind, Kind::kAborted) << result.why;
  EXPECT_TRUE(absl::IsUnavailable(result.why)) << result.why;
  idle.Commit(0, idle.Claim(0), {"b"});
  EXPECT_THAT(idle.Records(0), ElementsAre("a", "b"));
  kept.Commit(1, kept_term, {"b"});
}

// Rounds of one record, handed in one after the other until one is not committed. What was acknowledged, and the
// doubtful one.
struct Outcome {
  Strings acknowledged;
  std::string doubtful;
  Kind kind = Kind::kCommitted;
};
Outcome AppendUntilTrouble(Node& node, uint64_t term, std::atomic<int>& count) {
  Outcome run;
  while (true) {
    const std::string record = absl::StrCat("t", term, " r", run.acknowledged.size());
    const AppendResult result = node.Append(0, {term, node.End(0), {record}, {}, {}});
    if (result.kind != Kind::kCommitted) {
      run.doubtful = record;
      run.kind = result.kind;
      return run;
    }
    run.acknowledged.push_back(record);
    ++count;
  }
}

uint64_t ClaimUntil(Node& node, std::chrono::seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  absl::StatusOr<uint64_t> term = absl::UnavailableError("not tried");
  while (!term.ok() && std::chrono::steady_clock::now() < until)
    term = node.log().Claim(0, "again");
  EXPECT_TRUE(term.ok()) << term.status();
  return term.value_or(0);
}

void CheckNothingGuessed(Node& node, const Outcome& run, Strings& expected) {
  expected.insert(expected.end(), run.acknowledged.begin(), run.acknowledged.end());
  Strings found = node.Records(0);
  if (found.size() == expected.size() + 1) {
    EXPECT_EQ(run.kind, Kind::kUnknown) << "an aborted round is visible";
    EXPECT_EQ(found.back(), run.doubtful);
    expected.push_back(run.doubtful);
  }
  EXPECT_EQ(found, expected);
}

KafkaOptions Impatient(const std::string& address) {
  KafkaOptions options = LogInKafka(address, "faults");
  options.transaction_timeout = absl::Seconds(5);
  return options;
}

// Rounds run, and so many were acknowledged, before the broker comes to harm.
void WaitForRounds(const std::atomic<int>& count, const std::future<Outcome>& run) {
  while (count < 20) {
    ASSERT_EQ(run.wait_for(std::chrono::milliseconds(1)), std::future_status::timeout) << "trouble before its time";
  }
}

TEST(KafkaTakeover, ABrokerKilledInTheMiddleOfRoundsLeavesNothingGuessed) {
  OwnBroker broker;
  Node node(Impatient(broker.address()));
  Strings expected;
  for (int round = 0; round < 2; ++round) {
    const uint64_t term = ClaimUntil(node, std::chrono::seconds(60));
    std::atomic<int> count = 0;
    std::future<Outcome> run = std::async(std::launch::async, [&] { return AppendUntilTrouble(node, term, count); });
    ASSERT_NO_FATAL_FAILURE(WaitForRounds(count, run));
    broker.Kill();
    const Outcome result = run.get();
    broker.Start();
    ClaimUntil(node, std::chrono::seconds(60));
    CheckNothingGuessed(node, result, expected);
  }
}

TEST(KafkaTakeover, ABrokerPausedLongerThanATransactionMayTakeLeavesNothingGuessed) {
  OwnBroker broker;
  Node node(Impatient(broker.address()));
  Strings expected;
  const uint64_t term = ClaimUntil(node, std::chrono::seconds(60));
  std::atomic<int> count = 0;
  std::future<Outcome> run = std::async(std::launch::async, [&] { return AppendUntilTrouble(node, term, count); });
  ASSERT_NO_FATAL_FAILURE(WaitForRounds(count, run));
  broker.Pause();
  const Outcome result = run.get();
  broker.Resume();
  node.Commit(0, ClaimUntil(node, std::chrono::seconds(60)), {"after"});
  Strings with_after = node.Records(0);
  EXPECT_EQ(with_after.back(), "after");
  with_after.pop_back();
  expected = result.acknowledged;
  if (with_after.size() > expected.size()) {
    EXPECT_EQ(result.kind, Kind::kUnknown);
    expected.push_back(result.doubtful);
  }
  EXPECT_EQ(with_after, expected);
}

}  // namespace
}  // namespace caseward

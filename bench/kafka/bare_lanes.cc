#include "bench/kafka/bare_lanes.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_feed.h"
#include "storage/kafka/kafka_handles.h"
#include "storage/kafka/kafka_stamp.h"
#include "storage/kafka/kafka_table.h"
#include "storage/kafka/kafka_topics.h"
#include "storage/record_frame.h"

namespace caseward::bench {
namespace {

constexpr uint32_t kPartitions = 2;  // as the measured log has: the directory's, and one for cases

absl::Status Fault(const KafkaError& error, const char* what) {
  return absl::InternalError(absl::StrCat("bare librdkafka, ", what, ": ", rd_kafka_error_string(error.get())));
}

enum Topic { kToEvents, kToCommands, kToKeys, kToFeed, kTopics };

struct Message {
  Topic topic = kToEvents;
  uint32_t partition = 0;
  std::string stamp;  // of what carries one
  std::string key;
  std::string value;
  const FeedItem* item = nullptr;  // instead of stamp, key and value
};

// Laid out before time is taken.
struct Transaction {
  std::vector<Message> messages;
  size_t commands = 0;
};

Transaction Lay(const RecordedRound& round) {
  Transaction out;
  out.commands = round.commands;
  uint64_t sequence = 0;
  const auto stamp = [&](KafkaKind kind) { return EncodeStamp({kind, 1, sequence, round.partition, 0}); };
  for (const std::string& record : round.records) {
    std::string frame;
    AppendFrame(round.partition, sequence, record, frame);
    out.messages.push_back(
        {kToEvents, round.partition, stamp(KafkaKind::kRecord), "", std::move(frame), /*item=*/nullptr});
    ++sequence;
  }
  for (const OutboundMessage& message : round.messages) {
    out.messages.push_back({kToCommands, message.to_partition, stamp(KafkaKind::kMessage), "", message.command,
                            /*item=*/nullptr});
  }
  for (const KeyRecord& key : round.keys) {
    out.messages.push_back(
        {kToKeys, round.partition, stamp(KafkaKind::kKey), key.key_id, KafkaKeys::Encode(key), /*item=*/nullptr});
  }
  for (const FeedItem& item : round.feed)
    out.messages.push_back({kToFeed, round.partition, "", "", "", &item});
  return out;
}

// One transactional producer.
class Lane {
 public:
  static absl::StatusOr<std::unique_ptr<Lane>> Open(const KafkaOptions& options, const std::string& id) {
    absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kTransactional, id);
    if (!client.ok()) return client.status();
    auto lane = std::unique_ptr<Lane>(new Lane(*std::move(client)));
    const std::array<std::string, kTopics> names = {options.Topic(kEventsTopic), options.Topic(kCommandsTopic),
                                                    options.Topic(kKeysTopic), options.FeedTopic()};
    for (size_t i = 0; i < kTopics; ++i)
      lane->topics_[i] = rd_kafka_topic_new(lane->client_.get(), names[i].c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(lane->client_.get(), 0, nullptr, &metadata, kPatienceMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    }
    const KafkaError error(rd_kafka_init_transactions(lane->client_.get(), kPatienceMs));
    if (error != nullptr) return Fault(error, "init_transactions");
    return lane;
  }
  ~Lane() {
    for (rd_kafka_topic_t* const topic : topics_)
      rd_kafka_topic_destroy(topic);
  }

  absl::Status Commit(const Transaction& transaction) {
    if (const KafkaError error(rd_kafka_begin_transaction(client_.get())); error != nullptr)
      return Fault(error, "begin");
    for (const Message& message : transaction.messages) {
      if (absl::Status status = Produce(message); !status.ok()) return status;
    }
    size_t left = transaction.messages.size();
    while (left > 0) {
      const KafkaAnswer event(rd_kafka_queue_poll(queue_.get(), kPatienceMs));
      if (event == nullptr) return absl::DeadlineExceededError("bare librdkafka: no delivery report");
      if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR) continue;
      while (const rd_kafka_message_t* const delivered = rd_kafka_event_message_next(event.get())) {
        if (delivered->err != RD_KAFKA_RESP_ERR_NO_ERROR) return absl::InternalError(rd_kafka_err2str(delivered->err));
        --left;
      }
    }
    if (const KafkaError error(rd_kafka_commit_transaction(client_.get(), kPatienceMs)); error != nullptr) {
      return Fault(error, "commit");
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int kPatienceMs = 15'000;

  explicit Lane(KafkaClient client) : client_(std::move(client)), queue_(rd_kafka_queue_get_main(client_.get())) {}

  // The bytes are not copied: they outlive the transaction.
  absl::Status Produce(const Message& message) {
    rd_kafka_headers_t* headers = nullptr;
    if (message.item != nullptr) {
      headers = MakeFeedHeaders(*message.item);
    } else {
      headers = rd_kafka_headers_new(1);
      rd_kafka_header_add(headers, kStampHeader, -1, message.stamp.data(), static_cast<ssize_t>(message.stamp.size()));
    }
    const std::string& key = message.item != nullptr ? message.item->subject : message.key;
    const std::string& value = message.item != nullptr ? message.item->body : message.value;
    std::array<rd_kafka_vu_t, 5> fields = {};
    fields[0].vtype = RD_KAFKA_VTYPE_RKT;
    fields[0].u.rkt = topics_[message.topic];
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = static_cast<int32_t>(message.partition);
    fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[2].u.mem = {const_cast<char*>(value.data()), value.size()};
    fields[3].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[3].u.headers = headers;
    fields[4].vtype = RD_KAFKA_VTYPE_KEY;
    fields[4].u.mem = {const_cast<char*>(key.data()), key.size()};
    const KafkaError error(rd_kafka_produceva(client_.get(), fields.data(), key.empty() ? 4 : 5));
    if (error == nullptr) return absl::OkStatus();
    rd_kafka_headers_destroy(headers);
    return Fault(error, "produce");
  }

  KafkaClient client_;
  KafkaQueue queue_;
  std::array<rd_kafka_topic_t*, kTopics> topics_ = {};
};

}  // namespace

struct BareLanes::Impl {
  KafkaOptions options;
  std::vector<std::unique_ptr<Lane>> lanes;
};

BareLanes::BareLanes(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BareLanes::~BareLanes() = default;

absl::StatusOr<std::unique_ptr<BareLanes>> BareLanes::Open(const std::string& bootstrap, const std::string& prefix,
                                                           size_t lanes) {
  auto impl = std::make_unique<Impl>();
  impl->options.bootstrap = bootstrap;
  impl->options.prefix = prefix;
  impl->options.feed.form = 1;
  if (absl::Status made = EnsureKafkaTopics(impl->options, kPartitions, /*create=*/true); !made.ok()) return made;
  for (size_t i = 0; i < lanes; ++i) {
    auto lane = Lane::Open(impl->options, absl::StrCat(prefix, ".lane.", i));
    if (!lane.ok()) return lane.status();
    impl->lanes.push_back(*std::move(lane));
  }
  return std::unique_ptr<BareLanes>(new BareLanes(std::move(impl)));
}

absl::StatusOr<BareLanes::Result> BareLanes::Run(const std::vector<RecordedRound>& rounds, absl::Duration warm_up,
                                                 absl::Duration most, bool again) {
  std::vector<Transaction> laid;
  for (const RecordedRound& round : rounds) {
    if (!round.records.empty()) laid.push_back(Lay(round));
  }
  if (laid.empty()) return absl::InternalError("no rounds were recorded");
  std::vector<double> samples;
  size_t commands = 0;
  size_t turn = 0;
  const absl::Time count_from = absl::Now() + warm_up;
  const absl::Time until = count_from + most;
  absl::Time first = absl::InfiniteFuture();
  absl::Time now = absl::Now();
  for (size_t i = 0; (now < until || samples.empty()) && (again || i < laid.size()); ++i) {
    const Transaction& transaction = laid[i % laid.size()];
    const absl::Time began = now;
    if (absl::Status status = impl_->lanes[turn++ % impl_->lanes.size()]->Commit(transaction); !status.ok()) {
      return status;
    }
    now = absl::Now();
    if (began < count_from) continue;
    first = std::min(first, began);
    samples.push_back(absl::ToDoubleMicroseconds(now - began));
    commands += transaction.commands;
  }
  if (samples.empty()) return absl::InternalError("the rounds that were recorded did not outlast the warm-up");
  const double seconds = absl::ToDoubleSeconds(now - first);
  Result result;
  result.commands_per_second = static_cast<double>(commands) / seconds;
  result.rounds_per_second = static_cast<double>(samples.size()) / seconds;
  result.p50_us = Percentile(samples, 0.50);
  result.p99_us = Percentile(samples, 0.99);
  return result;
}

std::vector<RecordedRound> OneRecord(size_t bytes) {
  RecordedRound round;
  round.records.emplace_back(bytes, 'x');
  round.commands = 1;
  round.partition = 1;
  return {std::move(round)};
}

}  // namespace caseward::bench

#include "bench/kafka/feed_reader.h"

#include <librdkafka/rdkafka.h>

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/kafka/kafka_feed.h"
#include "storage/kafka/kafka_stamp.h"

namespace caseward::bench {
namespace {

constexpr int kLookEveryMs = 100;
constexpr absl::Duration kSeenWithin = absl::Seconds(20);

std::optional<FeedPlace> PlaceOf(const rd_kafka_message_t* message) {
  rd_kafka_headers_t* headers = nullptr;
  const void* id = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, kFeedIdHeader, &id, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  return ParseFeedId({static_cast<const char*>(id), size});
}

}  // namespace

struct FeedReader::Consumer {
  rd_kafka_t* handle = nullptr;
  ~Consumer() {
    if (handle == nullptr) return;
    rd_kafka_consumer_close(handle);
    rd_kafka_destroy(handle);
  }
  bool HasPartitions() const {
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (rd_kafka_assignment(handle, &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    const bool has = assigned->cnt > 0;
    rd_kafka_topic_partition_list_destroy(assigned);
    return has;
  }
};

FeedReader::FeedReader(std::unique_ptr<Consumer> consumer) : consumer_(std::move(consumer)) {}

absl::StatusOr<std::unique_ptr<FeedReader>> FeedReader::Start(const std::string& bootstrap, const std::string& topic) {
  char why[512] = "";
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  // All else is librdkafka's default.
  const std::string group = absl::StrCat("subscriber-of-", topic);
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), why, sizeof why);
  rd_kafka_conf_set(conf, "group.id", group.c_str(), why, sizeof why);
  auto consumer = std::make_unique<Consumer>();
  consumer->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  if (consumer->handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return absl::InternalError(absl::StrCat("consumer of the feed: ", why));
  }
  rd_kafka_poll_set_consumer(consumer->handle);
  rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t subscribed = rd_kafka_subscribe(consumer->handle, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (subscribed != RD_KAFKA_RESP_ERR_NO_ERROR) return absl::InternalError(rd_kafka_err2str(subscribed));

  const absl::Time until = absl::Now() + kSeenWithin;
  while (!consumer->HasPartitions()) {
    if (absl::Now() > until) return absl::DeadlineExceededError("the consumer of the feed was given no partitions");
    if (rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer->handle, kLookEveryMs)) {
      rd_kafka_message_destroy(message);
    }
  }
  auto reader = std::unique_ptr<FeedReader>(new FeedReader(std::move(consumer)));
  reader->thread_ = std::thread([raw = reader.get()] { raw->Run(); });
  return reader;
}

FeedReader::~FeedReader() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void FeedReader::Run() {
  while (!stopping_) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer_->handle, kLookEveryMs);
    if (message == nullptr) continue;
    const absl::Time now = absl::Now();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (const auto place = PlaceOf(message)) {
        const std::lock_guard lock(mutex_);
        seen_[{place->partition, place->sequence}] = now;
      }
    }
    rd_kafka_message_destroy(message);
  }
}

std::map<FeedReader::Position, absl::Time> FeedReader::Finish(const Position& last) {
  const absl::Time until = absl::Now() + absl::Seconds(10);
  const auto found = [&] {
    const std::lock_guard lock(mutex_);
    return seen_.contains(last);
  };
  while (!found() && absl::Now() < until)
    absl::SleepFor(absl::Milliseconds(kLookEveryMs));
  stopping_ = true;
  thread_.join();
  return std::move(seen_);
}

}  // namespace caseward::bench

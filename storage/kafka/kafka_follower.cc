#include "storage/kafka/kafka_follower.h"

#include <librdkafka/rdkafka.h>

#include <set>
#include <string>
#include <utility>

#include "engine/base/text.h"
#include "storage/kafka/kafka_handles.h"

namespace caseward {

// Fetches of both topics, joined in one queue. The follower's thread only, once it runs.
class KafkaFollower::Consumer {
 public:
  explicit Consumer(KafkaClient client, const KafkaShared& shared)
      : client_(std::move(client)),
        events_(rd_kafka_topic_new(client_.get(), shared.options.Topic(kEventsTopic).c_str(), nullptr)),
        keys_(rd_kafka_topic_new(client_.get(), shared.keys.topic().c_str(), nullptr)),
        queue_(rd_kafka_queue_new(client_.get())) {}
  ~Consumer() {
    for (const uint32_t partition : std::set<uint32_t>(followed_))
      Stop(partition);
    for (uint32_t partition = 0; partition < keys_begun_; ++partition)
      rd_kafka_consume_stop(keys_.get(), static_cast<int32_t>(partition));
  }
  bool follows(uint32_t partition) const { return followed_.contains(partition); }
  void Start(uint32_t partition, int64_t offset) {
    if (rd_kafka_consume_start_queue(events_.get(), static_cast<int32_t>(partition), offset, queue_.get()) == 0)
      followed_.insert(partition);
  }
  void Stop(uint32_t partition) {
    rd_kafka_consume_stop(events_.get(), static_cast<int32_t>(partition));
    followed_.erase(partition);
  }
  absl::Status StartKeys(uint32_t partition, int64_t offset) {
    if (rd_kafka_consume_start_queue(keys_.get(), static_cast<int32_t>(partition), offset, queue_.get()) != 0)
      return FromKafka(rd_kafka_last_error(), "following the keys");
    keys_begun_ = partition + 1;
    return absl::OkStatus();
  }
  size_t Next(rd_kafka_message_t** messages) {
    messages[0] = rd_kafka_consume_queue(queue_.get(), kFetchTurnMs);
    if (messages[0] == nullptr) return 0;
    const ssize_t more = rd_kafka_consume_batch_queue(queue_.get(), 0, messages + 1, kFetchBatch - 1);
    return more < 0 ? 1 : 1 + static_cast<size_t>(more);
  }
  bool IsKey(const rd_kafka_message_t& message) const { return message.rkt == keys_.get(); }

 private:
  KafkaClient client_;
  const KafkaTopicHandle events_;
  const KafkaTopicHandle keys_;
  const KafkaQueue queue_;
  std::set<uint32_t> followed_;
  uint32_t keys_begun_ = 0;
};

KafkaFollower::KafkaFollower(KafkaShared& shared, const std::vector<std::unique_ptr<KafkaPartition>>& parts,
                             Grown grown, std::unique_ptr<Consumer> consumer)
    : shared_(shared), parts_(parts), grown_(std::move(grown)), consumer_(std::move(consumer)), thread_([this] {
        Run();
      }) {}

absl::StatusOr<std::unique_ptr<KafkaFollower>> KafkaFollower::Start(
    KafkaShared& shared, const std::vector<std::unique_ptr<KafkaPartition>>& parts, Grown grown) {
  absl::StatusOr<KafkaClient> client = KafkaClient::Make(shared.options, KafkaClient::Kind::kFollow);
  if (!client.ok()) return client.status();
  auto consumer = std::make_unique<Consumer>(*std::move(client), shared);
  for (uint32_t partition = 0; partition < shared.partitions; ++partition) {
    if (absl::Status s = consumer->StartKeys(partition, shared.keys.position(partition)); !s.ok()) return s;
  }
  return std::unique_ptr<KafkaFollower>(new KafkaFollower(shared, parts, std::move(grown), std::move(consumer)));
}

KafkaFollower::~KafkaFollower() {
  stopping_ = true;
  thread_.join();
}

// Begins and ends fetching by who owns what.
void KafkaFollower::Steer() {
  for (uint32_t partition = 0; partition < parts_.size(); ++partition) {
    const std::optional<int64_t> from = parts_[partition]->FollowFrom();
    if (from && !consumer_->follows(partition)) {
      consumer_->Start(partition, *from);
    } else if (!from && consumer_->follows(partition)) {
      consumer_->Stop(partition);
    }
  }
}

void KafkaFollower::Run() {
  rd_kafka_message_t* messages[kFetchBatch];
  std::set<uint32_t> grown;
  while (!stopping_) {
    Steer();
    const size_t got = consumer_->Next(messages);
    for (size_t i = 0; i < got; ++i) {
      const rd_kafka_message_t& m = *messages[i];
      const auto partition = static_cast<uint32_t>(m.partition);
      // What has no record is an end, or a broker that is away: neither says anything new.
      if (m.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const absl::StatusOr<KafkaIn> in = ParseKafkaMessage(&m, rd_kafka_topic_name(m.rkt));
        if (consumer_->IsKey(m)) {
          shared_.keys.Followed(partition, in);
        } else if (consumer_->follows(partition) && parts_[partition]->Followed(in)) {
          grown.insert(partition);
        }
      }
      rd_kafka_message_destroy(messages[i]);
    }
    for (const uint32_t partition : grown)
      grown_(partition);
    grown.clear();
  }
}

}  // namespace caseward

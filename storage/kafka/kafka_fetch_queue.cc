#include "storage/kafka/kafka_fetch_queue.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "storage/kafka/kafka_handles.h"

namespace caseward {

absl::StatusOr<std::unique_ptr<KafkaFetchQueue>> KafkaFetchQueue::Make(const KafkaOptions& options,
                                                                       const std::string& topic) {
  absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kFollow);
  if (!client.ok()) return client.status();
  return std::unique_ptr<KafkaFetchQueue>(new KafkaFetchQueue(*std::move(client), topic));
}

KafkaFetchQueue::KafkaFetchQueue(KafkaClient client, const std::string& topic)
    : client_(std::move(client)),
      topic_(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)),
      queue_(rd_kafka_queue_new(client_.get())),
      name_(topic) {}

KafkaFetchQueue::~KafkaFetchQueue() {
  Return();
  for (const uint32_t partition : started_)
    rd_kafka_consume_stop(topic_.get(), static_cast<int32_t>(partition));
}

bool KafkaFetchQueue::Start(uint32_t partition, int64_t offset) {
  if (rd_kafka_consume_start_queue(topic_.get(), static_cast<int32_t>(partition), offset, queue_.get()) != 0)
    return false;
  started_.insert(partition);
  return true;
}

void KafkaFetchQueue::Stop(uint32_t partition) {
  rd_kafka_consume_stop(topic_.get(), static_cast<int32_t>(partition));
  started_.erase(partition);
}

void KafkaFetchQueue::Return() {
  for (rd_kafka_message_t* const message : lent_)
    rd_kafka_message_destroy(message);
  lent_.clear();
}

void KafkaFetchQueue::Next(std::vector<rd_kafka_message_s*>& messages) {
  Return();
  // A batch alone would wait until it is full.
  if (rd_kafka_message_t* const first = rd_kafka_consume_queue(queue_.get(), kFetchTurnMs); first != nullptr) {
    lent_.resize(kFetchBatch);
    lent_[0] = first;
    const ssize_t more = rd_kafka_consume_batch_queue(queue_.get(), 0, lent_.data() + 1, kFetchBatch - 1);
    lent_.resize(more < 0 ? 1 : 1 + static_cast<size_t>(more));
  }
  messages = lent_;
}

int64_t KafkaFetchQueue::End(uint32_t partition) const {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t err =
      rd_kafka_get_watermark_offsets(client_.get(), name_.c_str(), static_cast<int32_t>(partition), &low, &high);
  return err == RD_KAFKA_RESP_ERR_NO_ERROR ? high : -1;
}

}  // namespace caseward

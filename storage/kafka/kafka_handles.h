// What librdkafka hands out and wants back, held by RAII. For .cc files that use librdkafka: no header of ours names
// its types.
#pragma once

#include <cstddef>
#include <memory>

struct rd_kafka_s;
struct rd_kafka_error_s;
struct rd_kafka_op_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_s;
struct rd_kafka_AdminOptions_s;
struct rd_kafka_metadata;

namespace caseward {

// How records are taken from a queue: wait so long for the first, then all there are up to so many.
inline constexpr int kFetchTurnMs = 50;
inline constexpr size_t kFetchBatch = 512;

struct KafkaDestroy {
  void operator()(rd_kafka_error_s* error) const;
  void operator()(rd_kafka_op_s* event) const;
  void operator()(rd_kafka_queue_s* queue) const;
  void operator()(rd_kafka_topic_s* topic) const;
  void operator()(rd_kafka_AdminOptions_s* options) const;
  void operator()(const struct rd_kafka_metadata* metadata) const;
};

using KafkaError = std::unique_ptr<rd_kafka_error_s, KafkaDestroy>;  // null: none
using KafkaAnswer = std::unique_ptr<rd_kafka_op_s, KafkaDestroy>;    // an event of a queue; null: none came in time
using KafkaQueue = std::unique_ptr<rd_kafka_queue_s, KafkaDestroy>;
using KafkaTopicHandle = std::unique_ptr<rd_kafka_topic_s, KafkaDestroy>;
using KafkaAdminOptions = std::unique_ptr<rd_kafka_AdminOptions_s, KafkaDestroy>;
using KafkaMetadata = std::unique_ptr<const struct rd_kafka_metadata, KafkaDestroy>;

}  // namespace caseward

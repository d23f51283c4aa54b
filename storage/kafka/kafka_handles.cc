#include "storage/kafka/kafka_handles.h"

#include <librdkafka/rdkafka.h>

namespace caseward {

void KafkaDestroy::operator()(rd_kafka_error_s* error) const { rd_kafka_error_destroy(error); }
void KafkaDestroy::operator()(rd_kafka_op_s* event) const { rd_kafka_event_destroy(event); }
void KafkaDestroy::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }
void KafkaDestroy::operator()(rd_kafka_topic_s* topic) const { rd_kafka_topic_destroy(topic); }
void KafkaDestroy::operator()(rd_kafka_AdminOptions_s* options) const { rd_kafka_AdminOptions_destroy(options); }
void KafkaDestroy::operator()(const struct rd_kafka_metadata* metadata) const { rd_kafka_metadata_destroy(metadata); }

}  // namespace caseward

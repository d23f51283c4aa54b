// One consumer that stays, fetching any partitions of one topic into one queue, as far as they were started: what the
// inbox and the intake are read with.
//
// Threads   one.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_handles.h"

struct rd_kafka_message_s;

namespace caseward {

class KafkaFetchQueue {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaFetchQueue>> Make(const KafkaOptions& options, const std::string& topic);
  ~KafkaFetchQueue();

  // False: it could not be started; try again.
  bool Start(uint32_t partition, int64_t offset);
  void Stop(uint32_t partition);
  bool started(uint32_t partition) const { return started_.contains(partition); }
  // What has come, waiting a moment for the first. The messages live until the next call; an end and an error are
  // messages too.
  void Next(std::vector<rd_kafka_message_s*>& messages);
  // One after the last offset that the broker has named; -1: it has named none yet.
  int64_t End(uint32_t partition) const;
  // The last complaint of librdkafka, or empty.
  std::string last_words() const { return client_.last_words(); }

 private:
  KafkaFetchQueue(KafkaClient client, const std::string& topic);
  void Return();

  KafkaClient client_;
  const KafkaTopicHandle topic_;
  const KafkaQueue queue_;
  const std::string name_;
  std::set<uint32_t> started_;
  std::vector<rd_kafka_message_s*> lent_;
};

}  // namespace caseward

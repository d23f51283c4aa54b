// The nodes of a log as a consumer group of .messages: Kafka's coordinator hands out the partitions, cooperatively, so
// that what stays where it is never stops. The group reads nothing (KafkaInbox does, for whoever owns); its membership
// is what counts. A topic that no outside system may touch: who deletes .commands stops the intake and nothing else.
//
//   a node dies      the coordinator waits for session_timeout, then hands its partitions to others
//   a node leaves    it gives its partitions up first, then the others get them
//
// Threads   as the port says; one of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/port/partition_group.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_handles.h"

namespace caseward {

class KafkaGroup final : public PartitionGroup {
 public:
  explicit KafkaGroup(KafkaOptions options) : options_(std::move(options)) {}
  ~KafkaGroup() override { Leave(); }

  absl::Status Join(Changed changed, absl::Duration wait) override;
  void Leave() override;

 private:
  void Run();
  void Rebalance(rd_kafka_op_s* event);

  const KafkaOptions options_;
  Changed changed_;
  std::unique_ptr<KafkaClient> client_;
  KafkaQueue queue_;
  std::atomic<bool> leaving_{false};
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable said_;
  bool told_ = false;  // guarded by mutex_
};

}  // namespace caseward

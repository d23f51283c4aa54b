// Follows what other owners append: one consumer over .events and .keys, one thread. What it reads goes to those who
// keep it, so that a follower's state, and the keys that open its words, are never far behind.
//
//   .events of partitions that others own ──▶ KafkaPartition::Followed ──▶ grown(partition)
//   .keys of all partitions               ──▶ KafkaTable::Followed
//
// A partition that this node claims is left alone until it is given up: its end is then known better.
//
// Faults    brokers that are away are waited for. A record that cannot be is kept as the partition's fault, which
// whoever
//           asks for its end is told.
// Threads   one of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "storage/kafka/kafka_partition.h"

namespace caseward {

class KafkaFollower {
 public:
  using Grown = std::function<void(uint32_t partition)>;
  // `parts` and `shared` outlive it.
  static absl::StatusOr<std::unique_ptr<KafkaFollower>> Start(KafkaShared& shared,
                                                              const std::vector<std::unique_ptr<KafkaPartition>>& parts,
                                                              Grown grown);
  ~KafkaFollower();

 private:
  class Consumer;
  KafkaFollower(KafkaShared& shared, const std::vector<std::unique_ptr<KafkaPartition>>& parts, Grown grown,
                std::unique_ptr<Consumer> consumer);
  void Run();
  void Steer();

  KafkaShared& shared_;
  const std::vector<std::unique_ptr<KafkaPartition>>& parts_;
  const Grown grown_;
  const std::unique_ptr<Consumer> consumer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace caseward

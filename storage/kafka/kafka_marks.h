// Delivery marks in Kafka, for nodes that share a log: topic .webhook, compacted, one record a partition.
//
// A mark is written on a lane of its own for the partition. Whoever opens it fences the owner before, so an owner that
// was paused and wakes writes no older mark over a newer one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/port/delivery_marks.h"
#include "storage/kafka/kafka_lane.h"
#include "storage/kafka/kafka_reader.h"

namespace caseward {

class KafkaMarks final : public DeliveryMarks {
 public:
  explicit KafkaMarks(KafkaOptions options);

  absl::StatusOr<std::optional<DeliveryMark>> Read(uint32_t partition) override;
  absl::Status Write(uint32_t partition, const DeliveryMark& mark) override;
  void Release(uint32_t partition) override { lanes_.erase(partition); }

 private:
  const KafkaOptions options_;
  const std::string topic_;
  KafkaReaders readers_;
  std::map<uint32_t, std::unique_ptr<KafkaLane>> lanes_;
};

}  // namespace caseward

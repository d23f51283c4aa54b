// The measurements on a real broker, one function a subject. Each measures what it is compared with in alternating
// runs.
#pragma once

#include <memory>

#include "bench/kafka/broker.h"
#include "bench/report.h"

namespace caseward::bench {

// What later measurements take from earlier ones: the node that plays on one partition, and what it can take.
struct OnePartition {
  std::unique_ptr<NodeUnderTest> node;
  double commands_per_second = 0;
};
// Starts its node if there is none.
absl::Status EnsureOne(const KafkaSettings& settings, OnePartition& one);
// Full load against one bare lane that writes the same rounds. Fills `one`.
absl::Status MeasureThroughput(const KafkaSettings& settings, OnePartition& one, Report& report);
// Half load, and a lone command, against bare rounds.
absl::Status MeasureLatency(const KafkaSettings& settings, OnePartition& one, Report& report);
// From the acknowledgement until a stock consumer has seen it on the feed.
absl::Status MeasureFeed(const KafkaSettings& settings, OnePartition& one, Report& report);
// The same case on Kafka Streams, on the same broker.
absl::Status MeasureStreams(const KafkaSettings& settings, OnePartition& one, Report& report);
// Four partitions beside one.
absl::Status MeasurePartitions(const KafkaSettings& settings, OnePartition& one, Report& report);
// State made anew from the log, beside a bare consumer that writes the same puts.
absl::Status MeasureRebuild(const KafkaSettings& settings, Report& report);
// Two nodes, of which the owner is killed under light load, again and again.
absl::Status MeasureTakeover(const KafkaSettings& settings, Report& report);

}  // namespace caseward::bench

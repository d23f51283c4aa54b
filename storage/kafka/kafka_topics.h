// The topics of a log: made if they are not there, else compared setting by setting with what the log relies on. A
// setting that differs is named with what was expected and what was found, and nothing starts: a log whose retention
// was shortened by somebody's default would lose its beginning in silence.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/kafka/kafka_config.h"

namespace caseward {

struct KafkaTopicSpec {
  std::string name;
  uint32_t partitions = 0;
  std::map<std::string, std::string> settings;
  bool made_when_missing = false;  // of a log that is there, too: what it held is in the log, or its loss is noticed
  bool truth = false;  // part of what nothing else can make again: one that is missing beside .events was lost
};

// What a log of so many partitions needs.
std::vector<KafkaTopicSpec> KafkaTopicsOf(const KafkaOptions& options, uint32_t partitions);

// The number of partitions of the log whose topics are there; 0 if there are none. UNAVAILABLE: no broker answers.
absl::StatusOr<uint32_t> CountKafkaPartitions(const KafkaOptions& options);

// Makes what is not there (if `create`), .events last, and checks what is. NOT_FOUND: a topic is missing and may not be
// made. FAILED_PRECONDITION: a topic is not as the log needs it, or was deleted beside the others: an empty .keys would
// mean that nobody's words can be read any more.
absl::Status EnsureKafkaTopics(const KafkaOptions& options, uint32_t partitions, bool create);

}  // namespace caseward

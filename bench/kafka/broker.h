// The broker that is measured on, and what all measurements on it share.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"

namespace caseward::bench {

struct KafkaSettings : Settings {
  std::string bootstrap;
  pid_t broker = 0;     // 0: it runs elsewhere, and its processor time is not known
  std::string prefix;   // of every topic of this run
  std::string program;  // caseward itself, for what needs processes of its own
  int turns = 3;        // alternations of the sides of a comparison; the median counts
  int takeovers = 10;
};

// What runs at full load: enough callers that rounds are large.
inline constexpr size_t kBusyCallers = 256;

double Median(std::vector<double> values);

// Half of what was measured; on a machine that is too busy to have shown any, a few.
double HalfLoad(double commands_per_second);

// A node of its own with its log in topics of its own, "<prefix><name>.*": the directory's partition and so many for
// cases.
absl::StatusOr<std::unique_ptr<NodeUnderTest>> StartOnKafka(const KafkaSettings& settings, const std::string& name,
                                                            uint32_t case_partitions = 1);

// Processor time that the broker has taken so far; nothing if it is not known.
absl::Duration BrokerProcessorTime(const KafkaSettings& settings);

// Every command was accepted and, but for a smoke run, some were counted.
absl::Status Check(const KafkaSettings& settings, const CallsResult& result);

}  // namespace caseward::bench

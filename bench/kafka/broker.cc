#include "bench/kafka/broker.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace caseward::bench {

double Median(std::vector<double> values) { return Percentile(values, 0.5); }

double HalfLoad(double commands_per_second) { return std::max(20.0, commands_per_second / 2); }

absl::StatusOr<std::unique_ptr<NodeUnderTest>> StartOnKafka(const KafkaSettings& settings, const std::string& name,
                                                            uint32_t case_partitions) {
  NodeSetup setup;
  setup.partitions = 1 + case_partitions;
  setup.kafka = settings.bootstrap;
  setup.kafka_prefix = settings.prefix + name;
  return NodeUnderTest::Start(absl::StrCat(settings.folder, "/", name), setup);
}

// Fields 14 and 15 of /proc/PID/stat, counted after the name, which ends at the last bracket.
absl::Duration BrokerProcessorTime(const KafkaSettings& settings) {
  if (settings.broker == 0) return absl::ZeroDuration();
  std::ifstream in(absl::StrCat("/proc/", settings.broker, "/stat"));
  const std::string line((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const size_t name_ends = line.rfind(')');
  if (name_ends == std::string::npos) return absl::ZeroDuration();
  std::istringstream fields(line.substr(name_ends + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field)
    fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return absl::Seconds((user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

absl::Status Check(const KafkaSettings& settings, const CallsResult& result) {
  if (result.failed > 0) return absl::InternalError(absl::StrCat(result.failed, " commands of the case failed"));
  if (result.calls > 0 || settings.smoke) return absl::OkStatus();
  return absl::InternalError("no command was answered while they were counted: the machine is too busy to measure on");
}

}  // namespace caseward::bench

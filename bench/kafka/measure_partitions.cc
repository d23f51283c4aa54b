#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/kafka/measure.h"
#include "bench/play_cases.h"

namespace caseward::bench {
namespace {

struct Side {
  std::vector<double> per_second, processor_us, p50_us;

  absl::Status Run(NodeUnderTest& node, const std::string& run, const KafkaSettings& settings) {
    const CallsResult cases = RunCases(node, run, kBusyCallers, settings);
    per_second.push_back(cases.per_second);
    processor_us.push_back(cases.processor_us);
    p50_us.push_back(cases.p50_us);
    return Check(settings, cases);
  }
};

}  // namespace

absl::Status MeasurePartitions(const KafkaSettings& settings, OnePartition& one, Report& report) {
  if (absl::Status started = EnsureOne(settings, one); !started.ok()) return started;
  auto four = StartOnKafka(settings, "four", 4);
  if (!four.ok()) return four.status();
  Side single;
  Side several;
  for (int turn = 0; turn < settings.turns; ++turn) {
    const std::string run = absl::StrCat("partitions-", turn);
    if (absl::Status status = single.Run(*one.node, run, settings); !status.ok()) return status;
    if (absl::Status status = several.Run(**four, run, settings); !status.ok()) return status;
  }
  const double cores = std::thread::hardware_concurrency();
  report.Beside("four partitions", Median(several.per_second), "commands/s", "one partition",
                Median(single.per_second));
  report.Add("  four partitions, a core of the machine", Median(several.per_second) / cores, "commands/s");
  report.Add("  one partition, a core of the machine", Median(single.per_second) / cores, "commands/s");
  report.Add("  four partitions, p50", Median(several.p50_us), "us");
  report.Add("  one partition, p50", Median(single.p50_us), "us");
  report.Add("  four partitions, processor time a command, node and client", Median(several.processor_us), "us");
  report.Add("  one partition, processor time a command, node and client", Median(single.processor_us), "us");
  return absl::OkStatus();
}

}  // namespace caseward::bench

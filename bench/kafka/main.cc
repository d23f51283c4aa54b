// The log in Kafka beside the bare parts it stands on, on one real broker, in one run. `./dev bench kafka` starts the
// broker, builds and runs it; see docs/performance.md.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "bench/kafka/measure.h"

namespace {

using caseward::bench::KafkaSettings;
using caseward::bench::OnePartition;
using caseward::bench::Report;

absl::Status Measure(const KafkaSettings& settings, const std::string& only, Report& report) {
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  OnePartition one;
  absl::Status status;
  if (wanted("throughput") || wanted("latency") || wanted("feed")) {
    status = MeasureThroughput(settings, one, report);
  }
  if (status.ok() && wanted("latency")) status = MeasureLatency(settings, one, report);
  if (status.ok() && wanted("feed")) status = MeasureFeed(settings, one, report);
  if (status.ok() && wanted("streams")) status = MeasureStreams(settings, one, report);
  if (status.ok() && wanted("partitions")) status = MeasurePartitions(settings, one, report);
  one.node.reset();
  if (status.ok() && wanted("rebuild")) status = MeasureRebuild(settings, report);
  if (status.ok() && wanted("takeover")) status = MeasureTakeover(settings, report);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Benchmarks of the log in Kafka as ratios against the bare parts");
  KafkaSettings settings;
  settings.prefix = "bench" + std::to_string(absl::ToUnixSeconds(absl::Now())) + "-";
  settings.program = "build/release/services/caseward";
  settings.each = absl::Seconds(3);
  settings.warm_up = absl::Seconds(1);
  std::string json;
  std::string only;
  double seconds = 0;
  app.add_option("--folder", settings.folder, "an empty folder")->required();
  app.add_option("--kafka", settings.bootstrap, "the broker to measure on, host:port")->required();
  app.add_option("--broker-pid", settings.broker, "its process, if it runs on this machine");
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option(
         "--only", only,
         "one of: throughput, latency and feed (both run throughput first), streams, partitions, rebuild, takeover")
      ->check(CLI::IsMember({"throughput", "latency", "feed", "streams", "partitions", "rebuild", "takeover"}));
  app.add_option("--program", settings.program, "the caseward that takes over, instead of this build's");
  app.add_option("--seconds", seconds, "how long each count of calls lasts, instead of 3");
  app.add_flag("--smoke", settings.smoke, "run everything briefly; goals are printed but not judged");
  CLI11_PARSE(app, argc, argv);
  if (settings.smoke) {
    settings.each = absl::Milliseconds(800);
    settings.warm_up = absl::Milliseconds(400);
    settings.stream_cases = 100;
    settings.turns = 1;
    settings.takeovers = 1;
  }
  if (seconds > 0) settings.each = absl::Seconds(seconds);
  Report report;
  if (const absl::Status status = Measure(settings, only, report); !status.ok()) {
    std::fprintf(stderr, "bench: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  if (!json.empty() && !report.WriteJson(json)) {
    std::fprintf(stderr, "bench: cannot write %s\n", json.c_str());
    return 1;
  }
  return 0;
}

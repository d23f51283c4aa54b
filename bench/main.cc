// Caseward beside the bare parts it stands on, in one run. `./dev bench` builds and runs it; see docs/performance.md.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/measure.h"

int main(int argc, char** argv) {
  // As services/main.cc; the bare echo gains by it too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app("Benchmarks of Caseward as ratios against the bare parts");
  caseward::bench::Settings settings;
  std::string json;
  std::string only;
  double seconds = 0;
  app.add_option("--folder", settings.folder, "an empty folder on the disk to measure")->required();
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option("--only", only, "one of: decide, policy, engine, unary, stream, postgres")
      ->check(CLI::IsMember({"decide", "policy", "engine", "unary", "stream", "postgres"}));
  app.add_option("--seconds", seconds, "how long each count of calls lasts, instead of 6");
  app.add_option("--cases", settings.stream_cases, "how many cases are played where they are counted, not timed");
  app.add_flag("--smoke", settings.smoke, "run everything briefly; goals are printed but not judged");
  CLI11_PARSE(app, argc, argv);
  if (settings.smoke) {
    settings.each = absl::Milliseconds(300);
    settings.warm_up = absl::Milliseconds(100);
    settings.stream_cases = 100;
  }
  if (seconds > 0) settings.each = absl::Seconds(seconds);
  caseward::bench::Report report;
  absl::Status status;
  if (only.empty() || only == "decide") status = MeasureDecide(settings, report);
  if (status.ok() && (only.empty() || only == "engine")) status = MeasureEngine(settings, report);
  if (status.ok() && (only.empty() || only == "policy")) status = MeasurePolicy(settings, report);
  if (status.ok() && (only.empty() || only == "unary")) status = MeasureUnary(settings, report);
  if (status.ok() && (only.empty() || only == "stream")) status = MeasureStreamAndReplay(settings, report);
  if (status.ok() && (only.empty() || only == "postgres")) status = MeasurePostgres(settings, report);
  if (!status.ok()) {
    std::fprintf(stderr, "bench: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  if (!json.empty() && !report.WriteJson(json)) {
    std::fprintf(stderr, "bench: cannot write %s\n", json.c_str());
    return 1;
  }
  return 0;
}

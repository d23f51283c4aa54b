// Caseward beside the bare parts it stands on, in one run. `./dev bench` builds and runs it; see docs/performance.md.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "bench/measure.h"

namespace {

using Measure = absl::Status (*)(const caseward::bench::Settings&, caseward::bench::Report&);
struct Subject {
  const char* name;
  Measure measure;
};
constexpr Subject kSubjects[] = {
    {"decide", caseward::bench::MeasureDecide},
    {"engine", caseward::bench::MeasureEngine},
    {"policy", caseward::bench::MeasurePolicy},
    {"unary", caseward::bench::MeasureUnary},
    {"stream", caseward::bench::MeasureStreamAndReplay},
    {"import", caseward::bench::MeasureImport},
    {"scale", caseward::bench::MeasureScale},
    {"restart", caseward::bench::MeasureRestart},
    {"clocks", caseward::bench::MeasureClocks},
    {"postgres", caseward::bench::MeasurePostgres},
};

std::vector<std::string> SubjectNames() {
  std::vector<std::string> names;
  for (const Subject& subject : kSubjects)
    names.emplace_back(subject.name);
  return names;
}

void BeBrief(caseward::bench::Settings& settings) {
  settings.smoke = true;
  settings.each = absl::Milliseconds(300);
  settings.warm_up = absl::Milliseconds(100);
  settings.stream_cases = 100;
  settings.scale_cases = 400;
  settings.pace = 200;
}

}  // namespace

int main(int argc, char** argv) {
  // As services/main.cc; the bare echo gains by it too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app("Benchmarks of Caseward as ratios against the bare parts");
  caseward::bench::Settings settings;
  std::string json;
  std::string only;
  double seconds = 0;
  double fill_seconds = 0;
  double soak_seconds = 0;
  uint64_t cases = 0;
  bool smoke = false;
  app.add_option("--folder", settings.folder, "an empty folder on the disk to measure")->required();
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option("--only", only, "one subject")->check(CLI::IsMember(SubjectNames()));
  app.add_option("--seconds", seconds, "how long each count of calls lasts, instead of 6");
  app.add_option("--cases", cases, "how many cases are played where they are counted, not timed, or fill the house");
  app.add_option("--keep", settings.keep, "fill the house in this folder and leave it there; go on where it was left");
  app.add_option("--fill-seconds", fill_seconds, "fill no longer than this; run again with --keep to go on");
  app.add_option("--soak", soak_seconds, "commands on the full house run at least so long, while memory is looked at");
  app.add_flag("--smoke", smoke, "run everything briefly; goals are printed but not judged");
  CLI11_PARSE(app, argc, argv);
  if (smoke) BeBrief(settings);
  if (seconds > 0) settings.each = absl::Seconds(seconds);
  if (fill_seconds > 0) settings.fill_for = absl::Seconds(fill_seconds);
  settings.soak = absl::Seconds(soak_seconds);
  if (cases > 0) settings.stream_cases = settings.scale_cases = cases;
  caseward::bench::Report report;
  absl::Status status;
  for (const Subject& subject : kSubjects) {
    if (status.ok() && (only.empty() || only == subject.name)) status = subject.measure(settings, report);
  }
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

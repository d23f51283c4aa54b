#include "absl/strings/str_cat.h"
#include "bench/callers.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"
#include "bench/play_cases.h"

namespace caseward::bench {

absl::Status MeasureEngine(const Settings& settings, Report& report) {
  auto node = NodeUnderTest::Start(settings.folder + "/engine");
  if (!node.ok()) return node.status();
  constexpr size_t kCallers = 64;
  for (const char* run : {"warm", "counted"}) {
    const uint64_t cases = std::max<uint64_t>(kCallers, settings.stream_cases / (*run == 'w' ? 10 : 1));
    const CallsResult played = PlayInProcess(**node, SixCommands(run), kCallers, 0, cases);
    if (played.failed > 0) return absl::InternalError(absl::StrCat(played.failed, " commands of the case failed"));
    if (*run != 'c') continue;
    report.Add("six-command case, without gRPC, 64 callers", played.per_second, "commands/s");
    report.Add("  processor time a command, without gRPC", played.processor_us, "us");
  }
  return absl::OkStatus();
}

}  // namespace caseward::bench

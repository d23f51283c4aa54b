#include <cstdio>

#include "absl/strings/str_cat.h"
#include "bench/bare.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"
#include "bench/play_cases.h"

namespace caseward::bench {

absl::Status MeasureUnary(const Settings& settings, Report& report) {
  auto node = NodeUnderTest::Start(settings.folder + "/unary");
  if (!node.ok()) return node.status();
  for (const size_t callers : {size_t{64}, size_t{256}}) {
    const CallsResult echo = BareEcho().Run(callers, settings.warm_up, settings.each);
    (*node)->TakeHops();
    const CallsResult cases = RunCases(**node, absl::StrCat("cases", callers), callers, settings);
    const std::string hops = (*node)->TakeHops();
    if (cases.failed > 0) return absl::InternalError(absl::StrCat(cases.failed, " commands of the case failed"));
    report.AtLeast(absl::StrCat("six-command case, unary, ", callers, " callers"), cases.per_second, "commands/s",
                   "bare echo", echo.per_second, 0.35);
    report.Add(absl::StrCat("  p50, ", callers, " callers"), cases.p50_us, "us");
    report.Add(absl::StrCat("  p99, ", callers, " callers"), cases.p99_us, "us");
    report.Add("  processor time a command", cases.processor_us, "us");
    report.Add("  processor time an echo", echo.processor_us, "us");
    std::printf("  hops: %s\n", hops.c_str());
    const CallsResult attempts = RunAttempts(**node, absl::StrCat("attempts", callers), callers, settings);
    if (attempts.failed > 0) return absl::InternalError(absl::StrCat(attempts.failed, " one-event commands failed"));
    report.AtLeast(absl::StrCat("one-event commands, unary, ", callers, " callers"), attempts.per_second, "commands/s",
                   "bare echo", echo.per_second, 0.5);
  }
  const CallsResult echo = BareEcho().Run(1, settings.warm_up, settings.each);
  const double write = SyncedWriteMicros(settings.folder + "/synced", 600, settings.smoke ? 50 : 2000);
  (*node)->TakeHops();
  const CallsResult lone = RunAttempts(**node, "lone", 1, settings);
  const std::string lone_hops = (*node)->TakeHops();
  report.Add("bare echo, lone p50", echo.p50_us, "us");
  report.Add("bare synced write, p50", write, "us");
  report.AtMost("lone command, p50", lone.p50_us, "us", "echo + 1.5 synced writes", echo.p50_us + 1.5 * write, 1.0);
  std::printf("  hops: %s\n", lone_hops.c_str());
  return absl::OkStatus();
}

}  // namespace caseward::bench

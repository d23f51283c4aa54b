#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"
#include "bench/play_cases.h"
#include "bench/play_stream.h"
#include "bench/postgres_table.h"

namespace caseward::bench {
namespace {

constexpr absl::Duration kConnectionsSettle = absl::Milliseconds(800);
constexpr absl::Duration kCountedLeast = absl::Seconds(1);

constexpr std::array<size_t, 2> kCallers = {64, 256};

// What each alternation measured, of one number of callers.
struct Side {
  std::vector<double> per_second;
  std::vector<double> p50_us;
  std::vector<double> p99_us;

  void Add(const CallsResult& result) {
    per_second.push_back(result.per_second);
    p50_us.push_back(result.p50_us);
    p99_us.push_back(result.p99_us);
  }
};
struct Pair {
  Side table;
  Side caseward;
};

double Median(std::vector<double> values) { return Percentile(values, 0.5); }

// One run of each, one after the other.
absl::Status Alternate(PostgresTable& table, NodeUnderTest& node, const std::string& run, size_t callers,
                       const Settings& settings, Pair& pair) {
  // Each of many connections prepares its statements first, which may take longer than a smoke run lasts; pgbench runs
  // for some seconds anyway.
  auto plain =
      table.Run(callers, std::max(settings.warm_up, kConnectionsSettle), std::max(settings.each, kCountedLeast));
  if (!plain.ok()) return plain.status();
  pair.table.Add(*plain);
  const CallsResult cases = RunCases(node, run, callers, settings);
  if (cases.failed > 0) return absl::InternalError(absl::StrCat(cases.failed, " commands of the case failed"));
  pair.caseward.Add(cases);
  return absl::OkStatus();
}

void Say(const std::array<Pair, kCallers.size()>& busy, const Pair& lone, const std::vector<double>& stream,
         Report& report) {
  double best = 0;
  for (size_t i = 0; i < kCallers.size(); ++i) {
    const std::string callers = absl::StrCat(kCallers[i], " callers");
    const double plain = Median(busy[i].table.per_second);
    best = std::max(best, plain);
    report.AtLeast(absl::StrCat("beside PostgreSQL, unary, ", callers), Median(busy[i].caseward.per_second),
                   "commands/s", "event table", plain, 1.5);
    report.Add(absl::StrCat("  p50, ", callers), Median(busy[i].caseward.p50_us), "us");
    report.Add(absl::StrCat("  p99, ", callers), Median(busy[i].caseward.p99_us), "us");
    report.Add(absl::StrCat("  event table p50, ", callers), Median(busy[i].table.p50_us), "us");
    report.Add(absl::StrCat("  event table p99, ", callers), Median(busy[i].table.p99_us), "us");
  }
  report.AtLeast("beside PostgreSQL, SubmitStream", Median(stream), "commands/s", "event table at its best", best, 4);
  report.AtMost("beside PostgreSQL, lone p50", Median(lone.caseward.p50_us), "us", "event table",
                Median(lone.table.p50_us), 2);
}

}  // namespace

absl::Status MeasurePostgres(const Settings& settings, Report& report) {
  auto table = PostgresTable::Start(settings.folder + "/postgres");
  if (!table.ok()) return table.status();
  auto node = NodeUnderTest::Start(settings.folder + "/beside_postgres");
  if (!node.ok()) return node.status();
  // Three alternations of two sides: each run is shorter than where there is one.
  Settings shorter = settings;
  shorter.each = settings.each / 2;
  shorter.warm_up = settings.warm_up / 2;
  Settings shortest = shorter;
  shortest.each = settings.each / 3;
  shortest.warm_up = settings.warm_up / 4;
  std::array<Pair, kCallers.size()> busy;
  Pair lone;
  std::vector<double> stream;
  for (int turn = 0; turn < (settings.smoke ? 1 : 3); ++turn) {
    for (size_t i = 0; i < kCallers.size(); ++i) {
      const std::string run = absl::StrCat("beside-", kCallers[i], "-", turn);
      if (absl::Status status = Alternate(**table, **node, run, kCallers[i], shorter, busy[i]); !status.ok()) {
        return status;
      }
    }
    auto streamed = StreamPerSecond(**node, absl::StrCat("beside-stream-", turn), settings.stream_cases);
    if (!streamed.ok()) return streamed.status();
    stream.push_back(*streamed);
    if (absl::Status status = Alternate(**table, **node, absl::StrCat("beside-1-", turn), 1, shortest, lone);
        !status.ok()) {
      return status;
    }
  }
  Say(busy, lone, stream, report);
  return absl::OkStatus();
}

}  // namespace caseward::bench

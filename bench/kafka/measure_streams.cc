#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/kafka/measure.h"
#include "bench/kafka/streams_app.h"
#include "bench/play_cases.h"
#include "bench/play_paced.h"

namespace caseward::bench {
namespace {

struct Contender {
  std::vector<double> per_second, p50_us, p99_us;
  void Add(const CallsResult& result) {
    per_second.push_back(result.per_second);
    p50_us.push_back(result.p50_us);
    p99_us.push_back(result.p99_us);
  }
};
struct Pair {
  Contender streams;
  Contender caseward;

  absl::Status Add(const KafkaSettings& settings, const absl::StatusOr<CallsResult>& theirs, const CallsResult& ours) {
    if (!theirs.ok()) return theirs.status();
    if (absl::Status status = Check(settings, *theirs); !status.ok()) return status;
    if (absl::Status status = Check(settings, ours); !status.ok()) return status;
    streams.Add(*theirs);
    caseward.Add(ours);
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status MeasureStreams(const KafkaSettings& settings, OnePartition& one, Report& report) {
  if (absl::Status started = EnsureOne(settings, one); !started.ok()) return started;
  auto app = StreamsApp::Start(settings, "streams");
  if (!app.ok()) return app.status();
  NodeUnderTest& node = *one.node;
  Pair busy;
  Pair lone;
  Pair paced;
  // The first runs are compiled while they run: they do not count, however long the warm-up.
  for (int turn = settings.smoke ? 0 : -1; turn < settings.turns; ++turn) {
    Pair uncounted;
    const std::string run = absl::StrCat("streams-", turn + 1);
    const auto theirs = (*app)->Busy(kBusyCallers, settings.warm_up, settings.each);
    const CallsResult ours = RunCases(node, run, kBusyCallers, settings);
    absl::Status status = (turn < 0 ? uncounted : busy).Add(settings, theirs, ours);
    if (!status.ok()) return status;
    if (turn < 0) continue;
    status = lone.Add(settings, (*app)->Busy(1, settings.warm_up, settings.each),
                      RunCases(node, run + "-lone", 1, settings));
    if (!status.ok()) return status;
  }
  // What both can take: half of what the slower one takes.
  const double rate = HalfLoad(std::min(Median(busy.streams.per_second), Median(busy.caseward.per_second)));
  for (int turn = 0; turn < settings.turns; ++turn) {
    const absl::Status status = paced.Add(settings, (*app)->Paced(rate, settings.warm_up, settings.each),
                                          RunPaced(node, absl::StrCat("streams-paced-", turn), rate, settings));
    if (!status.ok()) return status;
  }
  report.AtLeast(absl::StrCat("beside Kafka Streams, ", kBusyCallers, " callers"), Median(busy.caseward.per_second),
                 "commands/s", "Kafka Streams, exactly-once, 10 ms", Median(busy.streams.per_second), 1.0);
  report.Add("  p50", Median(busy.caseward.p50_us), "us");
  report.Add("  Kafka Streams p50", Median(busy.streams.p50_us), "us");
  report.AtMost("beside Kafka Streams, p50 at equal load", Median(paced.caseward.p50_us), "us", "Kafka Streams",
                Median(paced.streams.p50_us), 0.2);
  report.Add("  the load", rate, "commands/s");
  report.Add("  p99 at equal load", Median(paced.caseward.p99_us), "us");
  report.Add("  Kafka Streams p99 at equal load", Median(paced.streams.p99_us), "us");
  report.AtMost("beside Kafka Streams, a lone command, p50", Median(lone.caseward.p50_us), "us", "Kafka Streams",
                Median(lone.streams.p50_us), 1.0 / 3);
  return absl::OkStatus();
}

}  // namespace caseward::bench

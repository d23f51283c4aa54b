#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/kafka/feed_reader.h"
#include "bench/kafka/measure.h"
#include "bench/play_paced.h"

namespace caseward::bench {

// A command is acknowledged in one thread and seen in another: what was seen before its caller was told counts as zero.
absl::Status MeasureFeed(const KafkaSettings& settings, OnePartition& one, Report& report) {
  const double half = HalfLoad(one.commands_per_second);
  std::vector<double> p50;
  std::vector<double> p99;
  for (int turn = 0; turn < settings.turns; ++turn) {
    auto reader = FeedReader::Start(settings.bootstrap, settings.prefix + "one.feed");
    if (!reader.ok()) return reader.status();
    std::mutex mutex;
    std::map<FeedReader::Position, absl::Time> acknowledged;
    const CallsResult paced = RunPaced(
        *one.node, absl::StrCat("feed-", turn), half, settings, [&](const v1::Outcome& outcome, absl::Time at) {
          const std::lock_guard lock(mutex);
          acknowledged[{outcome.position().partition(), outcome.position().sequence()}] = at;
        });
    if (absl::Status status = Check(settings, paced); !status.ok()) return status;
    if (acknowledged.empty()) return absl::InternalError("no command was acknowledged in time");
    const auto seen = (*reader)->Finish(acknowledged.rbegin()->first);
    std::vector<double> late_ms;
    for (const auto& [position, at] : acknowledged) {
      const auto found = seen.find(position);
      if (found == seen.end()) {
        return absl::InternalError(absl::StrCat("the decision at sequence ", position.second, " of partition ",
                                                position.first, " was acknowledged and did not come on the feed"));
      }
      late_ms.push_back(std::max(0.0, absl::ToDoubleMilliseconds(found->second - at)));
    }
    p50.push_back(Percentile(late_ms, 0.50));
    p99.push_back(Percentile(late_ms, 0.99));
  }
  report.AtMost("acknowledged to seen on the feed, p99", Median(p99), "ms", "50 ms", 50, 1.0);
  report.Add("  acknowledged to seen on the feed, p50", Median(p50), "ms");
  report.Add("  at", half, "commands/s");
  return absl::OkStatus();
}

}  // namespace caseward::bench

#include "bench/callers.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace caseward::bench {
namespace {

class Run {
 public:
  Run(size_t callers, absl::Time count_from, absl::Time end, const StartCall& start)
      : samples_(callers),
        failed_(callers, 0),
        made_(callers, 0),
        running_(callers),
        count_from_(count_from),
        end_(end),
        start_(start) {}

  void Begin(size_t caller) {
    const absl::Time began = absl::Now();
    if (began >= end_) {
      if (running_.fetch_sub(1) == 1) done_.Notify();
      return;
    }
    start_(caller, [this, caller, began](bool ok) {
      const absl::Time now = absl::Now();
      ++made_[caller];
      if (!ok) ++failed_[caller];
      if (began >= count_from_ && now <= end_) {
        samples_[caller].push_back(absl::ToDoubleMicroseconds(now - began));
      }
      Begin(caller);
    });
  }

  CallsResult Wait(absl::Duration counted) {
    done_.WaitForNotification();
    CallsResult result;
    std::vector<double> all;
    uint64_t made = 0;
    for (size_t i = 0; i < samples_.size(); ++i) {
      all.insert(all.end(), samples_[i].begin(), samples_[i].end());
      result.failed += failed_[i];
      made += made_[i];
    }
    result.calls = all.size();
    result.per_second = static_cast<double>(all.size()) / absl::ToDoubleSeconds(counted);
    result.p50_us = Percentile(all, 0.50);
    result.p99_us = Percentile(all, 0.99);
    result.processor_us = (ProcessorMicros() - processor_before_) / static_cast<double>(std::max<uint64_t>(1, made));
    return result;
  }

 private:
  std::vector<std::vector<double>> samples_;  // by caller: only its own reply touches it
  std::vector<uint64_t> failed_;
  std::vector<uint64_t> made_;
  const double processor_before_ = ProcessorMicros();
  std::atomic<size_t> running_;
  const absl::Time count_from_;
  const absl::Time end_;
  const StartCall& start_;
  absl::Notification done_;
};

}  // namespace

CallsResult RunCallers(size_t callers, absl::Duration warm_up, absl::Duration duration, const StartCall& start) {
  const absl::Time now = absl::Now();
  Run run(callers, now + warm_up, now + warm_up + duration, start);
  for (size_t i = 0; i < callers; ++i)
    run.Begin(i);
  return run.Wait(duration);
}

double ProcessorMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

double Percentile(std::vector<double>& samples, double share) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const size_t at = static_cast<size_t>(share * static_cast<double>(samples.size() - 1));
  return samples[at];
}

}  // namespace caseward::bench

// How late clocks fire, beside where the time of commands goes.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "bench/hop_times.h"

namespace caseward::bench {

class ClockTimes : public HopTimes {
 public:
  // `late` is from the due time to the moment the decision records; it is durable one append later.
  void ClockFired(uint32_t, std::string_view, bool breach, absl::Duration late) override {
    if (!breach) return;
    const std::lock_guard lock(mutex_);
    late_ms_.push_back(absl::ToDoubleMilliseconds(late));
    fired_.store(late_ms_.size(), std::memory_order_relaxed);
  }

  std::vector<double> TakeLateness() {
    const std::lock_guard lock(mutex_);
    fired_ = 0;
    return std::exchange(late_ms_, {});
  }
  size_t fired() const { return fired_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::vector<double> late_ms_;
  std::atomic<size_t> fired_{0};
};

}  // namespace caseward::bench

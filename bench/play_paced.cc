#include "bench/play_paced.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "bench/play_cases.h"
#include "bench/six_commands.h"

namespace caseward::bench {
namespace {

struct PacedCase {
  uint64_t number = 0;
  int step = 0;
  std::string case_id;
};

class Pace {
 public:
  Pace(NodeUnderTest& node, const std::string& run, const Acknowledged& acknowledged)
      : node_(node), run_(run), acknowledged_(acknowledged) {}

  void Send(absl::Time due, bool counted) {
    PacedCase next = Next();
    v1::Command command = CommandOf(run_, next.number, next.step, next.case_id);
    const char* const actor = ActorOf(next.step);
    BeginCommand(node_.stub(), std::move(command), actor,
                 [this, next = std::move(next), due, counted](bool ok, const v1::Outcome& outcome) mutable {
                   const absl::Time now = absl::Now();
                   if (ok && counted && acknowledged_) acknowledged_(outcome, now);
                   if (next.step == 0) next.case_id = outcome.stream();
                   Answered(std::move(next), ok, counted ? absl::ToDoubleMicroseconds(now - due) : -1);
                 });
  }

  CallsResult Wait(absl::Duration counted) {
    std::unique_lock lock(mutex_);
    all_answered_.wait(lock, [&] { return under_way_ == 0; });
    CallsResult result;
    result.calls = samples_.size();
    result.failed = failed_;
    result.per_second = static_cast<double>(samples_.size()) / absl::ToDoubleSeconds(counted);
    result.p50_us = Percentile(samples_, 0.50);
    result.p99_us = Percentile(samples_, 0.99);
    return result;
  }

 private:
  PacedCase Next() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
    if (waiting_.empty()) return {.number = next_number_++, .step = 0, .case_id = ""};
    PacedCase next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }
  void Answered(PacedCase one, bool ok, double took_us) {
    const std::lock_guard lock(mutex_);
    if (took_us >= 0) samples_.push_back(took_us);
    if (!ok) ++failed_;
    if (ok && ++one.step < kCommandsOfACase) waiting_.push_back(std::move(one));
    if (--under_way_ == 0) all_answered_.notify_all();
  }

  NodeUnderTest& node_;
  const std::string run_;
  const Acknowledged& acknowledged_;
  std::mutex mutex_;
  std::condition_variable all_answered_;
  std::deque<PacedCase> waiting_;
  std::vector<double> samples_;
  uint64_t next_number_ = 0;
  uint64_t failed_ = 0;
  size_t under_way_ = 0;
};

}  // namespace

CallsResult RunPaced(NodeUnderTest& node, const std::string& run, double per_second, const Settings& settings,
                     const Acknowledged& acknowledged) {
  Pace pace(node, run, acknowledged);
  const absl::Duration between = absl::Seconds(1) / per_second;
  const absl::Time count_from = absl::Now() + settings.warm_up;
  const absl::Time end = count_from + settings.each;
  for (absl::Time due = absl::Now(); due < end; due += between) {
    if (due > absl::Now()) std::this_thread::sleep_until(absl::ToChronoTime(due));
    pace.Send(due, due >= count_from);
  }
  return pace.Wait(settings.each);
}

}  // namespace caseward::bench

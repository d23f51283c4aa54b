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

// What was answered, and how many were not yet.
class Answers {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void Add(const PacedSample& sample) {
    const std::lock_guard lock(mutex_);
    samples_.push_back(sample);
    if (--under_way_ == 0) all_answered_.notify_all();
  }
  std::vector<PacedSample> Wait() {
    std::unique_lock lock(mutex_);
    all_answered_.wait(lock, [this] { return under_way_ == 0; });
    return std::move(samples_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_answered_;
  std::vector<PacedSample> samples_;
  size_t under_way_ = 0;
};

struct PacedCase {
  uint64_t number = 0;
  int step = 0;
  std::string case_id;
};

// The next command of the case that waits longest, or the first of a new one.
class CasesInTurn {
 public:
  explicit CasesInTurn(std::string run) : run_(std::move(run)) {}

  PacedCommand Next(std::function<void(const v1::Outcome&)> acknowledged) {
    PacedCase next = Take();
    PacedCommand made;
    made.command = CommandOf(run_, next.number, next.step, next.case_id);
    made.actor = ActorOf(next.step);
    made.answered = [this, next = std::move(next), acknowledged = std::move(acknowledged)](
                        bool ok, const v1::Outcome& outcome) mutable {
      if (!ok) return;
      acknowledged(outcome);
      if (next.step == 0) next.case_id = outcome.stream();
      if (++next.step < kCommandsOfACase) PutBack(std::move(next));
    };
    return made;
  }

 private:
  PacedCase Take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return {.number = next_number_++, .step = 0, .case_id = ""};
    PacedCase next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }
  void PutBack(PacedCase one) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(one));
  }

  const std::string run_;
  std::mutex mutex_;
  std::deque<PacedCase> waiting_;
  uint64_t next_number_ = 0;
};

}  // namespace

std::vector<PacedSample> SendPaced(v1::CaseService::Stub& stub, double per_second,
                                   const std::function<PacedCommand()>& next,
                                   const std::function<bool(absl::Time)>& go_on) {
  Answers answers;
  const absl::Duration between = absl::Seconds(1) / per_second;
  for (absl::Time due = absl::Now(); go_on(due); due += between) {
    if (due > absl::Now()) std::this_thread::sleep_until(absl::ToChronoTime(due));
    PacedCommand one = next();
    answers.Begin();
    BeginCommand(stub, std::move(one.command), one.actor,
                 [&answers, due, answered = std::move(one.answered)](bool ok, const v1::Outcome& outcome) {
                   const double took = absl::ToDoubleMicroseconds(absl::Now() - due);
                   if (answered) answered(ok, outcome);
                   answers.Add({.due = due, .took_us = took, .ok = ok});
                 });
  }
  return answers.Wait();
}

CallsResult CountPaced(const std::vector<PacedSample>& samples, absl::Time from, absl::Time to) {
  CallsResult result;
  std::vector<double> took;
  for (const PacedSample& sample : samples) {
    if (!sample.ok) ++result.failed;
    if (sample.due >= from && sample.due < to) took.push_back(sample.took_us);
  }
  result.calls = took.size();
  result.per_second = static_cast<double>(took.size()) / absl::ToDoubleSeconds(to - from);
  result.p50_us = Percentile(took, 0.50);
  result.p99_us = Percentile(took, 0.99);
  return result;
}

CallsResult RunPaced(NodeUnderTest& node, const std::string& run, double per_second, const Settings& settings,
                     const Acknowledged& acknowledged) {
  CasesInTurn cases(run);
  const absl::Time count_from = absl::Now() + settings.warm_up;
  const absl::Time end = count_from + settings.each;
  const auto next = [&] {
    const bool counted = acknowledged && absl::Now() >= count_from;
    return cases.Next([&, counted](const v1::Outcome& outcome) {
      if (counted) acknowledged(outcome, absl::Now());
    });
  };
  return CountPaced(SendPaced(node.stub(), per_second, next, [end](absl::Time due) { return due < end; }), count_from,
                    end);
}

}  // namespace caseward::bench

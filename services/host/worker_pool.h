// A few threads for work that may touch the disk and must not hold up a partition's loop or a gRPC callback: reads that
// had to wait for a position, and following the log for subscribers.
//
// Threads   Post and PostAfter from any thread; tasks run on the pool's threads, each once, unless the pool stopped
// first. Bounds    callers bound what they post: one task a stream or waiting read, and both are counted
// (ServerLimits).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace caseward {

class WorkerPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  explicit WorkerPool(size_t threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Post(Task task);
  // Runs `task` once `delay` has passed.
  void PostAfter(absl::Duration delay, Task task);
  // Ends running tasks, drops waiting ones. Idempotent.
  void Stop();

 private:
  using Key = std::pair<std::chrono::steady_clock::time_point, uint64_t>;  // when, and the order of posting
  void Run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Key, Task> tasks_;  // guarded by mutex_
  uint64_t posted_ = 0;        // guarded by mutex_
  bool stopping_ = false;      // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace caseward

#include "services/host/worker_pool.h"

#include <chrono>

namespace caseward {

WorkerPool::WorkerPool(size_t threads) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Post(Task task) { PostAfter(absl::ZeroDuration(), std::move(task)); }

void WorkerPool::PostAfter(absl::Duration delay, Task task) {
  const auto when = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) {
      return;
    }
    tasks_.emplace(Key{when, posted_++}, std::move(task));
  }
  wake_.notify_one();
}

void WorkerPool::Stop() {
  std::map<Key, Task> dropped;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto when = tasks_.begin()->first.first;
    if (when > std::chrono::steady_clock::now()) {
      wake_.wait_until(lock, when);
      continue;
    }
    Task task = std::move(tasks_.extract(tasks_.begin()).mapped());
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go outside the lock
    lock.lock();
  }
}

}  // namespace caseward

// Lets many use a database at once, and one take it away to reopen it when nobody does. Entering costs two atomic
// operations, so reads on the hot path can afford it.
//
// Threads   Enter and Leave (through Use) any; Shut and Open one at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace caseward {

// What readers take at most; a store that reopens does not wait for longer.
inline constexpr std::chrono::seconds kReadersLeaveWithin(10);

class Gate {
 public:
  // Inside from here to its end; waits while the gate is shut.
  class Use {
   public:
    explicit Use(Gate& gate) : gate_(gate) { gate_.Enter(); }
    ~Use() { gate_.Leave(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Gate& gate_;
  };

  // Lets nobody in and waits until everybody has left; false, and open again, if they do not leave `within`.
  bool Shut(std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    shut_ = true;
    if (changed_.wait_for(lock, within, [&] { return inside_ == 0; })) return true;
    shut_ = false;
    changed_.notify_all();
    return false;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    shut_ = false;
    changed_.notify_all();
  }

 private:
  // Either Enter sees the gate shut, or Shut sees the one who entered: each writes its own variable before it reads the
  // other's.
  void Enter() {
    while (true) {
      ++inside_;
      if (!shut_) return;
      Leave();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !shut_; });
    }
  }
  void Leave() {
    if (--inside_ > 0 || !shut_) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  std::atomic<int64_t> inside_ = 0;
  std::atomic<bool> shut_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace caseward

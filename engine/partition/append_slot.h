// Where the answer to an append waits for the loop's thread. The log may answer on any thread, before AppendRound has
// even returned, or long after the partition is gone: so the slot is shared by the two, and whoever is last lets it go.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/port/event_log.h"

namespace caseward {

class AppendSlot {
 public:
  // Called when an answer has come. Any thread.
  void SetWaker(std::function<void()> waker) {
    std::lock_guard lock(mutex_);
    waker_ = std::move(waker);
  }
  void Answer(AppendResult result) {
    std::function<void()> waker;
    {
      std::lock_guard lock(mutex_);
      result_ = std::move(result);
      waker = waker_;
    }
    if (waker) waker();
  }
  std::optional<AppendResult> Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(result_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<AppendResult> result_;  // guarded by mutex_
  std::function<void()> waker_;         // guarded by mutex_
};

}  // namespace caseward

// How long a test waits for what must come: only one that hangs meets it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace caseward::test {

inline constexpr std::chrono::seconds kPatience{60};

// Waits between two looks at something that tells nobody when it changes, such as another process.
inline void WaitToLookAgain(std::chrono::milliseconds wait = std::chrono::milliseconds(10)) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, wait);
}

// Looks until `holds` does, or patience ends.
template <typename Holds>
bool WaitUntil(Holds holds) {
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    if (holds()) return true;
    WaitToLookAgain();
  }
  return holds();
}

}  // namespace caseward::test

// Where every partition finds the directory as it is now: partition 0 publishes a new snapshot when it has applied a
// decision; the others take the newest at the start of a round and note its sequence in what they decide.
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "engine/directory/directory.h"

namespace caseward {

class DirectoryHub {
 public:
  explicit DirectoryHub(std::shared_ptr<const Directory> first) : now_(std::move(first)) {}
  std::shared_ptr<const Directory> Now() const {
    std::lock_guard lock(mutex_);
    return now_;
  }
  void Publish(std::shared_ptr<const Directory> next) {
    std::lock_guard lock(mutex_);
    now_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Directory> now_;  // guarded by mutex_
};

}  // namespace caseward

// Streams that would never end by themselves are asked to end when the server stops (graceful shutdown): a SubmitStream
// after the outcomes of what it has read, a subscription at once, saying where to resume.
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace caseward {

class Drainable {
 public:
  virtual ~Drainable() = default;
  virtual void Drain() = 0;
};

class DrainList {
 public:
  void Add(const std::shared_ptr<Drainable>& stream) {
    bool draining = false;
    {
      std::lock_guard lock(mutex_);
      std::erase_if(streams_, [](const std::weak_ptr<Drainable>& old) { return old.expired(); });
      streams_.push_back(stream);
      draining = draining_;
    }
    if (draining) {
      stream->Drain();
    }
  }

  void DrainAll() {
    std::vector<std::weak_ptr<Drainable>> streams;
    {
      std::lock_guard lock(mutex_);
      draining_ = true;
      streams.swap(streams_);
    }
    for (const auto& weak : streams) {
      if (auto stream = weak.lock()) {
        stream->Drain();
      }
    }
  }

 private:
  std::mutex mutex_;
  bool draining_ = false;                          // guarded by mutex_
  std::vector<std::weak_ptr<Drainable>> streams_;  // guarded by mutex_
};

}  // namespace caseward

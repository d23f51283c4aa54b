// A subscriber of the feed as any system would write it: librdkafka's consumer with its default settings, a group of
// its own. It notes when it saw the last event of each decision, by the position that the event's id names.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace caseward::bench {

class FeedReader {
 public:
  // Returns when the group has given it its partitions. It sees what is told from then on.
  static absl::StatusOr<std::unique_ptr<FeedReader>> Start(const std::string& bootstrap, const std::string& topic);
  ~FeedReader();

  using Position = std::pair<uint32_t, uint64_t>;  // partition, sequence
  // When each was seen. Waits until `last` was, for ten seconds at most, and stops reading.
  std::map<Position, absl::Time> Finish(const Position& last);

 private:
  struct Consumer;
  explicit FeedReader(std::unique_ptr<Consumer> consumer);
  void Run();

  std::unique_ptr<Consumer> consumer_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::map<Position, absl::Time> seen_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace caseward::bench

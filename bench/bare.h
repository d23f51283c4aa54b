// The bare parts: what a machine gives at best, measured in the same run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/callers.h"
#include "engine/port/event_log.h"

namespace caseward::bench {

// A gRPC server that echoes 200 bytes, and callers of it.
class BareEcho {
 public:
  BareEcho();
  ~BareEcho();
  CallsResult Run(size_t callers, absl::Duration warm_up, absl::Duration duration);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Median microseconds of one synced RocksDB write of `bytes`.
double SyncedWriteMicros(const std::string& folder, size_t bytes, int times);

// One round of a recorded run: the bytes that went to the log and the puts that went to state.
struct RecordedRound {
  std::vector<std::string> records;
  std::vector<std::pair<std::string, std::string>> puts;
  size_t commands = 0;
  // What a log in Kafka writes with the records.
  uint32_t partition = 0;
  std::vector<OutboundMessage> messages = {};
  std::vector<KeyRecord> keys = {};
  std::vector<FeedItem> feed = {};
};
// Commands a second when bare RocksDB writes the same log bytes (one synced batch a round) and the same state puts (one
// unsynced batch a round, write-ahead log off).
double BareRoundsPerSecond(const std::string& folder, const std::vector<RecordedRound>& rounds, bool log_too);

}  // namespace caseward::bench

// The feed as CloudEvents 1.0, for a log that carries it and for the webhook: one item of FeedForm is one event.
//
//   id       <log id>/<partition>/<sequence>/<index>: the item's position, the same whenever and wherever it is told
//   source   /caseward/<log id>/<partition>           subject  the stream, e.g. the case
//   type     caseward.case.closed.v1                  time     recorded_at
//
// Threads  any.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "caseward/v1/other_services.pb.h"
#include "engine/partition/partition.h"
#include "engine/port/event_log.h"

namespace caseward {

std::string CloudEventId(const v1::SubscribeResponse& item);
std::string CloudEventSource(const v1::SubscribeResponse& item);
// Its body is the item itself, so that gRPC and Kafka tell the same in the same words. Two attributes are ours:
// "position", the id under a name that says so, and "feedform", FeedForm's version. Pure.
FeedItem CloudEventOf(const v1::SubscribeResponse& item);

// What a partition of log `log_id` is given, for a log that carries the feed.
FeedMaker MakeFeedOf(std::string log_id);

// The same items from the log's records: for what the log holds and its feed does not tell yet. Follows the directory
// in partition 0 as far as the records need it.
class FeedFromLog {
 public:
  // Adds the items of one record of `log`, always the same one, whose id is `log_id`. DATA_LOSS: it cannot be read;
  // otherwise a fault of reading partition 0.
  absl::Status Add(EventLog& log, const std::string& log_id, uint32_t partition, uint64_t sequence,
                   std::string_view record, std::vector<FeedItem>& items);

 private:
  absl::StatusOr<std::shared_ptr<const Directory>> DirectoryAt(EventLog& log, uint64_t sequence);

  std::mutex mutex_;
  std::shared_ptr<const Directory> directory_ = Directory::Empty();  // guarded by mutex_
  uint64_t next_ = 0;                                                // of partition 0; guarded by mutex_
};

}  // namespace caseward

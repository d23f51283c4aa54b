// Reading what was committed. A reader is one read-committed consumer that looks at one Kafka partition at a time;
// KafkaReaders keeps a few of them connected, because connecting costs more than most reads.
//
// A reader's position passes control records and aborted rounds, which are never delivered: so "everything before
// offset X was read" is asked of the position, never of the records seen.
//
// Threads   KafkaReaders: any. A borrowed reader: one.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_stamp.h"

namespace caseward {

// A committed record; the views live during the call.
struct KafkaIn {
  int64_t offset = 0;
  KafkaStamp stamp;
  std::string_view key;
  std::string_view value;
  std::string_view feed_id = {};  // of an item of the feed, which has no stamp; else empty
};

struct KafkaWatermarks {
  int64_t low = 0;   // first offset that is kept
  int64_t high = 0;  // one after the last, whether committed or not
  bool operator==(const KafkaWatermarks&) const = default;
};

// An open transaction hides what lies behind it. A commit's markers take milliseconds, a dead owner's transaction
// seconds.
enum class KafkaWait {
  kUntilDecided,  // the whole range, within the read timeout
  kBriefly,       // what is committed, giving markers a moment; the position says how far it came
};

class KafkaReader {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaReader>> Make(const KafkaOptions& options);
  ~KafkaReader();

  // Calls `record` for each committed record of [from, until) in order, until it returns false. Returns the position
  // reached: `until` or more, unless it was stopped or waited briefly. UNAVAILABLE if nothing comes for the read
  // timeout; DATA_LOSS for an offset that is not there any more, or a record that is not ours.
  absl::StatusOr<int64_t> Read(const std::string& topic, uint32_t partition, int64_t from, int64_t until,
                               KafkaWait wait, absl::FunctionRef<bool(const KafkaIn&)> record);

 private:
  KafkaReader(const KafkaOptions& options, KafkaClient client);
  const KafkaOptions& options_;
  KafkaClient client_;
};

class KafkaReaders {
 public:
  explicit KafkaReaders(const KafkaOptions& options) : options_(options) {}

  // As KafkaReader::Read, on a reader that is free.
  absl::StatusOr<int64_t> Read(const std::string& topic, uint32_t partition, int64_t from, int64_t until,
                               KafkaWait wait, absl::FunctionRef<bool(const KafkaIn&)> record);
  // Asks the partition's leader, read uncommitted; `wait`: instead of the read timeout. DATA_LOSS: a broker says for so
  // long that there is no such topic.
  absl::StatusOr<KafkaWatermarks> Watermarks(const std::string& topic, uint32_t partition,
                                             std::optional<absl::Duration> wait = std::nullopt);

 private:
  absl::StatusOr<std::unique_ptr<KafkaReader>> Borrow();
  void Return(std::unique_ptr<KafkaReader> reader);

  const KafkaOptions& options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<KafkaReader>> free_;
  std::mutex asking_mutex_;
  std::optional<KafkaClient> asking_;
};

// What a librdkafka message (rd_kafka_message_t) says, or why it is none of ours. Shared with the inbox.
absl::StatusOr<KafkaIn> ParseKafkaMessage(const void* message, const std::string& topic);

}  // namespace caseward

// The embedded log's RocksDB: what lies where (log_keys.h), read and written in the log's own words. Knows nothing of
// queues, rounds in flight or who may write.
//
// Threads   reading: any. The batch (Put*, Commit) and Scrub: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/port/event_log.h"
#include "storage/round_rules.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class WriteBatch;
}  // namespace rocksdb

namespace caseward {

inline constexpr int kLogFormatVersion = 1;

// What a log was made as.
struct LogFormat {
  int version = 0;
  std::string log_id;
  uint32_t partitions = 0;
};

class LogDb {
 public:
  enum class Mode { kReadWrite, kReadOnly };
  static absl::StatusOr<std::unique_ptr<LogDb>> Open(const std::string& path, Mode mode, bool create);
  ~LogDb();

  absl::StatusOr<std::optional<LogFormat>> ReadFormat() const;
  absl::StatusOr<PartitionHead> ReadHead(uint32_t partition) const;
  // Records [from, end) in order until `record` returns false; DATA_LOSS names the first that is missing or altered.
  absl::Status ReadRecords(uint32_t partition, uint64_t from, uint64_t end,
                           absl::FunctionRef<bool(uint64_t, std::string_view)> record) const;
  // At most `limit` messages after `cursors`, a fair share of each sender's.
  absl::StatusOr<std::vector<InboundMessage>> ReadInbox(uint32_t partition, uint32_t partitions,
                                                        const std::vector<InboxCursor>& cursors, size_t limit) const;
  // As stored: an empty value is a destroyed key.
  absl::StatusOr<std::optional<std::string>> ReadStoredKey(std::string_view key_id) const;
  absl::Status ReadKeys(std::string_view prefix, absl::FunctionRef<bool(std::string_view, std::string_view)> key) const;
  // Every one, destroyed ones as empty values.
  absl::Status ReadStoredKeys(absl::FunctionRef<bool(std::string_view, std::string_view)> key) const;

  // The next batch.
  void PutFormat(const LogFormat& format);
  void PutTerm(uint32_t partition, uint64_t term, std::string_view owner);
  void PutRecord(uint32_t partition, uint64_t sequence, std::string_view record);
  void PutMessage(uint32_t from_partition, const OutboundMessage& message);
  void PutKey(const KeyRecord& key);
  // Drops messages of the receiver `partition` up to `cursors`.
  void DropMessages(uint32_t partition, const std::vector<InboxCursor>& cursors);
  size_t batch_bytes() const;
  bool batch_empty() const;
  // Writes the batch as a whole and begins a new one. After a failure nothing can be said of the batch until the
  // database is opened anew.
  absl::Status Commit(bool sync);

  // Makes the former bytes of destroyed keys unreadable in all files, if any wait for it (Commit of an empty key says
  // so).
  absl::Status ScrubIfNeeded();

  absl::Status Checkpoint(const std::string& target) const;

 private:
  LogDb(std::string path, std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> families);
  // Reads `sender`'s messages after (sequence, n) into `out`, at most `limit`; moves `after` on.
  absl::Status ReadSender(uint32_t partition, InboxCursor& after, bool from_first, size_t limit,
                          std::vector<InboundMessage>& out) const;

  const std::string path_;
  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* const main_;
  rocksdb::ColumnFamilyHandle* const keys_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  // By (receiver, sender): the last key dropped, so that the next drop does not walk over what is gone already.
  std::map<std::pair<uint32_t, uint32_t>, std::string> dropped_;
};

}  // namespace caseward

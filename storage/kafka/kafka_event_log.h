// The log in Apache Kafka: the whole EventLog port over transactions of librdkafka, for several nodes. Records,
// messages to other partitions and new data keys of a round commit in one transaction.
//
//   KafkaTopics     made or checked at start           KafkaPartition   worker, claiming, unknown outcomes
//   KafkaLane       one transactional producer         KafkaTail, Scan  sequences and the offsets where they lie
//   KafkaInbox      messages between partitions        KafkaTable       data keys, owners, the log's format
//   KafkaIntake     commands by topic
//
// Positions are (log id, partition, sequence), never Kafka offsets. Every partition of .events begins with a record
// that says which log it is: a topic that was deleted and made anew is another log, or none, and is refused.
//
// Faults    a broker that is slow or away makes rounds Aborted or Unknown after the transaction timeout at most; a
// Claim
//           that succeeds sets things right. Records in memory can still be read, others after it is back.
//
// Erasure   a destroyed key is marked in its topic at once and readable by nobody from then on; compaction takes its
// former
//           bytes away within a day (max.compaction.lag.ms, once their segment is closed). The bytes are wrapped by the
//           master key.
//
// Several nodes  share a log: each owns some partitions and follows the others (KafkaFollower, KafkaGroup). Of two that
//           make a data key for one subject in the same moment, in two partitions, both succeed; the key of the lower
//           partition is used from then on, and what the other has sealed can still be opened (ReadKeysOf).
//
// Threads   as the port says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/port/event_log.h"
#include "storage/kafka/kafka_config.h"

namespace caseward {

class KafkaEventLog final : public EventLog {
 public:
  // UNAVAILABLE: no broker answers. NOT_FOUND: there is no log and `create` is not set. FAILED_PRECONDITION: a topic is
  // not as the log needs it, or it is another log than asked for. DATA_LOSS: what is there is damaged.
  static absl::StatusOr<std::unique_ptr<KafkaEventLog>> Open(const KafkaOptions& options);
  // Answers every queued round first.
  ~KafkaEventLog() override;

  const std::string& log_id() const;

  // For bringing a log here from elsewhere (log_copy.h). Not whole: made or found with `copying`, and not finished.
  bool whole() const;
  // Claims with a term above `term` too, which records from elsewhere may hold; else the next owner's would look stale.
  absl::StatusOr<uint64_t> ClaimAbove(uint32_t partition, std::string_view owner, uint64_t term);
  absl::Status FinishCopy();

  uint32_t partitions() const override;
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override;
  void AppendRound(uint32_t partition, Round round, AppendDone done) override;
  void Release(uint32_t partition) override;
  absl::Status Follow(std::function<void(uint32_t)> grown) override;
  absl::Status Recheck(uint32_t partition) override;
  std::string LastOwner(uint32_t partition) override;
  absl::StatusOr<uint64_t> End(uint32_t partition) override;
  absl::Status ReadFrom(uint32_t partition, uint64_t from,
                        absl::FunctionRef<bool(uint64_t, std::string_view)> record) override;
  absl::StatusOr<std::vector<InboundMessage>> ReadInbox(uint32_t partition, const std::vector<InboxCursor>& cursors,
                                                        size_t limit) override;
  void TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) override;
  bool has_intake() const override { return true; }
  absl::StatusOr<IntakeBatch> ReadIntake(uint32_t partition, const IntakeCursor& cursor, size_t limit,
                                         size_t bytes) override;
  absl::StatusOr<IntakeRange> FindIntake(uint32_t partition) override;
  void WatchIntake(std::function<void(uint32_t)> grown) override;
  absl::StatusOr<std::optional<std::string>> ReadKey(std::string_view key_id) override;
  absl::StatusOr<std::vector<std::string>> ReadKeysOf(std::string_view key_id) override;
  absl::Status CatchUpKeys() override;
  absl::Status ReadKeys(std::string_view prefix,
                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) override;

 private:
  class Impl;
  explicit KafkaEventLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward

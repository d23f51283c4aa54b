// The embedded log: the whole EventLog port over one local RocksDB, for one process and no broker.
//
//   AppendRound (a loop thread a partition) ──▶ bounded queue ──▶ one writer thread ──▶ done
//                                                                 all rounds that wait, of all partitions:
//                                                                 one WriteBatch, one fsync (group commit)
//
// The writer never waits for company; rounds that come while it syncs share the next sync. A round whose caller may
// block (Round::may_block) is written by the caller's own thread if nothing waits and nothing is being written: then it
// costs one fsync and no switch of threads.
//
// Terms     live in the same RocksDB; RocksDB's lock file keeps a second process out.
//
// Damage    every record is framed with a checksum of its own over its place and bytes; ReadFrom names the first one
//           missing or altered. A log that ends before what had been acknowledged (acked_ends.h) does not open; an
//           operator who accepts the loss deletes the file the message names.
//
// Faults    a failed write (full disk, I/O error) answers Unknown: bytes may have reached the disk and come back when
//           it is read again. From then on the log takes no round (Aborted, UNAVAILABLE) and still reads; the next
//           Claim closes and reopens RocksDB, which settles what is visible, and only if that succeeds are there new
//           terms.
//
// Erasure   destroyed keys are overwritten, flushed and compacted away, with the write-ahead log that held them, before
//           their round is answered; after a crash in between, when the log opens next. (What a disk keeps of deleted
//           files is beyond this; the bytes are wrapped by the master key.)
//
// Threads   as the port says. ReadFrom may run long; it holds off only the reopening after a fault.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/port/event_log.h"

namespace caseward {

class EmbeddedEventLog final : public EventLog {
 public:
  struct Options {
    std::string path;
    // For a log that does not exist yet; for one that does, 0 and "" mean whatever it was made with.
    uint32_t partitions = 0;
    std::string log_id;
    bool create = false;
    // At the bound a round is Aborted with RESOURCE_EXHAUSTED.
    size_t max_queued_rounds = 4096;
    size_t max_queued_bytes = 256u << 20;
  };

  // FAILED_PRECONDITION: in use, another format version, other partitions or log id than asked for. NOT_FOUND: there is
  // none and `create` is not set. DATA_LOSS: it is damaged.
  static absl::StatusOr<std::unique_ptr<EmbeddedEventLog>> Open(const Options& options);
  // Answers every queued round first.
  ~EmbeddedEventLog() override;

  const std::string& log_id() const;
  uint32_t partitions() const override;
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override;
  void AppendRound(uint32_t partition, Round round, AppendDone done) override;
  absl::StatusOr<uint64_t> End(uint32_t partition) override;
  absl::Status ReadFrom(uint32_t partition, uint64_t from,
                        absl::FunctionRef<bool(uint64_t, std::string_view)> record) override;
  absl::StatusOr<std::vector<InboundMessage>> ReadInbox(uint32_t partition, const std::vector<InboxCursor>& cursors,
                                                        size_t limit) override;
  void TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) override;
  absl::StatusOr<std::optional<std::string>> ReadKey(std::string_view key_id) override;
  absl::Status ReadKeys(std::string_view prefix,
                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) override;

  // Every key in order of id, a destroyed one with empty bytes; stops early when `key` returns false.
  absl::Status ReadStoredKeys(absl::FunctionRef<bool(std::string_view, std::string_view)> key);

  // Copies the log as it is now into the new folder `target`, while it runs.
  absl::Status Checkpoint(const std::string& target);

 private:
  class Impl;
  explicit EmbeddedEventLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward

// Apply (hop 4): the one path from a log record to state, for live rounds and for replay alike (laws L1 to L3).
//
//   CheckOrder ─▶ Apply ─▶ ... ─▶ EndBatch ─▶ (store.Write) ─▶ BatchWritten
//                 one record        one batch: streams, indexes, timers, history, marks, books
//
// What a batch holds at a position does not depend on how records were cut into batches: streams are written as they
// are at its end, and everything else follows from single records. So one record a batch, a round a batch and a replay
// in large chunks give the same state and the same digest.
//
// It also serves the deciding side with the state as applied so far: a bounded cache of decoded cases and residents.
//
// Threads   the loop's one. The store and hasher must outlive it.
// Failure   CheckOrder: DATA_LOSS for a gap, a repeat, another log's record. Apply, Find...: what the store answers;
// after
//           such a fault the applier is not to be used again, the batch in the making is dropped and state stays as it
//           was.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/partition/bounded_cache.h"
#include "engine/partition/command_marks.h"
#include "engine/partition/merkle.h"
#include "engine/partition/partition.h"
#include "engine/partition/state_keys.h"
#include "engine/partition/state_writer.h"

namespace caseward {

class Applier {
 public:
  struct Ports {
    const StateReader& store;
    const Hasher& hasher;
  };
  Applier(uint32_t partition, const PartitionLimits& limits, Ports ports);

  // Reads the books. OK also if there are none: an empty state. DATA_LOSS if they cannot be read.
  absl::Status Restore();

  // ---- applying
  enum class Order {
    kNext,   // apply it
    kStale,  // of a lower term than one before: skip it (law L4); the books count it once Skip is called
  };
  absl::StatusOr<Order> CheckOrder(const v1::Decision& decision) const;
  void Skip() { meta_.set_stale_records(meta_.stale_records() + 1); }
  // The record must have passed CheckOrder as kNext. `raw` are its bytes as logged.
  absl::Status Apply(const v1::Decision& decision, std::string_view raw);
  // Writes what the batch changed into it, the books last. The batch lives until BatchWritten.
  const StateBatch& EndBatch();
  void BatchWritten();

  // ---- the books
  const v1::PartitionMeta& meta() const { return meta_; }
  uint64_t next_sequence() const { return meta_.has_applied() ? meta_.applied_sequence() + 1 : 0; }
  // Where the next record lies in the log: records skipped as stale take a place there.
  uint64_t next_in_log() const { return next_sequence() + meta_.stale_records(); }
  absl::Time last_recorded_at() const;
  const StateDigest& digest() const { return writer_.digest(); }
  const MerkleFrontier& merkle() const { return merkle_; }
  // No timer is due before this; InfiniteFuture: there is none at all.
  absl::Time timer_bound() const { return timer_bound_; }
  // No timer's key lies before this; empty: any may. What has fired is deleted and lies before it: a scan from here
  // does not walk over it again, however many were due at one instant.
  const std::string& timers_from() const { return timers_from_; }
  // The caller has seen that no timer is due before `due`, and that none has a key before `from`.
  void RaiseTimerBound(absl::Time due, std::string from) {
    timer_bound_ = due;
    timers_from_ = std::move(from);
  }
  // Any timer may be there again.
  void ForgetTimerBound() { RaiseTimerBound(absl::InfinitePast(), ""); }

  // ---- state as applied; null: there is none. Pointers hold until BatchWritten.
  absl::StatusOr<const v1::CaseState*> FindCase(std::string_view case_id);
  absl::StatusOr<const v1::ResidentState*> FindResident(std::string_view resident_id);
  absl::StatusOr<v1::ReferenceState> FindReference(const v1::ExternalReference& reference) const;
  // A case's fact lines, in order; not while a batch that changes it is in the making.
  absl::StatusOr<const std::vector<v1::FactLineRecord>*> Lines(std::string_view case_id);
  absl::StatusOr<std::optional<v1::CommandMarkRecord>> FindMark(std::string_view principal,
                                                                std::string_view command_id) const;
  // The raw record of a stream; DATA_LOSS if it is not there.
  absl::StatusOr<std::string> ReadHistory(std::string_view stream, uint64_t sequence) const;

 private:
  struct CaseEntry {
    std::optional<v1::CaseState> state;
    std::optional<Sha256Digest> written;
    // Kept from when somebody first asked for them, or for the case before it was there; all of them, or none.
    std::optional<std::vector<v1::FactLineRecord>> lines;
    // Set while the batch has changed it: as the store has them.
    bool dirty = false;
    std::vector<keys::Timer> stored_timers;
    std::string stored_owner;
    std::map<std::string, std::string> stored_waiting;  // keys and what they hold
  };
  struct ResidentEntry {
    std::optional<v1::ResidentState> state;
    std::optional<Sha256Digest> written;
    bool dirty = false;
  };
  struct ReferenceEntry {
    v1::ReferenceState state;
    std::optional<Sha256Digest> written;
  };
  struct CaseloadEntry {
    v1::CaseloadState state;
    std::optional<Sha256Digest> written;
  };
  using CaseCache = BoundedCache<CaseEntry>;
  using ResidentCache = BoundedCache<ResidentEntry>;

  absl::StatusOr<CaseCache::Entry*> LoadCase(std::string_view case_id);
  absl::StatusOr<ResidentCache::Entry*> LoadResident(std::string_view resident_id);
  absl::Status ApplyToStream(const v1::Decision& decision);
  absl::Status ApplyToCase(const v1::Decision& decision);
  absl::Status ApplyToResident(const v1::Decision& decision);
  absl::Status ApplyToReference(const v1::Decision& decision);
  absl::Status ApplyToCaseload(const v1::Decision& decision);
  std::map<std::string, std::string> WaitingEntries(const v1::CaseState& state) const;
  void ApplyToBooks(const v1::Decision& decision);
  void NoteInbox(const v1::Decision& decision);
  void NoteSent(const v1::Decision& decision);
  void WriteCase(CaseCache::Entry& entry);
  void WriteResident(ResidentCache::Entry& entry);
  void BoundLines();

  const uint32_t partition_;
  const PartitionLimits limits_;
  const Ports ports_;
  StateWriter writer_;
  CommandMarks marks_;
  MerkleFrontier merkle_;
  v1::PartitionMeta meta_;
  absl::Time timer_bound_ = absl::InfinitePast();
  std::string timers_from_;
  CaseCache cases_;
  ResidentCache residents_;
  size_t lines_held_ = 0;
  // Changed by the batch in the making.
  std::vector<CaseCache::Entry*> dirty_cases_;
  std::vector<ResidentCache::Entry*> dirty_residents_;
  absl::flat_hash_map<std::string, ReferenceEntry> references_;
  absl::flat_hash_map<std::string, CaseloadEntry> caseloads_;
  std::map<uint32_t, v1::InboxMark> sent_;  // the last message, by receiver
};

}  // namespace caseward

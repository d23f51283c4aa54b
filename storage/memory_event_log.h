// The log's twin in memory: the same contract, no disk, no thread of its own, and every misfortune a broker can bring,
// at the moment a test chooses. With Delivery::kWhenTold a round waits until the test delivers it, which makes every
// interleaving of several owners a plain sequence of calls:
//
//   AppendRound ──▶ waiting ──Deliver──▶ judged by the rules ──▶ visible, `done` answered
//                      │                      │ fault kUnknownLate
//                      │ CrashOwner           ▼
//                      ▼                   in doubt ──DeliverLate──▶ visible    (a Claim in between: never)
//                    forgotten, `done` never heard
//
// Threads   any; a test that wants every run alike uses one.
// Intake    offsets are as a broker gives them: the records of aborted rounds and transactions take some, and so do the
//           markers at their ends, so they have gaps and name nothing else.
// Damage    records lie framed as on disk, so FlipBit is found as a flipped bit of a disk is.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/port/event_log.h"
#include "storage/log_faults.h"
#include "storage/round_rules.h"

namespace caseward {

class MemoryEventLog final : public EventLog {
 public:
  enum class Delivery {
    kAtOnce,    // AppendRound judges the round and answers before it returns
    kWhenTold,  // the round waits for Deliver
  };

  explicit MemoryEventLog(uint32_t partitions, Delivery delivery = Delivery::kAtOnce);

  uint32_t partitions() const override { return static_cast<uint32_t>(parts_.size()); }
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override;
  void AppendRound(uint32_t partition, Round round, AppendDone done) override;
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
  // Once, before anybody puts anything there.
  void WatchIntake(std::function<void(uint32_t)> grown) override { grown_ = std::move(grown); }
  absl::StatusOr<std::optional<std::string>> ReadKey(std::string_view key_id) override;
  absl::Status ReadKeys(std::string_view prefix,
                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) override;

  // The plan of misfortunes.
  LogFaults& faults() { return faults_; }

  // Rounds that wait for Deliver.
  size_t waiting(uint32_t partition) const;
  // Lets the longest waiting round of `partition` reach the log, and answers it. False if none waits.
  bool Deliver(uint32_t partition);
  // Delivers what waits, partition by partition in turn, also what is appended meanwhile. Returns how many.
  size_t DeliverAll();
  // Makes the round in doubt (kUnknownLate) visible, unless the partition was claimed since. True if it became visible.
  bool DeliverLate(uint32_t partition);
  // The owner's process dies: of its waiting rounds the first `reached` had got as far as the log and are judged, the
  // others never existed. Nobody hears an answer. `term`: what it owned under, if others may have rounds waiting too.
  void CrashOwner(uint32_t partition, size_t reached, std::optional<uint64_t> term = std::nullopt);
  // ---- the intake, as its outside world has it
  // An outside system puts a record there; returns its offset. Each has a stamp of its own.
  uint64_t PutIntake(uint32_t partition, TopicRecord record);
  // An outside system's transaction begins, or ends: what was put meanwhile is seen from then on, or never.
  void BeginIntakeTransaction(uint32_t partition);
  void EndIntakeTransaction(uint32_t partition, bool commit);
  // Retention takes what lies before `offset`.
  void ExpireIntake(uint32_t partition, uint64_t offset);
  // Somebody deletes the intake and makes it anew, empty.
  void RemakeIntake(uint32_t partition);
  // While not OK, nothing can be read from it.
  void FailIntake(absl::Status why);
  // The same of messages between partitions.
  void FailInbox(absl::Status why);
  // Somebody empties the inbox, or deletes it and makes it anew.
  void LoseInbox(uint32_t partition);
  // What can be read there, in order.
  std::vector<IntakeRecord> intake(uint32_t partition) const;
  // All that was published, in order.
  std::vector<TopicRecord> outcomes(uint32_t partition) const;
  std::vector<TopicRecord> rejects(uint32_t partition) const;

  // Inverts one bit of a stored record's frame.
  void FlipBit(uint32_t partition, uint64_t sequence, size_t bit);

 private:
  struct Waiting {
    Round round;
    AppendDone done;
  };
  struct Partition {
    PartitionHead head;
    std::vector<std::string> frames;  // by sequence
    std::deque<Waiting> waiting;
    std::optional<Round> late;
    std::map<std::tuple<uint32_t, uint64_t, uint32_t>, std::string> inbox;  // (from, sequence, n) → command
    std::map<uint64_t, IntakeRecord> intake;                                // committed, by offset
    uint64_t intake_begin = 0;
    uint64_t intake_end = 0;
    std::optional<uint64_t> open_since;  // an outside system's transaction: nothing from here on is seen
    std::vector<TopicRecord> outcomes;
    std::vector<TopicRecord> rejects;
  };

  void TellIntake(const Round& round) const;
  // All below: mutex_ held.
  AppendResult Judge(uint32_t partition, Round& round);
  absl::Status Check(uint32_t partition, const Round& round) const;
  void MakeVisible(uint32_t partition, const Round& round);
  // The offsets that a round which never commits has used up.
  void LeaveTraces(const Round& round);
  uint64_t Put(uint32_t partition, TopicRecord record);
  absl::Status CheckPartition(uint32_t partition) const;

  const Delivery delivery_;
  LogFaults faults_;
  std::function<void(uint32_t)> grown_;
  mutable std::mutex mutex_;
  std::vector<Partition> parts_;
  int64_t intake_stamps_ = 0;  // given so far, a millisecond each
  absl::Status intake_fault_;
  absl::Status inbox_fault_;
  std::map<std::string, std::string, std::less<>> keys_;  // empty: destroyed
};

}  // namespace caseward

// One round in the making (hop 2, decide): commands, messages and timers become decisions, each decided against state
// as applied plus what this round has decided before it. Nothing outside the round changes until it is durable, so a
// round that did not commit is simply dropped.
//
//   AddPrelude / AddHead, AddRefusalCount, AddCommand, AddIntake, AddMessage, AddTimer ... ─▶ draft ─▶ append ─▶ ...
//
// Every command leaves one Reply in the draft, in the order of the commands: what its caller will hear when the round
// is durable. A command that decided nothing (a retry, a fault) leaves only that.
//
// Every intake record leaves one decision, its own or a note, and what its sender will read in the round's outcomes;
// or, if it could not be decided now, nothing at all: then it is read again.
//
// Threads   the loop's one. Lives for one turn; the draft goes on living in the loop while the append is in flight.
// Failure   a status from Add...: state could not be read; the loop stops. What is wrong with one command is in its
// reply.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/intake.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/cases/decide.h"
#include "engine/directory/directory.h"
#include "engine/partition/apply.h"
#include "engine/partition/intake.h"
#include "engine/partition/partition.h"
#include "engine/partition/refusal_window.h"
#include "engine/partition/state_keys.h"
#include "engine/residents/resident.h"

namespace caseward {

// A command that waits to be decided.
struct Pending {
  Submission submission;
  Admitted admitted;
  uint32_t attempts = 0;
  std::optional<IntakeCursor::Taken> intake = {};  // where it lay, if it came by topic
};

struct Reply {
  enum class Kind { kDecision, kOutcome, kStatus };
  Pending pending;  // to decide again, if the round does not become durable
  Kind kind = Kind::kStatus;
  size_t decision = 0;  // kDecision: which of the draft's
  bool replayed = false;
  uint32_t repeats = 0;  // of a refusal that is counted, not recorded
  v1::Outcome outcome;   // kOutcome
  absl::Status status;   // kStatus
};

struct RoundDraft {
  std::deque<v1::Decision> decisions;
  Round round;
  std::vector<Reply> replies;
  std::vector<absl::AnyInvocable<void(absl::Status)>> barriers;
  // As they stand after the round.
  absl::flat_hash_map<std::string, std::shared_ptr<const v1::CaseState>> cases;
  absl::flat_hash_map<std::string, v1::ResidentState> residents;
  absl::flat_hash_map<std::string, v1::ReferenceState> references;
  std::shared_ptr<const Directory> directory;
  // Refusals counted instead of recorded: window key parts and how many.
  struct Counted {
    std::string stream, rule, person;
    uint32_t times = 0;
  };
  absl::flat_hash_map<std::string, Counted> counted;
  absl::Time recorded_at;
  size_t bytes = 0;
};

class RoundBuilder {
 public:
  struct Context {
    const PartitionConfig& config;
    Applier& applier;
    KeyVault& vault;
    const Hasher& hasher;
    RefusalWindows& windows;
    uint64_t term;
    absl::Time recorded_at;  // max(wall clock, last recorded), law L6
  };
  RoundBuilder(const Context& context, std::shared_ptr<const Directory> directory);

  bool full() const {
    return draft_.decisions.size() >= limits().round_commands_max || draft_.bytes >= limits().round_bytes_max;
  }
  size_t size() const { return draft_.decisions.size(); }
  size_t bytes() const { return draft_.bytes; }

  // The genesis record if the log is empty, then the claim.
  void AddPrelude();
  // A signed head over all records before the round: only as its first decision (law L14). A vault that cannot sign now
  // is asked again next time.
  void AddHead();
  void AddRefusalCount(const RefusalWindows::Window& window);
  absl::Status AddCommand(Pending pending);
  // `later` not OK: the record cannot be decided now, and was not taken. RESOURCE_EXHAUSTED: it can in the next round.
  absl::Status AddIntake(IntakeRecord record, absl::Status& later);
  // Nothing but control records lies before `next`.
  void AddIntakePosition(uint64_t next);
  // `by` gives up what lies in [from, next) and was not taken.
  void AddAcceptedLoss(uint64_t from, uint64_t next, const v1::Actor& by);
  absl::Status AddMessage(InboundMessage message);
  // Adds nothing if the timer is no longer one of the case's. FAILED_PRECONDITION: the clock cannot fire (its pack is
  // unusable here); the caller keeps it aside.
  absl::Status AddTimer(const keys::Timer& timer);

  RoundDraft Take() { return std::move(draft_); }

 private:
  const PartitionLimits& limits() const { return context_.config.limits; }
  uint64_t next_sequence() const { return first_sequence_ + draft_.decisions.size(); }
  v1::Decision NewDecision(const v1::Actor& actor, std::string stream) const;
  // The decision becomes the round's next.
  size_t Add(v1::Decision decision);

  // State as the round sees it; null: none.
  absl::StatusOr<const v1::CaseState*> FindCase(std::string_view case_id);
  absl::StatusOr<const v1::ResidentState*> FindResident(std::string_view resident_id);

  // ---- commands
  absl::Status DecideCommand(Pending pending);
  absl::StatusOr<std::optional<Reply>> FindEarlier(const Pending& pending, const std::string& content);
  std::optional<v1::Refusal> CheckTimes(const v1::Command& command, const v1::CaseState* state) const;
  absl::Status Seal(v1::Command& command, const std::string& subject, std::optional<v1::Refusal>& refusal);
  // Decides by the stream's kind; fills the outcome, messages and what the round has changed. `fault`: only for this
  // caller.
  absl::Status DecideStream(v1::Decision& decision, const Route& route, absl::Status& fault);
  absl::Status DecideCase(v1::Decision& decision, std::string_view resident_id);
  // The resident of a case that was reported knows it from now on, as after applying.
  absl::Status TakeReported(const v1::Decision& decision);
  absl::Status DecideResidentCommand(v1::Decision& decision, absl::Status& fault);
  void TakeResident(v1::Decision& decision, ResidentAccepted accepted);
  void DecideDirectoryCommand(v1::Decision& decision);
  void DecideConfirmTime(v1::Decision& decision) const;
  std::optional<v1::Refusal> AddSends(v1::Decision& decision, std::vector<CaseAccepted::Send> sends) const;
  bool CountRepeat(const v1::Decision& decision, Reply& reply);
  void Finish(Pending pending, v1::Decision decision);
  void ReplyWith(Pending pending, absl::Status status);

  // ---- a case under import: see round_system.cc
  static constexpr int kImportFiresMax = 1000;  // of one command
  // Fires the case's clocks that fall due before `time`, in order. False: there are more than one command may fire.
  absl::StatusOr<bool> FireBefore(const std::string& case_id, absl::Time time);

  // ---- the intake: see round_intake.cc
  void SettleIntake(const IntakeRecord& record, const Reply& reply, absl::Status& later);
  void NoteFault(const IntakeRecord& record, const v1::Command& command, const v1::Actor& actor,
                 const absl::Status& why);
  void Reject(IntakeRecord record, const IntakeCommand& made, const absl::Status& why);
  void Move(IntakeRecord record, const IntakeCommand& made, uint32_t to_partition);
  v1::Decision NewNote(const IntakeRecord& record, const v1::Command& command, const v1::Actor& actor,
                       v1::IntakeNoted::Kind kind) const;
  void Publish(const IntakeRecord& record, v1::IntakeOutcome outcome);

  // ---- system
  // `own_time`: the case runs on its own time, which is now the timer's.
  absl::Status Fire(const keys::Timer& timer, bool own_time);
  absl::Status DecideMessage(v1::Decision& decision);
  absl::Status DecideReference(v1::Decision& decision);
  void DecideCaseloadMessage(v1::Decision& decision);
  // The second steps of what crosses partitions.
  absl::Status DecideOpenSplit(v1::Decision& decision);
  absl::Status DecideResidentMessage(v1::Decision& decision);

  const Context context_;
  const uint64_t first_sequence_;
  RoundDraft draft_;
  // (principal, command id) → its decision in this round.
  absl::flat_hash_map<std::string, size_t> decided_;
  // Stream, rule and actor of a refusal → its decision in this round.
  absl::flat_hash_map<std::string, size_t> refused_;
  // Decisions of each case in this round: their events are fact lines already.
  absl::flat_hash_map<std::string, std::vector<size_t>> case_decisions_;
};

// A refusal by the partition itself: docs/errors has a page for each rule.
v1::Refusal RefuseByCode(std::string_view rule, std::string say, std::string unblock = "");

}  // namespace caseward

// The partition's loop itself: what happens in which turn. Deciding is in RoundBuilder, applying in Applier, what other
// threads touch in Front; this file puts them in order.
//
//   Step: ── answer came? ──▶ settle the round in flight: apply, reply          (loop.cc)
//         ── must claim?  ──▶ claim, read the log's tail, settle what was in doubt (recover.cc)
//         ── else         ──▶ gather a round, decide, append                     (gather.cc)
//         ── not the owner? ▶ apply what the owner has appended                  (follow.cc)
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/partition/append_slot.h"
#include "engine/partition/apply.h"
#include "engine/partition/front.h"
#include "engine/partition/inbox/owed_messages.h"
#include "engine/partition/partition.h"
#include "engine/partition/refusal_window.h"
#include "engine/partition/round.h"
#include "engine/partition/time_guard.h"

namespace caseward {

class PartitionLoop final : public Partition {
 public:
  PartitionLoop(PartitionConfig config, Ports ports);
  // Answers everybody who waits, and leaves everything else as it is: to finish what is in flight, Stop first.
  ~PartitionLoop() override { Abandon(); }

  // ---- commands and reads, any thread
  absl::Status Submit(Submission submission) override;
  absl::Status Barrier(absl::AnyInvocable<void(absl::Status)> done) override {
    return front_.PushBarrier(std::move(done));
  }
  absl::Status AcceptIntake(uint64_t from, v1::Actor by, absl::AnyInvocable<void(absl::Status)> done) override {
    return front_.PushAcceptance({from, std::move(by), std::move(done)});
  }
  void NoteInbox() override { front_.NoteInbox(); }
  void NoteIntake() override { front_.NoteIntake(); }
  void Own(bool own) override { front_.Own(own); }
  void Resume(absl::AnyInvocable<void(absl::Status)> done) override { front_.PushResume(std::move(done)); }
  void NoteLog() override { front_.NoteLog(); }
  void SetWaker(std::function<void()> waker) override;
  PartitionView view() const override { return front_.view(); }
  bool owner() const override { return front_.owner(); }
  void WhenApplied(uint64_t sequence, absl::AnyInvocable<void(absl::Status)> done) override {
    front_.WhenApplied(sequence, std::move(done));
  }

  // ---- the loop
  StepResult Step(TimeReading now) override;
  void SuspendState(const absl::Status& why) override;
  void BeginAgain(TimeReading now) override;
  void Stop() override;
  // Replays and claims: the second half of Open.
  absl::Status Begin(TimeReading now);

 private:
  struct InFlight {
    RoundDraft draft;
    absl::Duration began;
    absl::Duration waited = absl::ZeroDuration();  // for its answer, as far as this loop was there to see it
  };

  // ---- settling (loop.cc)
  bool Settle(TimeReading now);
  void NoteLate(TimeReading now);
  void ClaimAgain(const absl::Status& why, TimeReading now);
  void Commit(InFlight done, TimeReading now);
  absl::Status ApplyRound(const RoundDraft& draft);
  void AfterCommit(const RoundDraft& draft);
  void Tell(const v1::Decision& decision);
  void Count(const RoundDraft& draft);
  void ReplyAll(RoundDraft& draft);
  // Those who waited for a position that is applied now.
  void TellApplied();
  void Answer(Reply& reply, const RoundDraft& draft);
  // Commands of a round that is not durable wait again; those tried too often fail with `why`.
  void DecideAgain(RoundDraft draft, const absl::Status& why);
  void FailAll(RoundDraft& draft, const absl::Status& why);
  void Halt(const absl::Status& why);
  void StateFault(const absl::Status& why);
  void AnswerEverybody(const absl::Status& why);
  bool serves() const { return halted_.ok() && state_lost_.ok(); }
  void Abandon();

  // ---- recovering (recover.cc)
  absl::Status CheckLog();
  // Applies what is visible after the state's position, at most so many records. `seen`: told each of them before.
  // Returns a fault of state; a fault of the log, or a record out of order, goes to `log_fault`, and what came before
  // it is applied.
  absl::Status ReplayTail(uint64_t most, absl::FunctionRef<void(const v1::Decision&)> seen, absl::Status& log_fault);
  absl::Status WriteBatch();
  absl::Status RebuildDirectory();
  void Reclaim(TimeReading now);
  void Resolve(const std::map<uint64_t, uint64_t>& visible);

  // ---- resuming (resume.cc)
  // Answers those who asked that a stopped partition look again. True if anybody did.
  bool LookAgain(TimeReading now);
  absl::Status TryAgain(TimeReading now);

  // ---- owning and following (follow.cc)
  // Takes the role that Own asks for, once it may. True if it changed.
  bool TakeRole(TimeReading now);
  void BecomeOwner(TimeReading now);
  void GiveUp(const absl::Status& why);
  // Another node owns the partition now, whatever was asked of this one.
  void Overtaken(const absl::Status& why, TimeReading now);
  bool Follow(TimeReading now);

  // ---- gathering (gather.cc)
  bool Gather(TimeReading now);
  // `accepted`: told when the round is durable.
  absl::Status Fill(RoundBuilder& round, TimeReading now, std::vector<Front::Done>& accepted);
  size_t RoomIn(const RoundBuilder& round, size_t spare) const;
  absl::Status TakeCommands(RoundBuilder& round, size_t spare, size_t spare_bytes);
  absl::Status TakeMessages(RoundBuilder& round, TimeReading now, size_t spare);
  absl::Status TakeTimers(RoundBuilder& round, TimeReading now);
  // What was sent before the claim comes from the senders' logs, and then what waits in the inbox. `more`: there is
  // more than had room.
  std::vector<InboundMessage> FindMessages(size_t room, bool& more);
  void TellFromLog(const std::vector<InboundMessage>& owed, const std::vector<InboundMessage>& waiting);
  void TellMessages(const absl::Status& why);
  bool HeadIsDue(absl::Time recorded_at) const;
  void Append(RoundDraft draft, TimeReading now);
  absl::Time RecordedAt(TimeReading now) const;
  // Partition 0 decides with what it has applied itself; the others with the newest they can get.
  std::shared_ptr<const Directory> DirectoryNow() const {
    return own_directory_ ? own_directory_ : ports_.directory.Now();
  }
  void SetOwnDirectory(std::shared_ptr<const Directory> directory);
  std::optional<absl::Time> NextTurn(TimeReading now) const;
  std::vector<InboxCursor> Cursors() const;

  // ---- commands by topic (gather.cc)
  // What lies there and has room. Reads nothing while nothing new was noted, but once a second.
  IntakeBatch LookAtIntake(RoundBuilder& round, TimeReading now, size_t limit);
  absl::Status TakeIntake(RoundBuilder& round, IntakeBatch batch);
  // A position that has passed nothing but control records is recorded after a while.
  void NotePosition(RoundBuilder& round, TimeReading now, uint64_t recorded, const IntakeBatch& batch);
  bool AcceptLosses(RoundBuilder& round, std::vector<Front::Done>& accepted);
  void TellIntake(std::string_view condition, std::string_view why);

  void PublishView();

  static constexpr uint32_t kAttemptsMax = 3;            // of one command
  static constexpr uint32_t kFailuresBeforeClosing = 3;  // rounds in a row, then commands are refused at the door
  static constexpr absl::Duration kRetryEvery = absl::Seconds(1);
  static constexpr absl::Duration kInboxEvery = absl::Seconds(1);
  static constexpr absl::Duration kIntakeEvery = absl::Seconds(1);
  static constexpr absl::Duration kBlockedTimerEvery = absl::Minutes(1);
  static constexpr absl::Duration kFollowEvery = absl::Seconds(1);    // without having been told
  static constexpr absl::Duration kOvertakenRest = absl::Seconds(3);  // before claiming from who has overtaken us
  static constexpr absl::Duration kDirectoryEvery = absl::Milliseconds(10);
  // Time between two steps beyond this is the loop's own absence (a stopped process), not the log's silence. A host
  // steps at least this often while a round is in flight.
  static constexpr absl::Duration kWatchedMax = absl::Seconds(2);

  PartitionConfig config_;  // constant once begun
  const Ports ports_;
  Front front_;
  std::shared_ptr<AppendSlot> slot_ = std::make_shared<AppendSlot>();

  // The loop's thread only.
  std::optional<Applier> applier_;  // always there; made anew when state was reopened
  RefusalWindows windows_;
  TimeGuard guard_;
  uint64_t term_ = 0;
  bool owner_ = true;
  absl::Duration overtaken_until_ = -absl::InfiniteDuration();  // monotonic
  absl::Duration follow_at_ = -absl::InfiniteDuration();        // monotonic: look again then
  bool prelude_ = true;                                         // OwnerClaimed of this term is not durable yet
  std::optional<InFlight> in_flight_;
  bool must_claim_ = false;
  std::optional<RoundDraft> in_doubt_;  // of an earlier term: only the log knows
  absl::Status log_trouble_;            // why the last round did not commit
  uint32_t failures_ = 0;               // rounds in a row that did not commit
  absl::Duration stepped_at_;           // monotonic: the last step
  bool late_ = false;                   // a round was not answered in time, and none has committed since
  absl::Duration retry_at_;             // monotonic
  absl::Duration inbox_at_;             // monotonic: look again then
  OwedMessages owed_;                   // what the inbox need not hold any more
  std::string messages_why_;            // messages cannot be read; empty: they can
  IntakeView intake_;
  absl::Duration intake_at_;                         // monotonic: look again then
  std::optional<absl::Duration> intake_idle_since_;  // monotonic: what was passed over holds nothing
  bool waits_for_directory_ = false;
  std::shared_ptr<const Directory> own_directory_;    // partition 0 only
  std::map<std::string, absl::Time> blocked_timers_;  // key → try again
  absl::Status halted_;                               // not OK: stopped, and why
  absl::Status state_lost_;                           // not OK: the store must be reopened, and why
  bool rebuilding_ = false;                           // reopened, and not yet up to the log's end
  std::map<uint64_t, uint64_t> visible_;              // sequence → term, since the last claim that was completed
  bool stopped_ = false;
  std::string told_condition_;
  std::function<void()> waker_;
};

}  // namespace caseward

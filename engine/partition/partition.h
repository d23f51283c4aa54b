// One partition's loop: the only writer of its cases, residents and timers. Hops 2 to 5 of the path of a command.
//
//   Submit ──▶ inbox (bounded) ──▶ Step: gather a round ─▶ decide each ─▶ append once ─▶ apply once ─▶ reply to all
//                                    ▲                                      │ asynchronous: while one append is in
//                                    └────────── the next round gathers ◀───┘ flight, the inbox fills
//
// A round takes, in this order: waiting commands, commands by topic (the intake), messages from other partitions, then
// clocks that are due (at one instant facts come before timers, law L8). Each of the four that has something is sure of
// a quarter of the round (clocks, at most of round_timers_max), and of one place at least. Each is decided against
// state plus what the round has already decided.
// Words are sealed before deciding, so no rule can read them (law L11).
//
// Lifetime  Open replays the log into the store, then claims the partition; the ports must outlive it.
// Threads   Submit, and everything under "reads", from any thread; Open, Step, Stop from the loop's one thread. Replies
// run
//           on the loop's thread and must not block.
// Failure   a round whose append is Aborted or Unknown: the partition claims anew, reads what the log says, and decides
//           again what did not become durable; callers whose command's fate is unknown get UNAVAILABLE and their retry
//           with the same id finds the first outcome. A gap, a repeat or a record that cannot be read stops the
//           partition with a reason; reads go on. An intake that cannot be read stops or waits by itself: everything
//           else goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "engine/directory/directory_hub.h"
#include "engine/port/event_log.h"
#include "engine/port/hasher.h"
#include "engine/port/key_vault.h"
#include "engine/port/observer.h"
#include "engine/port/state_store.h"

namespace caseward {

// Bounds, each with a test at it and one past it (law L10).
struct PartitionLimits {
  size_t inbox_max = 4096;          // commands waiting; one more is RESOURCE_EXHAUSTED
  size_t round_commands_max = 512;  // commands, messages and timers of one round
  // Timers of one round, so that very many due at once fire beside commands: a command waits for one round of each
  // partition of its loop.
  size_t round_timers_max = 32;
  size_t round_bytes_max = 4 << 20;
  size_t command_bytes_max = 256 << 10;  // one command, serialised
  size_t publish_bytes_max = 2 << 20;    // a pack or calendar, which may be larger
  size_t cached_cases_max = 20'000;      // case states kept in memory
  size_t cached_lines_max = 200'000;     // decisions whose fact lines are kept in memory
  absl::Duration command_ids_kept = absl::Hours(24) * 400;
  absl::Duration head_interval = absl::Hours(1);
  absl::Duration clock_jump_max = absl::Minutes(5);  // wall against monotonic clock (law L6)
  absl::Duration append_late = absl::Seconds(5);     // a round unanswered for so long: the log is out of reach
  absl::Duration refusal_window = absl::Minutes(1);  // the same refusal of the same actor is counted (law L7)
  size_t reject_bytes_max = 8 << 20;  // of an intake record that is passed on as it came; a larger one is named alone
  // So long nothing but control records came to the intake: then the position behind them is recorded, so that it does
  // not fall below what retention keeps. Far below that retention (7 days).
  absl::Duration intake_idle = absl::Hours(1);
};

// The two clocks, read by whoever drives the loop: time enters once (law L6).
struct TimeReading {
  absl::Time wall;
  absl::Duration monotonic;  // since an arbitrary origin, never goes back
};

using ReplyFn = absl::AnyInvocable<void(absl::StatusOr<v1::Outcome>)>;

struct Submission {
  v1::Command command;
  v1::Actor actor;
  ReplyFn reply;
};

// Adds what other systems may see of a decision, made under `directory`. Pure.
using FeedMaker =
    std::function<void(const v1::Decision&, const std::shared_ptr<const Directory>& directory, std::vector<FeedItem>&)>;

// What is made of an intake record: a command and who sent it (law L13: from its credential), or why there is none.
struct IntakeCommand {
  absl::Status status;  // UNAVAILABLE: it cannot be told now; the record is kept and looked at again
  v1::Command command;  // also where `status` is not OK, as far as it could be read
  v1::Actor actor;
};
// Pure but for what it may look up. Never throws; never says anything of what the record holds in `status`, but where
// what was expected is not.
using IntakeDoor = std::function<IntakeCommand(const IntakeRecord& record, const Directory& directory)>;

struct PartitionConfig {
  uint32_t partition = 0;
  uint32_t partitions = 1;
  std::string owner;  // this node, for OwnerClaimed
  // Written to the genesis record of an empty log. For another log: empty, or what its genesis record says.
  std::string log_id;
  PartitionLimits limits;
  // Several nodes share the log. Begins as a follower, which applies what the owner appends, and becomes the owner when
  // Own asks for it. Otherwise it owns from the beginning, and an owner that is overtaken stops.
  bool shared = false;
  // Told, on the loop's thread, which partition a durable message waits for: wire it to that partition's NoteInbox.
  // Without it messages are found by looking once a second.
  std::function<void(uint32_t)> message_sent;
  // Asked on the loop's thread before an append: is there nothing else for this thread to do? Then the log may write
  // the round on it, which saves a lone command two switches of threads. Without it no append blocks.
  std::function<bool()> alone;
  // For a log that carries the feed; absent: this one does not. Called on the loop's thread, once a decision.
  FeedMaker feed;
  // For a log that has an intake; absent: the intake is closed, and what lies there waits. Called on the loop's thread.
  IntakeDoor door;
};

// What Step did: whether to call again at once, or when.
struct StepResult {
  bool worked = false;
  // An append is in flight: its completion calls the waker.
  bool waiting_for_append = false;
  // When the next timer is due; nullopt: none.
  std::optional<absl::Time> next_timer;
  // The state store is UNAVAILABLE: it must be reopened, for all partitions that share it. Until BeginAgain nothing is
  // decided here.
  bool state_lost = false;
};

// How commands by topic stand.
struct IntakeView {
  // OPEN; WAITING (the next record cannot be read or decided now, and is tried again); STOPPED (what was to be read
  // next is gone: see Partition::AcceptIntake); CLOSED (there is no door). Empty: the log has no intake, or another
  // node reads.
  std::string condition;
  std::string why;
  uint64_t next = 0;  // offset to be read next
  uint64_t end = 0;   // of what was seen there
};

struct PartitionView {
  v1::Position position;  // applied
  // SERVING; FOLLOWING (another node owns it; reads are answered); HOLDING_TIMERS (law L6); WAITING (for a directory as
  // new as the log has seen); RECOVERING (the log does not take rounds, or state is being rebuilt; commands are refused
  // with UNAVAILABLE); HANDING_OVER (another node is to own it, and the answer to a round in flight is waited for;
  // commands are refused with UNAVAILABLE); STOPPED (until resumed or opened anew).
  std::string condition;
  std::string why;
  uint64_t term = 0;  // of this owner; a follower: the newest it has applied
  bool owner = false;
  size_t inbox = 0;
  IntakeView intake;
  std::string messages_why;  // messages from other partitions cannot be read; empty: they can
};

class Partition {
 public:
  struct Ports {
    EventLog& log;
    StateStore& store;
    KeyVault& vault;
    const Hasher& hasher;
    DirectoryHub& directory;
    Observer& observer;
  };

  // Replays from the store's position to the log's end and claims. The first Step then appends OwnerClaimed (and the
  // genesis record if the log is empty), before anything else. DATA_LOSS: a record or the state cannot be read, and
  // which; FAILED_PRECONDITION: the state or configuration is not of this log. Open partition 0 first: the others wait
  // for its directory.
  static absl::StatusOr<std::unique_ptr<Partition>> Open(PartitionConfig config, Ports ports, TimeReading now);
  virtual ~Partition() = default;

  // ---- commands
  // OK: `reply` will be called exactly once. Otherwise it is not called: RESOURCE_EXHAUSTED (inbox full), UNAVAILABLE
  // (stopped), INVALID_ARGUMENT (too large, no verb, not UTF-8, ...).
  virtual absl::Status Submit(Submission submission) = 0;
  // `done` runs after a round begun after this call has committed (LATEST, law L9), or with the fault.
  virtual absl::Status Barrier(absl::AnyInvocable<void(absl::Status)> done) = 0;

  // The intake has stopped or waits, and a person accepts that it goes on from `from`: what lies before it and was not
  // taken is given up. Recorded, with `by`. `done`, on the loop's thread, once it is durable: OK, or why not.
  // FAILED_PRECONDITION: the intake goes on by itself, or is closed.
  virtual absl::Status AcceptIntake(uint64_t from, v1::Actor by, absl::AnyInvocable<void(absl::Status)> done) = 0;

  // ---- the loop
  // One bounded turn. Blocks on an append only if PartitionConfig::alone allows it.
  virtual StepResult Step(TimeReading now) = 0;
  // State must be reopened. Partitions share one store, and reopening loses what had not reached the disk of each: so
  //   1. SuspendState  of all: nobody reads or writes state, and no position is shown;
  //   2. the store is reopened;
  //   3. BeginAgain    of all: replays from where the store is now, claims, and settles what was in flight.
  // All three on the loop's thread, or while it stands still. What a partition cannot do without, it says by
  // StepResult::state_lost. Nothing durable is lost by it (law L1).
  virtual void SuspendState(const absl::Status& why) = 0;
  virtual void BeginAgain(TimeReading now) = 0;
  // A message for this partition may wait in the log. Any thread.
  virtual void NoteInbox() = 0;
  // The intake may hold more, or may be read again. Any thread.
  virtual void NoteIntake() = 0;
  // Where nodes share the log: whether this one should own the partition. True: it claims, at its next turn, or, if
  // another has overtaken it, a few seconds later. False: it finishes the round in flight, answers those who wait with
  // UNAVAILABLE, gives the partition up and follows; view().owner says when that is done. Any thread.
  virtual void Own(bool own) = 0;
  // One that has STOPPED looks again, as at its opening, and goes on if all it finds is in order: nothing is skipped.
  // `done`, on the loop's thread: OK, or why it cannot go on. FAILED_PRECONDITION: it has not stopped. Any thread.
  virtual void Resume(absl::AnyInvocable<void(absl::Status)> done) = 0;
  // Another owner may have appended. Any thread.
  virtual void NoteLog() = 0;
  // Called (from any thread) when Step has something to do again: a submission came, an append ended, a message came.
  virtual void SetWaker(std::function<void()> waker) = 0;
  // Stops accepting, finishes what is in flight as far as the log answers, fails the rest with UNAVAILABLE. Idempotent.
  virtual void Stop() = 0;

  // ---- reads, from any thread
  virtual PartitionView view() const = 0;
  // view().owner, at less cost.
  virtual bool owner() const = 0;
  // Runs `done` once `sequence` is applied: at once, on this thread, if it is; else from the loop's thread.
  virtual void WhenApplied(uint64_t sequence, absl::AnyInvocable<void(absl::Status)> done) = 0;
};

}  // namespace caseward

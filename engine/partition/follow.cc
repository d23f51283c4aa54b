// Owning and following, where several nodes share a log. A follower applies what the owner appends, so that taking over
// replays a tail and reads are answered everywhere; it decides nothing.
//
//   following ──Own(true)──▶ claim, replay the tail (recover.cc) ──▶ owning
//       ▲                                                              │
//       └── GiveUp: what waits is answered UNAVAILABLE ◀──Own(false)───┤ after the round in flight
//                                                      ◀──overtaken────┘ a round was fenced: another has claimed
//
// Whoever holds a lower term can append nothing that is ever seen (law L4), so an owner that learns late of being one
// no more does no harm; it only has to stop.
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/loop.h"
#include "engine/partition/records.h"

namespace caseward {
namespace {

// A follower's turn is bounded.
constexpr uint64_t kFollowAtOnce = 2048;

std::shared_ptr<const Directory> With(std::shared_ptr<const Directory> directory, const v1::Decision& decision) {
  const StreamKind kind = KindOf(decision.stream());
  if (kind != StreamKind::kDirectory && kind != StreamKind::kCaseload) return directory;
  // State that was reopened replays what the directory has already.
  if (decision.sequence() <= directory->sequence()) return directory;
  for (const v1::Event& event : decision.accepted().events())
    directory = directory->With(event, ToTime(decision.recorded_at()), decision.actor(), decision.sequence());
  return directory;
}

}  // namespace

bool PartitionLoop::TakeRole(TimeReading now) {
  const bool wanted = front_.owner_wanted() && now.monotonic >= overtaken_until_;
  if (wanted == owner_) return false;
  if (wanted) {
    BecomeOwner(now);
  } else {
    if (in_flight_) return false;  // its answer comes first
    GiveUp(absl::UnavailableError(
        StrCat("partition ", config_.partition, " goes to another node; ask again with the same command id")));
  }
  return true;
}

void PartitionLoop::BecomeOwner(TimeReading now) {
  owner_ = true;
  must_claim_ = true;
  prelude_ = true;
  retry_at_ = now.monotonic;
  guard_.Begin(now, applier_->last_recorded_at());
  // Timers and messages are where they were: look for them again.
  applier_->ForgetTimerBound();
  front_.NoteInbox();
  front_.NoteIntake();
  intake_ = {};
}

void PartitionLoop::GiveUp(const absl::Status& why) {
  owner_ = false;
  must_claim_ = false;
  waits_for_directory_ = false;
  failures_ = 0;
  late_ = false;
  log_trouble_ = absl::OkStatus();
  windows_.Clear();
  blocked_timers_.clear();
  visible_.clear();
  TellMessages(absl::OkStatus());
  TellIntake("", "");
  intake_idle_since_.reset();
  if (in_doubt_) {
    ports_.vault.Forget(in_doubt_->round.keys);
    FailAll(*in_doubt_, why);
    in_doubt_.reset();
  }
  ports_.log.Release(config_.partition);
  PublishView();  // closes the door, and then those behind it are told
  Front::Everybody owners = front_.PopOwners();
  for (Pending& pending : owners.commands)
    pending.submission.reply(why);
  for (Front::Done& done : owners.waiting)
    done(why);
  front_.NoteLog();
}

void PartitionLoop::Overtaken(const absl::Status& why, TimeReading now) {
  overtaken_until_ = now.monotonic + kOvertakenRest;
  GiveUp(absl::UnavailableError(StrCat("another node has taken partition ", config_.partition,
                                       "; ask again with the same command id: ", StdText(why.message()))));
}

bool PartitionLoop::Follow(TimeReading now) {
  if (!front_.TakeLogNote() && now.monotonic < follow_at_) return false;
  follow_at_ = now.monotonic + kFollowEvery;
  std::shared_ptr<const Directory> directory = own_directory_;
  const uint64_t before = applier_->next_in_log();
  absl::Status log_fault;
  absl::Status state_fault = ReplayTail(
      kFollowAtOnce,
      [&](const v1::Decision& decision) {
        // State that was reopened may have lost its tail, which this directory has lived through; then it is rebuilt.
        if (config_.partition == 0 && !rebuilding_) directory = With(std::move(directory), decision);
      },
      log_fault);
  if (!state_fault.ok()) {
    StateFault(state_fault);
    return true;
  }
  if (!log_fault.ok() && !absl::IsUnavailable(log_fault)) {
    Halt(log_fault);
    return true;
  }
  log_trouble_ = log_fault;
  const uint64_t applied = applier_->next_in_log() - before;
  const bool more = applied >= kFollowAtOnce;
  if (rebuilding_ && log_fault.ok() && !more) {
    if (absl::Status s = RebuildDirectory(); !s.ok()) {
      StateFault(s);
      return true;
    }
    rebuilding_ = false;
  } else if (directory != own_directory_) {
    SetOwnDirectory(std::move(directory));
  }
  if (applied > 0) {
    term_ = applier_->meta().term();
    PublishView();
    TellApplied();
  }
  if (more) front_.NoteLog();
  return applied > 0;
}

}  // namespace caseward

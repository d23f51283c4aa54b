// Gathering a round (hop 2): waiting commands, then commands by topic, then messages, then clocks that are due, each
// within its share of the round so that none of them starves the others; then one append.
//
// The share is a quarter of the round's places, and one at least. What one of them does not use, the others may. A
// command or record that is large counts by its bytes too: commands leave those of the intake's records free.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/loop.h"

namespace caseward {
namespace {

absl::Time Microsecond(absl::Time t) { return absl::FromUnixMicros(absl::ToUnixMicros(t)); }

}  // namespace

absl::Time PartitionLoop::RecordedAt(TimeReading now) const {
  return std::max(Microsecond(now.wall), applier_->last_recorded_at());
}

bool PartitionLoop::Gather(TimeReading now) {
  std::shared_ptr<const Directory> directory = DirectoryNow();
  // What was decided with a directory must not be followed by what is decided with an older one.
  waits_for_directory_ = directory->sequence() < applier_->meta().directory_sequence();
  if (waits_for_directory_) return false;

  ports_.observer.HopBegins(config_.partition, Hop::kDecide);
  RoundBuilder round({.config = config_,
                      .applier = *applier_,
                      .vault = ports_.vault,
                      .hasher = ports_.hasher,
                      .windows = windows_,
                      .term = term_,
                      .recorded_at = RecordedAt(now)},
                     std::move(directory));
  std::vector<Front::Done> accepted;
  const absl::Status filled = Fill(round, now, accepted);
  RoundDraft draft = round.Take();
  ports_.observer.HopEnded(config_.partition, Hop::kDecide, absl::ZeroDuration(), draft.decisions.size());
  if (!filled.ok()) {
    ports_.vault.Forget(draft.round.keys);
    draft.barriers = std::move(accepted);
    FailAll(draft, absl::UnavailableError("state cannot be read"));
    StateFault(filled);
    return true;
  }
  draft.barriers = front_.PopBarriers();
  std::move(accepted.begin(), accepted.end(), std::back_inserter(draft.barriers));
  if (draft.decisions.empty()) {
    // Nothing to record: what was sealed on the way is not used.
    if (!draft.round.keys.empty()) ports_.vault.Forget(std::exchange(draft.round.keys, {}));
    Count(draft);
    if (draft.barriers.empty()) {
      const bool replied = !draft.replies.empty();
      ReplyAll(draft);
      return replied;
    }
  }
  Append(std::move(draft), now);
  return true;
}

absl::Status PartitionLoop::Fill(RoundBuilder& round, TimeReading now, std::vector<Front::Done>& accepted) {
  const absl::Time recorded_at = RecordedAt(now);
  if (prelude_) {
    round.AddPrelude();
  } else if (HeadIsDue(recorded_at)) {
    round.AddHead();
  }
  const size_t share = std::max<size_t>(1, config_.limits.round_commands_max / 4);
  for (const RefusalWindows::Window* window : windows_.Ended(recorded_at, share))
    round.AddRefusalCount(*window);

  const bool timers_due = !guard_.holding() && applier_->timer_bound() <= now.wall;
  const size_t timers = timers_due ? std::min(share, config_.limits.round_timers_max) : 0;
  const size_t others = share + timers;  // messages and timers
  IntakeBatch intake;
  if (!AcceptLosses(round, accepted)) {
    intake = LookAtIntake(round, now, std::max(share, RoomIn(round, others + front_.waiting())));
  }
  size_t bytes = 0;
  for (const IntakeRecord& record : intake.records)
    bytes += record.record.value.size();
  if (absl::Status s = TakeCommands(round, others + intake.records.size(), bytes); !s.ok()) return s;
  if (absl::Status s = TakeIntake(round, std::move(intake)); !s.ok()) return s;
  if (absl::Status s = TakeMessages(round, now, timers); !s.ok()) return s;
  return timers_due ? TakeTimers(round, now) : absl::OkStatus();
}

// Places of the round that are not taken and not kept `spare` for others; always one.
size_t PartitionLoop::RoomIn(const RoundBuilder& round, size_t spare) const {
  const size_t taken = round.size() + spare;
  return config_.limits.round_commands_max > taken ? config_.limits.round_commands_max - taken : 1;
}

// `spare`: places left for the intake, messages and timers; `spare_bytes`: what the intake's records take.
absl::Status PartitionLoop::TakeCommands(RoundBuilder& round, size_t spare, size_t spare_bytes) {
  const size_t bytes_max = config_.limits.round_bytes_max;
  const size_t bytes = bytes_max > spare_bytes ? bytes_max - spare_bytes : 1;
  std::vector<Pending> commands = front_.PopCommands(RoomIn(round, spare), bytes);
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i > 0 && (round.full() || round.bytes() >= bytes)) {
      commands.erase(commands.begin(), commands.begin() + static_cast<std::ptrdiff_t>(i));
      front_.Return(std::move(commands));
      return absl::OkStatus();
    }
    if (absl::Status s = round.AddCommand(std::move(commands[i])); !s.ok()) {
      for (size_t rest = i + 1; rest < commands.size(); ++rest) {
        commands[rest].submission.reply(absl::UnavailableError("state cannot be read"));
      }
      return s;
    }
  }
  return absl::OkStatus();
}

absl::Status PartitionLoop::TakeMessages(RoundBuilder& round, TimeReading now, size_t spare) {
  const bool noted = front_.TakeInboxNote();
  if (!noted && now.monotonic < inbox_at_) return absl::OkStatus();
  inbox_at_ = now.monotonic + kInboxEvery;
  bool more = false;
  std::vector<InboundMessage> messages = FindMessages(RoomIn(round, spare), more);
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i > 0 && round.full()) {
      more = true;
      break;
    }
    if (absl::Status s = round.AddMessage(std::move(messages[i])); !s.ok()) return s;
  }
  if (more) front_.NoteInbox();
  return absl::OkStatus();
}

// A fault is told; it is looked again in a second.
std::vector<InboundMessage> PartitionLoop::FindMessages(size_t room, bool& more) {
  const std::vector<InboxCursor> cursors = Cursors();
  std::vector<InboundMessage> out;
  const absl::Status owed = owed_.Read(cursors, room, out, more);
  absl::StatusOr<std::vector<InboundMessage>> waiting = ports_.log.ReadInbox(config_.partition, cursors, room);
  TellMessages(owed.ok() ? waiting.status() : owed);
  if (!waiting.ok()) {
    // What an inbox that is damaged does not give, the logs do.
    if (!absl::IsUnavailable(waiting.status())) owed_.Begin();
    return out;
  }
  more = more || waiting->size() == room;
  if (!out.empty() && waiting->size() < room) TellFromLog(out, *waiting);
  for (InboundMessage& message : *waiting) {
    if (out.size() == room) break;
    if (owed_.Settled(message.from_partition)) out.push_back(std::move(message));
  }
  return out;
}

// `waiting` is all that the inbox holds.
void PartitionLoop::TellFromLog(const std::vector<InboundMessage>& owed, const std::vector<InboundMessage>& waiting) {
  std::map<uint32_t, size_t> missing;
  for (const InboundMessage& message : owed) {
    const bool there = std::any_of(waiting.begin(), waiting.end(), [&](const InboundMessage& other) {
      return other.from_partition == message.from_partition && other.from_sequence == message.from_sequence &&
             other.n == message.n;
    });
    if (!there) ++missing[message.from_partition];
  }
  for (const auto& [sender, messages] : missing)
    ports_.observer.MessagesFromLog(config_.partition, sender, messages);
}

// Told when it begins, when it becomes another, and when it is over.
void PartitionLoop::TellMessages(const absl::Status& why) {
  if (messages_why_ == StdText(why.message())) return;
  messages_why_ = std::string(why.message());
  ports_.observer.Trouble(config_.partition, "MESSAGES_UNREADABLE", messages_why_);
}

absl::Status PartitionLoop::TakeTimers(RoundBuilder& round, TimeReading now) {
  const size_t left =
      config_.limits.round_commands_max > round.size() ? config_.limits.round_commands_max - round.size() : 0;
  const size_t room = std::min(left, config_.limits.round_timers_max);
  absl::Time bound = absl::InfiniteFuture();
  std::string next = keys::TimersFrom(config_.partition, absl::InfiniteFuture());  // the first that was not taken
  std::vector<std::pair<std::string, keys::Timer>> due;
  // What was taken before lies before here, but for blocked ones.
  const std::string from = blocked_timers_.empty() ? applier_->timers_from() : std::string();
  bool readable = true;
  const absl::Status scanned =
      ports_.store.Scan(keys::TimerPrefix(config_.partition), from, [&](std::string_view key, std::string_view) {
        std::optional<keys::Timer> timer = keys::ParseTimer(key);
        readable = timer.has_value();
        if (!readable) return false;
        if (timer->due > now.wall || due.size() == room) {
          bound = timer->due;
          next = std::string(key);
          return false;
        }
        const auto blocked = blocked_timers_.find(std::string(key));
        if (blocked == blocked_timers_.end() || blocked->second <= now.wall) due.emplace_back(key, *std::move(timer));
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!readable) {
    return absl::DataLossError(StrCat("partition ", config_.partition, ": a timer of the state cannot be read"));
  }
  for (auto& [key, timer] : due) {
    blocked_timers_.erase(key);
    if (round.full()) {
      bound = std::min(bound, timer.due);
      next = std::min(next, key);
      continue;
    }
    const absl::Status fired = round.AddTimer(timer);
    if (absl::IsFailedPrecondition(fired)) {
      blocked_timers_[key] = now.wall + kBlockedTimerEvery;
      ports_.observer.Condition(config_.partition, "TIMER_BLOCKED", StdText(fired.message()));
    } else if (!fired.ok()) {
      return fired;
    }
  }
  for (const auto& [key, again] : blocked_timers_)
    bound = std::min(bound, again);
  applier_->RaiseTimerBound(bound, std::move(next));
  return absl::OkStatus();
}

bool PartitionLoop::HeadIsDue(absl::Time recorded_at) const {
  const v1::PartitionMeta& meta = applier_->meta();
  // A head that would only cover the head before it says nothing new.
  return meta.tree_size() > meta.head_signed_size() + 1 &&
         recorded_at >= ToTime(meta.head_signed_at()) + config_.limits.head_interval;
}

void PartitionLoop::Append(RoundDraft draft, TimeReading now) {
  ports_.observer.HopBegins(config_.partition, Hop::kAppend);
  Round round;
  round.term = draft.round.term;
  round.first_sequence = draft.round.first_sequence;
  round.records = draft.round.records;  // a copy: apply wants the very bytes that were logged
  round.messages = draft.round.messages;
  round.keys = draft.round.keys;
  round.may_block = config_.alone && config_.alone();
  // Nobody else wants these.
  round.feed = std::move(draft.round.feed);
  round.outcomes = std::move(draft.round.outcomes);
  round.rejects = std::move(draft.round.rejects);
  round.moves = std::move(draft.round.moves);
  in_flight_ = InFlight{.draft = std::move(draft), .began = now.monotonic};
  ports_.log.AppendRound(config_.partition, std::move(round),
                         [slot = slot_](AppendResult result) { slot->Answer(std::move(result)); });
}

std::vector<InboxCursor> PartitionLoop::Cursors() const {
  std::vector<InboxCursor> cursors;
  for (const v1::InboxMark& mark : applier_->meta().inbox()) {
    cursors.push_back({.from_partition = mark.from_partition(), .from_sequence = mark.from_sequence(), .n = mark.n()});
  }
  return cursors;
}

std::optional<absl::Time> PartitionLoop::NextTurn(TimeReading now) const {
  if (in_flight_) return std::nullopt;  // the answer wakes
  if (must_claim_) return now.wall + std::max(absl::ZeroDuration(), retry_at_ - now.monotonic);
  if (waits_for_directory_) return now.wall + kDirectoryEvery;
  absl::Time next = now.wall + std::max(absl::ZeroDuration(), inbox_at_ - now.monotonic);
  if (config_.door) next = std::min(next, now.wall + std::max(absl::ZeroDuration(), intake_at_ - now.monotonic));
  if (!guard_.holding()) next = std::min(next, applier_->timer_bound());
  if (const std::optional<absl::Time> ends = windows_.NextEnd()) next = std::min(next, *ends);
  const v1::PartitionMeta& meta = applier_->meta();
  if (meta.tree_size() > meta.head_signed_size() + 1) {
    next = std::min(next, ToTime(meta.head_signed_at()) + config_.limits.head_interval);
  }
  return next;
}

// ------------------------------------------------------------------------------------------------ commands by topic
//
//   ReadIntake from the books' position ──▶ decide each ──▶ one round ──▶ apply moves the position (law L3)
//
// The position is read from the books, which are durable and applied, and a round in flight ends before the next is
// gathered. So a round that did not commit is read again, and one that did is passed over, without anything being kept
// here.

IntakeBatch PartitionLoop::LookAtIntake(RoundBuilder& round, TimeReading now, size_t limit) {
  if (!ports_.log.has_intake()) return {};
  const uint64_t recorded = applier_->meta().intake_offset();
  if (!config_.door) {
    intake_ = {.condition = "CLOSED", .why = "", .next = recorded, .end = recorded};
    return {};
  }
  if (!front_.TakeIntakeNote() && now.monotonic < intake_at_) return {};
  intake_at_ = now.monotonic + kIntakeEvery;
  absl::StatusOr<IntakeBatch> batch = ports_.log.ReadIntake(config_.partition, IntakeCursorOf(applier_->meta()), limit,
                                                            std::max<size_t>(1, config_.limits.round_bytes_max / 4));
  intake_.next = recorded;
  if (!batch.ok()) {
    intake_idle_since_.reset();
    TellIntake(absl::IsUnavailable(batch.status()) ? "WAITING" : "STOPPED", StdText(batch.status().message()));
    return {};
  }
  intake_.end = std::max(batch->end, batch->next);
  // There is more already: it comes in the next round.
  if (!batch->records.empty() && batch->next < batch->end) front_.NoteIntake();
  if (batch->records.empty()) TellIntake("OPEN", "");
  NotePosition(round, now, recorded, *batch);
  return *std::move(batch);
}

void PartitionLoop::NotePosition(RoundBuilder& round, TimeReading now, uint64_t recorded, const IntakeBatch& batch) {
  if (!batch.records.empty() || batch.next <= recorded) {
    intake_idle_since_.reset();
  } else if (!intake_idle_since_) {
    intake_idle_since_ = now.monotonic;
  } else if (now.monotonic - *intake_idle_since_ >= config_.limits.intake_idle) {
    round.AddIntakePosition(batch.next);
  }
}

absl::Status PartitionLoop::TakeIntake(RoundBuilder& round, IntakeBatch batch) {
  for (size_t i = 0; i < batch.records.size(); ++i) {
    if (i > 0 && round.full()) {
      front_.NoteIntake();
      return absl::OkStatus();
    }
    absl::Status later;
    if (absl::Status s = round.AddIntake(std::move(batch.records[i]), later); !s.ok()) return s;
    if (absl::IsResourceExhausted(later)) {  // it has done a part of it, and goes on in the next round
      front_.NoteIntake();
      return absl::OkStatus();
    }
    // Nothing behind it may be taken before it.
    if (!later.ok()) {
      TellIntake("WAITING", StdText(later.message()));
      return absl::OkStatus();
    }
    TellIntake("OPEN", "");
  }
  return absl::OkStatus();
}

// True if anything was accepted: reading goes on in the next round, from there.
bool PartitionLoop::AcceptLosses(RoundBuilder& round, std::vector<Front::Done>& accepted) {
  bool any = false;
  for (Front::Acceptance& one : front_.PopAcceptances()) {
    if (any || (intake_.condition != "STOPPED" && intake_.condition != "WAITING")) {
      const std::string how = intake_.condition.empty() ? std::string("there is none") : intake_.condition;
      one.done(absl::FailedPreconditionError(
          StrCat("partition ", config_.partition, ": expected an intake that has stopped or waits, found it ", how)));
      continue;
    }
    any = true;
    round.AddAcceptedLoss(applier_->meta().intake_offset(), one.from, one.by);
    accepted.push_back(std::move(one.done));
    front_.NoteIntake();
  }
  return any;
}

void PartitionLoop::TellIntake(std::string_view condition, std::string_view why) {
  if (intake_.condition == condition && intake_.why == why) return;
  const std::string before = std::exchange(intake_.condition, std::string(condition));
  intake_.why = std::string(why);
  for (const std::string_view trouble : {"STOPPED", "WAITING"}) {
    if (before != trouble && condition != trouble) continue;
    ports_.observer.Trouble(config_.partition, StrCat("INTAKE_", trouble), condition == trouble ? why : "");
  }
}

}  // namespace caseward

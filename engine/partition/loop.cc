#include "engine/partition/loop.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/records.h"
#include "engine/policy/verbs.h"

namespace caseward {

PartitionLoop::PartitionLoop(PartitionConfig config, Ports ports)
    : config_(std::move(config)),
      ports_(ports),
      front_(config_.partition, config_.limits.inbox_max),
      applier_(std::in_place, config_.partition, config_.limits,
               Applier::Ports{.store = ports.store, .hasher = ports.hasher}),
      windows_(config_.limits.refusal_window),
      guard_(config_.limits.clock_jump_max),
      owner_(!config_.shared),
      owed_(config_.partition, config_.partitions, {.log = ports.log, .store = ports.store}) {}

absl::Status PartitionLoop::Submit(Submission submission) {
  absl::StatusOr<Admitted> admitted = Admit(submission.command, submission.actor, config_, ports_.hasher);
  if (!admitted.ok()) return admitted.status();
  return front_.Push(Pending{.submission = std::move(submission), .admitted = *std::move(admitted)});
}

void PartitionLoop::SetWaker(std::function<void()> waker) {
  waker_ = waker;
  slot_->SetWaker(waker);
  front_.SetWaker(std::move(waker));
}

StepResult PartitionLoop::Step(TimeReading now) {
  StepResult result;
  if (stopped_) return result;
  guard_.Observe(now);
  result.worked = LookAgain(now);
  if (!state_lost_.ok()) {
    result.state_lost = halted_.ok();  // one that has stopped waits for the others to ask
    return result;
  }
  result.worked = Settle(now) || result.worked;
  NoteLate(now);
  if (config_.shared && serves()) result.worked = TakeRole(now) || result.worked;
  if (serves() && !owner_) result.worked = Follow(now) || result.worked;
  if (serves() && !in_flight_ && must_claim_ && now.monotonic >= retry_at_) {
    Reclaim(now);
    result.worked = true;
  }
  if (serves() && owner_ && !in_flight_ && !must_claim_) result.worked = Gather(now) || result.worked;
  PublishView();
  result.waiting_for_append = in_flight_.has_value();
  result.state_lost = halted_.ok() && !state_lost_.ok();
  if (serves() && owner_) result.next_timer = NextTurn(now);
  return result;
}

// Takes the answer to the round in flight, if it has come.
bool PartitionLoop::Settle(TimeReading now) {
  if (!in_flight_) return false;
  std::optional<AppendResult> answer = slot_->Take();
  if (!answer) return false;
  InFlight done = *std::exchange(in_flight_, std::nullopt);
  ports_.observer.HopEnded(config_.partition, Hop::kAppend, now.monotonic - done.began, done.draft.decisions.size());
  using Kind = AppendResult::Kind;
  switch (answer->kind) {
    case Kind::kCommitted:
      failures_ = 0;
      late_ = false;
      Commit(std::move(done), now);
      return true;
    case Kind::kAborted:
      ports_.vault.Forget(done.draft.round.keys);
      if (absl::IsFailedPrecondition(answer->why) || absl::IsInvalidArgument(answer->why) ||
          absl::IsDataLoss(answer->why)) {
        // Another owner, a round no log can hold, or a log that is not what it was: trying again cannot help.
        FailAll(done.draft,
                absl::UnavailableError(StrCat("the round was not taken: ", StdText(answer->why.message()))));
        const bool overtaken = config_.shared && absl::IsFailedPrecondition(answer->why);
        overtaken ? Overtaken(answer->why, now) : Halt(answer->why);
        return true;
      }
      ClaimAgain(answer->why, now);
      DecideAgain(std::move(done.draft), answer->why);
      return true;
    case Kind::kUnknown:
      // The log is asked before anything is decided again.
      ClaimAgain(answer->why, now);
      in_doubt_ = std::move(done.draft);
      return true;
  }
  return true;
}

// A log that does not answer is said to be out of reach long before it gives the round up: nobody is to queue behind
// it, or to send commands here. Only time in which this loop was there to see an answer counts: a process that wakes
// after an hour has an answer waiting, or one on its way.
void PartitionLoop::NoteLate(TimeReading now) {
  const absl::Duration since_last = now.monotonic - std::exchange(stepped_at_, now.monotonic);
  if (!in_flight_) return;
  in_flight_->waited += since_last > kWatchedMax ? absl::ZeroDuration() : since_last;
  if (late_ || in_flight_->waited < config_.limits.append_late) return;
  late_ = true;
  log_trouble_ = absl::UnavailableError(
      StrCat("the log has not answered for ", StdText(absl::FormatDuration(config_.limits.append_late))));
}

// A round did not commit: the partition is claimed anew before the next, at once or, if that happens again and again,
// later.
void PartitionLoop::ClaimAgain(const absl::Status& why, TimeReading now) {
  ++failures_;
  retry_at_ = failures_ < kFailuresBeforeClosing ? now.monotonic : now.monotonic + kRetryEvery;
  must_claim_ = true;
  log_trouble_ = why;
}

void PartitionLoop::Commit(InFlight done, TimeReading now) {
  RoundDraft draft = std::move(done.draft);
  if (!draft.decisions.empty()) {
    ports_.observer.HopBegins(config_.partition, Hop::kApply);
    if (absl::Status s = ApplyRound(draft); !s.ok()) {
      // The decisions are durable, but this partition cannot show them: who retries later gets the first outcome.
      FailAll(draft,
              absl::UnavailableError("the command is recorded, but state could not be written; ask again later"));
      AfterCommit(draft);
      StateFault(s);
      return;
    }
    ports_.observer.HopEnded(config_.partition, Hop::kApply, absl::ZeroDuration(), draft.decisions.size());
    AfterCommit(draft);
  }
  PublishView();
  ports_.observer.HopBegins(config_.partition, Hop::kReply);
  const size_t replies = draft.replies.size();
  ReplyAll(draft);
  ports_.observer.HopEnded(config_.partition, Hop::kReply, absl::ZeroDuration(), replies);
  guard_.Observe(now);
}

absl::Status PartitionLoop::ApplyRound(const RoundDraft& draft) {
  for (size_t i = 0; i < draft.decisions.size(); ++i) {
    const absl::StatusOr<Applier::Order> order = applier_->CheckOrder(draft.decisions[i]);
    if (!order.ok()) return order.status();
    CHECK(*order == Applier::Order::kNext);  // a round that committed is of the newest term
    if (absl::Status s = applier_->Apply(draft.decisions[i], draft.round.records[i]); !s.ok()) return s;
  }
  return WriteBatch();
}

// What is outside state and follows a durable round.
void PartitionLoop::AfterCommit(const RoundDraft& draft) {
  prelude_ = false;
  bool took_messages = false;
  for (const v1::Decision& decision : draft.decisions) {
    Tell(decision);
    took_messages = took_messages || decision.has_cause();
    if (decision.has_intake_offset()) ports_.observer.IntakeTaken(config_.partition, IntakeResult(decision));
    const v1::Command& command = decision.command();
    if (command.has_count_refusals()) {
      windows_.Counted(decision.stream(), command.count_refusals().rule(), command.count_refusals().actor_id());
    } else if (decision.has_refusal() && decision.actor().kind() != v1::Actor::KIND_SYSTEM) {
      windows_.Open(decision, OutcomeOf(decision, config_.log_id));
    } else if (decision.has_accepted() && command.has_confirm_time()) {
      guard_.Confirm();
    }
  }
  Count(draft);
  if (config_.partition == 0 && draft.directory->sequence() > own_directory_->sequence())
    SetOwnDirectory(draft.directory);
  if (took_messages) ports_.log.TrimInbox(config_.partition, Cursors());
  if (config_.message_sent) {
    for (const OutboundMessage& message : draft.round.messages)
      config_.message_sent(message.to_partition);
  }
}

void PartitionLoop::Count(const RoundDraft& draft) {
  for (const auto& [key, counted] : draft.counted) {
    RefusalWindows::Window* window = windows_.Find(counted.stream, counted.rule, counted.person, draft.recorded_at);
    if (window != nullptr) window->repeats += counted.times;
  }
}

void PartitionLoop::Tell(const v1::Decision& decision) {
  const v1::Command& command = decision.command();
  if (decision.has_refusal()) {
    ports_.observer.Refused(config_.partition, decision.refusal().rule());
  } else if (decision.has_accepted() && command.has_fire_clock()) {
    const v1::FireClock& fired = command.fire_clock();
    ports_.observer.ClockFired(config_.partition, fired.clock(), fired.edge() == v1::FireClock::EDGE_BREACH,
                               ToTime(decision.recorded_at()) - ToTime(fired.due()));
  } else if (decision.has_accepted()) {
    ports_.observer.Accepted(config_.partition, VerbName(command.verb_case()));
  }
}

void PartitionLoop::Answer(Reply& reply, const RoundDraft& draft) {
  ReplyFn& fn = reply.pending.submission.reply;
  switch (reply.kind) {
    case Reply::Kind::kStatus: fn(reply.status); return;
    case Reply::Kind::kDecision:
      reply.outcome = OutcomeOf(draft.decisions[reply.decision], config_.log_id);
      reply.outcome.set_replayed(reply.replayed);
      break;
    case Reply::Kind::kOutcome: break;
  }
  if (reply.repeats > 0) {
    reply.outcome.set_command_id(reply.pending.submission.command.command_id());
    reply.outcome.mutable_refusal()->set_repeats(reply.repeats);
  }
  fn(std::move(reply.outcome));
}

void PartitionLoop::ReplyAll(RoundDraft& draft) {
  for (Reply& reply : draft.replies)
    Answer(reply, draft);
  draft.replies.clear();
  for (Front::Done& done : std::exchange(draft.barriers, {}))
    done(absl::OkStatus());
  TellApplied();
}

void PartitionLoop::TellApplied() {
  if (applier_->next_sequence() == 0) return;
  for (Front::Done& done : front_.PopApplied(applier_->next_sequence() - 1))
    done(absl::OkStatus());
}

void PartitionLoop::FailAll(RoundDraft& draft, const absl::Status& why) {
  for (Reply& reply : std::exchange(draft.replies, {})) {
    if (reply.kind == Reply::Kind::kDecision) {
      reply.pending.submission.reply(why);
    } else {
      Answer(reply, draft);  // does not depend on the round
    }
  }
  for (Front::Done& done : std::exchange(draft.barriers, {}))
    done(why);
}

void PartitionLoop::DecideAgain(RoundDraft draft, const absl::Status& why) {
  const absl::Status unavailable = absl::UnavailableError(
      StrCat("the log did not take the command; try again with the same id: ", StdText(why.message())));
  std::vector<Pending> again;
  std::vector<Reply> rest;
  for (Reply& reply : draft.replies) {
    if (reply.kind == Reply::Kind::kDecision && ++reply.pending.attempts < kAttemptsMax) {
      again.push_back(std::move(reply.pending));
    } else {
      rest.push_back(std::move(reply));
    }
  }
  draft.replies = std::move(rest);
  front_.Return(std::move(again));
  FailAll(draft, unavailable);
  // Timers and messages of the round are where they were: look for them again.
  applier_->ForgetTimerBound();
  front_.NoteInbox();
  front_.NoteIntake();
}

void PartitionLoop::Halt(const absl::Status& why) {
  halted_ = why;
  PublishView();
  AnswerEverybody(
      absl::UnavailableError(StrCat("partition ", config_.partition, " has stopped: ", StdText(why.message()))));
}

// A state store that is UNAVAILABLE (a full disk) may be reopened, and what it lost is in the log; any other fault
// needs a person.
void PartitionLoop::StateFault(const absl::Status& why) { absl::IsUnavailable(why) ? SuspendState(why) : Halt(why); }

void PartitionLoop::SuspendState(const absl::Status& why) {
  if (stopped_ || !state_lost_.ok()) return;
  state_lost_ = why.ok() ? absl::UnavailableError("the state store is being reopened") : why;
  PublishView();
  AnswerEverybody(absl::UnavailableError(
      StrCat("partition ", config_.partition, " rebuilds its state: ", StdText(state_lost_.message()))));
}

void PartitionLoop::AnswerEverybody(const absl::Status& why) {
  Front::Everybody all = front_.PopEverybody();
  for (Pending& pending : all.commands)
    pending.submission.reply(why);
  for (Front::Done& done : all.waiting)
    done(why);
}

void PartitionLoop::Stop() {
  if (stopped_) return;
  // Where state is being reopened the round cannot be applied: the log has it, or not, and the next owner reads it
  // there.
  if (in_flight_ && serves()) Settle({.wall = applier_->last_recorded_at(), .monotonic = in_flight_->began});
  Abandon();
}

void PartitionLoop::Abandon() {
  if (std::exchange(stopped_, true)) return;
  slot_->SetWaker({});
  const absl::Status why = absl::UnavailableError("the partition is being closed; ask again, with the same command id");
  if (in_flight_) FailAll(in_flight_->draft, why);
  if (in_doubt_) FailAll(*in_doubt_, why);
  in_flight_.reset();
  in_doubt_.reset();
  if (halted_.ok()) Halt(why);
}

void PartitionLoop::PublishView() {
  PartitionView view;
  v1::Position& position = view.position;
  // While state is being rebuilt it may be older than what was said before: readers wait.
  const bool rebuilding = !state_lost_.ok() || rebuilding_;
  if (!rebuilding && applier_->next_sequence() > 0) {
    position.set_log_id(config_.log_id);
    position.set_partition(config_.partition);
    position.set_sequence(applier_->next_sequence() - 1);
  }
  view.term = term_;
  view.owner = owner_ && halted_.ok();
  const bool recovering = late_ || failures_ >= kFailuresBeforeClosing;
  const bool handing_over = config_.shared && owner_ && !front_.owner_wanted();
  if (!halted_.ok()) {
    view.condition = "STOPPED";
    view.why = std::string(halted_.message());
  } else if (rebuilding) {
    view.condition = "RECOVERING";
    view.why = state_lost_.ok() ? "state is being rebuilt from the log" : std::string(state_lost_.message());
  } else if (handing_over) {
    view.condition = "HANDING_OVER";
    view.why = "another node is to own it; the answer to a round in flight is waited for";
  } else if (recovering) {
    view.condition = "RECOVERING";
    view.why = std::string(log_trouble_.message());
  } else if (waits_for_directory_) {
    view.condition = "WAITING";
    view.why = StrCat("its decisions have used the directory up to sequence ", applier_->meta().directory_sequence(),
                      ", which is not here yet");
  } else if (!owner_) {
    view.condition = "FOLLOWING";
    view.why = std::string(log_trouble_.message());
  } else if (guard_.holding()) {
    view.condition = "HOLDING_TIMERS";
    view.why = guard_.why();
  } else {
    view.condition = "SERVING";
  }
  if (view.owner) {
    view.intake = intake_;
    view.messages_why = messages_why_;
  }
  if (view.condition != told_condition_) {
    told_condition_ = view.condition;
    ports_.observer.Condition(config_.partition, view.condition, view.why);
  }
  front_.Publish(std::move(view), halted_.ok() && owner_ && !rebuilding && !recovering && !handing_over);
}

}  // namespace caseward

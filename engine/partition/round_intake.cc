// Deciding what came by topic (design §3, "The second door"): each record leaves exactly one decision, its own or a
// note, and exactly one outcome for its sender; but a moved one, whose outcome comes from where it went.
#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/records.h"
#include "engine/partition/round.h"

namespace caseward {
namespace {

// What the sender did wrong, and would do wrong again; anything else is our trouble, and its record is kept.
bool IsSendersFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsAlreadyExists(status) ||
         absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

// Said in the log for ever, so nothing of what the record said stands in it; the outcome says more.
std::string_view WhyOf(v1::IntakeNoted::Kind kind) {
  switch (kind) {
    case v1::IntakeNoted::KIND_DUPLICATE:
      return "the command was decided before; its first outcome was published again";
    case v1::IntakeNoted::KIND_REJECTED: return "expected a command that may be taken, found none; see the rejects";
    case v1::IntakeNoted::KIND_MOVED: return "at home in another partition, and sent there";
    case v1::IntakeNoted::KIND_COUNTED: return "the same refusal was given a moment ago; it is counted";
    case v1::IntakeNoted::KIND_FAULT: return "the command cannot be decided; its outcome says why";
    case v1::IntakeNoted::KIND_POSITION: return "nothing but control records lay there";
    case v1::IntakeNoted::KIND_ACCEPTED_LOSS: return "a person accepted that what was not taken is given up";
    case v1::IntakeNoted::KIND_UNSPECIFIED:
    case v1::IntakeNoted_Kind_IntakeNoted_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::IntakeNoted_Kind_IntakeNoted_Kind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  CHECK(false && "not a kind of note");
}

IntakeCursor::Taken PlaceOf(const IntakeRecord& record) { return {.offset = record.offset, .time = record.time}; }

v1::IntakeOutcome FaultOutcome(std::string_view command_id, const absl::Status& why) {
  v1::IntakeOutcome outcome;
  outcome.set_command_id(std::string(command_id));
  outcome.mutable_fault()->set_code(static_cast<int>(why.code()));
  outcome.mutable_fault()->set_message(std::string(why.message()));
  return outcome;
}

// An id that a sender made up may be anything, until it has been looked at.
std::string_view SafeCommandId(const v1::Command& command) {
  return ParseCommandId(command.command_id()).ok() ? std::string_view(command.command_id()) : std::string_view();
}

}  // namespace

absl::Status RoundBuilder::AddIntake(IntakeRecord record, absl::Status& later) {
  IntakeCommand made = context_.config.door(record, *draft_.directory);
  if (!made.status.ok()) {
    if (absl::IsNotFound(made.status)) {
      NoteFault(record, made.command, made.actor, made.status);
    } else if (IsSendersFault(made.status)) {
      Reject(std::move(record), made, made.status);
    } else {
      later = made.status;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Admitted> admitted = AdmitAnywhere(made.command, made.actor, context_.config, context_.hasher);
  if (!admitted.ok()) {
    Reject(std::move(record), made, admitted.status());
    return absl::OkStatus();
  }
  const uint32_t home = *admitted->route.partition;
  if (home != context_.config.partition) {
    Move(std::move(record), made, home);
    return absl::OkStatus();
  }
  Pending pending;
  pending.submission = {.command = std::move(made.command), .actor = std::move(made.actor), .reply = nullptr};
  pending.admitted = *std::move(admitted);
  pending.intake = PlaceOf(record);
  if (absl::Status s = AddCommand(std::move(pending)); !s.ok()) return s;
  // Nobody waits for it on a call: its reply is published.
  const Reply reply = std::move(draft_.replies.back());
  draft_.replies.pop_back();
  SettleIntake(record, reply, later);
  return absl::OkStatus();
}

void RoundBuilder::SettleIntake(const IntakeRecord& record, const Reply& reply, absl::Status& later) {
  const Submission& asked = reply.pending.submission;
  v1::IntakeOutcome outcome;
  outcome.set_command_id(asked.command.command_id());
  switch (reply.kind) {
    case Reply::Kind::kStatus:
      if (IsSendersFault(reply.status)) {
        NoteFault(record, asked.command, asked.actor, reply.status);
      } else {
        later = reply.status;
      }
      return;
    case Reply::Kind::kDecision:
      *outcome.mutable_outcome() = OutcomeOf(draft_.decisions[reply.decision], context_.config.log_id);
      outcome.mutable_outcome()->set_replayed(reply.replayed);
      break;
    case Reply::Kind::kOutcome: *outcome.mutable_outcome() = reply.outcome; break;
  }
  if (reply.repeats > 0) {
    outcome.mutable_outcome()->set_command_id(asked.command.command_id());
    outcome.mutable_outcome()->mutable_refusal()->set_repeats(reply.repeats);
  }
  const bool decided_now = reply.kind == Reply::Kind::kDecision && !reply.replayed && reply.repeats == 0;
  if (!decided_now) {
    v1::Decision note = NewNote(record, asked.command, asked.actor,
                                reply.replayed ? v1::IntakeNoted::KIND_DUPLICATE : v1::IntakeNoted::KIND_COUNTED);
    *note.mutable_intake_noted()->mutable_first() = outcome.outcome().position();
    Add(std::move(note));
  }
  Publish(record, std::move(outcome));
}

// A command like any other, that cannot be decided: nothing is wrong with its bytes.
void RoundBuilder::NoteFault(const IntakeRecord& record, const v1::Command& command, const v1::Actor& actor,
                             const absl::Status& why) {
  v1::Decision note = NewNote(record, command, actor, v1::IntakeNoted::KIND_FAULT);
  note.mutable_intake_noted()->set_code(static_cast<int>(why.code()));
  Add(std::move(note));
  Publish(record, FaultOutcome(SafeCommandId(command), why));
}

void RoundBuilder::Reject(IntakeRecord record, const IntakeCommand& made, const absl::Status& why) {
  v1::Decision note = NewNote(record, made.command, made.actor, v1::IntakeNoted::KIND_REJECTED);
  note.mutable_intake_noted()->set_code(static_cast<int>(why.code()));
  Add(std::move(note));
  Publish(record, FaultOutcome(SafeCommandId(made.command), why));
  TopicRecord reject =
      MakeRejectRecord(std::move(record), context_.config.partition, StdText(why.message()), limits().reject_bytes_max);
  draft_.bytes += BytesOf(reject);
  draft_.round.rejects.push_back(std::move(reject));
}

// A record finds its partition once; one that was moved and is wrong still would go round for ever.
void RoundBuilder::Move(IntakeRecord record, const IntakeCommand& made, uint32_t to_partition) {
  if (MovedFrom(record.record)) {
    return Reject(
        std::move(record), made,
        absl::InvalidArgumentError(StrCat("expected a command of partition ", context_.config.partition,
                                          ", to which it was moved already; found one of partition ", to_partition)));
  }
  if (BytesOf(record.record) > limits().reject_bytes_max) {
    return Reject(std::move(record), made,
                  absl::InvalidArgumentError(StrCat("expected a record of at most ", limits().reject_bytes_max,
                                                    " bytes with its key and headers, to be moved to partition ",
                                                    to_partition, ", found ", BytesOf(record.record))));
  }
  v1::Decision note = NewNote(record, made.command, made.actor, v1::IntakeNoted::KIND_MOVED);
  note.mutable_intake_noted()->set_moved_to(to_partition);
  Add(std::move(note));
  MovedRecord moved{.to_partition = to_partition,
                    .record = MakeMovedRecord(std::move(record), context_.config.partition)};
  draft_.bytes += BytesOf(moved.record);
  draft_.round.moves.push_back(std::move(moved));
}

v1::Decision RoundBuilder::NewNote(const IntakeRecord& record, const v1::Command& command, const v1::Actor& actor,
                                   v1::IntakeNoted::Kind kind) const {
  v1::Decision decision = NewDecision(SystemActor(), "");
  SetIntake(PlaceOf(record), decision);
  v1::IntakeNoted& noted = *decision.mutable_intake_noted();
  noted.set_kind(kind);
  noted.set_why(std::string(WhyOf(kind)));
  noted.set_command_id(std::string(SafeCommandId(command)));
  if (ParseActorId(actor.id()).ok()) noted.set_actor_id(actor.id());
  return decision;
}

void RoundBuilder::Publish(const IntakeRecord& record, v1::IntakeOutcome outcome) {
  outcome.set_partition(context_.config.partition);
  outcome.set_offset(record.offset);
  SetTimestamp(record.time, outcome.mutable_came_at());
  if (std::optional<v1::IntakePlace> from = MovedFrom(record.record)) *outcome.mutable_moved_from() = *std::move(from);
  draft_.round.outcomes.push_back(MakeOutcomeRecord(record, outcome));
  draft_.bytes += BytesOf(draft_.round.outcomes.back());
}

void RoundBuilder::AddIntakePosition(uint64_t next) {
  v1::Decision decision = NewDecision(SystemActor(), "");
  v1::IntakeNoted& noted = *decision.mutable_intake_noted();
  noted.set_kind(v1::IntakeNoted::KIND_POSITION);
  noted.set_why(std::string(WhyOf(noted.kind())));
  noted.set_next_offset(next);
  Add(std::move(decision));
}

void RoundBuilder::AddAcceptedLoss(uint64_t from, uint64_t next, const v1::Actor& by) {
  v1::Decision decision = NewDecision(by, "");
  v1::IntakeNoted& noted = *decision.mutable_intake_noted();
  noted.set_kind(v1::IntakeNoted::KIND_ACCEPTED_LOSS);
  noted.set_why(std::string(WhyOf(noted.kind())));
  noted.set_lost_from(from);
  noted.set_next_offset(next);
  Add(std::move(decision));
}

}  // namespace caseward

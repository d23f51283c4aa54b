#include "engine/partition/round.h"

#include <utility>

#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/records.h"
#include "engine/partition/sealing.h"
#include "engine/residents/found_by.h"

namespace caseward {
namespace {

std::string MarkName(const v1::Actor& actor, const v1::Command& command) {
  return StrCat(actor.id(), "\n", command.command_id());
}

absl::Status OtherContent(const v1::Command& command) {
  return absl::AlreadyExistsError(StrCat("command id ", command.command_id(),
                                         " was used before with other content; expected a new id for a new command"));
}

absl::Status TooOldRetry(const v1::Command& command) {
  return absl::AlreadyExistsError(StrCat("C-retry-expired: command id ", command.command_id(),
                                         " was decided so long ago that its outcome is no longer kept under the id"));
}

// What a split says in words is about whose case it was and whose it becomes: unless it names others, it dies with
// either (law L11).
void NameWhomASplitIsAbout(v1::Command& command, const std::string& main_resident_id) {
  if (!command.has_split_case() || !command.split_case().has_account()) return;
  v1::SplitCase& split = *command.mutable_split_case();
  const absl::StatusOr<ResidentId> other = ResidentId::Parse(split.resident_id());
  if (!other.ok() || other->string() == main_resident_id || !split.account().subjects().empty()) return;
  split.mutable_account()->add_subjects(main_resident_id);
  split.mutable_account()->add_subjects(other->string());
}

}  // namespace

v1::Refusal RefuseByCode(std::string_view rule, std::string say, std::string unblock) {
  v1::Refusal refusal;
  refusal.set_rule(std::string(rule));
  refusal.set_say(std::move(say));
  refusal.set_unblock(std::move(unblock));
  return refusal;
}

RoundBuilder::RoundBuilder(const Context& context, std::shared_ptr<const Directory> directory)
    : context_(context), first_sequence_(context.applier.next_sequence()) {
  draft_.directory = std::move(directory);
  draft_.recorded_at = context.recorded_at;
  draft_.round.term = context.term;
  draft_.round.first_sequence = context.applier.next_in_log();
}

v1::Decision RoundBuilder::NewDecision(const v1::Actor& actor, std::string stream) const {
  v1::Decision decision;
  decision.set_format(kRecordFormat);
  decision.set_term(context_.term);
  decision.set_partition(context_.config.partition);
  SetTimestamp(context_.recorded_at, decision.mutable_recorded_at());
  *decision.mutable_actor() = actor;
  decision.set_stream(std::move(stream));
  decision.set_directory_sequence(draft_.directory->sequence());
  return decision;
}

size_t RoundBuilder::Add(v1::Decision decision) {
  const size_t index = draft_.decisions.size();
  decision.set_sequence(next_sequence());
  for (int n = 0; n < decision.messages_size(); ++n) {
    const v1::Message& message = decision.messages(n);
    draft_.round.messages.push_back({.to_partition = message.to_partition(),
                                     .from_sequence = decision.sequence(),
                                     .n = static_cast<uint32_t>(n),
                                     .command = DeterministicBytes(message.command())});
  }
  if (decision.actor().kind() != v1::Actor::KIND_SYSTEM) {
    decided_.emplace(MarkName(decision.actor(), decision.command()), index);
  }
  if (decision.has_accepted() && KindOf(decision.stream()) == StreamKind::kCase) {
    case_decisions_[decision.stream()].push_back(index);
  }
  if (context_.config.feed) context_.config.feed(decision, draft_.directory, draft_.round.feed);
  std::string record = DeterministicBytes(decision);
  CHECK(!BytesHaveText(*v1::Decision::descriptor(), record));  // nothing is appended with words in clear (law L11)
  draft_.bytes += record.size();
  draft_.round.records.push_back(std::move(record));
  draft_.decisions.push_back(std::move(decision));
  return index;
}

absl::StatusOr<const v1::CaseState*> RoundBuilder::FindCase(std::string_view case_id) {
  const auto changed = draft_.cases.find(AbslText(case_id));
  if (changed != draft_.cases.end()) return changed->second.get();
  return context_.applier.FindCase(case_id);
}

absl::StatusOr<const v1::ResidentState*> RoundBuilder::FindResident(std::string_view resident_id) {
  const auto changed = draft_.residents.find(AbslText(resident_id));
  if (changed != draft_.residents.end()) return &changed->second;
  return context_.applier.FindResident(resident_id);
}

void RoundBuilder::ReplyWith(Pending pending, absl::Status status) {
  Reply reply;
  reply.pending = std::move(pending);
  reply.status = std::move(status);
  draft_.replies.push_back(std::move(reply));
}

// The first outcome of a command that was decided before, in this round or an earlier one (law L5).
absl::StatusOr<std::optional<Reply>> RoundBuilder::FindEarlier(const Pending& pending, const std::string& content) {
  const v1::Actor& actor = pending.submission.actor;
  const v1::Command& command = pending.submission.command;
  Reply reply;
  reply.replayed = true;
  if (const auto here = decided_.find(MarkName(actor, command)); here != decided_.end()) {
    const v1::Decision& first = draft_.decisions[here->second];
    if (!content.empty() && first.content() != content) {
      reply.status = OtherContent(command);
    } else {
      reply.kind = Reply::Kind::kDecision;
      reply.decision = here->second;
    }
    return reply;
  }
  const absl::StatusOr<std::optional<v1::CommandMarkRecord>> mark =
      context_.applier.FindMark(actor.id(), command.command_id());
  if (!mark.ok()) return mark.status();
  if (!mark->has_value()) return std::nullopt;
  if (!content.empty() && (*mark)->content() != content) {
    reply.status = OtherContent(command);
    return reply;
  }
  const absl::StatusOr<std::string> raw = context_.applier.ReadHistory((*mark)->stream(), (*mark)->sequence());
  if (!raw.ok()) return raw.status();
  v1::Decision first;
  if (absl::Status s = ParseRecord(*raw, context_.config.partition, (*mark)->sequence(), first); !s.ok()) return s;
  reply.kind = Reply::Kind::kOutcome;
  reply.outcome = OutcomeOf(first, context_.config.log_id);
  reply.outcome.set_replayed(true);
  return reply;
}

// What a client may claim about time (law L6), whatever the verb.
std::optional<v1::Refusal> RoundBuilder::CheckTimes(const v1::Command& command, const v1::CaseState* state) const {
  const absl::Time now = context_.recorded_at;
  const auto future = [&](std::string_view field, absl::Time claimed) {
    v1::Refusal refusal =
        RefuseByCode("C-future", StrCat("Expected ", field, " not later than now (", FormatInstant(now), "), found ",
                                        FormatInstant(claimed), "."));
    refusal.set_invalid(true);
    return refusal;
  };
  if (command.has_occurred_at() && ToTime(command.occurred_at()) > now) {
    return future("occurred_at", ToTime(command.occurred_at()));
  }
  if (command.has_finish_import() && ToTime(command.finish_import().up_to()) > now) {
    return future("up_to", ToTime(command.finish_import().up_to()));
  }
  const bool runs_on_its_own_time =
      command.importing() && (command.has_report_case() || (state != nullptr && state->importing()));
  if (command.has_occurred_at() && !runs_on_its_own_time && ToTime(command.occurred_at()) < now - kBackdateMax) {
    v1::Refusal refusal =
        RefuseByCode("C-backdate", StrCat("Expected occurred_at not before ", FormatInstant(now - kBackdateMax),
                                          ", found ", FormatInstant(ToTime(command.occurred_at())), "."));
    refusal.set_invalid(true);
    return refusal;
  }
  if (command.importing() && !command.has_occurred_at() && !command.has_finish_import()) {
    return RefuseByCode("C-importing", "Expected occurred_at in a command of an import, found none.");
  }
  return std::nullopt;
}

absl::Status RoundBuilder::AddCommand(Pending pending) {
  const Route& route = pending.admitted.route;
  if (route.kind == StreamKind::kCase && !pending.submission.command.has_report_case()) {
    const absl::StatusOr<const v1::CaseState*> state = FindCase(route.stream);
    if (!state.ok()) return state.status();
    if (*state == nullptr) {
      ReplyWith(std::move(pending), absl::NotFoundError(StrCat("no case ", route.stream)));
      return absl::OkStatus();
    }
  }
  return DecideCommand(std::move(pending));
}

// Seals the words of `command`; a refusal if that cannot be, with the words gone.
absl::Status RoundBuilder::Seal(v1::Command& command, const std::string& subject, std::optional<v1::Refusal>& refusal) {
  if (subject.empty()) {
    StripWords(command);
    refusal = RefuseByCode("C-words", "Expected no personal words in a command of the directory, found some.");
    refusal->set_invalid(true);
    return absl::OkStatus();
  }
  const absl::Status sealed = SealWords(command, subject, context_.vault, draft_.round.keys);
  if (!absl::IsNotFound(sealed)) return sealed;
  StripWords(command);
  refusal =
      RefuseByCode("C-erased", "Expected words about people who are known, found words about one who was erased.");
  return absl::OkStatus();
}

absl::Status RoundBuilder::DecideCommand(Pending pending) {
  const Route route = pending.admitted.route;
  const v1::CaseState* state = nullptr;
  if (route.kind == StreamKind::kCase) {
    const absl::StatusOr<const v1::CaseState*> found = FindCase(route.stream);
    if (!found.ok()) return found.status();
    state = *found;
  }

  v1::Decision decision = NewDecision(pending.submission.actor, route.stream);
  *decision.mutable_command() = pending.submission.command;
  if (pending.intake) SetIntake(*pending.intake, decision);
  std::optional<v1::Refusal> refusal = NormalizeFoundBy(*decision.mutable_command());
  if (pending.admitted.has_words) {
    const std::string& subject = state != nullptr ? state->main_resident_id() : route.resident_id;
    NameWhomASplitIsAbout(*decision.mutable_command(), subject);
    if (absl::Status s = Seal(*decision.mutable_command(), subject, refusal); !s.ok()) {
      ReplyWith(std::move(pending), std::move(s));
      return absl::OkStatus();
    }
  }
  const Sha256Digest content = context_.hasher.Sha256({DeterministicBytes(decision.command())});
  decision.set_content(content.data(), content.size());

  // A retry whose words cannot be sealed any more cannot be compared: its id must do.
  const bool erased = refusal && refusal->rule() == "C-erased";
  absl::StatusOr<std::optional<Reply>> earlier = FindEarlier(pending, erased ? std::string() : decision.content());
  if (!earlier.ok()) return earlier.status();
  if (earlier->has_value()) {
    (*earlier)->pending = std::move(pending);
    draft_.replies.push_back(**std::move(earlier));
    return absl::OkStatus();
  }
  if (state != nullptr && decision.command().has_report_case()) {
    absl::Status expired = TooOldRetry(decision.command());
    ReplyWith(std::move(pending), std::move(expired));
    return absl::OkStatus();
  }

  if (!refusal) refusal = CheckTimes(decision.command(), state);
  if (!refusal && decision.command().importing() && state != nullptr && state->importing()) {
    const absl::StatusOr<bool> all = FireBefore(route.stream, EvolveTime(decision.command(), context_.recorded_at));
    if (!all.ok()) return all.status();
    if (!*all) {
      ReplyWith(std::move(pending), absl::ResourceExhaustedError(StrCat(
                                        "more than ", kImportFiresMax, " clocks of case ", route.stream,
                                        " fall due before this command; they fire in turn: send the command again")));
      return absl::OkStatus();
    }
  }
  if (refusal) {
    *decision.mutable_refusal() = *std::move(refusal);
  } else {
    absl::Status fault;
    if (absl::Status s = DecideStream(decision, route, fault); !s.ok()) return s;
    if (!fault.ok()) {
      ReplyWith(std::move(pending), std::move(fault));
      return absl::OkStatus();
    }
  }
  Finish(std::move(pending), std::move(decision));
  return absl::OkStatus();
}

void RoundBuilder::Finish(Pending pending, v1::Decision decision) {
  Reply reply;
  reply.pending = std::move(pending);
  if (!decision.has_refusal() || !CountRepeat(decision, reply)) {
    reply.kind = Reply::Kind::kDecision;
    reply.decision = Add(std::move(decision));
  }
  draft_.replies.push_back(std::move(reply));
}

// True if the same refusal was given a moment ago: then it is counted and `reply` says so (law L7).
bool RoundBuilder::CountRepeat(const v1::Decision& decision, Reply& reply) {
  const std::string& rule = decision.refusal().rule();
  const std::string& person = PersonOf(decision.actor());
  const std::string key = StrCat(decision.stream(), "\n", rule, "\n", person);
  uint32_t before = 0;
  if (const RefusalWindows::Window* window =
          context_.windows.Find(decision.stream(), rule, person, context_.recorded_at)) {
    reply.kind = Reply::Kind::kOutcome;
    reply.outcome = window->first;
    before = window->repeats + 1;
  } else if (const auto here = refused_.find(key); here != refused_.end()) {
    reply.kind = Reply::Kind::kDecision;
    reply.decision = here->second;
    before = 1;
  } else {
    refused_.emplace(key, draft_.decisions.size());  // this one, as it will be added
    return false;
  }
  RoundDraft::Counted& counted = draft_.counted[key];
  if (counted.times == 0) counted = {.stream = decision.stream(), .rule = rule, .person = person, .times = 0};
  reply.repeats = before + counted.times;
  ++counted.times;
  return true;
}

absl::Status RoundBuilder::DecideStream(v1::Decision& decision, const Route& route, absl::Status& fault) {
  switch (route.kind) {
    case StreamKind::kCase: return DecideCase(decision, route.resident_id);
    case StreamKind::kResident: return DecideResidentCommand(decision, fault);
    case StreamKind::kDirectory: DecideDirectoryCommand(decision); return absl::OkStatus();
    case StreamKind::kPartition: DecideConfirmTime(decision); return absl::OkStatus();
    case StreamKind::kReference:
    case StreamKind::kCaseload:
    case StreamKind::kNone: break;
  }
  CHECK(false && "not a stream of a client's command");
}

absl::Status RoundBuilder::DecideResidentCommand(v1::Decision& decision, absl::Status& fault) {
  const absl::StatusOr<const v1::ResidentState*> state = FindResident(decision.stream());
  if (!state.ok()) return state.status();
  if (decision.command().has_register_resident() && decision.command().resident_id().empty() && *state != nullptr &&
      !(*state)->stand_in()) {
    fault = TooOldRetry(decision.command());  // an id that only this command id can have given
    return absl::OkStatus();
  }
  const ResidentContext context{
      .actor = decision.actor(), .now = context_.recorded_at, .resident_id = decision.stream()};
  ResidentVerdict verdict = DecideResident(*state, decision.command(), context);
  if (auto* refusal = std::get_if<v1::Refusal>(&verdict)) {
    *decision.mutable_refusal() = std::move(*refusal);
    return absl::OkStatus();
  }
  auto& accepted = std::get<ResidentAccepted>(verdict);
  if (decision.command().has_erase_resident()) {
    fault = context_.vault.Destroy(decision.stream(), draft_.round.keys);
    if (!fault.ok()) return absl::OkStatus();
  }
  TakeResident(decision, std::move(accepted));
  return absl::OkStatus();
}

void RoundBuilder::TakeResident(v1::Decision& decision, ResidentAccepted accepted) {
  std::vector<CaseAccepted::Send> sends;
  for (ResidentAccepted::Send& send : accepted.sends) {
    sends.push_back({.to_case_id = std::move(send.to_case_id),
                     .to_resident_id = std::move(send.to_resident_id),
                     .command = std::move(send.command)});
  }
  if (std::optional<v1::Refusal> refusal = AddSends(decision, std::move(sends))) {
    decision.clear_messages();
    *decision.mutable_refusal() = *std::move(refusal);
    return;
  }
  for (v1::Event& event : accepted.events)
    *decision.mutable_accepted()->add_events() = std::move(event);
  decision.mutable_accepted()->set_version(accepted.after.version());
  draft_.residents.insert_or_assign(decision.stream(), std::move(accepted.after));
}

void RoundBuilder::DecideDirectoryCommand(v1::Decision& decision) {
  DirectoryVerdict verdict =
      DecideDirectory(*draft_.directory, decision.command(), decision.actor(), context_.recorded_at);
  if (auto* refusal = std::get_if<v1::Refusal>(&verdict)) {
    *decision.mutable_refusal() = std::move(*refusal);
    return;
  }
  auto& accepted = std::get<DirectoryAccepted>(verdict);
  decision.set_stream(accepted.stream);
  decision.mutable_accepted()->set_version(accepted.version);
  for (v1::Event& event : accepted.events) {
    draft_.directory = draft_.directory->With(event, ToTime(decision.recorded_at()), decision.actor(), next_sequence());
    *decision.mutable_accepted()->add_events() = std::move(event);
  }
}

void RoundBuilder::DecideConfirmTime(v1::Decision& decision) const {
  if (!IsNamedHuman(decision.actor()) || !HasRole(decision.actor(), kSystemAdmin)) {
    *decision.mutable_refusal() =
        RefuseByCode("C-role", "Expected a person with the role system_admin to confirm the time, found another actor.",
                     "A system administrator confirms the time.");
    return;
  }
  v1::Event& event = *decision.mutable_accepted()->add_events();
  *event.mutable_occurred_at() = decision.recorded_at();
  event.mutable_time_confirmed()->set_reason_code(decision.command().confirm_time().reason_code());
}

}  // namespace caseward

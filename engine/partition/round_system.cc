// What the partition decides of itself, as SYSTEM: clocks that fire, messages from other partitions, references
// claimed, heads, counts, its own beginning. SYSTEM never signs or closes (law L12): none of these verbs can.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/directory/caseload.h"
#include "engine/partition/case_index.h"
#include "engine/partition/merkle.h"
#include "engine/partition/records.h"
#include "engine/partition/round.h"
#include "engine/residents/merge.h"

namespace caseward {
namespace {

// More cases than this under one reference are still recorded; only the first are told again.
constexpr int kToldOfClaimMax = 16;

}  // namespace

void RoundBuilder::AddPrelude() {
  if (first_sequence_ == 0) {
    v1::Decision genesis = NewDecision(SystemActor(), "");
    genesis.mutable_genesis()->set_log_id(context_.config.log_id);
    genesis.mutable_genesis()->set_partitions(context_.config.partitions);
    genesis.mutable_genesis()->set_made_by(context_.config.owner);
    Add(std::move(genesis));
  }
  v1::Decision claim = NewDecision(SystemActor(), "");
  claim.mutable_owner_claimed()->set_term(context_.term);
  claim.mutable_owner_claimed()->set_owner(context_.config.owner);
  Add(std::move(claim));
}

void RoundBuilder::AddHead() {
  CHECK(draft_.decisions.empty());
  const MerkleFrontier& tree = context_.applier.merkle();
  const Sha256Digest root = tree.Root(context_.hasher);
  absl::StatusOr<std::string> signature =
      context_.vault.Sign(HeadBytes(context_.config.log_id, context_.config.partition, tree.size(), AsBytes(root)));
  if (!signature.ok()) return;

  v1::Decision decision = NewDecision(SystemActor(), PartitionStream(context_.config.partition));
  v1::SignHead& asked = *decision.mutable_command()->mutable_sign_head();
  asked.set_tree_size(tree.size());
  asked.set_root(root.data(), root.size());
  asked.set_signature(*std::move(signature));
  asked.set_key_id(context_.vault.signing_key_id());
  v1::Event& event = *decision.mutable_accepted()->add_events();
  event.set_derived(true);
  *event.mutable_occurred_at() = decision.recorded_at();
  v1::HeadSigned& signed_head = *event.mutable_head_signed();
  signed_head.set_tree_size(asked.tree_size());
  signed_head.set_root(asked.root());
  signed_head.set_signature(asked.signature());
  signed_head.set_key_id(asked.key_id());
  Add(std::move(decision));
}

void RoundBuilder::AddRefusalCount(const RefusalWindows::Window& window) {
  v1::Decision decision = NewDecision(SystemActor(), window.stream);
  v1::CountRefusals& asked = *decision.mutable_command()->mutable_count_refusals();
  asked.set_rule(window.rule);
  asked.set_actor_id(window.person);
  asked.set_repeats(window.repeats);
  v1::Event& event = *decision.mutable_accepted()->add_events();
  event.set_derived(true);
  *event.mutable_occurred_at() = decision.recorded_at();
  event.mutable_refusals_counted()->set_rule(window.rule);
  event.mutable_refusals_counted()->set_actor_id(window.person);
  event.mutable_refusals_counted()->set_repeats(window.repeats);
  Add(std::move(decision));
}

absl::Status RoundBuilder::AddTimer(const keys::Timer& timer) { return Fire(timer, /*own_time=*/false); }

absl::Status RoundBuilder::Fire(const keys::Timer& timer, bool own_time) {
  const absl::StatusOr<const v1::CaseState*> state = FindCase(timer.case_id);
  if (!state.ok()) return state.status();
  // A command of this round may have stopped the clock: at one instant facts come before timers (law L8).
  const google::protobuf::Timestamp* due = *state != nullptr ? DueOf(**state, timer) : nullptr;
  if (due == nullptr || (*state)->importing() != own_time) return absl::OkStatus();

  v1::Decision decision = NewDecision(SystemActor(), timer.case_id);
  v1::Command& command = *decision.mutable_command();
  command.set_case_id(timer.case_id);
  if (own_time) {
    command.set_importing(true);
    *command.mutable_occurred_at() = *due;
  }
  command.mutable_fire_clock()->set_clock(timer.clock);
  command.mutable_fire_clock()->set_edge(timer.edge);
  *command.mutable_fire_clock()->mutable_due() = *due;
  if (absl::Status s = DecideCase(decision, ""); !s.ok()) return s;
  if (!decision.has_accepted()) {
    return absl::FailedPreconditionError(StrCat("clock ", timer.clock, " of case ", timer.case_id, " cannot fire: ",
                                                decision.refusal().rule(), ", ", decision.refusal().say()));
  }
  Add(std::move(decision));
  if (DueOf(*draft_.cases.at(timer.case_id), timer) != nullptr) {
    return absl::FailedPreconditionError(
        StrCat("clock ", timer.clock, " of case ", timer.case_id, " fired, and is due at the same instant again"));
  }
  return absl::OkStatus();
}

// A case under import has its own time (design §5): before each of its commands the clocks due before that command's
// time fire in order, each at its own due time. The record's recorded_at is the wall clock's all the same.
absl::StatusOr<bool> RoundBuilder::FireBefore(const std::string& case_id, absl::Time time) {
  // Clocks that cannot fire (their pack is unusable here) are passed over, so that one does not hold up the rest.
  std::set<std::pair<absl::Time, std::string>> passed_over;
  for (int fired = 0; fired < kImportFiresMax; ++fired) {
    const absl::StatusOr<const v1::CaseState*> state = FindCase(case_id);
    if (!state.ok()) return state.status();
    const std::vector<keys::Timer> timers = ClocksDue(**state);
    const auto next = std::find_if(timers.begin(), timers.end(), [&](const keys::Timer& timer) {
      return timer.due < time && !passed_over.contains({timer.due, timer.clock});
    });
    if (next == timers.end()) return true;
    const absl::Status status = Fire(*next, /*own_time=*/true);
    if (absl::IsFailedPrecondition(status)) {
      passed_over.emplace(next->due, next->clock);
    } else if (!status.ok()) {
      return status;
    }
  }
  return false;
}

absl::Status RoundBuilder::AddMessage(InboundMessage message) {
  v1::Decision decision = NewDecision(SystemActor(), "");
  v1::Position& cause = *decision.mutable_cause();
  cause.set_log_id(context_.config.log_id);
  cause.set_partition(message.from_partition);
  cause.set_sequence(message.from_sequence);
  const bool parsed = decision.mutable_command()->ParseFromString(message.command);
  if (!parsed) decision.clear_command();
  decision.mutable_command()->set_command_id(
      StrCat(message.from_partition, "-", message.from_sequence, "-", message.n));
  if (!parsed) {
    decision.mutable_intake_noted()->set_why("expected a command in a message, found bytes that are none");
  } else if (absl::Status s = DecideMessage(decision); !s.ok()) {
    return s;
  }
  Add(std::move(decision));
  return absl::OkStatus();
}

absl::Status RoundBuilder::DecideMessage(v1::Decision& decision) {
  const v1::Command& command = decision.command();
  if (command.has_claim_reference()) return DecideReference(decision);
  if (command.has_note_caseload()) {
    DecideCaseloadMessage(decision);
    return absl::OkStatus();
  }
  if (command.has_open_split()) return DecideOpenSplit(decision);
  if (command.has_accept_merge() || command.has_note_merge() || command.has_follow_erasure()) {
    return DecideResidentMessage(decision);
  }
  if (!command.has_note_reference_claimed() && !command.has_note_linked() && !command.has_note_split() &&
      !command.has_note_resident_merged()) {
    decision.mutable_intake_noted()->set_why("expected a verb that messages use, found another");
    return absl::OkStatus();
  }
  const absl::StatusOr<CaseId> id = CaseId::Parse(command.case_id());
  if (!id.ok() || id->partition() != context_.config.partition) {
    decision.mutable_intake_noted()->set_why("expected a case of this partition in a message, found none");
    return absl::OkStatus();
  }
  decision.set_stream(id->string());
  const absl::StatusOr<const v1::CaseState*> state = FindCase(decision.stream());
  if (!state.ok()) return state.status();
  if (*state == nullptr) {
    *decision.mutable_refusal() = RefuseByCode("C-unknown-case", "Expected a case that has been reported, found none.");
    return absl::OkStatus();
  }
  return DecideCase(decision, "");
}

// A reference is claimed here, where its own hash says; a second claim shows on both cases (design §5).
absl::Status RoundBuilder::DecideReference(v1::Decision& decision) {
  const v1::ExternalReference& reference = decision.command().claim_reference().reference();
  const std::string& claimant = decision.command().claim_reference().claimant_case_id();
  decision.set_stream(ReferenceStream(reference));
  auto known = draft_.references.find(decision.stream());
  if (known == draft_.references.end()) {
    absl::StatusOr<v1::ReferenceState> stored = context_.applier.FindReference(reference);
    if (!stored.ok()) return stored.status();
    known = draft_.references.emplace(decision.stream(), *std::move(stored)).first;
  }
  v1::ReferenceState& state = known->second;
  v1::Event& event = *decision.mutable_accepted()->add_events();
  event.set_derived(true);
  *event.mutable_occurred_at() = decision.recorded_at();
  v1::ReferenceClaimed& claimed = *event.mutable_reference_claimed();
  *claimed.mutable_reference() = reference;
  claimed.set_case_id(claimant);
  const bool again = std::find(state.case_ids().begin(), state.case_ids().end(), claimant) != state.case_ids().end();
  for (const std::string& earlier : state.case_ids()) {
    if (earlier != claimant) claimed.add_earlier_case_ids(earlier);
  }
  if (again) return absl::OkStatus();

  std::vector<CaseAccepted::Send> sends;
  const auto tell = [&](const std::string& whom, const std::string& other) {
    CaseAccepted::Send& send = sends.emplace_back();
    send.to_case_id = whom;
    *send.command.mutable_note_reference_claimed()->mutable_reference() = reference;
    send.command.mutable_note_reference_claimed()->set_other_case_id(other);
  };
  const int told = std::min(state.case_ids_size(), kToldOfClaimMax);
  for (int i = 0; i < told; ++i)
    tell(state.case_ids(i), claimant);
  if (told > 0) tell(claimant, state.case_ids(0));
  state.add_case_ids(claimant);
  if (std::optional<v1::Refusal> refusal = AddSends(decision, std::move(sends))) {
    decision.clear_messages();
    *decision.mutable_refusal() = *std::move(refusal);
  }
  return absl::OkStatus();
}

// The directory adds up what each person carries.
void RoundBuilder::DecideCaseloadMessage(v1::Decision& decision) {
  const v1::NoteCaseload& note = decision.command().note_caseload();
  if (context_.config.partition != 0 || !ParseActorId(note.staff_id()).ok()) {
    decision.mutable_intake_noted()->set_why("expected a person's caseload, told to the directory; found another");
    return;
  }
  decision.set_stream(CaseloadStream(note.staff_id()));
  for (v1::Event& event : DecideCaseload(*draft_.directory, note, context_.recorded_at)) {
    draft_.directory = draft_.directory->With(event, context_.recorded_at, decision.actor(), next_sequence());
    *decision.mutable_accepted()->add_events() = std::move(event);
  }
}

// ---------------------------------------------------------------------------------------------- second steps
//
// A case that a split opens here, and merges of residents. Whoever began it is always told how it went, so that nothing
// stays half done.

absl::Status RoundBuilder::DecideOpenSplit(v1::Decision& decision) {
  const absl::StatusOr<CaseId> id = CaseId::Parse(decision.command().case_id());
  const absl::StatusOr<ResidentId> resident = ResidentId::Parse(decision.command().resident_id());
  const uint32_t here = context_.config.partition;
  if (!id.ok() || !resident.ok() || id->partition() != here || resident->partition() != here) {
    decision.mutable_intake_noted()->set_why(
        "expected a case and a resident of this partition in a message, found others");
    return absl::OkStatus();
  }
  decision.set_stream(id->string());
  if (absl::Status s = DecideCase(decision, resident->string()); !s.ok()) return s;
  if (!decision.has_refusal()) return absl::OkStatus();
  std::vector<CaseAccepted::Send> sends(1);
  sends[0].to_case_id = decision.command().open_split().from_case_id();
  sends[0].command.mutable_note_split()->set_new_case_id(id->string());
  sends[0].command.mutable_note_split()->set_refused_by(decision.refusal().rule());
  if (AddSends(decision, std::move(sends))) decision.clear_messages();  // nobody can be told
  return absl::OkStatus();
}

absl::Status RoundBuilder::DecideResidentMessage(v1::Decision& decision) {
  const absl::StatusOr<ResidentId> id = ResidentId::Parse(decision.command().resident_id());
  if (!id.ok() || id->partition() != context_.config.partition) {
    decision.mutable_intake_noted()->set_why("expected a resident of this partition in a message, found none");
    return absl::OkStatus();
  }
  decision.set_stream(id->string());
  const absl::StatusOr<const v1::ResidentState*> state = FindResident(decision.stream());
  if (!state.ok()) return state.status();
  const ResidentContext context{
      .actor = decision.actor(), .now = context_.recorded_at, .resident_id = decision.stream()};
  ResidentVerdict verdict = DecideResident(*state, decision.command(), context);
  if (auto* accepted = std::get_if<ResidentAccepted>(&verdict)) {
    if (decision.command().has_follow_erasure()) {
      if (absl::Status s = context_.vault.Destroy(decision.stream(), draft_.round.keys); !s.ok()) return s;
    }
    TakeResident(decision, std::move(*accepted));
    return absl::OkStatus();
  }
  *decision.mutable_refusal() = std::get<v1::Refusal>(std::move(verdict));
  if (!decision.command().has_accept_merge()) return absl::OkStatus();
  std::vector<CaseAccepted::Send> sends(1);
  sends[0].to_resident_id = decision.command().accept_merge().merged_id();
  sends[0].command.mutable_note_merge()->set_survivor_id(decision.stream());
  sends[0].command.mutable_note_merge()->set_refused_by(decision.refusal().rule());
  if (AddSends(decision, std::move(sends))) decision.clear_messages();  // nobody can be told
  return absl::OkStatus();
}

}  // namespace caseward

#include "engine/cases/evolve.h"

#include <algorithm>

#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/cases/case_lookup.h"
#include "engine/cases/evolve_agencies.h"
#include "engine/cases/evolve_clock.h"
#include "engine/cases/evolve_split.h"

namespace caseward {
namespace {

using Kind = v1::Event::KindCase;

void NoteLatest(v1::CaseState& state, const v1::Event& event) {
  v1::LatestEvent* latest = nullptr;
  for (v1::LatestEvent& entry : *state.mutable_latest()) {
    if (entry.kind() == static_cast<uint32_t>(event.kind_case())) {
      latest = &entry;
      break;
    }
  }
  if (latest == nullptr) {
    latest = state.add_latest();
    latest->set_kind(static_cast<uint32_t>(event.kind_case()));
  }
  // What is recorded late does not become the latest.
  if (latest->has_at() && ToTime(event.occurred_at()) < ToTime(latest->at())) return;
  *latest->mutable_at() = event.occurred_at();
  latest->set_version(state.version());
}

void Opened(v1::CaseState& state, const v1::Event& event) {
  const v1::CaseReported& e = event.case_reported();
  state.set_phase(v1::PHASE_REPORTED);
  state.set_case_type(e.case_type());
  state.set_priority(e.priority());
  state.set_base_priority(e.asked_priority());
  state.set_pack_id(e.pack_id());
  state.set_pack_version(e.pack_version());
  state.set_main_resident_id(e.main_resident_id());
  state.set_reporter_id(e.reporter_id());
  state.set_subject_of_report_id(e.subject_of_report_id());
  state.set_anonymous(e.anonymous());
  state.set_threat_to_life(e.threat_to_life());
  state.set_region(e.region());
  state.set_area(e.area());
  state.set_uprn(e.uprn());
  state.set_received_by(e.received_by());
  state.set_channel(e.channel());
  if (e.has_account()) *state.mutable_account() = e.account();
  *state.mutable_opened_at() = event.occurred_at();
  *state.mutable_aware_at() = e.aware_at();
  state.set_importing(e.importing());
}

void SetStep(v1::CaseState& state, std::string_view step, const v1::Event& event,
             const google::protobuf::Map<std::string, v1::FieldValue>& fields, const v1::Actor& actor) {
  v1::StepState* found = FindStep(state, step);
  if (found == nullptr) {
    found = state.add_steps();
    found->set_step(std::string(step));
  }
  found->set_times(found->times() + 1);
  // A record of something earlier, made late, does not take the place of what is known of later.
  if (found->has_at() && ToTime(event.occurred_at()) < ToTime(found->at())) return;
  *found->mutable_at() = event.occurred_at();
  found->set_by(PersonOf(actor));
  *found->mutable_fields() = fields;
  found->set_version(state.version());
}

void SetOwner(v1::CaseState& state, const std::string& owner) {
  state.set_previous_owner(state.owner());
  state.set_owner(owner);
  state.clear_handover_to();
}

void AddAction(v1::CaseState& state, const v1::ActionAdded& e) {
  v1::ActionState* action = state.add_actions();
  action->set_action_id(e.action_id());
  action->set_kind(e.kind());
  action->set_owner(e.owner());
  if (e.has_due()) *action->mutable_due() = e.due();
  action->set_resident_task(e.resident_task());
  action->set_status(v1::ActionState::STATUS_OPEN);
  if (e.has_what()) *action->mutable_what() = e.what();
}

void AddPromise(v1::CaseState& state, const v1::PromiseRecorded& e) {
  v1::ActionState* action = state.add_actions();
  action->set_action_id(e.promise_id());
  action->set_promise(true);
  if (e.has_due()) *action->mutable_due() = e.due();
  action->set_status(v1::ActionState::STATUS_OPEN);
  if (e.has_what()) *action->mutable_what() = e.what();
}

void EndAction(v1::CaseState& state, std::string_view id, v1::ActionState::Status status) {
  if (v1::ActionState* action = FindAction(state, id)) action->set_status(status);
}

v1::SignOffState& SignOffOf(v1::CaseState& state, std::string_view subject) {
  if (v1::SignOffState* found = FindSignOff(state, subject)) return *found;
  v1::SignOffState* made = state.add_sign_offs();
  made->set_subject(std::string(subject));
  return *made;
}

void Granted(v1::CaseState& state, const v1::Event& event) {
  const v1::SignOffGranted& e = event.sign_off_granted();
  v1::SignOffState& sign_off = SignOffOf(state, e.subject());
  sign_off.set_by(e.by());
  sign_off.set_role(e.role());
  sign_off.set_tier(e.tier());
  *sign_off.mutable_at() = event.occurred_at();
  sign_off.set_hash(e.hash());
  sign_off.set_void_(false);
  sign_off.set_granted(true);
  sign_off.clear_reason_code();
  sign_off.set_delegated_by(e.delegated_by());
}

void DropWaivers(v1::CaseState& state, std::string_view subject) {
  auto* waivers = state.mutable_waivers();
  waivers->erase(std::remove_if(waivers->begin(), waivers->end(),
                                [&](const v1::WaiverState& waiver) { return waiver.subject() == subject; }),
                 waivers->end());
}

// A later proposal starts from nothing: what was waived for this one is not waived for that one.
void BackToOpen(v1::CaseState& state) {
  state.set_phase(v1::PHASE_OPEN);
  DropWaivers(state, kClosureSubject);
  state.clear_proposer();
  state.clear_proposed_at();
  state.clear_closing_reason();
  state.clear_ready_hash();
}

void Refused(v1::CaseState& state, const v1::Event& event) {
  const v1::SignOffRefused& e = event.sign_off_refused();
  v1::SignOffState& sign_off = SignOffOf(state, e.subject());
  sign_off.set_by(e.by());
  sign_off.set_role(e.role());
  *sign_off.mutable_at() = event.occurred_at();
  sign_off.set_granted(false);
  sign_off.set_reason_code(e.reason_code());
  if (e.subject() == kClosureSubject) BackToOpen(state);
}

void Waive(v1::CaseState& state, const v1::ItemWaived& e) {
  v1::WaiverState* waiver = FindIn(*state.mutable_waivers(), [&](const v1::WaiverState& w) {
    return w.subject() == e.subject() && w.item() == e.item();
  });
  if (waiver == nullptr) waiver = state.add_waivers();
  waiver->set_subject(e.subject());
  waiver->set_item(e.item());
  waiver->set_by(e.by());
  waiver->set_tier(e.tier());
}

void SetFlag(v1::CaseState& state, const std::string& flag, bool on) {
  auto* flags = state.mutable_flags();
  const auto at = std::lower_bound(flags->begin(), flags->end(), flag);
  const bool present = at != flags->end() && *at == flag;
  if (on && !present) {
    flags->Add(std::string(flag));
    std::sort(flags->begin(), flags->end());
  } else if (!on && present) {
    flags->erase(at);
  }
}

void Link(v1::CaseState& state, const v1::CaseLinked& e) {
  for (v1::CaseLinkState& link : *state.mutable_links()) {
    if (link.other_case_id() == e.other_case_id()) {
      link.set_relation(e.relation());
      link.set_confirmed(link.confirmed() || e.confirmed());
      return;
    }
  }
  v1::CaseLinkState* link = state.add_links();
  link->set_other_case_id(e.other_case_id());
  link->set_relation(e.relation());
  link->set_confirmed(e.confirmed());
}

void RaiseAlert(v1::CaseState& state, const v1::Event& event) {
  const v1::AlertRaised& e = event.alert_raised();
  v1::AlertState* alert = nullptr;
  for (v1::AlertState& a : *state.mutable_alerts()) {
    if (a.alert() == e.alert()) alert = &a;
  }
  if (alert == nullptr) {
    alert = state.add_alerts();
    alert->set_alert(e.alert());
  }
  alert->set_to_role(e.to_role());
  *alert->mutable_at() = event.occurred_at();
  alert->set_times(alert->times() + 1);
}

void Close(v1::CaseState& state, const v1::Event& event, v1::Phase phase) {
  state.set_phase(phase);
  *state.mutable_closed_at() = event.occurred_at();
}

// A case withdrawn before it was triaged still waits for triage.
void Reopen(v1::CaseState& state) {
  const bool untriaged = state.phase() == v1::PHASE_WITHDRAWN && !state.has_triaged_at();
  BackToOpen(state);
  if (untriaged) state.set_phase(v1::PHASE_REPORTED);
  state.clear_waivers();
  state.clear_closed_at();
  state.set_reopened(state.reopened() + 1);
  for (v1::SignOffState& sign_off : *state.mutable_sign_offs())
    sign_off.set_void_(true);
}

void Reported(v1::CaseState& state, const v1::Event& event, const v1::Actor& actor) {
  Opened(state, event);
  if (event.case_reported().fields().empty()) return;
  SetStep(state, "report", event, event.case_reported().fields(), actor);
}

void Triaged(v1::CaseState& state, const v1::Event& event, const v1::Actor& actor) {
  const v1::CaseTriaged& e = event.case_triaged();
  if (!e.case_type().empty()) state.set_case_type(e.case_type());
  if (e.priority() != v1::PRIORITY_UNSPECIFIED) state.set_base_priority(e.priority());
  if (state.phase() == v1::PHASE_REPORTED) state.set_phase(v1::PHASE_OPEN);
  *state.mutable_triaged_at() = event.occurred_at();
  SetStep(state, "triage", event, e.answers(), actor);
}

void Agree(v1::CaseState& state, const v1::Event& event) {
  v1::PlanState* plan = state.mutable_plan();
  plan->set_version(event.plan_agreed().plan_version());
  *plan->mutable_agreed_at() = event.occurred_at();
  if (event.plan_agreed().has_review_by()) *plan->mutable_review_by() = event.plan_agreed().review_by();
  plan->set_understanding_confirmed_by(event.plan_agreed().understanding_confirmed_by());
}

void SetPriority(v1::CaseState& state, const v1::Event& event) {
  state.set_priority(event.priority_changed().to());
  if (!event.derived()) state.set_base_priority(event.priority_changed().to());
}

void Propose(v1::CaseState& state, const v1::Event& event, const v1::Actor& actor) {
  state.set_phase(v1::PHASE_CLOSING);
  state.set_proposer(PersonOf(actor));
  *state.mutable_proposed_at() = event.occurred_at();
  state.set_closing_reason(event.closure_proposed().reason_code());
}

void Contest(v1::CaseState& state, const v1::ReferenceContested& e) {
  v1::ContestedReference* contested = state.add_contested();
  *contested->mutable_reference() = e.reference();
  contested->set_other_case_id(e.other_case_id());
}

// An imported history knows no triage; a live case is triaged all the same.
void NoteHistory(v1::CaseState& state) {
  if (state.importing() && state.phase() == v1::PHASE_REPORTED) state.set_phase(v1::PHASE_OPEN);
}

void EndImport(v1::CaseState& state, const v1::ImportFinished& e) {
  state.set_importing(false);
  *state.mutable_imported_up_to() = e.up_to();
}

void CountLoad(v1::CaseState& state, const v1::LoadCounted& e) {
  state.set_load_owner(e.owner());
  state.set_load_weight(e.weight());
}

using Status = v1::ActionState;

// Events of residents, the directory and the partition never reach a case: the partition routes by stream.
bool IsOfAnotherStream(Kind kind) {
  const int number = static_cast<int>(kind);
  return kind == Kind::KIND_NOT_SET || (number >= v1::Event::kResidentRegistered && number < v1::Event::kCaseReferred);
}

// What each kind of event changes: one line a kind, and none left out.
void EvolveKind(v1::CaseState& state, const v1::Event& event, const v1::Actor& actor) {
  switch (event.kind_case()) {
    case Kind::kCaseReported: return Reported(state, event, actor);
    case Kind::kCaseTriaged: return Triaged(state, event, actor);
    case Kind::kOwnerAssigned: return SetOwner(state, event.owner_assigned().owner());
    case Kind::kHandoverInitiated: return state.set_handover_to(event.handover_initiated().to());
    case Kind::kHandoverAccepted: return SetOwner(state, event.handover_accepted().owner());
    case Kind::kHandoverRejected: return state.clear_handover_to();
    case Kind::kContactAttempted: return state.set_contacts_attempted(state.contacts_attempted() + 1);
    case Kind::kContactMade: return state.set_contacts_made(state.contacts_made() + 1);
    case Kind::kStepRecorded:
      return SetStep(state, event.step_recorded().step(), event, event.step_recorded().fields(), actor);
    case Kind::kPlanAgreed: return Agree(state, event);
    case Kind::kActionAdded: return AddAction(state, event.action_added());
    case Kind::kActionCompleted: return EndAction(state, event.action_completed().action_id(), Status::STATUS_DONE);
    case Kind::kActionCancelled:
      return EndAction(state, event.action_cancelled().action_id(), Status::STATUS_CANCELLED);
    case Kind::kPromiseRecorded: return AddPromise(state, event.promise_recorded());
    case Kind::kPromiseKept: return EndAction(state, event.promise_kept().promise_id(), Status::STATUS_DONE);
    case Kind::kPriorityChanged: return SetPriority(state, event);
    case Kind::kClosureProposed: return Propose(state, event, actor);
    case Kind::kClosureWithdrawn: return BackToOpen(state);
    case Kind::kClosureReady: return state.set_ready_hash(event.closure_ready().hash());
    case Kind::kSignOffGranted: return Granted(state, event);
    case Kind::kSignOffRefused: return Refused(state, event);
    case Kind::kSignOffVoided: return SignOffOf(state, event.sign_off_voided().subject()).set_void_(true);
    case Kind::kItemWaived: return Waive(state, event.item_waived());
    case Kind::kCaseClosed: return Close(state, event, v1::PHASE_CLOSED);
    case Kind::kCaseWithdrawn: return Close(state, event, v1::PHASE_WITHDRAWN);
    case Kind::kCaseReopened: return Reopen(state);
    case Kind::kCaseLinked: return Link(state, event.case_linked());
    case Kind::kAlertRaised: return RaiseAlert(state, event);
    case Kind::kFlagSet: return SetFlag(state, event.flag_set().flag(), true);
    case Kind::kFlagCleared: return SetFlag(state, event.flag_cleared().flag(), false);
    case Kind::kReferenceAdded: *state.add_references() = event.reference_added().reference(); return;
    case Kind::kReferenceContested: return Contest(state, event.reference_contested());
    case Kind::kHistoryRecorded: return NoteHistory(state);
    case Kind::kImportFinished: return EndImport(state, event.import_finished());
    case Kind::kLoadCounted: return CountLoad(state, event.load_counted());
    case Kind::kCaseReferred:
    case Kind::kReferralDecided:
    case Kind::kEnquiryMade:
    case Kind::kEnquiryAnswered:
    case Kind::kAgencyChased:
    case Kind::kInformationShared:
    case Kind::kSharingReviewed: return EvolveAgencies(state, event, actor);
    case Kind::kCaseSplit:
    case Kind::kCaseSplitFrom:
    case Kind::kSplitConfirmed:
    case Kind::kSplitRefused:
    case Kind::kMainResidentMerged: return EvolveSplit(state, event);
    // Evidence only: the history holds them, the case does not change shape.
    case Kind::kResidentUpdated:
    case Kind::kCaseEscalated:
    case Kind::kFactCorrected:
    case Kind::kHistoricalFact: return;
    case Kind::kClockStarted:
    case Kind::kClockWarned:
    case Kind::kClockPaused:
    case Kind::kClockResumed:
    case Kind::kClockMet:
    case Kind::kClockMetLate:
    case Kind::kClockBreached:
    case Kind::kClockSuperseded:
    case Kind::kClockExtended:
    case Kind::kClockCeased: return EvolveClock(state, event);
    // Other streams' events never reach a case: the partition routes by stream.
    case Kind::kResidentRegistered:
    case Kind::kResidentDetailsUpdated:
    case Kind::kResidentErased:
    case Kind::kResidentMergeBegun:
    case Kind::kResidentMergeAccepted:
    case Kind::kResidentMerged:
    case Kind::kResidentMergeRefused:
    case Kind::kResidentNeedsCopied:
    case Kind::kPackPublished:
    case Kind::kCalendarPublished:
    case Kind::kStaffRegistered:
    case Kind::kAgencyRegistered:
    case Kind::kAgreementRegistered:
    case Kind::kAgreementReviewed:
    case Kind::kAgreementSuspended:
    case Kind::kSignOffDelegated:
    case Kind::kCaseloadChanged:
    case Kind::kCaseloadThresholdExceeded:
    case Kind::kCaseloadBackUnder:
    case Kind::kReferenceClaimed:
    case Kind::kHeadSigned:
    case Kind::kTimeConfirmed:
    case Kind::kRefusalsCounted:
    case Kind::KIND_NOT_SET: CHECK(false && "not an event of a case");
  }
}

}  // namespace

bool CanEvolve(const v1::CaseState& state, const v1::Event& event) {
  return !IsOfAnotherStream(event.kind_case()) && CanEvolveClock(state, event);
}

void Evolve(v1::CaseState& state, const v1::Event& event, const EventContext& context) {
  if (!event.derived()) state.set_version(state.version() + 1);
  EvolveKind(state, event, context.actor);
  if (event.substantive()) {
    if (!state.has_last_substantive_at() || ToTime(state.last_substantive_at()) < ToTime(event.occurred_at())) {
      *state.mutable_last_substantive_at() = event.occurred_at();
    }
    state.set_last_substantive_version(state.version());
  }
  SetTimestamp(context.recorded_at, state.mutable_updated_at());
  NoteLatest(state, event);
}

v1::Event WithoutWords(const v1::Event& event) {
  v1::Event line = event;
  DropWords(line);
  return line;
}

}  // namespace caseward

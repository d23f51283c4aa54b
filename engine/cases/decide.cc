#include "engine/cases/decide.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/refusal.h"
#include "engine/base/text.h"
#include "engine/cases/caseload.h"
#include "engine/cases/concluding.h"
#include "engine/cases/consequences.h"
#include "engine/cases/rule_check.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward {
namespace {

// The verb's own checks and facts.
MaybeRefusal RunVerb(Deciding& d) {
  const v1::Command& command = d.command();
  switch (command.verb_case()) {
    case Verb::kReportCase: return verbs::Report(d, command.report_case());
    case Verb::kTriageCase: return verbs::Triage(d, command.triage_case());
    case Verb::kAssignCase: return verbs::Assign(d, command.assign_case());
    case Verb::kHandOverCase: return verbs::HandOver(d, command.hand_over_case());
    case Verb::kAcceptHandover: return verbs::AcceptHandover(d, command.accept_handover());
    case Verb::kRejectHandover: return verbs::RejectHandover(d, command.reject_handover());
    case Verb::kRecordContact: return verbs::Contact(d, command.record_contact());
    case Verb::kRecordStep: return verbs::Step(d, command.record_step());
    case Verb::kAgreePlan: return verbs::Plan(d, command.agree_plan());
    case Verb::kAddAction: return verbs::AddAction(d, command.add_action());
    case Verb::kCompleteAction: return verbs::CompleteAction(d, command.complete_action());
    case Verb::kCancelAction: return verbs::CancelAction(d, command.cancel_action());
    case Verb::kRecordPromise: return verbs::Promise(d, command.record_promise());
    case Verb::kKeepPromise: return verbs::KeepPromise(d, command.keep_promise());
    case Verb::kEscalateCase: return verbs::Escalate(d, command.escalate_case());
    case Verb::kPauseClock: return verbs::Pause(d, command.pause_clock());
    case Verb::kResumeClock: return verbs::Resume(d, command.resume_clock());
    case Verb::kExtendClock: return verbs::Extend(d, command.extend_clock());
    case Verb::kCeaseClock: return verbs::Cease(d, command.cease_clock());
    case Verb::kChangePriority: return verbs::ChangePriority(d, command.change_priority());
    case Verb::kProposeClosure: return verbs::ProposeClosure(d, command.propose_closure());
    case Verb::kWithdrawClosure: return verbs::WithdrawClosure(d, command.withdraw_closure());
    case Verb::kSignOff: return verbs::Sign(d, command.sign_off());
    case Verb::kCloseCase: return verbs::Close(d, command.close_case());
    case Verb::kReopenCase: return verbs::Reopen(d, command.reopen_case());
    case Verb::kLinkCase: return verbs::Link(d, command.link_case());
    case Verb::kWithdrawCase: return verbs::Withdraw(d, command.withdraw_case());
    case Verb::kCorrectFact: return verbs::Correct(d, command.correct_fact());
    case Verb::kRecordHistory: return verbs::History(d, command.record_history());
    case Verb::kFinishImport: return verbs::FinishImport(d, command.finish_import());
    case Verb::kReferCase: return verbs::Refer(d, command.refer_case());
    case Verb::kAnswerReferral: return verbs::AnswerReferral(d, command.answer_referral());
    case Verb::kEnquire: return verbs::Enquire(d, command.enquire());
    case Verb::kAnswerEnquiry: return verbs::AnswerEnquiry(d, command.answer_enquiry());
    case Verb::kChaseAgency: return verbs::Chase(d, command.chase_agency());
    case Verb::kShareInformation: return verbs::Share(d, command.share_information());
    case Verb::kReviewSharing: return verbs::ReviewSharing(d, command.review_sharing());
    case Verb::kSplitCase: return verbs::Split(d, command.split_case());
    case Verb::kOpenSplit: return verbs::OpenSplit(d, command.open_split());
    case Verb::kNoteSplit: return verbs::NoteSplit(d, command.note_split());
    case Verb::kNoteResidentMerged: return verbs::NoteResidentMerged(d, command.note_resident_merged());
    case Verb::kFireClock: return verbs::FireClock(d, command.fire_clock());
    case Verb::kNoteReferenceClaimed: return verbs::NoteReferenceClaimed(d, command.note_reference_claimed());
    case Verb::kNoteLinked: return verbs::NoteLinked(d, command.note_linked());
    case Verb::kRegisterResident:
    case Verb::kUpdateResident:
    case Verb::kEraseResident:
    case Verb::kPublishPack:
    case Verb::kPublishCalendar:
    case Verb::kRegisterStaff:
    case Verb::kRegisterAgency:
    case Verb::kRegisterAgreement:
    case Verb::kReviewAgreement:
    case Verb::kSuspendAgreement:
    case Verb::kDelegateSignOff:
    case Verb::kMergeResident:
    case Verb::kAcceptMerge:
    case Verb::kNoteMerge:
    case Verb::kFollowErasure:
    case Verb::kNoteCaseload:
    case Verb::kClaimReference:
    case Verb::kSignHead:
    case Verb::kConfirmTime:
    case Verb::kCountRefusals:
    case Verb::VERB_NOT_SET: break;
  }
  CHECK(false && "not a verb of a case: the partition routes by stream");
  return std::nullopt;
}

// The engine's own verbs: no rule of a pack speaks about them, and they follow a case wherever it is.
bool IsSystemVerb(Verb verb) {
  return verb == Verb::kFireClock || verb == Verb::kNoteReferenceClaimed || verb == Verb::kNoteLinked ||
         verb == Verb::kOpenSplit || verb == Verb::kNoteSplit || verb == Verb::kNoteResidentMerged;
}

// Between us and agencies nothing but a new referral waits for a case to be open: who is asked about it must answer.
bool IsWithAgencies(Verb verb) {
  return verb == Verb::kAnswerReferral || verb == Verb::kEnquire || verb == Verb::kAnswerEnquiry ||
         verb == Verb::kChaseAgency || verb == Verb::kShareInformation || verb == Verb::kReviewSharing;
}

// What may still be said of a closed case. Administrative steps may: a survey that came back, a check after closing.
bool MayFollowClosing(const Deciding& d) {
  const Verb verb = d.command().verb_case();
  if (verb == Verb::kRecordStep) {
    const v1::StepType* type = d.pack().step(d.command().record_step().step());
    return type != nullptr && type->administrative();
  }
  return IsSystemVerb(verb) || IsWithAgencies(verb) || verb == Verb::kReopenCase || verb == Verb::kLinkCase ||
         verb == Verb::kCorrectFact || verb == Verb::kFinishImport || verb == Verb::kRecordHistory;
}

// Verbs that are adverse or bind the organisation: a named person only (law L12).
bool NeedsHuman(Verb verb) {
  return verb == Verb::kSignOff || verb == Verb::kCloseCase || verb == Verb::kWithdrawCase ||
         verb == Verb::kCeaseClock || verb == Verb::kPauseClock || verb == Verb::kExtendClock ||
         verb == Verb::kCancelAction || verb == Verb::kProposeClosure || verb == Verb::kChangePriority ||
         verb == Verb::kReferCase || verb == Verb::kSplitCase || verb == Verb::kShareInformation ||
         verb == Verb::kReviewSharing;
}

MaybeRefusal CheckTimes(const Deciding& d) {
  const absl::Time now = d.context().now;
  if (d.when() > now) {
    return Invalid("C-future", StrCat("occurred_at not later than now (", FormatInstant(now), ")"),
                   FormatInstant(d.when()));
  }
  if (!d.command().importing() && d.when() < now - kBackdateMax) {
    return Invalid("C-backdate", StrCat("occurred_at not before ", FormatInstant(now - kBackdateMax)),
                   FormatInstant(d.when()));
  }
  if (d.exists() && !IsSystemVerb(d.command().verb_case()) && d.when() < ToTime(d.before().opened_at()) &&
      d.when() < ToTime(d.before().aware_at())) {
    return Invalid("C-backdate",
                   StrCat("occurred_at not before the case, ", FormatInstant(ToTime(d.before().aware_at()))),
                   FormatInstant(d.when()));
  }
  return std::nullopt;
}

// What every verb needs: a case where it applies, the version the caller saw, a person where one is needed.
MaybeRefusal CheckCommon(const Deciding& d) {
  const v1::Command& command = d.command();
  const Verb verb = command.verb_case();
  if (!d.exists() && verb != Verb::kReportCase && verb != Verb::kOpenSplit) {
    return Invalid("C-unknown-case", "a case that has been reported", StrCat("\"", command.case_id(), "\""));
  }
  const uint64_t version = d.exists() ? d.before().version() : 0;
  if (command.has_expected_version() && command.expected_version() != version) {
    return Refuse("C-version", StrCat("version ", command.expected_version()), StrCat("version ", version),
                  "Read the case again, then decide again.");
  }
  if (NeedsHuman(verb) && !IsNamedHuman(d.actor())) return RefusedWithoutHuman(d.actor());
  if (auto refusal = CheckTimes(d)) return refusal;
  if (!d.exists()) return std::nullopt;
  if (d.before().importing() != command.importing() && !IsSystemVerb(verb)) {
    return Refuse("C-importing", d.before().importing() ? "a command of the import" : "a case under import",
                  d.before().importing() ? "another one" : "one that is not",
                  d.before().importing() ? "Finish the import first." : "Send the command without `importing`.");
  }
  if (IsClosed(d.before()) && !MayFollowClosing(d)) {
    return Refuse("C-closed", "an open case",
                  d.before().phase() == v1::PHASE_CLOSED ? "a closed one" : "a withdrawn one",
                  "Reopen the case first.");
  }
  return std::nullopt;
}

// Those of the command that the case does not have yet, each once.
std::vector<const v1::ExternalReference*> NewReferences(const Deciding& d) {
  std::vector<const v1::ExternalReference*> fresh;
  for (const v1::ExternalReference& reference : d.command().references()) {
    const auto same = [&](const v1::ExternalReference& r) {
      return r.system() == reference.system() && r.value() == reference.value();
    };
    if (std::any_of(d.before().references().begin(), d.before().references().end(), same)) continue;
    if (std::any_of(fresh.begin(), fresh.end(), [&](const auto* r) { return same(*r); })) continue;
    fresh.push_back(&reference);
  }
  return fresh;
}

MaybeRefusal AddReferences(Deciding& d) {
  const auto fresh = NewReferences(d);
  const size_t all = static_cast<size_t>(d.before().references_size()) + fresh.size();
  if (all > kReferencesMax) {
    return Refuse("C-limit", StrCat("at most ", kReferencesMax, " references of a case"), StrCat(all),
                  "Leave out references that are not needed.");
  }
  for (const v1::ExternalReference* reference : fresh) {
    *d.Fact(false).mutable_reference_added()->mutable_reference() = *reference;
    CaseAccepted::Send send;
    *send.command.mutable_claim_reference()->mutable_reference() = *reference;
    send.command.mutable_claim_reference()->set_claimant_case_id(d.exists() ? d.before().case_id()
                                                                            : std::string(d.context().case_id));
    d.Send(std::move(send));
  }
  return std::nullopt;
}

MaybeRefusal LastGate(const Deciding& d) {
  const v1::Command& command = d.command();
  if (command.has_sign_off()) return verbs::SignGate(d, command.sign_off());
  if (command.has_close_case()) return verbs::CloseGate(d);
  if (command.has_change_priority()) return verbs::ChangePriorityGate(d, command.change_priority());
  if (command.has_triage_case()) return verbs::TriageGate(d, command.triage_case());
  return std::nullopt;
}

MaybeRefusal Check(Deciding& d) {
  if (auto refusal = CheckCommon(d)) return refusal;
  if (auto refusal = RunVerb(d)) return refusal;
  if (IsSystemVerb(d.command().verb_case())) return std::nullopt;
  if (auto refusal = AddReferences(d)) return refusal;
  if (auto refusal = CheckRules(d)) return refusal;
  return LastGate(d);
}

// A decision that must not be made, because what it would rest on or lead to cannot be stated.
v1::Refusal NotStated(const absl::Status& why) {
  if (absl::IsResourceExhausted(why)) {
    return Refuse("C-limit", "what one command may lead to", StdText(why.message()), "Ask for less at once.");
  }
  return Refuse("C-calendar", "dates and consequences that the policy and its calendar can state",
                StdText(why.message()),
                "A policy officer publishes a calendar that covers the date; or another date is given.");
}

// An imported command that the rules refuse happened all the same: it is kept beside the refusal, and never changes the
// case's phase (design §5).
void AsHistory(Deciding& d, const v1::Refusal& refusal) {
  if (d.facts().empty()) (void)RunVerb(d);  // refused before the verb was looked at: what would it have given?
  std::vector<v1::Event> would_be = std::move(d.facts());
  d.facts().clear();
  v1::HistoricalFact& e = *d.Fact(false).mutable_historical_fact();
  for (v1::Event& event : would_be)
    *e.add_would_be() = std::move(event);
  *e.mutable_refusal() = refusal;
  d.sends().clear();
}

// A request that no state could let through (malformed) is refused also when it is imported; so is one that reads an
// old version or asks for too much, which says nothing about what happened.
bool KeepAsHistory(const Deciding& d, const v1::Refusal& refusal) {
  return d.command().importing() && d.exists() && d.before().importing() && !refusal.invalid() &&
         refusal.rule() != "C-version" && refusal.rule() != "C-limit" && refusal.rule() != "C-exists";
}

// A clock that fired, and nothing of what follows from it but an alert that says so (law L8).
CaseAccepted FactsAlone(const Deciding& d, const absl::Status& why) {
  CaseAccepted accepted;
  Concluding c(d, accepted);
  for (const v1::Event& fact : d.facts())
    c.Take(fact);
  const v1::Event& cause = c.events().front();
  c.AlertFault(ToTime(cause.occurred_at()), cause.because(), "C-limit", why);
  c.Finish();
  return accepted;
}

}  // namespace

CaseVerdict Decide(const v1::CaseState* state, const v1::Command& command, const CaseContext& context) {
  Deciding d(state, command, context);
  const MaybeRefusal refusal = Check(d);
  if (!d.fault().ok()) return NotStated(d.fault());
  if (refusal && !KeepAsHistory(d, *refusal)) return *refusal;
  if (refusal) AsHistory(d, *refusal);
  // A clock that fires always stands: its facts are kept for the case that nothing else can follow from them.
  std::vector<v1::Event> facts = command.has_fire_clock() ? d.facts() : std::move(d.facts());
  CaseAccepted accepted;
  if (absl::Status status = Conclude(d, std::move(facts), accepted); !status.ok()) {
    return command.has_fire_clock() ? CaseVerdict(FactsAlone(d, status)) : NotStated(status);
  }
  accepted.sends = std::move(d.sends());
  AddLoadMessages(accepted);
  return accepted;
}

}  // namespace caseward

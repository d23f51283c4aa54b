// Each verb of a case: its own checks, then its facts. One file a verb, named after it.
//
// Returns the refusal, or nothing when the facts are added. What the pack says about the verb comes after it, and what
// follows from the facts after that: see Decide.
#pragma once

#include "engine/cases/deciding.h"

namespace caseward::verbs {

MaybeRefusal Report(Deciding& deciding, const v1::ReportCase& asked);
MaybeRefusal Triage(Deciding& deciding, const v1::TriageCase& asked);
MaybeRefusal Assign(Deciding& deciding, const v1::AssignCase& asked);
MaybeRefusal HandOver(Deciding& deciding, const v1::HandOverCase& asked);
MaybeRefusal AcceptHandover(Deciding& deciding, const v1::AcceptHandover& asked);
MaybeRefusal RejectHandover(Deciding& deciding, const v1::RejectHandover& asked);
MaybeRefusal Contact(Deciding& deciding, const v1::RecordContact& asked);
MaybeRefusal Step(Deciding& deciding, const v1::RecordStep& asked);
MaybeRefusal Plan(Deciding& deciding, const v1::AgreePlan& asked);
MaybeRefusal AddAction(Deciding& deciding, const v1::AddAction& asked);
MaybeRefusal CompleteAction(Deciding& deciding, const v1::CompleteAction& asked);
MaybeRefusal CancelAction(Deciding& deciding, const v1::CancelAction& asked);
MaybeRefusal Promise(Deciding& deciding, const v1::RecordPromise& asked);
MaybeRefusal KeepPromise(Deciding& deciding, const v1::KeepPromise& asked);
MaybeRefusal Escalate(Deciding& deciding, const v1::EscalateCase& asked);
MaybeRefusal Pause(Deciding& deciding, const v1::PauseClock& asked);
MaybeRefusal Resume(Deciding& deciding, const v1::ResumeClock& asked);
MaybeRefusal Extend(Deciding& deciding, const v1::ExtendClock& asked);
MaybeRefusal Cease(Deciding& deciding, const v1::CeaseClock& asked);
MaybeRefusal ChangePriority(Deciding& deciding, const v1::ChangePriority& asked);
MaybeRefusal ProposeClosure(Deciding& deciding, const v1::ProposeClosure& asked);
MaybeRefusal WithdrawClosure(Deciding& deciding, const v1::WithdrawClosure& asked);
MaybeRefusal Sign(Deciding& deciding, const v1::SignOff& asked);
MaybeRefusal Close(Deciding& deciding, const v1::CloseCase& asked);
MaybeRefusal Reopen(Deciding& deciding, const v1::ReopenCase& asked);
MaybeRefusal Link(Deciding& deciding, const v1::LinkCase& asked);
MaybeRefusal Withdraw(Deciding& deciding, const v1::WithdrawCase& asked);
MaybeRefusal Correct(Deciding& deciding, const v1::CorrectFact& asked);
MaybeRefusal History(Deciding& deciding, const v1::RecordHistory& asked);
MaybeRefusal FinishImport(Deciding& deciding, const v1::FinishImport& asked);
MaybeRefusal Refer(Deciding& deciding, const v1::ReferCase& asked);
MaybeRefusal AnswerReferral(Deciding& deciding, const v1::AnswerReferral& asked);
MaybeRefusal Enquire(Deciding& deciding, const v1::Enquire& asked);
MaybeRefusal AnswerEnquiry(Deciding& deciding, const v1::AnswerEnquiry& asked);
MaybeRefusal Chase(Deciding& deciding, const v1::ChaseAgency& asked);
MaybeRefusal Share(Deciding& deciding, const v1::ShareInformation& asked);
MaybeRefusal ReviewSharing(Deciding& deciding, const v1::ReviewSharing& asked);
MaybeRefusal Split(Deciding& deciding, const v1::SplitCase& asked);
MaybeRefusal OpenSplit(Deciding& deciding, const v1::OpenSplit& asked);
MaybeRefusal NoteSplit(Deciding& deciding, const v1::NoteSplit& asked);
MaybeRefusal NoteResidentMerged(Deciding& deciding, const v1::NoteResidentMerged& asked);
MaybeRefusal FireClock(Deciding& deciding, const v1::FireClock& asked);
MaybeRefusal NoteReferenceClaimed(Deciding& deciding, const v1::NoteReferenceClaimed& asked);
MaybeRefusal NoteLinked(Deciding& deciding, const v1::NoteLinked& asked);

// Last gates, after the pack's rules have let the command through, so that a refusal names the most telling rule first.
MaybeRefusal SignGate(const Deciding& deciding, const v1::SignOff& asked);
MaybeRefusal CloseGate(const Deciding& deciding);
// A less urgent priority than the case has needs sign-off "priority_lowering", where the pack declares it. The
// first triage says what the case is and lowers nothing. Lowering by way of another case type is the pack's to guard.
MaybeRefusal ChangePriorityGate(const Deciding& deciding, const v1::ChangePriority& asked);
MaybeRefusal TriageGate(const Deciding& deciding, const v1::TriageCase& asked);

}  // namespace caseward::verbs

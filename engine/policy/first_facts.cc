#include "engine/policy/first_facts.h"

namespace caseward {
namespace {

using Kind = v1::Event::KindCase;

// One array a verb, so that a span can point at it.
template <Kind... kinds>
absl::Span<const Kind> Give() {
  static constexpr Kind kKinds[] = {kinds...};
  return kKinds;
}

}  // namespace

absl::Span<const Kind> FirstFacts(Verb verb) {
  switch (verb) {
    case v1::Command::kReportCase: return Give<v1::Event::kCaseReported>();
    case v1::Command::kTriageCase: return Give<v1::Event::kCaseTriaged>();
    case v1::Command::kAssignCase: return Give<v1::Event::kOwnerAssigned>();
    case v1::Command::kHandOverCase: return Give<v1::Event::kHandoverInitiated>();
    case v1::Command::kAcceptHandover: return Give<v1::Event::kHandoverAccepted>();
    case v1::Command::kRejectHandover: return Give<v1::Event::kHandoverRejected>();
    case v1::Command::kRecordContact: return Give<v1::Event::kContactMade, v1::Event::kContactAttempted>();
    case v1::Command::kRecordStep: return Give<v1::Event::kStepRecorded>();
    case v1::Command::kAgreePlan: return Give<v1::Event::kPlanAgreed>();
    case v1::Command::kAddAction: return Give<v1::Event::kActionAdded>();
    case v1::Command::kCompleteAction: return Give<v1::Event::kActionCompleted>();
    case v1::Command::kCancelAction: return Give<v1::Event::kActionCancelled>();
    case v1::Command::kRecordPromise: return Give<v1::Event::kPromiseRecorded>();
    case v1::Command::kKeepPromise: return Give<v1::Event::kPromiseKept>();
    case v1::Command::kEscalateCase: return Give<v1::Event::kCaseEscalated>();
    case v1::Command::kPauseClock: return Give<v1::Event::kClockPaused>();
    case v1::Command::kResumeClock: return Give<v1::Event::kClockResumed>();
    case v1::Command::kExtendClock: return Give<v1::Event::kClockExtended>();
    case v1::Command::kCeaseClock: return Give<v1::Event::kClockCeased>();
    case v1::Command::kChangePriority: return Give<v1::Event::kPriorityChanged>();
    case v1::Command::kProposeClosure: return Give<v1::Event::kClosureProposed>();
    case v1::Command::kWithdrawClosure: return Give<v1::Event::kClosureWithdrawn>();
    case v1::Command::kSignOff:
      return Give<v1::Event::kSignOffGranted, v1::Event::kSignOffRefused, v1::Event::kItemWaived>();
    case v1::Command::kCloseCase: return Give<v1::Event::kCaseClosed>();
    case v1::Command::kReopenCase: return Give<v1::Event::kCaseReopened>();
    case v1::Command::kLinkCase: return Give<v1::Event::kCaseLinked>();
    case v1::Command::kWithdrawCase: return Give<v1::Event::kCaseWithdrawn>();
    case v1::Command::kCorrectFact: return Give<v1::Event::kFactCorrected>();
    case v1::Command::kRecordHistory: return Give<v1::Event::kHistoryRecorded>();
    case v1::Command::kFinishImport: return Give<v1::Event::kImportFinished>();
    case v1::Command::kReferCase: return Give<v1::Event::kCaseReferred>();
    case v1::Command::kAnswerReferral: return Give<v1::Event::kReferralDecided>();
    case v1::Command::kEnquire: return Give<v1::Event::kEnquiryMade>();
    case v1::Command::kAnswerEnquiry: return Give<v1::Event::kEnquiryAnswered>();
    case v1::Command::kChaseAgency: return Give<v1::Event::kAgencyChased>();
    case v1::Command::kShareInformation: return Give<v1::Event::kInformationShared>();
    case v1::Command::kReviewSharing: return Give<v1::Event::kSharingReviewed>();
    case v1::Command::kSplitCase: return Give<v1::Event::kCaseSplit>();
    case v1::Command::kMergeResident:
    case v1::Command::kDelegateSignOff:
    case v1::Command::kOpenSplit:
    case v1::Command::kNoteSplit:
    case v1::Command::kAcceptMerge:
    case v1::Command::kNoteMerge:
    case v1::Command::kNoteResidentMerged:
    case v1::Command::kFollowErasure:
    case v1::Command::kNoteCaseload:
    case v1::Command::kRegisterResident:
    case v1::Command::kUpdateResident:
    case v1::Command::kEraseResident:
    case v1::Command::kPublishPack:
    case v1::Command::kPublishCalendar:
    case v1::Command::kRegisterStaff:
    case v1::Command::kRegisterAgency:
    case v1::Command::kRegisterAgreement:
    case v1::Command::kReviewAgreement:
    case v1::Command::kSuspendAgreement:
    case v1::Command::kFireClock:
    case v1::Command::kClaimReference:
    case v1::Command::kNoteReferenceClaimed:
    case v1::Command::kNoteLinked:
    case v1::Command::kSignHead:
    case v1::Command::kConfirmTime:
    case v1::Command::kCountRefusals:
    case v1::Command::VERB_NOT_SET: return {};
  }
  return {};
}

std::vector<std::string_view> CaseVerbNames() {
  std::vector<std::string_view> names;
  const auto* verbs = v1::Command::descriptor()->FindFieldByNumber(v1::Command::kReportCase)->containing_oneof();
  for (int i = 0; i < verbs->field_count(); ++i) {
    const auto verb = static_cast<Verb>(verbs->field(i)->number());
    if (!FirstFacts(verb).empty()) names.push_back(VerbName(verb));
  }
  return names;
}

}  // namespace caseward

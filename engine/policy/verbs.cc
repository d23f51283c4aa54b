#include "engine/policy/verbs.h"

#include <array>
#include <map>

#include "engine/base/check.h"
#include "engine/policy/event_reach.h"

namespace caseward {
namespace {

const google::protobuf::OneofDescriptor* KindOneof() {
  return v1::Event::descriptor()->FindFieldByNumber(v1::Event::kCaseReported)->containing_oneof();
}
const google::protobuf::OneofDescriptor* VerbOneof() {
  return v1::Command::descriptor()->FindFieldByNumber(v1::Command::kReportCase)->containing_oneof();
}

}  // namespace

std::string_view VerbName(Verb verb) {
  switch (verb) {
    case v1::Command::kReportCase: return "report";
    case v1::Command::kTriageCase: return "triage";
    case v1::Command::kAssignCase: return "assign";
    case v1::Command::kHandOverCase: return "hand_over";
    case v1::Command::kAcceptHandover: return "accept_handover";
    case v1::Command::kRejectHandover: return "reject_handover";
    case v1::Command::kRecordContact: return "contact";
    case v1::Command::kRecordStep: return "step";
    case v1::Command::kAgreePlan: return "plan";
    case v1::Command::kAddAction: return "add_action";
    case v1::Command::kCompleteAction: return "complete_action";
    case v1::Command::kCancelAction: return "cancel_action";
    case v1::Command::kRecordPromise: return "promise";
    case v1::Command::kKeepPromise: return "keep_promise";
    case v1::Command::kEscalateCase: return "escalate";
    case v1::Command::kPauseClock: return "pause";
    case v1::Command::kResumeClock: return "resume";
    case v1::Command::kExtendClock: return "extend";
    case v1::Command::kCeaseClock: return "cease";
    case v1::Command::kChangePriority: return "change_priority";
    case v1::Command::kProposeClosure: return "propose_closure";
    case v1::Command::kWithdrawClosure: return "withdraw_closure";
    case v1::Command::kSignOff: return "sign_off";
    case v1::Command::kCloseCase: return "close";
    case v1::Command::kReopenCase: return "reopen";
    case v1::Command::kLinkCase: return "link";
    case v1::Command::kWithdrawCase: return "withdraw";
    case v1::Command::kCorrectFact: return "correct";
    case v1::Command::kRecordHistory: return "history";
    case v1::Command::kFinishImport: return "finish_import";
    case v1::Command::kReferCase: return "refer";
    case v1::Command::kAnswerReferral: return "answer_referral";
    case v1::Command::kEnquire: return "enquire";
    case v1::Command::kAnswerEnquiry: return "answer";
    case v1::Command::kChaseAgency: return "chase";
    case v1::Command::kShareInformation: return "share";
    case v1::Command::kReviewSharing: return "review_sharing";
    case v1::Command::kSplitCase: return "split";
    case v1::Command::kMergeResident: return "merge_resident";
    case v1::Command::kRegisterResident: return "register_resident";
    case v1::Command::kUpdateResident: return "update_resident";
    case v1::Command::kEraseResident: return "erase_resident";
    case v1::Command::kPublishPack: return "publish_pack";
    case v1::Command::kPublishCalendar: return "publish_calendar";
    case v1::Command::kRegisterStaff: return "register_staff";
    case v1::Command::kRegisterAgency: return "register_agency";
    case v1::Command::kRegisterAgreement: return "register_agreement";
    case v1::Command::kReviewAgreement: return "review_agreement";
    case v1::Command::kSuspendAgreement: return "suspend_agreement";
    case v1::Command::kDelegateSignOff: return "delegate";
    case v1::Command::kOpenSplit: return "open_split";
    case v1::Command::kNoteSplit: return "note_split";
    case v1::Command::kAcceptMerge: return "accept_merge";
    case v1::Command::kNoteMerge: return "note_merge";
    case v1::Command::kNoteResidentMerged: return "note_resident_merged";
    case v1::Command::kFollowErasure: return "follow_erasure";
    case v1::Command::kNoteCaseload: return "note_caseload";
    case v1::Command::kFireClock: return "fire_clock";
    case v1::Command::kClaimReference: return "claim_reference";
    case v1::Command::kNoteReferenceClaimed: return "note_reference_claimed";
    case v1::Command::kNoteLinked: return "note_linked";
    case v1::Command::kSignHead: return "sign_head";
    case v1::Command::kConfirmTime: return "confirm_time";
    case v1::Command::kCountRefusals: return "count_refusals";
    case v1::Command::VERB_NOT_SET: return "";
  }
  return "";
}

std::optional<Verb> ParseVerb(std::string_view name) {
  static const auto& verbs = *[] {
    auto* map = new std::map<std::string_view, Verb>;
    for (int i = 0; i < VerbOneof()->field_count(); ++i) {
      const Verb verb = static_cast<Verb>(VerbOneof()->field(i)->number());
      map->emplace(VerbName(verb), verb);
    }
    return map;
  }();
  const auto found = verbs.find(name);
  if (found == verbs.end()) return std::nullopt;
  return found->second;
}

const google::protobuf::FieldDescriptor* VerbField(Verb verb) {
  return v1::Command::descriptor()->FindFieldByNumber(static_cast<int>(verb));
}

std::string_view EventName(v1::Event::KindCase kind) {
  if (kind == v1::Event::KIND_NOT_SET) return "";
  const auto* field = v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(kind));
  CHECK(field != nullptr);
  return field->name();
}

std::optional<v1::Event::KindCase> ParseEventName(std::string_view name) {
  static const auto& kinds = *[] {
    auto* map = new std::map<std::string_view, v1::Event::KindCase>;
    for (int i = 0; i < KindOneof()->field_count(); ++i) {
      map->emplace(KindOneof()->field(i)->name(), static_cast<v1::Event::KindCase>(KindOneof()->field(i)->number()));
    }
    return map;
  }();
  const auto found = kinds.find(name);
  if (found == kinds.end()) return std::nullopt;
  return found->second;
}

const google::protobuf::Message* EventBody(const v1::Event& event) {
  // Most triggers are about steps: their body is found without reflection.
  if (event.has_step_recorded()) return &event.step_recorded();
  // Asked of every event by every trigger and test on it, so what it takes is found once.
  static const auto& field_of = *[] {
    auto* fields = new std::array<const google::protobuf::FieldDescriptor*, kEventKindMax + 1>{};
    for (int i = 0; i < KindOneof()->field_count(); ++i)
      fields->at(static_cast<size_t>(KindOneof()->field(i)->number())) = KindOneof()->field(i);
    return fields;
  }();
  static const google::protobuf::Reflection& reflection = *v1::Event::GetReflection();
  const auto* field = field_of[static_cast<size_t>(event.kind_case())];
  return field == nullptr ? nullptr : &reflection.GetMessage(event, field);
}

}  // namespace caseward

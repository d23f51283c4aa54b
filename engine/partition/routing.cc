#include "engine/partition/routing.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/directory/directory.h"

namespace caseward {
namespace {

using Verb = v1::Command::VerbCase;

// The families of verbs; what is not here is not for clients.
StreamKind FamilyOf(Verb verb) {
  switch (verb) {
    case Verb::kReportCase:
    case Verb::kTriageCase:
    case Verb::kAssignCase:
    case Verb::kHandOverCase:
    case Verb::kAcceptHandover:
    case Verb::kRejectHandover:
    case Verb::kRecordContact:
    case Verb::kRecordStep:
    case Verb::kAgreePlan:
    case Verb::kAddAction:
    case Verb::kCompleteAction:
    case Verb::kCancelAction:
    case Verb::kRecordPromise:
    case Verb::kKeepPromise:
    case Verb::kEscalateCase:
    case Verb::kPauseClock:
    case Verb::kResumeClock:
    case Verb::kExtendClock:
    case Verb::kCeaseClock:
    case Verb::kChangePriority:
    case Verb::kProposeClosure:
    case Verb::kWithdrawClosure:
    case Verb::kSignOff:
    case Verb::kCloseCase:
    case Verb::kReopenCase:
    case Verb::kLinkCase:
    case Verb::kWithdrawCase:
    case Verb::kCorrectFact:
    case Verb::kRecordHistory:
    case Verb::kFinishImport:
    case Verb::kReferCase:
    case Verb::kAnswerReferral:
    case Verb::kEnquire:
    case Verb::kAnswerEnquiry:
    case Verb::kChaseAgency:
    case Verb::kShareInformation:
    case Verb::kReviewSharing:
    case Verb::kSplitCase: return StreamKind::kCase;
    case Verb::kRegisterResident:
    case Verb::kUpdateResident:
    case Verb::kEraseResident:
    case Verb::kMergeResident: return StreamKind::kResident;
    case Verb::kPublishPack:
    case Verb::kPublishCalendar:
    case Verb::kRegisterStaff:
    case Verb::kRegisterAgency:
    case Verb::kRegisterAgreement:
    case Verb::kReviewAgreement:
    case Verb::kSuspendAgreement:
    case Verb::kDelegateSignOff: return StreamKind::kDirectory;
    case Verb::kConfirmTime: return StreamKind::kPartition;
    case Verb::kFireClock:
    case Verb::kClaimReference:
    case Verb::kNoteReferenceClaimed:
    case Verb::kNoteLinked:
    case Verb::kOpenSplit:
    case Verb::kNoteSplit:
    case Verb::kAcceptMerge:
    case Verb::kNoteMerge:
    case Verb::kNoteResidentMerged:
    case Verb::kFollowErasure:
    case Verb::kNoteCaseload:
    case Verb::kSignHead:
    case Verb::kCountRefusals:
    case Verb::VERB_NOT_SET: return StreamKind::kNone;
  }
  return StreamKind::kNone;
}

absl::Status CheckHome(uint32_t partition, uint32_t partitions) {
  if (partition < partitions) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("expected an id of one of the ", partitions, " partitions here, found one of partition ", partition));
}

uint32_t NewHome(const Hasher& hasher, const v1::Command& command, std::string_view principal, uint32_t partitions) {
  std::string key(principal);
  key.push_back('\0');
  key.append(command.command_id());
  return HomePartition(hasher, key, partitions);
}

// The resident a report or registration is about: as given, or derived.
absl::StatusOr<ResidentId> ResidentFor(const Hasher& hasher, const v1::Command& command, std::string_view principal,
                                       uint32_t partitions) {
  if (!command.resident_id().empty()) return ResidentId::Parse(command.resident_id());
  return DeriveResidentId(hasher, NewHome(hasher, command, principal, partitions), principal, command.command_id());
}

absl::StatusOr<Route> RouteResident(const Hasher& hasher, const v1::Command& command, std::string_view principal,
                                    uint32_t partitions) {
  if (command.resident_id().empty() && !command.has_register_resident()) {
    return absl::InvalidArgumentError("expected resident_id, found none");
  }
  const absl::StatusOr<ResidentId> resident = ResidentFor(hasher, command, principal, partitions);
  if (!resident.ok()) return resident.status();
  if (absl::Status s = CheckHome(resident->partition(), partitions); !s.ok()) return s;
  return Route{.partition = resident->partition(),
               .kind = StreamKind::kResident,
               .stream = resident->string(),
               .resident_id = resident->string()};
}

absl::StatusOr<Route> RouteCase(const Hasher& hasher, const v1::Command& command, std::string_view principal,
                                uint32_t partitions) {
  if (!command.has_report_case()) {
    if (command.case_id().empty()) return absl::InvalidArgumentError("expected case_id, found none");
    const absl::StatusOr<CaseId> id = CaseId::Parse(command.case_id());
    if (!id.ok()) return id.status();
    if (absl::Status s = CheckHome(id->partition(), partitions); !s.ok()) return s;
    return Route{.partition = id->partition(), .kind = StreamKind::kCase, .stream = id->string(), .resident_id = ""};
  }
  if (!command.case_id().empty()) {
    return absl::InvalidArgumentError("expected no case_id in a report, whose case gets a new id; found one");
  }
  const absl::StatusOr<ResidentId> resident = ResidentFor(hasher, command, principal, partitions);
  if (!resident.ok()) return resident.status();
  const uint32_t home = resident->partition();
  if (absl::Status s = CheckHome(home, partitions); !s.ok()) return s;
  return Route{.partition = home,
               .kind = StreamKind::kCase,
               .stream = DeriveCaseId(hasher, home, principal, command.command_id()).string(),
               .resident_id = resident->string()};
}

}  // namespace

bool IsClientVerb(Verb verb) { return FamilyOf(verb) != StreamKind::kNone; }

absl::StatusOr<Route> RouteCommand(const Hasher& hasher, const v1::Command& command, std::string_view principal,
                                   uint32_t partitions) {
  switch (FamilyOf(command.verb_case())) {
    case StreamKind::kCase: return RouteCase(hasher, command, principal, partitions);
    case StreamKind::kResident: return RouteResident(hasher, command, principal, partitions);
    case StreamKind::kDirectory:
      return Route{
          .partition = 0, .kind = StreamKind::kDirectory, .stream = DirectoryStream(command), .resident_id = ""};
    case StreamKind::kPartition:
      return Route{.partition = std::nullopt, .kind = StreamKind::kPartition, .stream = "", .resident_id = ""};
    case StreamKind::kReference:
    case StreamKind::kCaseload:
    case StreamKind::kNone: break;
  }
  return absl::InvalidArgumentError("expected a verb that a client may send, found none or one of the system's own");
}

}  // namespace caseward

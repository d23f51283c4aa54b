#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/time.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/submit_one.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct ShowOptions {
  std::string resident_id;
  std::string of_case;
  bool with_words = false;
};

absl::StatusOr<std::string> MainResident(Session& session, const std::string& case_id) {
  v1::GetCaseRequest request;
  request.set_case_id(case_id);
  v1::GetCaseResponse response;
  Client& client = session.client();
  absl::Status s = client.Call(&v1::CaseService::Stub::GetCase, client.cases(), request, &response);
  if (!s.ok()) return s;
  return response.case_().main_resident_id();
}

void PrintResident(std::ostream& out, const v1::ResidentState& resident) {
  out << resident.resident_id() << "  version " << resident.version() << (resident.erased() ? "  erased" : "")
      << (resident.stand_in() ? "  not known by name" : "") << "\n";
  const v1::ResidentNeeds& needs = resident.needs();
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) out << name << value << "\n";
  };
  line("name              ", resident.name().text());
  line("preferred channel ", needs.preferred_channel());
  line("language          ", needs.language());
  line("format            ", needs.format());
  line("interpreter       ", needs.interpreter() ? "yes" : "");
  line("adjustments       ", absl::StrJoin(needs.adjustments(), ", "));
  line("safe contact only ", needs.safe_contact_only() ? "yes" : "");
  line("safe contact      ", needs.safe_contact().text());
  line("phone             ", resident.phone().text());
  line("household         ", resident.household().text());
  line("being merged into ", resident.merging_into().empty() ? "" : resident.merging_into() + ", half done");
  line("merged into       ", resident.merged_into());
  line("also known as     ", absl::StrJoin(resident.merged_from(), ", "));
  line("cases             ", absl::StrJoin(resident.case_ids(), ", "));
}

Exit RunShowResident(Session& session, ShowOptions options) {
  if (options.resident_id.empty() == options.of_case.empty())
    return session.Usage("expected a resident id or --case, one of them");
  if (options.resident_id.empty()) {
    absl::StatusOr<std::string> resident = MainResident(session, options.of_case);
    if (!resident.ok()) return session.Fault(resident.status());
    options.resident_id = *std::move(resident);
  }
  v1::GetResidentRequest request;
  request.set_resident_id(options.resident_id);
  request.set_with_words(options.with_words);
  v1::GetResidentResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::ResidentService::Stub::GetResident, client.residents(), request, &response);
      !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
  } else {
    PrintResident(session.out, response.resident());
  }
  return Exit::kDone;
}

struct MatchOptions {
  std::string phone, household, reference;
};

Exit RunMatch(Session& session, const MatchOptions& options) {
  v1::MatchResidentsRequest request;
  if (!options.phone.empty()) request.mutable_phone()->set_text(options.phone);
  if (!options.household.empty()) request.mutable_household()->set_text(options.household);
  if (!options.reference.empty()) {
    const size_t colon = options.reference.find(':');
    if (colon == std::string::npos) return session.Usage("--reference: expected SYSTEM:VALUE; found no colon");
    request.mutable_reference()->set_system(options.reference.substr(0, colon));
    request.mutable_reference()->set_value(options.reference.substr(colon + 1));
  }
  v1::MatchResidentsResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::ResidentService::Stub::MatchResidents, client.residents(), request, &response);
      !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
    return Exit::kDone;
  }
  for (const v1::ResidentCandidate& candidate : response.candidates()) {
    session.out << candidate.resident_id() << "  same " << absl::StrJoin(candidate.same(), ", ") << ", "
                << candidate.cases() << " case(s)"
                << (candidate.merged_into().empty() ? "" : ", merged into " + candidate.merged_into()) << "\n";
  }
  if (response.candidates().empty()) session.out << "nobody is known by this\n";
  if (response.more()) session.out << "and more\n";
  return Exit::kDone;
}

struct MergeOptions {
  std::string resident_id, into, safe_contact, reason;
};

Exit RunMerge(Session& session, const MergeOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("merge"));
  command.set_resident_id(options.resident_id);
  v1::MergeResident& merge = *command.mutable_merge_resident();
  merge.set_survivor_id(options.into);
  merge.set_reason_code(options.reason);
  if (options.safe_contact == "survivor") merge.set_keep_safe_contact(v1::MergeResident::SAFE_CONTACT_SURVIVOR);
  if (options.safe_contact == "merged") merge.set_keep_safe_contact(v1::MergeResident::SAFE_CONTACT_MERGED);
  return SubmitOne(session, command);
}

struct EraseOptions {
  std::string resident_id;
  std::string reason;
};

Exit RunErase(Session& session, const EraseOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("erase"));
  command.set_resident_id(options.resident_id);
  command.mutable_erase_resident()->set_reason_code(options.reason);
  return SubmitOne(session, command);
}

// ---- staff

struct StaffOptions {
  std::string id;
  std::vector<std::string> roles;
  std::string region;
  std::vector<std::string> trained_in;
  std::vector<std::string> trainings;
  bool left = false;
  uint32_t cap = 0;
};

// "data_protection:2027-01-01T00:00:00Z": a course, and the first instant it counts no more.
absl::Status AddTraining(const std::string& text, v1::RegisterStaff& staff) {
  const size_t colon = text.find(':');
  const absl::StatusOr<absl::Time> expires = ParseInstant(colon == std::string::npos ? "" : text.substr(colon + 1));
  if (!expires.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--training: expected COURSE:INSTANT, e.g. data_protection:2027-01-01T00:00:00Z; found \"", text, "\""));
  }
  v1::Training& training = *staff.add_trainings();
  training.set_course(text.substr(0, colon));
  SetTimestamp(*expires, training.mutable_expires_at());
  return absl::OkStatus();
}

Exit RunRegister(Session& session, const StaffOptions& options) {
  v1::Command command;
  v1::RegisterStaff& staff = *command.mutable_register_staff();
  staff.set_staff_id(options.id);
  for (const std::string& role : options.roles)
    staff.add_roles(role);
  staff.set_region(options.region);
  for (const std::string& training : options.trained_in)
    staff.add_trained_in(training);
  for (const std::string& training : options.trainings) {
    if (absl::Status s = AddTraining(training, staff); !s.ok()) return session.Usage(std::string(s.message()));
  }
  staff.set_left(options.left);
  staff.set_caseload_cap(options.cap);
  command.set_command_id(FreshId("staff"));
  return SubmitOne(session, command);
}

struct DelegateOptions {
  std::string from, to, starts, ends, reason;
  std::vector<std::string> subjects;
};

Exit RunDelegate(Session& session, const DelegateOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("delegate"));
  v1::DelegateSignOff& asked = *command.mutable_delegate_sign_off();
  asked.set_from(options.from);
  asked.set_to(options.to);
  for (const std::string& subject : options.subjects)
    asked.add_subjects(subject);
  const absl::StatusOr<absl::Time> starts = InstantOf("--starts", options.starts);
  const absl::StatusOr<absl::Time> ends = InstantOf("--ends", options.ends);
  if (!starts.ok()) return session.Usage(std::string(starts.status().message()));
  if (!ends.ok()) return session.Usage(std::string(ends.status().message()));
  SetTimestamp(*starts, asked.mutable_starts());
  SetTimestamp(*ends, asked.mutable_ends());
  asked.set_reason_code(options.reason);
  return SubmitOne(session, command);
}

}  // namespace

void AddResidentVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("resident", "Residents: told once, known to every later case");
  auto show = std::make_shared<ShowOptions>();
  Syntax show_verb = verbs.Verb(group, "show", "What a resident told us", Verbs::Talks::kToServer,
                                [show](Session& session) { return RunShowResident(session, *show); });
  show_verb.Add("RESIDENT", show->resident_id, "A resident id");
  show_verb.Add("--case", show->of_case, "The main resident of this case");
  show_verb.Flag("--words", show->with_words, "Open sealed words, as far as the caller may read them");

  auto match = std::make_shared<MatchOptions>();
  Syntax match_verb =
      verbs.Verb(group, "match",
                 "Who may be the same person: known by the same phone, household or "
                 "reference",
                 Verbs::Talks::kToServer, [match](Session& session) { return RunMatch(session, *match); });
  match_verb.Add("--phone", match->phone, "A telephone number");
  match_verb.Add("--household", match->household, "An address");
  match_verb.Add("--reference", match->reference, "Another system's reference, SYSTEM:VALUE");

  auto merge = std::make_shared<MergeOptions>();
  Syntax merge_verb =
      verbs.Verb(group, "merge",
                 "Two entries are one person: this one points to the other from now "
                 "on",
                 Verbs::Talks::kToServer, [merge](Session& session) { return RunMerge(session, *merge); });
  merge_verb.Add("RESIDENT", merge->resident_id, "The entry that goes").Required();
  merge_verb.Add("--into", merge->into, "The entry that stays").Required();
  merge_verb.Add("--safe-contact", merge->safe_contact, "Whose safe contact holds: survivor or merged")
      .OneOf({"survivor", "merged"});
  merge_verb.Add("--reason", merge->reason, "Why, as a code, e.g. registered_twice").Required();

  auto erase = std::make_shared<EraseOptions>();
  Syntax erase_verb =
      verbs.Verb(group, "erase", "Destroy a resident's personal words for good; order, times and proofs stay",
                 Verbs::Talks::kToServer, [erase](Session& session) { return RunErase(session, *erase); });
  erase_verb.Add("RESIDENT", erase->resident_id, "A resident id").Required();
  erase_verb.Add("--reason", erase->reason, "Why, as a code, e.g. erasure_request").Required();
}

void AddStaffVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("staff", "Members of staff: roles and training");
  auto options = std::make_shared<StaffOptions>();
  Syntax verb =
      verbs.Verb(group, "register", "Register a member of staff, or change what is registered", Verbs::Talks::kToServer,
                 [options](Session& session) { return RunRegister(session, *options); });
  verb.Add("ID", options->id, "Opaque id, not a name").Required();
  verb.Add("--roles", options->roles, "Roles, separated by commas").DividedBy(',');
  verb.Add("--region", options->region, "Region");
  verb.Add("--trained-in", options->trained_in, "Trainings, separated by commas").DividedBy(',');
  verb.Add("--training", options->trainings, "A course and until when it counts, COURSE:INSTANT; repeatable");
  verb.Add("--cap", options->cap, "How much the person may carry, whatever the roles say");
  verb.Flag("--left", options->left, "The person has left: calls in this name are turned away");

  auto delegate = std::make_shared<DelegateOptions>();
  Syntax delegating =
      verbs.Verb(group, "delegate", "Let another person sign for somebody, for a time", Verbs::Talks::kToServer,
                 [delegate](Session& session) { return RunDelegate(session, *delegate); });
  delegating.Add("FROM", delegate->from, "Whose sign-offs").Required();
  delegating.Add("TO", delegate->to, "Who signs for them").Required();
  delegating.Add("--subjects", delegate->subjects, "Which, separated by commas; all if none is named").DividedBy(',');
  delegating.Add("--starts", delegate->starts, "From this instant").Required();
  delegating.Add("--ends", delegate->ends, "The first instant it holds no more").Required();
  delegating.Add("--reason", delegate->reason, "Why, as a code, e.g. leave").Required();
}

}  // namespace caseward::cli

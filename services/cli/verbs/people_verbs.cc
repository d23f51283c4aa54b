#include "absl/strings/str_join.h"
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
  line("cases             ", absl::StrJoin(resident.case_ids(), ", "));
}

Exit RunShow(Session& session, ShowOptions options) {
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
  bool left = false;
};

Exit RunRegister(Session& session, const StaffOptions& options) {
  v1::Command command;
  v1::RegisterStaff& staff = *command.mutable_register_staff();
  staff.set_staff_id(options.id);
  for (const std::string& role : options.roles)
    staff.add_roles(role);
  staff.set_region(options.region);
  for (const std::string& training : options.trained_in)
    staff.add_trained_in(training);
  staff.set_left(options.left);
  command.set_command_id(FreshId("staff"));
  return SubmitOne(session, command);
}

}  // namespace

void AddResidentVerbs(Verbs& verbs) {
  CLI::App& group = verbs.Group("resident", "Residents: told once, known to every later case");
  auto show = std::make_shared<ShowOptions>();
  CLI::App& show_verb = verbs.Verb(group, "show", "What a resident told us", Verbs::Talks::kToServer,
                                   [show](Session& session) { return RunShow(session, *show); });
  show_verb.add_option("RESIDENT", show->resident_id, "A resident id");
  show_verb.add_option("--case", show->of_case, "The main resident of this case");
  show_verb.add_flag("--words", show->with_words, "Open sealed words, as far as the caller may read them");

  auto erase = std::make_shared<EraseOptions>();
  CLI::App& erase_verb =
      verbs.Verb(group, "erase", "Destroy a resident's personal words for good; order, times and proofs stay",
                 Verbs::Talks::kToServer, [erase](Session& session) { return RunErase(session, *erase); });
  erase_verb.add_option("RESIDENT", erase->resident_id, "A resident id")->required();
  erase_verb.add_option("--reason", erase->reason, "Why, as a code, e.g. erasure_request")->required();
}

void AddStaffVerbs(Verbs& verbs) {
  CLI::App& group = verbs.Group("staff", "Members of staff: roles and training");
  auto options = std::make_shared<StaffOptions>();
  CLI::App& verb =
      verbs.Verb(group, "register", "Register a member of staff, or change what is registered", Verbs::Talks::kToServer,
                 [options](Session& session) { return RunRegister(session, *options); });
  verb.add_option("ID", options->id, "Opaque id, not a name")->required();
  verb.add_option("--roles", options->roles, "Roles, separated by commas")->delimiter(',');
  verb.add_option("--region", options->region, "Region");
  verb.add_option("--trained-in", options->trained_in, "Trainings, separated by commas")->delimiter(',');
  verb.add_flag("--left", options->left, "The person has left: calls in this name are turned away");
}

}  // namespace caseward::cli

#include "services/cli/submit_one.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

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

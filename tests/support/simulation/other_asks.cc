// What the author's clients ask that is not of a case: reports, residents, the directory.
#include <iterator>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "tests/support/case_builder.h"
#include "tests/support/simple_pack.h"
#include "tests/support/simulation/author.h"

namespace caseward::test {
namespace {

v1::Command RegisterStaff(const char* id, const char* role) {
  v1::Command command;
  command.mutable_register_staff()->set_staff_id(id);
  command.mutable_register_staff()->add_roles(role);
  return command;
}

v1::Command PublishFullPack(const Mix& mix) {
  v1::Command command;
  v1::Pack& pack = *command.mutable_publish_pack()->mutable_pack();
  pack = FullPackSource();
  pack.clear_version();
  if (mix.loads != 0) AddCaseload("case_manager", "T-LOAD", pack);
  return command;
}

v1::Command RegisterAgency(const char* id) {
  v1::Command command;
  *command.mutable_register_agency()->mutable_agency() = TestAgency(id)->agency();
  return command;
}

v1::Command RegisterAgreement() {
  v1::Command command;
  *command.mutable_register_agreement()->mutable_agreement() = PoliceAgreement().agreement();
  return command;
}

v1::Command Delegate(Dice& dice, absl::Time now) {
  v1::Command command;
  v1::DelegateSignOff& asked = *command.mutable_delegate_sign_off();
  asked.set_from(dice.Of({"ruth", "ruth", "nobody"}));
  asked.set_to(dice.Of({"tess", "mo"}));
  asked.set_reason_code("leave");
  SetTimestamp(now - absl::Hours(1), asked.mutable_starts());
  SetTimestamp(now + absl::Hours(dice.Between(1, 200)), asked.mutable_ends());
  return command;
}

v1::ResidentNeeds Needs(Dice& dice) {
  v1::ResidentNeeds needs;
  needs.set_language(dice.Of({"en", "pl"}));
  needs.set_interpreter(dice.Chance(30));
  if (dice.Chance(50)) needs.mutable_safe_contact()->set_text("Never by post.");
  return needs;
}

std::vector<Asking> EntriesOfTheModel(const Mix& mix) {
  std::vector<v1::Command> commands = {PublishSimpleCalendar(""), PublishFullPack(mix)};
  constexpr std::pair<const char*, const char*> kPeople[] = {{"mo", "case_manager"},
                                                             {"nia", "case_manager"},
                                                             {"tess", "team_manager"},
                                                             {"ruth", "regional_manager"},
                                                             {"rob", "regional_manager"}};
  for (const auto& [id, role] : kPeople)
    commands.push_back(RegisterStaff(id, role));
  commands.push_back(RegisterAgency("police"));
  commands.push_back(RegisterAgency("refuge"));
  commands.push_back(RegisterAgreement());
  std::vector<Asking> entries;
  for (v1::Command& command : commands)
    entries.push_back({.actor = Administrator(), .command = std::move(command)});
  return entries;
}

}  // namespace

std::vector<Asking> FirstEntries(const Script& script) {
  std::vector<Asking> entries = script.mix.year > 0 ? YearAsks(script).entries() : EntriesOfTheModel(script.mix);
  for (size_t i = 0; i < entries.size(); ++i)
    entries[i].command.set_command_id(StrCat("first-", i));
  return entries;
}

Asking Author::Report(Simulation& simulation) {
  ++reports_;
  const auto priority = static_cast<v1::Priority>(dice_.Draw(4));
  Asking asking{.actor = Cleo(), .command = ask::Report(dice_.Of({"noise", "hate", "query"}), priority)};
  v1::ReportCase& report = *asking.command.mutable_report_case();
  if (dice_.Chance(70)) report.mutable_account()->set_text("They shout every night.");
  report.set_threat_to_life(dice_.Chance(20));
  report.set_anonymous(dice_.Chance(10));
  if (dice_.Chance(20))
    SetTimestamp(simulation.now() + absl::Hours(dice_.Between(1, 300)), report.mutable_respond_by());
  if (!simulation.residents().empty() && dice_.Chance(35)) {
    asking.command.set_resident_id(dice_.Among(simulation.residents()));
  }
  return asking;
}

std::optional<Asking> Author::OfResident(Simulation& simulation) {
  const Mix& mix = script_.mix;
  const std::vector<std::string>& known = simulation.residents();
  const std::pair<const char*, int> likely[] = {
      {"register_resident", 30}, {"update_resident", 30}, {"merge_resident", 30}, {"erase_resident", 10}};
  const auto& [verb, weight] = likely[dice_.Draw(std::size(likely))];
  if (!dice_.Chance(weight * mix.WeightOf(verb) * 2)) return std::nullopt;
  Asking asking{.actor = Mo(), .command = {}};
  const std::string chosen(verb);
  if (chosen == "register_resident") {
    v1::RegisterResident& asked = *asking.command.mutable_register_resident();
    asked.mutable_name()->set_text("Ann");
    if (dice_.Chance(50)) *asked.mutable_needs() = Needs(dice_);
    // A stand-in of a report is named by registering it.
    if (!known.empty() && dice_.Chance(50)) asking.command.set_resident_id(dice_.Among(known));
    return asking;
  }
  if (known.empty()) return std::nullopt;
  asking.command.set_resident_id(dice_.Among(known));
  if (chosen == "update_resident") {
    *asking.command.mutable_update_resident()->mutable_needs() = Needs(dice_);
  } else if (chosen == "merge_resident") {
    v1::MergeResident& asked = *asking.command.mutable_merge_resident();
    asked.set_survivor_id(dice_.Among(known));
    asked.set_reason_code("registered_twice");
    const v1::ResidentState* state = simulation.ResidentOf(asking.command.resident_id());
    const bool has_safe_contact = state != nullptr && state->needs().has_safe_contact();
    if (has_safe_contact && dice_.Chance(90)) {
      asked.set_keep_safe_contact(
          dice_.Of({v1::MergeResident::SAFE_CONTACT_MERGED, v1::MergeResident::SAFE_CONTACT_SURVIVOR}));
    }
  } else {
    asking.command.mutable_erase_resident()->set_reason_code("asked");
  }
  return asking;
}

Asking Author::OfDirectory(Simulation& simulation) {
  Asking asking{.actor = Administrator(), .command = {}};
  constexpr const char* kVerbs[] = {"publish_pack",       "publish_calendar", "register_staff",    "register_agency",
                                    "register_agreement", "review_agreement", "suspend_agreement", "delegate"};
  const std::string verb = kVerbs[dice_.Draw(std::size(kVerbs))];
  if (dice_.Chance(5)) asking.actor = Mo();
  const int weight = script_.mix.WeightOf(verb);
  if (verb == "publish_pack" && weight > 0 && dice_.Chance(30)) {
    asking.command = PublishFullPack(script_.mix);
  } else if (verb == "publish_calendar" && weight > 0 && dice_.Chance(30)) {
    asking.command = PublishSimpleCalendar("");
  } else if (verb == "register_agency" && weight > 0) {
    asking.command = RegisterAgency(dice_.Of({"police", "refuge", "refuge"}));
    asking.command.mutable_register_agency()->mutable_agency()->set_closed(dice_.Chance(20));
  } else if (verb == "register_agreement" && weight > 0) {
    asking.command = RegisterAgreement();
  } else if (verb == "review_agreement" && weight > 0) {
    asking.command.mutable_review_agreement()->set_agreement_id("police_2026");
    SetTimestamp(simulation.now() + absl::Hours(dice_.Between(24, 9000)),
                 asking.command.mutable_review_agreement()->mutable_until());
  } else if (verb == "suspend_agreement" && weight > 0) {
    asking.command.mutable_suspend_agreement()->set_agreement_id("police_2026");
    asking.command.mutable_suspend_agreement()->set_reason_code("breach");
  } else if (verb == "delegate" && weight > 0) {
    asking.command = Delegate(dice_, simulation.now());
  } else {
    asking.command = RegisterStaff(dice_.Of({"mo", "nia"}), "case_manager");
    asking.command.mutable_register_staff()->set_region(StrCat("region", dice_.Draw(3)));
    asking.command.mutable_register_staff()->set_left(dice_.Chance(10));
  }
  return asking;
}

}  // namespace caseward::test

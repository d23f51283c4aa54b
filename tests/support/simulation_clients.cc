// What the simulator's clients ask: mostly sensible commands, some nonsense, and retries of what was asked before.
#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "engine/partition/routing.h"
#include "tests/support/simple_pack.h"
#include "tests/support/simulation.h"

namespace caseward::test {
namespace {

constexpr const char* kOfficers[] = {"olu", "ben", "cat"};
constexpr const char* kManagers[] = {"mia", "max"};

}  // namespace

void Simulation::SubmitSomething() {
  if (swarm_.duplicates && !asked_.empty() && Chance(20)) {
    // Mostly a recent one: that is what retries are.
    const size_t back = Chance(80) ? std::min<size_t>(asked_.size(), 8) : asked_.size();
    Send(asked_.size() - 1 - Draw(back));
    return;
  }
  v1::Actor actor = Staff(kOfficers[Draw(3)], "officer");
  v1::Command command = DrawCommand(actor);
  Ask(std::move(command), std::move(actor));
}

void Simulation::Ask(v1::Command command, v1::Actor actor) {
  const absl::StatusOr<Route> route = RouteCommand(hasher_, command, actor.id(), partitions_);
  if (!route.ok()) return Fail(StrCat("the simulator drew a command that goes nowhere: ", route.status().ToString()));
  Asked& asked = asked_.emplace_back();
  asked.partition = route->partition.value_or(static_cast<uint32_t>(Draw(partitions_)));
  asked.stream = route->stream;
  asked.resident_id = route->resident_id;
  asked.command = std::move(command);
  asked.actor = std::move(actor);
  Send(asked_.size() - 1);
}

void Simulation::Send(size_t index) {
  const Asked& asked = asked_[index];
  Node& node = owners_[asked.partition];
  // Some clients still talk to the owner before.
  Node* to = &node;
  for (Node& zombie : zombies_) {
    if (zombie.n == asked.partition && Chance(30)) to = &zombie;
  }
  if (!to->partition) return;
  ++counts_.commands;
  Say(StrCat("send ", asked.command.command_id(), " to partition ", asked.partition, to == &node ? "" : " (zombie)",
             ": ", asked.command.ShortDebugString().substr(0, 100)));
  const absl::Status taken = to->partition->Submit(
      {.command = asked.command,
       .actor = asked.actor,
       .reply = [this, index, alive = to->alive, store = to->store.get()](absl::StatusOr<v1::Outcome> answer) {
         if (*alive) Answered(index, answer, *store);  // nobody hears a dead process
       }});
  if (!taken.ok()) {
    ++counts_.faults;
    if (absl::IsInvalidArgument(taken)) Fail(StrCat("a well-formed command was not taken: ", taken.ToString()));
  }
}

void Simulation::Answered(size_t index, const absl::StatusOr<v1::Outcome>& answer, const StateReader& shown) {
  Asked& asked = asked_[index];
  if (!answer.ok()) {
    ++counts_.faults;
    Say(StrCat("answer to ", asked.command.command_id(), ": ", answer.status().ToString()));
    const bool known = absl::IsUnavailable(answer.status()) || absl::IsNotFound(answer.status()) ||
                       absl::IsResourceExhausted(answer.status()) || absl::IsAlreadyExists(answer.status());
    if (!known) Fail(StrCat("an answer that no client understands: ", answer.status().ToString()));
    // With ids kept for a day only, an old retry may find its case there and its id gone.
    if (absl::IsAlreadyExists(answer.status()) &&
        answer.status().message().find("C-retry-expired") == absl::string_view::npos) {
      Fail(StrCat("a retry was taken for another command: ", answer.status().ToString()));
    }
    if (absl::IsAlreadyExists(answer.status()) || absl::IsNotFound(answer.status())) asked.acknowledged = true;
    return;
  }
  Say(StrCat("answer to ", asked.command.command_id(), ": ",
             answer->has_accepted() ? "accepted" : answer->refusal().rule(),
             answer->replayed() ? " (first outcome)" : "", " at ", answer->position().sequence()));
  const bool counted = answer->refusal().repeats() > 0;
  (answer->replayed() ? counts_.replayed : answer->has_accepted() ? counts_.accepted : counts_.refused) += 1;
  const bool ids_are_short = limits_.command_ids_kept < absl::Hours(48);
  if (asked.acknowledged && !counted && !ids_are_short && asked.first.ByteSizeLong() > 0) {
    v1::Outcome again = *answer;
    again.set_replayed(asked.first.replayed());
    if (DeterministicBytes(again) != DeterministicBytes(asked.first)) {
      Fail(StrCat("L5: ", asked.command.command_id(), " was answered twice, differently: ",
                  asked.first.ShortDebugString(), " then ", answer->ShortDebugString()));
    }
  }
  if (!asked.acknowledged && !counted) asked.first = *answer;
  asked.acknowledged = true;
  if (counted) return;
  CheckAcknowledged(asked);
  if (!answer->has_accepted()) return;
  // L9: whoever is answered sees it.
  const PartitionReader reader(asked.partition, shown);
  if (KindOf(answer->stream()) == StreamKind::kCase) {
    const absl::StatusOr<std::optional<v1::CaseState>> state = reader.GetCase(answer->stream());
    if (!state.ok() || !state->has_value() || (*state)->version() < answer->version()) {
      Fail(StrCat("L9: ", asked.command.command_id(), " is answered, but its case does not show it"));
    }
  }
  if (asked.command.has_report_case()) {
    if (std::find(cases_.begin(), cases_.end(), answer->stream()) == cases_.end()) {
      if (asked.command.importing()) {
        imports_.push_back({.case_id = answer->stream(), .time = ToTime(asked.command.occurred_at())});
        ++counts_.imports;
      }
      cases_.push_back(answer->stream());
    }
  } else if (asked.command.has_erase_resident()) {
    erased_.insert(answer->stream());
    ++counts_.erasures;
  } else if (asked.command.has_finish_import()) {
    std::erase_if(imports_, [&](const ImportedCase& c) { return c.case_id == answer->stream(); });
  }
}

v1::Command Simulation::DrawCommand(v1::Actor& actor) {
  if (Chance(2)) {
    actor = Administrator();
    return DrawDirectory();
  }
  if (swarm_.jumps && Chance(5)) {
    actor = Administrator();
    v1::Command command;
    command.set_command_id(NewId());
    command.mutable_confirm_time()->set_reason_code("checked");
    return command;
  }
  if (swarm_.imports && Chance(12)) return DrawImport();
  if (cases_.empty() || Chance(18)) {
    v1::Command command = Report(NewId(), Text());
    if (Chance(30)) command.mutable_report_case()->set_case_type("hate");
    if (swarm_.references && Chance(50)) {
      v1::ExternalReference& reference = *command.add_references();
      reference.set_system("d365");
      reference.set_value(StrCat("ref-", Draw(6)));
    }
    return command;
  }
  if (swarm_.erasures && Chance(4)) {
    for (const Asked& asked : asked_) {
      if (asked.command.has_report_case() && asked.acknowledged && !asked.resident_id.empty() && Chance(20)) {
        v1::Command command;
        command.set_command_id(NewId());
        command.set_resident_id(asked.resident_id);
        command.mutable_erase_resident()->set_reason_code("asked");
        return command;
      }
    }
  }
  if (swarm_.merges && Chance(6)) {
    if (std::optional<v1::Command> merge = DrawMerge()) return *std::move(merge);
  }
  v1::Command command = DrawCaseCommand(cases_[Draw(cases_.size())]);
  if (command.has_sign_off() || command.has_close_case() || command.has_assign_case())
    actor = Staff(kManagers[Draw(2)], "manager");
  if (Chance(5)) command.set_expected_version(Draw(6));
  if (Chance(10))
    SetTimestamp(now_.wall - absl::Minutes(static_cast<int64_t>(Draw(300))), command.mutable_occurred_at());
  return command;
}

// Two residents of two reports, now and then one and the same; mostly in two partitions.
std::optional<v1::Command> Simulation::DrawMerge() {
  std::vector<std::string> residents;
  for (const Asked& asked : asked_) {
    if (asked.command.has_report_case() && asked.acknowledged && !asked.resident_id.empty()) {
      residents.push_back(asked.resident_id);
    }
  }
  if (residents.empty()) return std::nullopt;
  v1::Command command;
  command.set_command_id(NewId());
  command.set_resident_id(residents[Draw(residents.size())]);
  command.mutable_merge_resident()->set_survivor_id(residents[Draw(residents.size())]);
  command.mutable_merge_resident()->set_reason_code("registered_twice");
  return command;
}

v1::Command Simulation::DrawSplit(const std::string& id, const std::string& case_id) {
  v1::Command command = OfCase(id, case_id);
  v1::SplitCase& split = *command.mutable_split_case();
  split.set_case_type(Chance(50) ? "nuisance" : "hate");
  split.set_reason_code("another_matter");
  split.add_versions(2 + Draw(3));
  if (Chance(60)) {
    const auto home = static_cast<uint32_t>(Draw(partitions_));
    split.set_resident_id(DeriveResidentId(hasher_, home, "sim", StrCat("r", Draw(4))).string());
  }
  if (Chance(50)) split.mutable_account()->set_text(Text());
  return command;
}

v1::Command Simulation::DrawCaseCommand(const std::string& case_id) {
  const std::string id = NewId();
  v1::Command command = OfCase(id, case_id);
  switch (Draw(20)) {
    case 18:
    case 19: return DrawSplit(id, case_id);
    case 0: return Triage(id, case_id, Chance(50) ? v1::PRIORITY_P1 : v1::PRIORITY_P2);
    case 1:
    case 2: return Contact(id, case_id, Text());
    case 3: return Update(id, case_id);
    case 4: return Note(id, case_id, Text());
    case 5: return Review(id, case_id);
    case 6: return Assign(id, case_id, kOfficers[Draw(3)]);
    case 7:
      return Action(id, case_id, StrCat("a", Draw(3)), now_.wall + absl::Hours(static_cast<int64_t>(1 + Draw(40))));
    case 8: command.mutable_complete_action()->set_action_id(StrCat("a", Draw(3))); break;
    case 9: return Propose(id, case_id);
    case 10:
    case 11: return Sign(id, case_id);
    case 12: return Close(id, case_id);
    case 13: command.mutable_reopen_case()->set_reason_code("more"); break;
    case 14:
      command.mutable_pause_clock()->set_clock("first_contact");
      command.mutable_pause_clock()->set_reason_code("waiting");
      break;
    case 15: command.mutable_resume_clock()->set_clock("first_contact"); break;
    case 16:
      command.mutable_link_case()->set_other_case_id(cases_[Draw(cases_.size())]);
      command.mutable_link_case()->set_relation("same_parties");
      break;
    default:
      if (swarm_.references) {
        command = Contact(id, case_id);
        v1::ExternalReference& reference = *command.add_references();
        reference.set_system("d365");
        reference.set_value(StrCat("ref-", Draw(6)));
      } else {
        command = Note(id, case_id, Text());
      }
  }
  return command;
}

v1::Command Simulation::DrawImport() {
  if (imports_.empty() || Chance(30)) {
    v1::Command command = Report(NewId(), Text());
    command.set_importing(true);
    SetTimestamp(now_.wall - absl::Hours(24 * 700), command.mutable_occurred_at());
    return command;
  }
  ImportedCase& import = imports_[Draw(imports_.size())];
  import.time += absl::Minutes(static_cast<int64_t>(Draw(3000)));
  v1::Command command;
  if (import.time >= now_.wall || Chance(10)) {
    command = OfCase(NewId(), import.case_id);
    SetTimestamp(std::min(import.time, now_.wall), command.mutable_finish_import()->mutable_up_to());
  } else {
    do {
      command = DrawCaseCommand(import.case_id);
    } while (command.has_link_case());
    SetTimestamp(import.time, command.mutable_occurred_at());
  }
  command.set_importing(true);
  return command;
}

v1::Command Simulation::PublishPack() {
  return swarm_.loads ? PublishWeighingPack(NewId()) : PublishSimplePack(NewId());
}

v1::Command Simulation::DrawDirectory() {
  if (Chance(30)) return PublishPack();
  v1::Command command;
  command.set_command_id(NewId());
  v1::RegisterStaff& staff = *command.mutable_register_staff();
  staff.set_staff_id(kOfficers[Draw(3)]);
  staff.add_roles("officer");
  staff.set_region(StrCat("region", Draw(3)));
  return command;
}

}  // namespace caseward::test

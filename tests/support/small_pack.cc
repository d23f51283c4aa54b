#include "tests/support/small_pack.h"

#include <google/protobuf/text_format.h>

#include "engine/base/check.h"
#include "tests/support/england_and_wales.h"

namespace caseward::test {
namespace {

constexpr char kSmallPack[] = R"(
  id: "small"
  title: "A pack for tests"
  calendar: "england_and_wales"
  needs_owner: true
  roles { id: "case_manager" tier: 1 }
  roles { id: "team_leader" tier: 2 }
  roles { id: "regional_manager" tier: 3 }
  case_types { id: "noise" title: "Noise" priority: PRIORITY_P3 clause: "Tests 1" provenance: PROVENANCE_OURS }
  steps {
    id: "visit" title: "A visit" clause: "Tests 2" provenance: PROVENANCE_OURS
    fields { id: "outcome" type: TYPE_CODE options: "quiet" options: "loud" data_class: DATA_CLASS_INTERNAL }
    fields { id: "note" type: TYPE_WORDS data_class: DATA_CLASS_PERSONAL }
  }
  steps {
    id: "health_note" title: "What the resident says of their health" clause: "Tests 2" provenance: PROVENANCE_OURS
    fields { id: "note" type: TYPE_WORDS data_class: DATA_CLASS_SPECIAL }
  }
  clocks {
    id: "answer" catalogue: "CK-T1" title: "Somebody owns the case" clause: "Tests 3" provenance: PROVENANCE_OURS
    starts_on { on { event: "case_reported" } at: "aware_at" }
    stops_on { on { event: "owner_assigned" } }
    within { priority: PRIORITY_P1 span { amount: 1 unit: TIME_UNIT_HOUR } }
    within { span { amount: 8 unit: TIME_UNIT_HOUR } }
    on_breach { escalate_to: "team_leader" }
  }
  clocks {
    id: "first_visit" catalogue: "CK-T2" title: "The first visit" clause: "Tests 3" provenance: PROVENANCE_OURS
    starts_on { on { event: "case_triaged" } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "visit" } } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
    warn_percent: 75
  }
  rules {
    id: "S-1" title: "No closing without a visit" clause: "Tests 4" provenance: PROVENANCE_OURS
    on: "propose_closure"
    needs {
      id: "visited"
      condition { count { of { event: "step_recorded" where { field: "step" any_of: "visit" } } at_least: 1 } }
      say: "a visit" by_roles: "case_manager"
    }
    say: "Nobody has visited yet." unblock: "Visit, and record it."
  }
  sign_offs {
    subject: "closure" clause: "Tests 5" provenance: PROVENANCE_OURS rule: "S-2"
    signers { roles: "team_leader" roles: "regional_manager" }
    separate_from: "owner" separate_from: "proposer"
    void_on_change: true
  }
  closing_reasons: "resolved"
)";

v1::Command OnCase(const std::string& command_id, const std::string& case_id) {
  v1::Command command;
  command.set_command_id(command_id);
  command.set_case_id(case_id);
  return command;
}

}  // namespace

v1::Pack SmallPack() {
  v1::Pack pack;
  CHECK(google::protobuf::TextFormat::ParseFromString(kSmallPack, &pack));
  return pack;
}

std::vector<v1::Command> PublishSmallPack() {
  std::vector<v1::Command> commands(2);
  commands[0].set_command_id("publish-calendar");
  *commands[0].mutable_publish_calendar()->mutable_calendar() = EnglandAndWalesSource();
  commands[1].set_command_id("publish-pack");
  *commands[1].mutable_publish_pack()->mutable_pack() = SmallPack();
  return commands;
}

v1::Command Report(const std::string& command_id, v1::Priority priority) {
  v1::Command command;
  command.set_command_id(command_id);
  command.set_channel("phone");
  command.mutable_report_case()->set_case_type("noise");
  command.mutable_report_case()->set_priority(priority);
  return command;
}

v1::Command Triage(const std::string& command_id, const std::string& case_id) {
  v1::Command command = OnCase(command_id, case_id);
  command.mutable_triage_case();
  return command;
}

v1::Command Assign(const std::string& command_id, const std::string& case_id, const std::string& owner) {
  v1::Command command = OnCase(command_id, case_id);
  command.mutable_assign_case()->set_owner(owner);
  return command;
}

v1::Command Visit(const std::string& command_id, const std::string& case_id, const std::string& note) {
  v1::Command command = OnCase(command_id, case_id);
  command.mutable_record_step()->set_step("visit");
  auto& fields = *command.mutable_record_step()->mutable_fields();
  fields["outcome"].set_code("quiet");
  if (!note.empty()) fields["note"].mutable_words()->set_text(note);
  return command;
}

v1::Command ProposeClosure(const std::string& command_id, const std::string& case_id) {
  v1::Command command = OnCase(command_id, case_id);
  command.mutable_propose_closure()->set_reason_code("resolved");
  return command;
}

v1::Command SignClosure(const std::string& command_id, const std::string& case_id) {
  v1::Command command = OnCase(command_id, case_id);
  command.mutable_sign_off()->set_subject("closure");
  command.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_GRANT);
  return command;
}

v1::Command Close(const std::string& command_id, const std::string& case_id) {
  v1::Command command = OnCase(command_id, case_id);
  command.mutable_close_case();
  return command;
}

}  // namespace caseward::test

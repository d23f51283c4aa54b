#include "tests/support/simple_pack.h"

#include <google/protobuf/text_format.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/base/time.h"
#include "tests/support/england_and_wales.h"

namespace caseward::test {
namespace {

constexpr const char kPack[] = R"pb(
  id: "simple"
  title: "A small policy for tests"
  calendar: "england_and_wales"
  roles { id: "officer" tier: 1 }
  roles { id: "manager" tier: 2 }
  case_types { id: "nuisance" title: "Nuisance" priority: PRIORITY_P2 clause: "T 1" provenance: PROVENANCE_OURS }
  case_types { id: "hate" title: "Hate incident" priority: PRIORITY_P1 clause: "T 1" provenance: PROVENANCE_OURS }
  steps {
    id: "note"
    title: "A note"
    clause: "T 2"
    provenance: PROVENANCE_OURS
    fields { id: "kind" type: TYPE_CODE options: "call" options: "visit" data_class: DATA_CLASS_INTERNAL }
    fields { id: "words" type: TYPE_WORDS data_class: DATA_CLASS_PERSONAL }
  }
  steps { id: "review" title: "A review" clause: "T 2" provenance: PROVENANCE_OURS }
  clocks {
    id: "first_contact"
    catalogue: "T-01"
    title: "First contact"
    clause: "T 3"
    provenance: PROVENANCE_OURS
    starts_on {
      on { event: "case_reported" }
      at: "aware_at"
    }
    stops_on {
      on {
        event: "contact_made"
        where { field: "two_way" any_of: "true" }
      }
    }
    within {
      priority: PRIORITY_P1
      span { amount: 4 unit: TIME_UNIT_HOUR }
    }
    within { span { amount: 8 unit: TIME_UNIT_HOUR } }
    warn_percent: 50
    on_breach { escalate_to: "manager" }
    pause_reasons: "waiting"
    cease_reasons: "error"
  }
  clocks {
    id: "update"
    catalogue: "T-02"
    title: "Update"
    clause: "T 3"
    provenance: PROVENANCE_OURS
    starts_on { on { event: "case_triaged" } }
    stops_on { on { event: "resident_updated" } }
    within { span { amount: 12 unit: TIME_UNIT_HOUR } }
    ceases_on { on { event: "case_closed" } }
    recurring: true
    repeats_after_breach: true
  }
  clocks {
    id: "review"
    catalogue: "T-03"
    title: "Review"
    clause: "T 3"
    provenance: PROVENANCE_OURS
    starts_on { on { event: "case_triaged" } }
    stops_on {
      on {
        event: "step_recorded"
        where { field: "step" any_of: "review" }
      }
    }
    within { span { amount: 2 unit: TIME_UNIT_WORKING_DAY } }
    ceases_on { on { event: "case_closed" } }
  }
  clocks {
    id: "action_due"
    catalogue: "T-04"
    title: "Action"
    clause: "T 3"
    provenance: PROVENANCE_OURS
    starts_on { on { event: "action_added" } }
    stops_on { on { event: "action_completed" } }
    ceases_on { on { event: "action_cancelled" } }
    due_from: "due"
    for_each: FOR_EACH_ACTION
  }
  rules {
    id: "T-1"
    title: "Two contacts"
    clause: "T 4"
    provenance: PROVENANCE_OURS
    on: "propose_closure"
    needs {
      id: "contacts"
      condition {
        count {
          of { event: "contact_made" }
          at_least: 2
        }
      }
      say: "two contacts made"
    }
    say: "A case is not proposed for closing before two contacts were made."
    unblock: "Make another contact."
  }
  sign_offs {
    subject: "closure"
    clause: "T 5"
    provenance: PROVENANCE_OURS
    rule: "T-2"
    signers { roles: "manager" }
    separate_from: "owner"
    separate_from: "proposer"
    void_on_change: true
  }
  closing_reasons: "resolved"
)pb";

constexpr const char kCaseload[] = R"pb(
  caseload {
    clause: "T 6"
    provenance: PROVENANCE_OURS
    weights { case_types: "hate" weight: 4 }
    weights { priority: PRIORITY_P1 weight: 3 }
    caps { at_most: 5 }
  }
  rules {
    title: "No more than is agreed"
    clause: "T 6"
    provenance: PROVENANCE_OURS
    on: "assign"
    on: "hand_over"
    when { taker { above_cap: true } }
    needs {
      id: "reason"
      condition { asked { of { field: "reason_code" present: true } } }
      say: "why this person all the same"
    }
    say: "This person would carry more than is agreed."
    unblock: "A manager says why."
  }
)pb";

}  // namespace

v1::Pack SimplePack() {
  v1::Pack pack;
  CHECK(google::protobuf::TextFormat::ParseFromString(kPack, &pack));
  return pack;
}

v1::Command PublishSimpleCalendar(std::string command_id) {
  v1::Command command;
  command.set_command_id(std::move(command_id));
  *command.mutable_publish_calendar()->mutable_calendar() = EnglandAndWalesSource();
  command.mutable_publish_calendar()->mutable_calendar()->clear_version();
  return command;
}

v1::Command PublishSimplePack(std::string command_id) {
  v1::Command command;
  command.set_command_id(std::move(command_id));
  *command.mutable_publish_pack()->mutable_pack() = SimplePack();
  return command;
}

void AddCaseload(const std::string& role, const std::string& rule, v1::Pack& pack) {
  v1::Pack caseload;
  CHECK(google::protobuf::TextFormat::ParseFromString(kCaseload, &caseload));
  caseload.mutable_caseload()->mutable_caps(0)->set_role(role);
  caseload.mutable_rules(0)->set_id(rule);
  pack.MergeFrom(caseload);
}

v1::Command PublishWeighingPack(std::string command_id) {
  v1::Command command = PublishSimplePack(std::move(command_id));
  AddCaseload("officer", "T-3", *command.mutable_publish_pack()->mutable_pack());
  return command;
}

v1::Actor Staff(std::string id, std::string role) {
  v1::Actor actor;
  actor.set_id(std::move(id));
  actor.set_kind(v1::Actor::KIND_STAFF);
  actor.add_roles(std::move(role));
  return actor;
}

v1::Actor Administrator() { return Staff("ada", "system_admin"); }

v1::Command Report(std::string command_id, std::string_view account) {
  v1::Command command;
  command.set_command_id(std::move(command_id));
  command.set_channel("phone");
  command.mutable_report_case()->set_case_type("nuisance");
  if (!account.empty()) command.mutable_report_case()->mutable_account()->set_text(std::string(account));
  return command;
}

v1::Command OfCase(std::string command_id, std::string case_id) {
  v1::Command command;
  command.set_command_id(std::move(command_id));
  command.set_case_id(std::move(case_id));
  return command;
}

v1::Command Triage(std::string command_id, std::string case_id, v1::Priority priority) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_triage_case()->set_case_type("nuisance");
  command.mutable_triage_case()->set_priority(priority);
  return command;
}

v1::Command Contact(std::string command_id, std::string case_id, std::string_view note) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.set_channel("phone");
  command.mutable_record_contact()->set_with(v1::RecordContact::WITH_REPORTER);
  command.mutable_record_contact()->set_outcome(v1::RecordContact::OUTCOME_TWO_WAY);
  command.mutable_record_contact()->set_safe_contact_followed(true);
  if (!note.empty()) command.mutable_record_contact()->mutable_note()->set_text(std::string(note));
  return command;
}

v1::Command Update(std::string command_id, std::string case_id) {
  v1::Command command = Contact(std::move(command_id), std::move(case_id));
  command.mutable_record_contact()->set_update(true);
  command.mutable_record_contact()->set_what_happened_code("visited");
  command.mutable_record_contact()->set_what_next_code("letter");
  SetTimestamp(At("2026-12-01T09:00:00Z"), command.mutable_record_contact()->mutable_next_update_by());
  return command;
}

v1::Command Note(std::string command_id, std::string case_id, std::string_view words) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_record_step()->set_step("note");
  (*command.mutable_record_step()->mutable_fields())["kind"].set_code("call");
  (*command.mutable_record_step()->mutable_fields())["words"].mutable_words()->set_text(std::string(words));
  return command;
}

v1::Command Review(std::string command_id, std::string case_id) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_record_step()->set_step("review");
  return command;
}

v1::Command Assign(std::string command_id, std::string case_id, std::string owner) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_assign_case()->set_owner(std::move(owner));
  return command;
}

v1::Command Action(std::string command_id, std::string case_id, std::string action_id, absl::Time due) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_add_action()->set_action_id(std::move(action_id));
  command.mutable_add_action()->set_kind("visit");
  command.mutable_add_action()->set_owner("olu");
  SetTimestamp(due, command.mutable_add_action()->mutable_due());
  return command;
}

v1::Command Propose(std::string command_id, std::string case_id) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_propose_closure()->set_reason_code("resolved");
  return command;
}

v1::Command Sign(std::string command_id, std::string case_id) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_sign_off()->set_subject("closure");
  command.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_GRANT);
  return command;
}

v1::Command Close(std::string command_id, std::string case_id) {
  v1::Command command = OfCase(std::move(command_id), std::move(case_id));
  command.mutable_close_case();
  return command;
}

}  // namespace caseward::test

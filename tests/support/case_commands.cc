// The commands of tests/support/case_builder.h.
#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test::ask {

v1::FieldValue Code(std::string code) {
  v1::FieldValue value;
  value.set_code(std::move(code));
  return value;
}
v1::FieldValue Number(int64_t number) {
  v1::FieldValue value;
  value.set_number(number);
  return value;
}
v1::FieldValue Flag(bool flag) {
  v1::FieldValue value;
  value.set_flag(flag);
  return value;
}
v1::FieldValue Time(absl::Time at) {
  v1::FieldValue value;
  SetTimestamp(at, value.mutable_at());
  return value;
}
v1::FieldValue Words(std::string text) {
  v1::FieldValue value;
  value.mutable_words()->set_text(std::move(text));
  return value;
}

v1::Command Report(std::string case_type, v1::Priority priority) {
  v1::Command command;
  command.set_channel("phone");
  command.mutable_report_case()->set_case_type(std::move(case_type));
  command.mutable_report_case()->set_priority(priority);
  return command;
}
v1::Command Triage(v1::Priority priority, std::string case_type, Fields answers) {
  v1::Command command;
  command.mutable_triage_case()->set_priority(priority);
  command.mutable_triage_case()->set_case_type(std::move(case_type));
  for (const auto& [name, value] : answers)
    (*command.mutable_triage_case()->mutable_answers())[name] = value;
  return command;
}
v1::Command Assign(std::string owner) {
  v1::Command command;
  command.mutable_assign_case()->set_owner(std::move(owner));
  return command;
}
v1::Command HandOver(std::string to) {
  v1::Command command;
  command.mutable_hand_over_case()->set_to(std::move(to));
  return command;
}
v1::Command AcceptHandover() {
  v1::Command command;
  command.mutable_accept_handover();
  return command;
}
v1::Command RejectHandover() {
  v1::Command command;
  command.mutable_reject_handover()->set_reason_code("away");
  return command;
}
v1::Command Contact(v1::RecordContact::Outcome outcome, v1::RecordContact::With with, std::string channel) {
  v1::Command command;
  command.set_channel(std::move(channel));
  command.mutable_record_contact()->set_with(with);
  command.mutable_record_contact()->set_outcome(outcome);
  return command;
}
v1::Command Update(absl::Time next_update_by) {
  v1::Command command = Contact(v1::RecordContact::OUTCOME_LETTER_SENT, v1::RecordContact::WITH_REPORTER, "letter");
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_update(true);
  contact.set_what_happened_code("visited");
  contact.set_what_next_code("police");
  SetTimestamp(next_update_by, contact.mutable_next_update_by());
  return command;
}
v1::Command Step(std::string step, Fields fields) {
  v1::Command command;
  command.mutable_record_step()->set_step(std::move(step));
  for (const auto& [name, value] : fields)
    (*command.mutable_record_step()->mutable_fields())[name] = value;
  return command;
}
v1::Command Plan(std::initializer_list<std::pair<const char*, absl::Time>> actions) {
  v1::Command command;
  command.mutable_agree_plan();
  for (const auto& [id, due] : actions) {
    v1::AddAction& action = *command.mutable_agree_plan()->add_actions();
    action.set_action_id(id);
    SetTimestamp(due, action.mutable_due());
  }
  return command;
}
v1::Command AddAction(std::string id, absl::Time due) {
  v1::Command command;
  command.mutable_add_action()->set_action_id(std::move(id));
  SetTimestamp(due, command.mutable_add_action()->mutable_due());
  return command;
}
v1::Command CompleteAction(std::string id) {
  v1::Command command;
  command.mutable_complete_action()->set_action_id(std::move(id));
  return command;
}
v1::Command CancelAction(std::string id) {
  v1::Command command;
  command.mutable_cancel_action()->set_action_id(std::move(id));
  command.mutable_cancel_action()->set_reason_code("not_needed");
  return command;
}
v1::Command Promise(std::string id, absl::Time due) {
  v1::Command command;
  command.mutable_record_promise()->set_promise_id(std::move(id));
  SetTimestamp(due, command.mutable_record_promise()->mutable_due());
  return command;
}
v1::Command KeepPromise(std::string id) {
  v1::Command command;
  command.mutable_keep_promise()->set_promise_id(std::move(id));
  return command;
}
v1::Command Escalate(std::string to_role) {
  v1::Command command;
  command.mutable_escalate_case()->set_to_role(std::move(to_role));
  command.mutable_escalate_case()->set_reason_code("worried");
  return command;
}
v1::Command Pause(std::string clock, std::string reason) {
  v1::Command command;
  command.mutable_pause_clock()->set_clock(std::move(clock));
  command.mutable_pause_clock()->set_reason_code(std::move(reason));
  return command;
}
v1::Command Resume(std::string clock) {
  v1::Command command;
  command.mutable_resume_clock()->set_clock(std::move(clock));
  return command;
}
v1::Command Extend(std::string clock, std::string by, std::string reason) {
  v1::Command command;
  command.mutable_extend_clock()->set_clock(std::move(clock));
  *command.mutable_extend_clock()->mutable_by() = SpanOf(by);
  command.mutable_extend_clock()->set_reason_code(std::move(reason));
  return command;
}
v1::Command Cease(std::string clock, std::string reason) {
  v1::Command command;
  command.mutable_cease_clock()->set_clock(std::move(clock));
  command.mutable_cease_clock()->set_reason_code(std::move(reason));
  return command;
}
v1::Command ChangePriority(v1::Priority to) {
  v1::Command command;
  command.mutable_change_priority()->set_to(to);
  command.mutable_change_priority()->set_reason_code("threats");
  return command;
}
v1::Command ProposeClosure() {
  v1::Command command;
  command.mutable_propose_closure()->set_reason_code("resolved");
  return command;
}
v1::Command WithdrawClosure() {
  v1::Command command;
  command.mutable_withdraw_closure()->set_reason_code("new_facts");
  return command;
}
v1::Command Grant(std::string subject) {
  v1::Command command;
  command.mutable_sign_off()->set_subject(std::move(subject));
  command.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_GRANT);
  return command;
}
v1::Command Refuse(std::string subject) {
  v1::Command command = Grant(std::move(subject));
  command.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_REFUSE);
  command.mutable_sign_off()->set_reason_code("too_soon");
  return command;
}
v1::Command Waive(std::string item, std::string subject) {
  v1::Command command = Grant(std::move(subject));
  command.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_WAIVE);
  command.mutable_sign_off()->set_item(std::move(item));
  command.mutable_sign_off()->set_reason_code("cannot_be_had");
  return command;
}
v1::Command Close() {
  v1::Command command;
  command.mutable_close_case();
  return command;
}
v1::Command Reopen() {
  v1::Command command;
  command.mutable_reopen_case()->set_reason_code("again");
  return command;
}
v1::Command Link(std::string other_case_id) {
  v1::Command command;
  command.mutable_link_case()->set_other_case_id(std::move(other_case_id));
  command.mutable_link_case()->set_relation("same_parties");
  return command;
}
v1::Command Split(std::initializer_list<uint64_t> versions, std::string case_type) {
  v1::Command command;
  command.set_command_id("split-1");
  v1::SplitCase& split = *command.mutable_split_case();
  split.set_case_type(std::move(case_type));
  split.set_reason_code("another_matter");
  for (const uint64_t version : versions)
    split.add_versions(version);
  return command;
}
v1::Command OpenSplit(std::string from_case_id, absl::Time aware) {
  v1::Command command;
  v1::OpenSplit& open = *command.mutable_open_split();
  open.set_from_case_id(std::move(from_case_id));
  open.mutable_report()->set_case_type("noise");
  open.mutable_report()->set_pack_id("full");
  SetTimestamp(aware, open.mutable_report()->mutable_aware_at());
  open.add_versions(2);
  return command;
}
v1::Command NoteSplit(std::string new_case_id, std::string refused_by) {
  v1::Command command;
  command.mutable_note_split()->set_new_case_id(std::move(new_case_id));
  command.mutable_note_split()->set_refused_by(std::move(refused_by));
  return command;
}
v1::Command NoteResidentMerged(std::string survivor_id) {
  v1::Command command;
  command.mutable_note_resident_merged()->set_resident_id("R-00-000000-000000-0");
  command.mutable_note_resident_merged()->set_survivor_id(std::move(survivor_id));
  return command;
}
v1::Command Withdraw() {
  v1::Command command;
  command.mutable_withdraw_case()->set_reason_code("mistake");
  return command;
}
v1::Command Correct(uint64_t version) {
  v1::Command command;
  command.mutable_correct_fact()->set_corrects_version(version);
  command.mutable_correct_fact()->set_reason_code("typing");
  return command;
}
v1::Command History(std::string activity) {
  v1::Command command;
  command.mutable_record_history()->set_activity(std::move(activity));
  return command;
}
v1::Command FinishImport(absl::Time up_to) {
  v1::Command command;
  SetTimestamp(up_to, command.mutable_finish_import()->mutable_up_to());
  return command;
}
v1::Command Fire(std::string clock, v1::FireClock::Edge edge, absl::Time due) {
  v1::Command command;
  command.mutable_fire_clock()->set_clock(std::move(clock));
  command.mutable_fire_clock()->set_edge(edge);
  SetTimestamp(due, command.mutable_fire_clock()->mutable_due());
  return command;
}
v1::Command NoteReferenceClaimed(std::string value, std::string other_case_id) {
  v1::Command command;
  command.mutable_note_reference_claimed()->mutable_reference()->set_system("d365");
  command.mutable_note_reference_claimed()->mutable_reference()->set_value(std::move(value));
  command.mutable_note_reference_claimed()->set_other_case_id(std::move(other_case_id));
  return command;
}
v1::Command NoteLinked(std::string other_case_id) {
  v1::Command command;
  command.mutable_note_linked()->set_other_case_id(std::move(other_case_id));
  command.mutable_note_linked()->set_relation("same_parties");
  return command;
}

v1::Command Then(absl::Time occurred_at, v1::Command command) {
  SetTimestamp(occurred_at, command.mutable_occurred_at());
  return command;
}

}  // namespace caseward::test::ask

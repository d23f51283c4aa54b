#include "bench/six_commands.h"

#include "absl/strings/str_cat.h"

namespace caseward::bench {

const char* ActorOf(int step) { return step == 5 ? kSigner : kManager; }

v1::Command CommandOf(const std::string& run, uint64_t number, int step, const std::string& case_id) {
  v1::Command command;
  command.set_command_id(absl::StrCat(run, "-", number, "-", step));
  command.set_channel("phone");
  if (step > 0) command.set_case_id(case_id);
  switch (step) {
    case 0: {
      v1::ReportCase& report = *command.mutable_report_case();
      report.set_case_type("noise");
      report.set_pack_id("bench");
      report.set_region("north");
      report.mutable_account()->set_text(
          "Loud music after midnight, three nights running, and shouting on the stairs.");
      break;
    }
    case 1: {
      v1::TriageCase& triage = *command.mutable_triage_case();
      triage.set_priority(v1::PRIORITY_P3);
      (*triage.mutable_answers())["hate_perceived"].set_code("no");
      (*triage.mutable_answers())["weapon"].set_flag(false);
      (*triage.mutable_answers())["repeat"].set_flag(true);
      break;
    }
    case 2: {
      v1::RecordContact& contact = *command.mutable_record_contact();
      contact.set_with(v1::RecordContact::WITH_REPORTER);
      contact.set_outcome(v1::RecordContact::OUTCOME_TWO_WAY);
      contact.set_safe_contact_followed(true);
      contact.mutable_note()->set_text("Spoke for ten minutes; the nights are quiet since the letter.");
      break;
    }
    case 3: {
      v1::RecordStep& step_taken = *command.mutable_record_step();
      step_taken.set_step("closure_response");
      (*step_taken.mutable_fields())["answer"].set_code("agrees");
      break;
    }
    case 4: command.mutable_propose_closure()->set_reason_code("resolved_agreed"); break;
    case 5:
      command.mutable_sign_off()->set_subject("closure");
      command.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_GRANT);
      break;
    default: command.mutable_close_case(); break;
  }
  return command;
}

}  // namespace caseward::bench

#include "services/cli/story.h"

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"

namespace caseward::cli {
namespace {

constexpr int kOpens = 9;
constexpr int kCloses = 17;

// To the next weekday between nine and five; UTC is near enough for invented people.
absl::Time NextOfficeHour(absl::Time t) {
  absl::CivilSecond civil = absl::ToCivilSecond(t, absl::UTCTimeZone());
  if (civil.hour() < kOpens)
    civil = absl::CivilSecond(civil.year(), civil.month(), civil.day(), kOpens, civil.minute(), civil.second());
  absl::CivilDay day(civil);
  bool moved = false;
  if (civil.hour() >= kCloses) {
    ++day;
    moved = true;
  }
  while (absl::GetWeekday(day) == absl::Weekday::saturday || absl::GetWeekday(day) == absl::Weekday::sunday) {
    ++day;
    moved = true;
  }
  if (moved) civil = absl::CivilSecond(day.year(), day.month(), day.day(), kOpens, civil.minute(), civil.second());
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

constexpr const char* kChannels[] = {"phone", "phone", "email", "web", "visit", "letter"};
constexpr const char* kAccounts[] = {"Loud music most nights until three, and shouting when asked to stop.",
                                     "Rubbish is left on the landing and the stairwell smells of it.",
                                     "The neighbour bangs on the wall and swears through the letter box.",
                                     "Motorbikes are raced round the courtyard every weekend.",
                                     "A dog is let loose in the garden and frightens the children."};
constexpr const char* kHateAccounts[] = {"Slurs were painted on our door and shouted from the balcony.",
                                         "They mock the way my son walks whenever we pass.",
                                         "We are told to go back to where we came from, every week."};

}  // namespace

uint64_t Dice::Next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void Story::After(absl::Duration at_least, absl::Duration at_most) {
  const int minutes =
      dice_.Between(static_cast<int>(absl::ToInt64Minutes(at_least)), static_cast<int>(absl::ToInt64Minutes(at_most)));
  now_ = NextOfficeHour(now_ + absl::Minutes(minutes + 1));
}

v1::Command& Story::Say(const std::string& actor) {
  Line& line = lines_.emplace_back(Line{.actor = actor, .command = {}});
  ++number_;
  line.command.set_command_id(absl::StrCat(id_, ":", number_));
  if (number_ > 1) line.command.set_case_id(absl::StrCat("@", id_, ":1"));
  line.command.set_importing(true);
  SetTimestamp(now_, line.command.mutable_occurred_at());
  now_ += absl::Minutes(1);
  return line.command;
}

v1::RecordStep& Story::Step(const std::string& actor, const char* step) {
  v1::RecordStep& recorded = *Say(actor).mutable_record_step();
  recorded.set_step(step);
  return recorded;
}
void Story::SetCode(v1::RecordStep& step, const char* field, const std::string& code) {
  (*step.mutable_fields())[field].set_code(code);
}
void Story::SetFlag(v1::RecordStep& step, const char* field, bool flag) {
  (*step.mutable_fields())[field].set_flag(flag);
}
void Story::SetNumber(v1::RecordStep& step, const char* field, int64_t number) {
  (*step.mutable_fields())[field].set_number(number);
}
void Story::SetWords(v1::RecordStep& step, const char* field, const std::string& text) {
  (*step.mutable_fields())[field].mutable_words()->set_text(text);
}

void Story::Report(const std::string& case_type, const std::string& resident, bool anonymous, bool hate_perceived) {
  v1::Command& command = Say(cast_.contact_centre);
  command.set_channel(dice_.Pick(kChannels));
  command.set_resident_id(resident);
  v1::ExternalReference& reference = *command.add_references();
  reference.set_system("d365");
  reference.set_value(absl::StrCat("INC-", id_));
  v1::ReportCase& report = *command.mutable_report_case();
  report.set_case_type(case_type);
  report.set_region(cast_.region);
  report.set_anonymous(anonymous);
  const bool hate = hate_perceived || case_type == "hate_incident";
  report.mutable_account()->set_text(hate ? dice_.Pick(kHateAccounts) : dice_.Pick(kAccounts));
  (*report.mutable_fields())["source"].set_code(anonymous ? "neighbour" : "resident");
  if (hate) (*report.mutable_fields())["hate_perceived"].set_code("perceived");
}

void Story::Triage(const std::string& case_type, bool hate, bool repeat) {
  v1::TriageCase& triage = *Say(cast_.contact_centre).mutable_triage_case();
  triage.set_case_type(case_type);
  auto& answers = *triage.mutable_answers();
  answers["hate_perceived"].set_code(hate ? "perceived" : "not_perceived");
  if (hate) answers["hate_strand"].set_code("race");
  answers["domestic_abuse"].set_code("not_indicated");
  answers["weapon"].set_code("not_reported");
  answers["safeguarding"].set_code("no_concern");
  answers["repeat_victim"].set_code(repeat ? "repeat" : "first_time");
}
void Story::TriageWithoutAsking() { Say(cast_.contact_centre).mutable_triage_case()->set_priority(v1::PRIORITY_P3); }

void Story::Assign() { Say(cast_.duty_manager).mutable_assign_case()->set_owner(Cast::IdOf(cast_.owner)); }

void Story::Contact(v1::RecordContact::With with, v1::RecordContact::Outcome outcome, const char* happened) {
  v1::Command& command = Say(cast_.owner);
  command.set_channel(outcome == v1::RecordContact::OUTCOME_LETTER_SENT ? "letter" : "phone");
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_with(with);
  contact.set_outcome(outcome);
  contact.set_safe_contact_followed(true);
  if (happened == nullptr) return;
  contact.set_update(true);
  contact.set_what_happened_code(happened);
  contact.set_what_next_code("next_step_agreed");
  SetTimestamp(NextOfficeHour(now_ + absl::Hours(24 * dice_.Between(5, 9))), contact.mutable_next_update_by());
}

void Story::TellNamedContact() { SetCode(Step(cast_.owner, "named_contact_told"), "how", "phone"); }

void Story::AssessRisk(const char* instrument, const char* band) {
  v1::RecordStep& step = Step(cast_.owner, "risk_assessed");
  SetCode(step, "instrument", instrument);
  SetNumber(step, "score", dice_.Between(5, 40));
  SetCode(step, "score_band", band);
  SetCode(step, "band", band);
}

void Story::Plan(const char* action_kind) {
  v1::AgreePlan& plan = *Say(cast_.owner).mutable_agree_plan();
  plan.mutable_outcome_sought()->set_text("To live here in peace.");
  SetTimestamp(NextOfficeHour(now_ + absl::Hours(24 * 20)), plan.mutable_review_by());
  plan.set_understanding_confirmed_by("said_back");
  plan.set_resident_copy_format("plain_print");
  v1::AddAction& action = *plan.add_actions();
  action.set_action_id(absl::StrCat("act-", ++actions_));
  action.set_kind(action_kind);
  SetTimestamp(NextOfficeHour(now_ + absl::Hours(24 * dice_.Between(5, 12))), action.mutable_due());
}

void Story::CompleteAction(bool with_evidence) {
  v1::CompleteAction& done = *Say(cast_.owner).mutable_complete_action();
  done.set_action_id(absl::StrCat("act-", actions_));
  if (with_evidence) done.set_evidence_ref(absl::StrCat("doc-", id_, "-", actions_));
}

void Story::HandOver(bool complete) {
  v1::HandOverCase& hand_over = *Say(cast_.owner).mutable_hand_over_case();
  hand_over.set_to(Cast::IdOf(cast_.colleague));
  if (!complete) {
    hand_over.add_items("account");
    return;
  }
  for (const char* item : {"account", "risk", "safe_contact", "needs", "promises", "next_step"})
    hand_over.add_items(item);
  hand_over.mutable_next_step()->set_text("Ring the resident and agree the next visit.");
  Hours(1, 6);
  v1::AcceptHandover& accept = *Say(cast_.colleague).mutable_accept_handover();
  accept.set_risks_read_back(true);
  accept.set_promises_read_back(true);
  std::swap(cast_.owner, cast_.colleague);
  TellNamedContact();
}

void Story::ReviewByManager() {
  v1::RecordStep& step = Step(cast_.regional_manager, "manager_review");
  SetCode(step, "finding", "on_track");
  for (const char* field : {"risk_ok", "plan_ok", "resident_updated_ok", "outcome_on_track"})
    SetFlag(step, field, true);
}

void Story::ReviewMotive() { SetCode(Step(cast_.hate_lead, "motive_reviewed"), "finding", "confirmed"); }

void Story::AchieveOutcome(bool content) {
  v1::RecordStep& step = Step(cast_.owner, "outcome_achieved");
  SetCode(step, "sought_met", content ? "fully" : "partly");
  SetCode(step, "resident_view", content ? "content" : "mixed");
  SetFlag(step, "harm_ended", true);
}

void Story::ProposeClosure(const char* reason) { Say(cast_.owner).mutable_propose_closure()->set_reason_code(reason); }

void Story::ResidentAnswers(const char* answer) {
  v1::RecordStep& step = Step(cast_.owner, "resident_closure_response");
  SetCode(step, "answer", answer);
  if (std::string_view(answer) != "disagrees") return;
  SetNumber(step, "points", 2);
  SetWords(step, "reasons", "It is quieter, but nobody answered my first letter.");
}

void Story::AnswerDisagreement() {
  v1::RecordStep& step = Step(cast_.owner, "disagreement_answered");
  SetNumber(step, "points_answered", 2);
  SetFlag(step, "complaint_route_told", true);
  SetFlag(step, "case_review_route_told", true);
  SetWords(step, "answers", "Three visits found it quiet; the late reply was ours and we apologised.");
}

void Story::PrepareClosing() {
  SetCode(Step(cast_.owner, "closure_letter_approved"), "letter", absl::StrCat("doc-", id_, "-close"));
  v1::RecordStep& check = Step(cast_.owner, "closing_check");
  SetCode(check, "linked_complaints", "no_complaint");
  SetCode(check, "survey", "send");
}

void Story::SignClosing(const std::string& by, bool points) {
  v1::SignOff& sign = *Say(by).mutable_sign_off();
  sign.set_subject("closure");
  sign.set_answer(v1::SignOff::ANSWER_GRANT);
  if (!points) return;
  sign.add_points_answered("noise");
  sign.add_points_answered("late_reply");
  sign.mutable_reasons()->set_text("Both points are answered; the resident knows the routes to a second opinion.");
}

void Story::Close() { Say(cast_.owner).mutable_close_case(); }

void Story::FurtherReport() { SetCode(Step(cast_.contact_centre, "further_report"), "kind", "same_behaviour"); }

void Story::FinishImport(absl::Time up_to) {
  v1::Command& command = Say(cast_.contact_centre);
  command.clear_occurred_at();
  SetTimestamp(up_to, command.mutable_finish_import()->mutable_up_to());
}

}  // namespace caseward::cli

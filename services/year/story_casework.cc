// Casework: contacts, the risk, the plan and what is done about it, a manager's look, what was late or wrong.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/year/story.h"

namespace caseward::year {
namespace {

constexpr const char* kActionKinds[] = {"warning_letter", "visit", "repair", "safety"};
constexpr const char* kHappened[] = {"visited", "rang", "spoke_to_neighbours", "asked_the_police", "letter_sent"};

}  // namespace

void Story::Contact(v1::RecordContact::With with, v1::RecordContact::Outcome outcome, const char* channel) {
  const int64_t days = dice_.Between(kUpdateDays);
  const char* happened = dice_.Pick(kHappened);
  v1::Command& command = Say(Owner());
  command.set_channel(channel);
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_with(with);
  contact.set_outcome(outcome);
  contact.set_safe_contact_followed(true);
  const bool theirs = with == v1::RecordContact::WITH_REPORTER || with == v1::RecordContact::WITH_VICTIM;
  if (!theirs || outcome != v1::RecordContact::OUTCOME_TWO_WAY) return;
  contact.set_update(true);
  contact.set_what_happened_code(happened);
  contact.set_what_next_code("next_step_agreed");
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, static_cast<int>(days)), contact.mutable_next_update_by());
}

void Story::ContactUnsafely() {
  v1::Command& command = Say(Owner());
  command.set_channel("phone");
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_with(v1::RecordContact::WITH_VICTIM);
  contact.set_outcome(v1::RecordContact::OUTCOME_TWO_WAY);
}

void Story::ContactWrittenUpLate() {
  const absl::Time happened = world_.calendar.NextOfficeHour(now_ - dice_.Draw(Delay::kWrittenUpLate));
  const Person& owner = Owner();
  if (happened <= reported_at_ || happened >= now_) return;
  v1::Command& command = Say(owner);
  SetTimestamp(happened, command.mutable_occurred_at());
  command.set_channel("visit");
  command.set_late_reason_code("back_from_visits");
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_with(v1::RecordContact::WITH_REPORTER);
  contact.set_outcome(v1::RecordContact::OUTCOME_TWO_WAY);
  contact.set_safe_contact_followed(true);
}

void Story::Step(std::string_view role, const char* id,
                 std::initializer_list<std::pair<const char*, const char*>> codes) {
  v1::RecordStep& recorded = *Say(role.empty() ? Owner() : By(role)).mutable_record_step();
  recorded.set_step(id);
  for (const auto& [field, code] : codes)
    (*recorded.mutable_fields())[field].set_code(code);
}
v1::RecordStep& Story::step() { return *last_->mutable_record_step(); }
void Story::Flag(const char* field, bool value) { (*step().mutable_fields())[field].set_flag(value); }
void Story::Number(const char* field, int64_t value) { (*step().mutable_fields())[field].set_number(value); }
void Story::Words(const char* field, const char* text) {
  (*step().mutable_fields())[field].mutable_words()->set_text(text);
}

void Story::TellNamedContact() {
  if (!anonymous()) Step("", "named_contact_told", {{"how", Happens(Chance::kToldByPhone) ? "phone" : "letter"}});
}
void Story::Code(const char* field, const char* code) { (*step().mutable_fields())[field].set_code(code); }

// ---- the risk

const char* Story::Instrument() const {
  return is(CaseType::kDomesticAbuse) ? "dash" : is(CaseType::kHateIncident) ? "hate_matrix" : "ram";
}

// The first says how it is; later ones follow what was done.
void Story::AssessRisk(bool first) {
  if (first) {
    band_ = p1_ ? dice_.Share(kBandsOfP1) : dice_.Share(kBandsOfOthers);
  } else if (band_ > 0) {
    --band_;
  }
  constexpr int64_t kScores[3][2] = {{2, 9}, {10, 13}, {14, 24}};
  const char* const band = kBandNames[band_].data();
  const int64_t score = dice_.Between(kScores[band_][0], kScores[band_][1]);
  Step("", "risk_assessed", {{"instrument", Instrument()}, {"score_band", band}, {"band", band}});
  Number("score", score);
  if (band_ == 2) p1_ = true;
  assessed_at_ = now_;
}

void Story::RefreshRisk() {
  constexpr absl::Duration kFresh = absl::Hours(50 * 24);
  if (now_ - assessed_at_ > kFresh) AssessRisk(false);
}

void Story::AssessRiskWrongly(bool without_dash) {
  Step("", "risk_assessed",
       {{"instrument", without_dash ? "ram" : Instrument()},
        {"score_band", without_dash ? "standard" : "high"},
        {"band", "standard"}});
}

void Story::AnswerHighRisk() {
  Step("", "safety_plan_agreed");
  Words("measures", "New locks, a light at the door, and whom to ring at night.");
  if (!is(CaseType::kDomesticAbuse)) return;
  Wait(Delay::kSameDay);
  Step("", "marac_referred", {{"consent", "given"}, {"survivor_told", "told"}});
  (*step().mutable_fields())["referral"].set_code(Ref("marac"));
  Wait(Delay::kSameDay);
  Step("", "idva_contact_confirmed");
}

// ---- the plan

v1::AgreePlan& Story::TellPlan() {
  const int64_t review = dice_.Between(kPlanReviewDays);
  v1::AgreePlan& plan = *Say(Owner()).mutable_agree_plan();
  plan.mutable_outcome_sought()->set_text("To live here in peace.");
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, static_cast<int>(review)), plan.mutable_review_by());
  plan.set_understanding_confirmed_by(caller_.interpreter ? "interpreter" : "said_back");
  plan.set_resident_copy_format("plain_print");
  return plan;
}

void Story::Plan(bool interview) {
  const int64_t due = dice_.Between(kActionDays);
  const char* kind = dice_.Pick(kActionKinds);
  v1::AgreePlan& plan = TellPlan();
  const auto add = [&](const char* what, int64_t days) {
    v1::AddAction& action = *plan.add_actions();
    action.set_action_id(absl::StrCat("act-", ++actions_));
    action.set_kind(what);
    SetTimestamp(world_.calendar.WorkingDaysAfter(now_, static_cast<int>(days)), action.mutable_due());
  };
  add(kind, due);
  if (interview) add("perpetrator_interview", 10);
  interviews_ = interview;
}

// Before anyone has assessed the risk.
void Story::PlanAhead() {
  v1::AddAction& action = *TellPlan().add_actions();
  action.set_action_id("act-ahead");
  action.set_kind("visit");
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, 5), action.mutable_due());
}

void Story::CompleteAction(bool with_evidence) {
  v1::CompleteAction& done = *Say(Owner()).mutable_complete_action();
  done.set_action_id(absl::StrCat("act-", actions_done_ + 1));
  if (!with_evidence) return;
  ++actions_done_;
  done.set_evidence_ref(Ref("doc"));
}

void Story::CompleteActions() {
  while (actions_done_ < actions_) {
    if (Happens(Chance::kActionCancelled)) {
      v1::CancelAction& cancelled = *Say(Owner()).mutable_cancel_action();
      cancelled.set_action_id(absl::StrCat("act-", ++actions_done_));
      cancelled.set_reason_code("not_needed_any_more");
      continue;
    }
    if (Try(Attempt::kTickedOff)) CompleteAction(false);
    CompleteAction(true);
  }
}

void Story::Promise() {
  const int64_t due = dice_.Between(kPromiseDays);
  v1::RecordPromise& promise = *Say(Owner()).mutable_record_promise();
  promise.set_promise_id(absl::StrCat("promise-", ++promises_));
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, static_cast<int>(due)), promise.mutable_due());
  promise.mutable_what()->set_text("A call after the visit.");
}

void Story::KeepPromise() {
  v1::KeepPromise& kept = *Say(Owner()).mutable_keep_promise();
  kept.set_promise_id(absl::StrCat("promise-", promises_));
  kept.set_evidence_ref(Ref("note"));
}

void Story::HoldPlan() {
  v1::PauseClock& pause = *Say(Owner()).mutable_pause_clock();
  pause.set_clock("action_plan");
  pause.set_reason_code("resident_asks_for_time");
  Wait(Delay::kNextContact);
  Say(Owner()).mutable_resume_clock()->set_clock("action_plan");
}

// ---- a manager's look

void Story::ReviewBy(std::string_view role) {
  Step(role, "manager_review", {{"finding", "on_track"}});
  for (const char* field : {"risk_ok", "plan_ok", "resident_updated_ok", "outcome_on_track"})
    Flag(field, true);
}

// ---- enforcement

void Story::ConsiderEnforcement() {
  Step("", "enforcement_considered",
       {{"warning", "use"},
        {"behaviour_contract", "not_now"},
        {"mediation", "not_suitable"},
        {"injunction", "not_now"},
        {"closure_order", "not_suitable"},
        {"notice", "not_now"},
        {"possession", "not_now"},
        {"police", "use"}});
}

void Story::AssessEquality() {
  Step("", "equality_assessed", {{"section_15", "considered"}, {"section_149", "considered"}});
  for (const char* field : {"disability_considered", "children_considered", "alternatives_tried", "support_offered"})
    Flag(field, true);
}

void Story::DecideInjunction() {
  Step("", "enforcement_decided",
       {{"tool", "injunction"}, {"decision", "granted"}, {"reason", "proportionate"}, {"duty", "section_149"}});
}

// ---- late and wrong

// A wrong time is put right with a manager's signature, anything else with a word.
void Story::Correct(bool time) {
  if (time) Sign("correction", "regional_manager", false);
  v1::CorrectFact& correct = *Say(Owner()).mutable_correct_fact();
  correct.set_corrects_version(1);
  correct.set_reason_code(time ? "wrong_time" : "misheard");
  if (time) SetTimestamp(reported_at_ - absl::Minutes(30), correct.mutable_occurred_at());
  correct.mutable_correction()->set_text("It is the flat above, not the one beside.");
}

void Story::FurtherReport(const char* kind) { Step("contact_centre", "further_report", {{"kind", kind}}); }

}  // namespace caseward::year

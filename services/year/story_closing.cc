// Closing: what came of it, what the resident says, who signs.
#include "engine/base/time.h"
#include "services/year/story.h"

namespace caseward::year {

void Story::AchieveOutcome(bool content) {
  Step("", "outcome_achieved",
       {{"sought_met", content ? "fully" : "partly"},
        {"resident_view", anonymous() ? "not_known"
                          : content   ? "content"
                                      : "mixed"}});
  Flag("harm_ended", true);
}

void Story::ProposeClosure(const char* reason) { Say(Owner()).mutable_propose_closure()->set_reason_code(reason); }

void Story::ResidentAnswers(const char* answer) {
  Step("", "resident_closure_response", {{"answer", answer}});
  if (std::string_view(answer) != "disagrees") return;
  Number("points", 2);
  Words("reasons", "It is quieter, but nobody answered my first letter.");
}

void Story::AnswerDisagreement() {
  Step("", "disagreement_answered");
  Number("points_answered", 2);
  Flag("complaint_route_told", true);
  Flag("case_review_route_told", true);
  Words("answers", "Three visits found it quiet; the late reply was ours and we apologised.");
}

// What the checklist asks, as late as it may be.
void Story::PrepareClosing() {
  AssessRisk(false);
  if (!anonymous()) {
    Step("", "closure_letter_approved");
    (*step().mutable_fields())["letter"].set_code(Ref("letter"));
  }
  Step("", "closing_check",
       {{"linked_complaints", "no_complaint"},
        {"survey", is(CaseType::kDomesticAbuse) ? "unsafe_to_send"
                   : anonymous()                ? "declined"
                                                : "send"}});
  if (p1_) ReviewBy("regional_manager");
}

void Story::Sign(const char* subject, std::string_view role, bool points) {
  v1::SignOff& sign = *Say(role.empty() ? Owner() : By(role)).mutable_sign_off();
  sign.set_subject(subject);
  sign.set_answer(v1::SignOff::ANSWER_GRANT);
  if (!points) return;
  sign.add_points_answered("noise");
  sign.add_points_answered("late_reply");
  sign.mutable_reasons()->set_text("Both points are answered; the resident knows the routes to a second opinion.");
}

// What is signed does not wait for an owner who is away: a hand-over now would void the signature.
void Story::Close() {
  now_ = world_.calendar.NextOfficeHour(now_);
  const bool here = owner_->IsHere(absl::CivilDay(LocalTime(now_)));
  Say(here ? *owner_ : ColleagueHere(owner_)).mutable_close_case();
}

}  // namespace caseward::year

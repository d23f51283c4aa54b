#include "services/year/tellings.h"

namespace caseward::year {
namespace {

using Contact = v1::RecordContact;

void TriageIt(Story& story) {
  story.Wait(Delay::kTriage);
  if (story.Try(Attempt::kTriageWithoutAsking)) story.TriageWithoutAsking();
  if (story.is(CaseType::kHateIncident) && story.Try(Attempt::kHateAsNuisance)) {
    story.Triage(CaseType::kAntiSocialBehaviour);
  }
  if ((story.is(CaseType::kDomesticAbuse) || story.is(CaseType::kSeriousViolence)) &&
      story.Try(Attempt::kOtherAsNuisance)) {
    story.Triage(CaseType::kNeighbourDispute);
  }
  story.Triage(story.type());
}

// What a survivor is asked and offered, in the order in which it is safe.
void HearSurvivor(Story& story) {
  story.Step("", "safe_contact_set");
  story.Words("how", "Ring the school between nine and three.");
  const bool children = story.Happens(Chance::kChildren);
  story.Step("", "domestic_abuse_disclosed",
             {{"disclosed_by", "survivor"}, {"children", children ? "children" : "no_children"}});
  if (children) {
    story.Step("", "child_victims_recorded");
    story.Number("children", story.dice().Between(kChildrenOfSurvivor));
  }
  constexpr const char* kChoices[] = {"stay_safely", "move_within", "refuge", "not_yet"};
  const char* choice = story.dice().Pick(kChoices);
  story.Step("", "housing_options_discussed", {{"choice", choice}, {"chosen_by", "survivor"}});
  story.Number("options_explained", 3);
  story.Step("", "advocate_offered", {{"kind", "domestic_abuse"}, {"answer", "accepts"}});
  if (story.Try(Attempt::kJointLetter)) {
    story.Step("", "correspondence_sent", {{"kind", "acknowledgement"}, {"addressed_to", "joint_names"}});
    story.Code("letter", "doc-joint");
  }
}

void FollowHate(Story& story) {
  story.Step("", "police_report_offered",
             {{"answer", story.Happens(Chance::kReportsToPolice) ? "reported" : "declines"}});
  story.Step("", "advocate_offered", {{"kind", "hate_crime"}, {"answer", "decides_later"}});
  story.Wait(Delay::kSameDay);
  story.Step("hate_lead", "motive_reviewed", {{"finding", "confirmed"}});
  if (story.Try(Attempt::kMediationInHate)) {
    story.Step("", "mediation_arranged");
    story.Code("service", "mediation_service");
  }
}

void Vulnerability(Story& story) {
  story.Step("", "vulnerability_recognised", {{"source", "staff"}});
  story.Step("", "vulnerability_responded", {{"change", "visit"}});
  story.Wait(Delay::kSameDay);
  constexpr const char* kNeeds[] = {"mobility", "isolation", "hearing", "memory"};
  story.Step("", "vulnerability_recorded", {{"need", story.dice().Pick(kNeeds)}, {"consent", "given"}});
}

// The concern goes to the authority, mostly within the day.
void ReferSafeguarding(Story& story) {
  story.Wait(Delay::kRisk);
  if (story.Try(Attempt::kSettleAlone)) story.Step("", "safeguarding_settled", {{"how", "no_concern_found"}});
  const bool child = story.Happens(Chance::kAboutChild);
  story.Step("", "safeguarding_referred",
             {{"to", child ? "children_services" : "adult_services"}, {"consent", child ? "child" : "given"}});
  story.Code("referral", "mash-case");
}

void AssessAndPlan(Story& story) {
  const bool abuse = story.is(CaseType::kDomesticAbuse);
  // Other rules forestall this one for a survivor, and where an advocate is needed.
  const bool plain = !abuse && !story.caller().interpreter && !story.anonymous();
  if (plain && story.Try(Attempt::kPlanWithoutRisk)) story.PlanAhead();
  story.Wait(Delay::kRisk);
  if (abuse && story.Try(Attempt::kNoDash)) story.AssessRiskWrongly(true);
  if (story.Try(Attempt::kBandLowered)) story.AssessRiskWrongly(false);
  story.AssessRisk(true);
  if (story.high_risk()) story.AnswerHighRisk();
  if (story.anonymous()) return;
  if (story.caller().interpreter && !abuse && !story.is(CaseType::kHateIncident)) {
    story.Step("", "advocate_offered", {{"kind", "language"}, {"answer", "accepts"}});
  }
  story.Wait(Delay::kPlan);
  story.Plan(story.knows_subject() && story.Happens(Chance::kInterview));
}

// The domestic abuse lead's word, before each step towards the person alleged.
void Clear(Story& story) {
  if (!story.is(CaseType::kDomesticAbuse)) return;
  story.Step("da_lead", "perpetrator_contact_clearance", {{"answer", "cleared"}});
  story.Flag("survivor_consulted", true);
}

void Rung(Story& story, const char* rung, const char* outcome, bool checked) {
  story.Step("", "engagement_step", {{"rung", rung}, {"outcome", outcome}});
  story.Flag("needs_checked", checked);
}

// Up the ladder, until they answer or a lawyer has it.
void Evade(Story& story) {
  constexpr const char* kRungs[] = {"letter", "unannounced_visit", "interview_notice", "breach_warning"};
  constexpr const char* kSilences[] = {"no_answer", "refused", "evaded"};
  bool first = true;
  for (const char* rung : kRungs) {
    if (story.resting()) return;
    Clear(story);
    if (!first && story.Try(Attempt::kDownTheLadder)) Rung(story, "letter", "no_answer", true);
    if (story.Try(Attempt::kNeedsUnchecked)) Rung(story, rung, "no_answer", false);
    const bool answers = !first && story.Happens(Chance::kEngages);
    Rung(story, rung, answers ? "engaged" : story.dice().Pick(kSilences), true);
    if (answers) return;
    first = false;
    story.Wait(Delay::kLadderStep);
  }
  Clear(story);
  Rung(story, "legal_or_partner", "evaded", true);
  story.Wait(Delay::kSameDay);
  if (story.Try(Attempt::kCourtUnassessed)) story.DecideInjunction();
  story.AssessEquality();
  story.AssessRisk(false);
  story.DecideInjunction();
}

void Interview(Story& story) {
  if (story.is(CaseType::kDomesticAbuse) && story.Try(Attempt::kSubjectUncleared)) {
    story.Contact(Contact::WITH_SUBJECT, Contact::OUTCOME_TWO_WAY);
  }
  if (story.Happens(Chance::kEvades)) return Evade(story);
  Clear(story);
  story.Contact(Contact::WITH_SUBJECT, Contact::OUTCOME_TWO_WAY);
}

void WithAgencies(Story& story) {
  if (story.Happens(Chance::kReferral)) {
    const bool accepted = !story.Happens(Chance::kReferralDeclined);
    if (story.Try(Attempt::kReferUncovered)) story.Refer("clinic", "talking_therapy");
    story.Refer("victim_support", "support");
    story.Wait(Delay::kAgencyAnswer);
    story.AnswerReferral(accepted);
  }
  if (story.Happens(Chance::kAgencyAsks)) {
    story.AgencyAsks();
    story.Wait(Delay::kAgencyAnswer);
    story.AnswerAgency();
  }
  if (story.resting()) return;
  if (story.Happens(Chance::kWeAsk)) {
    story.Ask();
    if (story.Happens(Chance::kAgencySilent)) {
      story.WaitDays(kChasedDays);
      story.Chase();
    }
    story.Wait(Delay::kAgencyAnswer);
    story.AgencyAnswers();
  }
  if (story.Try(Attempt::kShareInEmergency)) story.Share(true);
  if (story.Happens(Chance::kShared)) story.Share(false);
}

void Serious(Story& story) {
  if (story.Happens(Chance::kReviewHeld)) {
    if (story.Try(Attempt::kOwnReview)) story.ReviewBy("");
    if (story.Try(Attempt::kBlankReview)) story.Step("regional_manager", "manager_review");
    story.ReviewBy("regional_manager");
  }
  if (story.Happens(Chance::kLegalSession)) {
    story.Step("", "partner_considered", {{"answer", "contacted"}});
    story.Step("", "legal_session_held");
    story.ConsiderEnforcement();
  }
  if (!story.is(CaseType::kHateIncident)) return;
  story.Step("", "tenancy_hate_clause_considered", {{"finding", "breach"}});
  story.Step("hate_lead", "hate_panel_held", {{"direction", "go_on"}});
}

void ItHappensAgain(Story& story) {
  story.FurtherReport(story.Happens(Chance::kGetsWorse) ? "worse" : "same_behaviour");
  story.Wait(Delay::kSameDay);
  story.AssessRisk(false);
}

void Mediate(Story& story) {
  story.Step("", "mediation_assessed",
             {{"reporter_consents", "consents"}, {"subject_consents", "consents"}, {"suitable", "suitable"}});
  story.Flag("power_imbalance", false);
  story.Flag("violence_or_threats", false);
  story.Step("", "mediation_arranged");
  story.Code("service", "mediation_service");
}

}  // namespace

WithWhom TheirSide(const Story& story) {
  switch (story.type()) {
    case CaseType::kHateIncident:
    case CaseType::kDomesticAbuse:
    case CaseType::kSeriousViolence: return Contact::WITH_VICTIM;
    case CaseType::kAntiSocialBehaviour:
    case CaseType::kNeighbourDispute:
    case CaseType::kSafeguarding: break;
  }
  return Contact::WITH_REPORTER;
}

void Begin(Story& story, bool another_matter) {
  story.Register();
  const bool can_hide =
      story.is(CaseType::kHateIncident) || story.is(CaseType::kDomesticAbuse) || story.is(CaseType::kSeriousViolence);
  const bool hidden = can_hide && story.Happens(Chance::kFiledAsAsb);
  story.Report(hidden ? CaseType::kAntiSocialBehaviour : story.type());
  if (another_matter) story.FurtherReport("new_behaviour");
  TriageIt(story);
  if (story.known_caller() && story.Happens(Chance::kLinked)) story.LinkTo(story.caller().number, "repeat_caller");
  story.Wait(Delay::kAssign);
  story.Assign();
}

void FirstDays(Story& story) {
  if (story.resting()) return;
  const WithWhom with = TheirSide(story);
  if (!story.anonymous()) {
    if (story.Happens(Chance::kNoAnswerFirst)) {
      story.Wait(Delay::kSameDay);
      story.Contact(with, Contact::OUTCOME_NO_ANSWER);
    }
    story.Wait(Delay::kFirstContact);
    if ((story.is(CaseType::kDomesticAbuse) || story.caller().safe_contact_only) &&
        story.Try(Attempt::kUnsafeContact)) {
      story.ContactUnsafely();
    }
    story.Contact(with, Contact::OUTCOME_TWO_WAY);
    if (story.Happens(Chance::kAsksForTime) && !story.p1()) story.HoldPlan();
    story.TellNamedContact();
    if (story.is(CaseType::kDomesticAbuse)) HearSurvivor(story);
    if (story.is(CaseType::kHateIncident)) FollowHate(story);
    if (story.Happens(Chance::kVulnerable)) Vulnerability(story);
  } else if (story.is(CaseType::kHateIncident)) {
    story.Step("hate_lead", "motive_reviewed", {{"finding", "confirmed"}});
  }
  if (story.is(CaseType::kSeriousViolence)) {
    story.Wait(Delay::kSameDay);
    story.Step("", "agencies_involved", {{"agency", "police"}});
  }
  if (story.is(CaseType::kSafeguarding)) ReferSafeguarding(story);
  AssessAndPlan(story);
}

void Middle(Story& story, bool again) {
  const int64_t rounds = story.dice().Between(kRounds);
  const bool passed_on = story.Happens(Chance::kHandOver);
  if (story.is(CaseType::kNeighbourDispute) && !again && !story.p1() && story.Happens(Chance::kMediation)) {
    story.Wait(Delay::kNextContact);
    Mediate(story);
  }
  for (int64_t round = 0; round < rounds; ++round) {
    if (story.resting()) return;
    story.Wait(Delay::kNextContact);
    story.Contact(TheirSide(story), Contact::OUTCOME_TWO_WAY, round == 1 ? "visit" : "phone");
    if (story.p1()) Serious(story);
    if (round > 0) continue;
    if (story.Happens(Chance::kPromise)) {
      story.Promise();
      story.WaitDays(kPromiseKeptDays);
      story.KeepPromise();
    }
    if (passed_on) {
      if (story.Try(Attempt::kHandOverBare)) story.HandOver(false);
      story.HandOver(true);
    }
    if (story.interviews() && !again) Interview(story);
    if (story.Happens(Chance::kFurtherReport)) ItHappensAgain(story);
    if (story.Happens(Chance::kCorrection)) story.Correct(story.Happens(Chance::kWrongTime));
    if (story.Happens(Chance::kLateFact)) story.ContactWrittenUpLate();
    if (!again) WithAgencies(story);
  }
  if (story.resting()) return;
  story.Wait(Delay::kActionDone);
  if (story.Happens(Chance::kActionLate)) story.Wait(Delay::kNextContact);
  story.CompleteActions();
}

void Settle(Story& story) {
  if (story.is(CaseType::kSafeguarding)) story.Step("", "safeguarding_settled", {{"how", "handed_over"}});
}

}  // namespace caseward::year

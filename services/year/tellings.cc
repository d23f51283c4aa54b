#include "services/year/tellings.h"

namespace caseward::year {
namespace {

using Contact = v1::RecordContact;

const char* ReasonFor(const Story& story) {
  if (story.course() == Course::kSilent && !story.p1()) return "disengaged";
  if (story.course() == Course::kAnonymous || story.course() == Course::kSilent) return "no_further_incidents";
  return story.is(CaseType::kDomesticAbuse) || story.is(CaseType::kSafeguarding) ? "safe_and_supported"
                                                                                 : "resolved_agreed";
}

// Whose signature it needs, as the resident answered.
const char* SignerOf(const Story& story, bool disagrees) {
  const bool silent = story.course() == Course::kSilent;
  if (story.is(CaseType::kDomesticAbuse) && (disagrees || silent)) return "da_lead";
  if (story.is(CaseType::kHateIncident)) return "hate_lead";
  return disagrees ? "assistant_director" : "regional_manager";
}

// Silence is an answer after three attempts by two ways over ten working days.
void AskInVain(Story& story) {
  const WithWhom with = TheirSide(story);
  story.Contact(with, Contact::OUTCOME_NO_ANSWER);
  if (story.Try(Attempt::kSilenceTooSoon)) story.ResidentAnswers("no_response");
  story.WaitWorkingDays(kAskedAgainWorkingDays[0]);
  story.Contact(with, Contact::OUTCOME_LETTER_SENT, "letter");
  story.WaitWorkingDays(kAskedAgainWorkingDays[1]);
  story.Contact(with, Contact::OUTCOME_NO_ANSWER);
  story.ResidentAnswers("no_response");
}

void HearResident(Story& story, bool disagrees) {
  if (story.anonymous()) return story.ResidentAnswers("not_applicable");
  if (story.course() == Course::kSilent) return AskInVain(story);
  story.Wait(Delay::kResidentAnswer);
  story.ResidentAnswers(disagrees ? "disagrees" : "agrees");
  if (disagrees) story.AnswerDisagreement();
}

void AfterClosing(Story& story) {
  if (story.anonymous()) return;
  if (story.p1() && story.Happens(Chance::kChecked)) {
    story.WaitDays(kCheckedDays);
    story.Step("team_manager", "post_closure_contact", {{"outcome", "all_well"}});
    story.Flag("safe_contact_followed", true);
  }
  if (!story.is(CaseType::kDomesticAbuse)) {
    story.WaitDays(kSurveyDays);
    story.Step("contact_centre", "survey_issued");
    if (story.Happens(Chance::kSurveyReturned)) {
      const bool poor = story.Happens(Chance::kPoorSurvey);
      story.WaitDays(kSurveyBackDays);
      story.Step("contact_centre", "survey_returned");
      for (const char* field : {"handling", "outcome", "respect"})
        story.Number(field, poor ? 2 : 4);
      if (poor) {
        story.WaitDays(kCallBackDays);
        story.Step("team_manager", "call_back_made");
      }
    }
  }
  if (story.Try(Attempt::kReopenLate)) {
    story.WaitDays(kReopenedLateDays);
    story.Reopen();
  }
}

// From what came of it to the end; true if it was closed within the year.
bool CloseIt(Story& story) {
  const bool disagrees = story.course() == Course::kDisagreed;
  if (story.resting()) return false;
  story.Wait(Delay::kProposal);
  story.RefreshRisk();
  if (story.Try(Attempt::kCloseUnsigned)) story.Close();
  Settle(story);
  story.AchieveOutcome(!disagrees);
  if (story.is(CaseType::kDomesticAbuse) && story.Try(Attempt::kAbuseUnproven)) {
    story.ProposeClosure("insufficient_evidence");
  }
  story.ProposeClosure(ReasonFor(story));
  if (story.Try(Attempt::kSignOwn)) story.Sign("closure", "", false);
  HearResident(story, disagrees);
  if (story.resting()) return false;
  story.PrepareClosing();
  const absl::Time prepared = story.now();
  story.Wait(Delay::kSignature);
  const char* signer = SignerOf(story, disagrees);
  const bool fresh = prepared < story.end() && story.end() - prepared <= absl::Hours(24 * kStaysFreshDays);
  if (fresh && story.end() - story.now() <= absl::Hours(24 * kSignersAwayDays)) {
    story.Finish(true);
    story.SignDelegated(disagrees, disagrees || signer != std::string_view("regional_manager"));
    return false;
  }
  if (story.over()) return false;
  if (disagrees && !story.is(CaseType::kHateIncident) && story.Try(Attempt::kSignOverHead)) {
    story.Sign("closure", "regional_manager", false);
  }
  story.Sign("closure", signer, disagrees);
  story.Close();
  return true;
}

void TellClosed(Story& story) {
  FirstDays(story);
  if (!story.anonymous()) Middle(story, false);
  if (story.anonymous()) {
    story.Wait(Delay::kNextContact);
    story.Step("", "outcome_sought");
    story.Words("outcome", "Quiet on the stairs; nobody gave a name.");
  }
  if (CloseIt(story)) AfterClosing(story);
}

void TellReopened(Story& story) {
  FirstDays(story);
  Middle(story, false);
  if (!CloseIt(story)) return;
  if (story.resting()) return;
  story.Wait(Delay::kStartsAgain);
  story.Step("team_manager", "post_closure_contact", {{"outcome", "started_again"}});
  story.Flag("safe_contact_followed", true);
  story.Reopen();
  if (story.is(CaseType::kHateIncident)) story.Step("hate_lead", "motive_reviewed", {{"finding", "confirmed"}});
  story.AssessRisk(true);
  if (story.high_risk()) story.AnswerHighRisk();
  Middle(story, true);
  CloseIt(story);
}

void TellWithdrawn(Story& story) {
  FirstDays(story);
  story.Wait(Delay::kNextContact);
  Settle(story);
  if (story.Try(Attempt::kWithdrawByOwner)) story.Withdraw(true, "resident_asked");
  story.Withdraw(false, "resident_asked");
}

// Somebody else has told us already: what protects someone is done all the same.
void TellDuplicate(Story& story) {
  if (story.is(CaseType::kSeriousViolence)) story.Step("", "agencies_involved", {{"agency", "police"}});
  if (story.is(CaseType::kSafeguarding)) {
    story.Step("", "safeguarding_referred", {{"to", "adult_services"}, {"consent", "given"}});
    story.Code("referral", "mash-case");
    Settle(story);
  }
  story.Withdraw(false, "duplicate");
}

void TellStalled(Story& story) {
  story.Wait(Delay::kFirstContact);
  if (story.Happens(Chance::kStalledCall)) story.Contact(TheirSide(story), Contact::OUTCOME_NO_ANSWER);
  const bool plain = story.is(CaseType::kAntiSocialBehaviour) || story.is(CaseType::kNeighbourDispute);
  if (plain && story.Try(Attempt::kProposeEmpty)) story.ProposeClosure("no_further_incidents");
}

void TellUnfinished(Story& story, bool another_matter) {
  FirstDays(story);
  Middle(story, false);
  const bool late = story.Happens(Chance::kLateFact);
  if (story.resting()) return;
  story.Finish(another_matter || late);
  if (another_matter) story.SplitOff();
  if (late) story.WriteUpToday();
}

void TellCourse(Story& story, bool another_matter) {
  switch (story.course()) {
    case Course::kAgreed:
    case Course::kDisagreed:
    case Course::kSilent:
    case Course::kAnonymous: return TellClosed(story);
    case Course::kWithdrawn: return TellWithdrawn(story);
    case Course::kStalled: return TellStalled(story);
    case Course::kUnfinished: return TellUnfinished(story, another_matter);
    case Course::kReopened: return TellReopened(story);
    case Course::kDuplicate: return TellDuplicate(story);
  }
}

}  // namespace

void Tell(Story& story) {
  const bool another_matter = story.course() == Course::kUnfinished && story.Happens(Chance::kAnotherMatter);
  Begin(story, another_matter);
  if (story.resting()) return;
  TellCourse(story, another_matter);
  if (story.resting()) return;
  if (!story.finished()) story.Finish(false);
  if (story.caller().doubles != 0 && !story.known_caller() && !story.anonymous()) story.Merge();
}

}  // namespace caseward::year

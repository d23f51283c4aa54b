#include "services/year/distributions.h"

#include <iterator>
#include <ostream>

namespace caseward::year {
namespace {

constexpr ChanceRow kChances[] = {
    {Chance::kKnownCaller, 380, "known_caller",
     "the report comes from whoever made one of the earlier reports, each as likely: so a few report very often "
     "(Yule-Simon)"},
    {Chance::kSubjectKnown, 550, "subject_known", "the report names whom it is about"},
    {Chance::kKnownSubject, 300, "known_subject",
     "of these: the subject of one of the earlier reports, each as likely"},
    {Chance::kKnownHome, 120, "known_home", "a new caller lives with one of the earlier ones"},
    {Chance::kDuplicateEntry, 30, "duplicate_entry",
     "a new caller was here before, and is entered twice; merged later"},
    {Chance::kSafeContactOnly, 20, "safe_contact_only", "a caller may only be reached in one way"},
    {Chance::kOtherLanguage, 120, "other_language", "a caller has another language than English"},
    {Chance::kInterpreter, 500, "interpreter", "of these: needs an interpreter"},
    {Chance::kLateReport, 60, "late_report", "someone of ours knew of it before it was recorded"},
    {Chance::kFiledAsAsb, 250, "filed_as_asb",
     "a hate incident, abuse or violence is reported as anti-social behaviour"},
    {Chance::kThreatToLife, 100, "threat_to_life", "serious violence threatens life"},
    {Chance::kChildren, 400, "children", "children live with the domestic abuse"},
    {Chance::kNoAnswerFirst, 250, "no_answer_first", "the first call is not answered"},
    {Chance::kLateFact, 80, "late_fact", "a case has a contact that is written up days after it happened"},
    {Chance::kCorrection, 40, "correction", "something recorded was wrong, and is corrected"},
    {Chance::kFurtherReport, 220, "further_report", "it happens again while the case is open"},
    {Chance::kVulnerable, 90, "vulnerable", "a vulnerability is recognised, and recorded with consent"},
    {Chance::kReferral, 200, "referral", "the case is referred to an agency"},
    {Chance::kReferralDeclined, 250, "referral_declined", "of these: declined, with something else instead"},
    {Chance::kAgencyAsks, 120, "agency_asks", "an agency asks us about the case"},
    {Chance::kWeAsk, 150, "we_ask", "we ask an agency about the case"},
    {Chance::kAgencySilent, 300, "agency_silent", "an agency that was asked is chased before it answers"},
    {Chance::kShared, 100, "shared", "information is shared with the police under the agreement"},
    {Chance::kInterview, 450, "interview", "the subject of the report is to be spoken to"},
    {Chance::kEvades, 300, "evades", "of these: evades, up the ladder to a lawyer or a partner"},
    {Chance::kHandOver, 80, "hand_over", "the case goes to a colleague though nobody is away"},
    {Chance::kReviewHeld, 800, "review_held", "the ten days' review of a P1 case is held"},
    {Chance::kLegalSession, 500, "legal_session", "a P1 case is worked through with a lawyer"},
    {Chance::kPromise, 250, "promise", "the resident is promised something, and it is kept"},
    {Chance::kActionLate, 150, "action_late", "an action is done after its date"},
    {Chance::kLinked, 600, "linked", "a case of a known caller is linked to an earlier one of theirs"},
    {Chance::kAnotherMatter, 250, "another_matter", "an unfinished case holds another matter, which is split off"},
    {Chance::kChecked, 850, "checked", "a serious case is looked at again after closing"},
    {Chance::kSurveyReturned, 300, "survey_returned", "a survey that went out comes back"},
    {Chance::kPoorSurvey, 200, "poor_survey", "of these: with a poor answer, and someone rings"},
    {Chance::kMediation, 400, "mediation", "mediation suits a dispute, and both agree"},
    {Chance::kAsksForTime, 50, "asks_for_time", "the resident asks for time before a plan, and its clock is held"},
    {Chance::kReportsToPolice, 600, "reports_to_police", "a victim of hate reports it to the police; else declines"},
    {Chance::kAboutChild, 600, "about_child", "a safeguarding concern is about a child; else an adult"},
    {Chance::kEngages, 350, "engages", "one who evades answers a step after the first letter"},
    {Chance::kGetsWorse, 300, "gets_worse", "when it happens again, it is worse"},
    {Chance::kWrongTime, 500, "wrong_time", "a correction is of a time, and signed; else of a word"},
    {Chance::kToldByPhone, 800, "told_by_phone", "who owns the case is told by phone; else by letter"},
    {Chance::kStalledCall, 500, "stalled_call", "a case that stalls has one call, which is not answered"},
    {Chance::kActionCancelled, 60, "action_cancelled", "an action is cancelled, with its reason"},
    {Chance::kChristmasLeave, 600, "christmas_leave", "a member of staff is away over Christmas"},
    {Chance::kLongSickness, 30, "long_sickness", "a member of staff is ill for weeks, once a year"},
    {Chance::kLeaver, 120, "leaver", "a case manager leaves within the year; a new one comes"},
};

constexpr AttemptRow kAttempts[] = {
    {Attempt::kTriageWithoutAsking, 60, "triage_without_asking", "R-09.1", "triage without the five questions"},
    {Attempt::kHateAsNuisance, 250, "hate_as_nuisance", "R-09.2", "perceived hate filed as anti-social behaviour"},
    {Attempt::kOtherAsNuisance, 120, "other_as_nuisance", "R-09.2", "abuse or a weapon filed as a neighbour dispute"},
    {Attempt::kPlanWithoutRisk, 60, "plan_without_risk", "R-15.1", "a plan before the risk is assessed"},
    {Attempt::kBandLowered, 50, "band_lowered", "R-15.3", "a lower band than the score gives"},
    {Attempt::kNoDash, 150, "no_dash", "R-42", "domestic abuse assessed with a general matrix"},
    {Attempt::kUnsafeContact, 120, "unsafe_contact", "R-11.3", "a survivor rung without the safe way being followed"},
    {Attempt::kSubjectUncleared, 150, "subject_uncleared", "R-42.4",
     "an alleged perpetrator of abuse rung before the lead says so"},
    {Attempt::kHandOverBare, 300, "hand_over_bare", "R-12.1", "a hand-over with the account alone"},
    {Attempt::kTickedOff, 120, "ticked_off", "R-16.3", "an action ticked off without evidence"},
    {Attempt::kOwnReview, 60, "own_review", "R-04.2", "the owner reviews the own case"},
    {Attempt::kBlankReview, 50, "blank_review", "R-04.3", "a manager's review without findings"},
    {Attempt::kDownTheLadder, 200, "down_the_ladder", "R-19.1", "another letter after one that was not answered"},
    {Attempt::kNeedsUnchecked, 120, "needs_unchecked", "R-19.2", "a step against someone whose needs nobody looked at"},
    {Attempt::kCourtUnassessed, 250, "court_unassessed", "R-21.1", "to court without an equality assessment"},
    {Attempt::kMediationInHate, 80, "mediation_in_hate", "R-51.1", "mediation where someone perceives hate"},
    {Attempt::kShareInEmergency, 30, "share_in_emergency", "C-agreement",
     "shared as an emergency on a basis that the policy does not name"},
    {Attempt::kReferUncovered, 200, "refer_uncovered", "C-agreement", "referred to an agency that no agreement covers"},
    {Attempt::kSettleAlone, 150, "settle_alone", "R-34.2", "a safeguarding concern settled by one person"},
    {Attempt::kWithdrawByOwner, 400, "withdraw_by_owner", "R-03.2", "the owner withdraws a case"},
    {Attempt::kSilenceTooSoon, 350, "silence_too_soon", "R-02.3", "silence taken for an answer after one call"},
    {Attempt::kCloseUnsigned, 100, "close_unsigned", "C-phase", "closed before anyone proposed it"},
    {Attempt::kSignOwn, 80, "sign_own", "R-05.1", "the owner signs the closing"},
    {Attempt::kSignOverHead, 500, "sign_over_head", "R-02.2", "a disagreement signed by whoever may not"},
    {Attempt::kProposeEmpty, 350, "propose_empty", "R-22.1", "a stalled case proposed for closing with nothing done"},
    {Attempt::kAbuseUnproven, 80, "abuse_unproven", "R-42.6", "domestic abuse closed for want of evidence"},
    {Attempt::kJointLetter, 80, "joint_letter", "R-30.1", "a letter to a survivor in joint names"},
    {Attempt::kReopenLate, 30, "reopen_late", "R-03.3", "reopened more than sixty working days after closing"},
};

constexpr DelayRow kDelays[] = {
    {Delay::kTriage, "triage", {2, 15, 40, 90, 200, 900, 2880}, "from the report to triage"},
    {Delay::kAssign, "assign", {2, 10, 30, 75, 150, 600, 1440}, "from triage to an owner"},
    {Delay::kFirstContact,
     "first_contact",
     {15, 90, 240, 900, 2400, 8640, 20160},
     "to the first call that is answered"},
    {Delay::kRisk, "risk", {5, 30, 120, 900, 2880, 8640, 14400}, "to the first assessment of the risk"},
    {Delay::kPlan, "plan", {30, 240, 1440, 2880, 5760, 12960, 20160}, "to the plan"},
    {Delay::kNextContact,
     "next_contact",
     {1440, 3600, 5760, 8640, 12960, 20160, 28800},
     "from one contact to the next"},
    {Delay::kActionDone, "action_done", {60, 1440, 4320, 7200, 10080, 14400, 20160}, "until an action is done"},
    {Delay::kProposal,
     "proposal",
     {240, 1440, 2880, 7200, 14400, 28800, 57600},
     "from the last work to proposing to close"},
    {Delay::kResidentAnswer,
     "resident_answer",
     {30, 1440, 4320, 8640, 12960, 20160, 28800},
     "to the resident's answer"},
    {Delay::kSignature, "signature", {30, 240, 1440, 2880, 4320, 7200, 8640}, "on the signer's desk"},
    {Delay::kKnownBefore,
     "known_before",
     {60, 720, 1440, 2880, 4320, 7200, 10080},
     "a late report: known before it was recorded"},
    {Delay::kWrittenUpLate,
     "written_up_late",
     {1440, 2160, 2880, 5760, 8640, 14400, 20160},
     "a late fact: happened before it was written up"},
    {Delay::kAgencyAnswer,
     "agency_answer",
     {120, 1440, 4320, 7200, 14400, 40320, 57600},
     "an agency's answer, or ours to it"},
    {Delay::kLadderStep,
     "ladder_step",
     {1440, 4320, 5760, 7200, 10080, 20160, 28800},
     "to the next step towards one who evades"},
    {Delay::kStartsAgain,
     "starts_again",
     {4320, 14400, 28800, 43200, 57600, 72000, 80000},
     "from closing until it starts again"},
    {Delay::kFewMinutes, "few_minutes", {2, 5, 10, 20, 40, 90, 120}, "one thing after another at the desk"},
    {Delay::kSameDay, "same_day", {30, 60, 120, 240, 420, 600, 720}, "later the same day"},
};

template <typename Row, size_t n>
constexpr bool InOrder(const Row (&rows)[n]) {
  for (size_t i = 0; i < n; ++i) {
    if (static_cast<size_t>(rows[i].id) != i) return false;
  }
  return true;
}
template <size_t n>
constexpr bool SumsTo(const int (&values)[n], int sum) {
  for (const int value : values)
    sum -= value;
  return sum == 0;
}
constexpr bool EachCourseSumsTo(int sum) {
  for (const auto& shares : kCourseShares) {
    if (!SumsTo(shares, sum)) return false;
  }
  return true;
}
static_assert(InOrder(kChances) && InOrder(kAttempts) && InOrder(kDelays));
static_assert(SumsTo(kWorkdayHours, 1000) && SumsTo(kRestDayHours, 1000) && SumsTo(kWeekdays, 1000));
static_assert(SumsTo(kMonths, 12'000) && SumsTo(kCaseTypeShares, 1000) && EachCourseSumsTo(1000));
static_assert(SumsTo(kBandsOfOthers, 1000) && SumsTo(kBandsOfP1, 1000) && SumsTo(kRegionShares, 1000));
static_assert(SumsTo(kSicknessSpells, 1000));

template <size_t n>
void PrintCells(std::ostream& out, const int (&values)[n]) {
  for (const int value : values)
    out << " " << value << " |";
  out << "\n";
}

void PrintArrivals(std::ostream& out) {
  out << "## When cases are reported\n\n"
         "A Poisson process whose rate changes from hour to hour, given how many cases there are: each falls into an "
         "hour with the\n"
         "weight hour × day × month, independently of the others, and onto a second of it. Local time; bank holidays "
         "by their rules.\n\n"
         "Per mille of a day, by hour:\n\n| hour |";
  for (int hour = 0; hour < 24; ++hour)
    out << " " << hour << " |";
  out << "\n|---|";
  for (int hour = 0; hour < 24; ++hour)
    out << "--:|";
  out << "\n| working day |";
  PrintCells(out, kWorkdayHours);
  out << "| weekend, bank holiday |";
  PrintCells(out, kRestDayHours);
  out << "\nPer mille of a week, by day; a bank holiday of any day counts as " << kBankHoliday
      << ":\n\n| Mon | Tue | Wed | Thu | Fri | Sat | Sun |\n|--:|--:|--:|--:|--:|--:|--:|\n|";
  PrintCells(out, kWeekdays);
  out << "\nBy month, an average one being 1000:\n\n"
         "| Jan | Feb | Mar | Apr | May | Jun | Jul | Aug | Sep | Oct | Nov | Dec |\n"
         "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n|";
  PrintCells(out, kMonths);
}

void PrintTypes(std::ostream& out) {
  out << "\n## What they are about, and what becomes of them\n\nPer mille of all cases, and of a type's cases by their "
         "course.\n\n"
         "| case type | of all |";
  for (const std::string_view course : kCourseNames)
    out << " " << course << " |";
  out << "\n|---|--:|";
  for (size_t i = 0; i < kCourses; ++i)
    out << "--:|";
  out << "\n";
  for (size_t type = 0; type < kCaseTypes; ++type) {
    out << "| `" << kCaseTypeNames[type] << "` | " << kCaseTypeShares[type] << " |";
    PrintCells(out, kCourseShares[type]);
  }
  out << "\nRisk at the first assessment, per mille:\n\n| | standard | medium | high |\n|---|--:|--:|--:|\n| P2 and P3 "
         "types |";
  PrintCells(out, kBandsOfOthers);
  out << "| hate, domestic abuse, violence |";
  PrintCells(out, kBandsOfP1);
}

void PrintNumbers(std::ostream& out) {
  const auto range = [&](const char* what, Range of) {
    out << "| " << what << " | " << of.low << " to " << of.high << " |\n";
  };
  const auto fixed = [&](const char* what, int days) { out << "| " << what << " | " << days << " |\n"; };
  out << "\nEach number as likely, or always the same:\n\n| what | number |\n|---|--:|\n";
  range("rounds of contact between the plan and proposing to close", kRounds);
  range("working days to the next update that is promised", kUpdateDays);
  range("working days to an action's date", kActionDays);
  range("working days to a promise's date", kPromiseDays);
  range("working days until a plan is looked at again", kPlanReviewDays);
  range("children who live with domestic abuse", kChildrenOfSurvivor);
  fixed("days until a promise is kept", kPromiseKeptDays);
  fixed("days until a silent agency is chased", kChasedDays);
  fixed("days from closing to the check", kCheckedDays);
  fixed("days from then to the survey", kSurveyDays);
  fixed("days until a survey comes back", kSurveyBackDays);
  fixed("days until someone rings about a poor one", kCallBackDays);
  fixed("days after closing of a reopening that is too late", kReopenedLateDays);
  fixed("working days to the second attempt at whoever does not answer a proposal to close", kAskedAgainWorkingDays[0]);
  fixed("working days to the third", kAskedAgainWorkingDays[1]);
}

void PrintPeople(std::ostream& out) {
  out << "\n## Who\n\n| region |";
  for (const char* region : kRegionNames)
    out << " " << region << " |";
  out << "\n|---|--:|--:|--:|--:|\n| per mille of homes |";
  PrintCells(out, kRegionShares);
  out << "\n- Case managers: one for " << kCasesPerManager << " cases a year of their region, at least " << kManagersMin
      << " and at most " << kManagersMax << " in each.\n- Leave: " << kSummerLeaveDays
      << " days that begin between the " << kSummerFirstDay << "nd and the " << kSummerLastDay << "th day of a year, "
      << kOtherLeaveWeeks
      << " single weeks at any time, and Christmas for most (`christmas_leave`).\n- Illness, per mille of staff a "
         "year:";
  for (size_t i = 0; i < 4; ++i)
    out << (i == 0 ? " " : ", ") << kSicknessSpells[i] << " with " << i;
  out << " spells of 1 to " << kSicknessDaysMax << " days;\n  a long one (`long_sickness`) of " << kLongSicknessDays[0]
      << " to " << kLongSicknessDays[1] << ".\n- Who is away for more than " << kWaitedForDays
      << " days hands over; a shorter absence is waited for. A manager who is away is stood in for\n  by one of "
         "another region or by the "
         "second of two.\n- Over the last "
      << kSignersAwayDays
      << " days those who sign closings are away: whoever stands in signs as of today, if the risk was assessed within "
      << kStaysFreshDays
      << " days.\n- Who is here on the first day has completed the courses that hate, abuse and discrimination ask "
         "for; whoever\n  takes a leaver's place has not yet.\n";
}

}  // namespace

const ChanceRow& RowOf(Chance chance) { return kChances[static_cast<size_t>(chance)]; }
const AttemptRow& RowOf(Attempt attempt) { return kAttempts[static_cast<size_t>(attempt)]; }
const DelayRow& RowOf(Delay delay) { return kDelays[static_cast<size_t>(delay)]; }
size_t AttemptCount() { return std::size(kAttempts); }
size_t DelayCount() { return std::size(kDelays); }

void PrintDistributions(std::ostream& out) {
  out << "# The generated year\n\n"
         "What `caseward generate` draws from. `caseward generate --distributions` prints this page, and a test "
         "compares it with the file.\n\n"
         "Every figure is OURS: invented for demonstrations, load and tests, fitted to no data and nobody's policy. "
         "The same options\n"
         "give the same bytes on every machine: chance is splitmix64 and integers, without the standard library's "
         "distributions and\n"
         "without logarithms.\n\n"
         "Commands come in the order in which they reached the association, many cases at once. Each is an import's, "
         "so its case runs on\n"
         "its own time whenever it is sent. What cannot be history is told last, as of today: a matter split off, a "
         "signature by whoever\n"
         "stands in over the year's end, a visit found in a notebook. Those rest on what is fresh, so a year that has "
         "just ended, which is\n"
         "the default, shows most; of an older one they are refused, as they should be.\n\n"
         "Memory holds the staff, how far each open case has got, and the commands of some hours, whatever the size. A "
         "bigger year is\n"
         "another year: it shares no beginning with a smaller one, because the number of cases decides how many fall "
         "into each hour.\n\n";
  PrintArrivals(out);
  PrintTypes(out);
  PrintPeople(out);
  out << "\n## What happens on the way\n\nPer mille, wherever it can happen.\n\n| name | per mille | what "
         "|\n|---|--:|---|\n";
  for (const ChanceRow& row : kChances)
    out << "| `" << row.name << "` | " << row.per_mille << " | " << row.what << " |\n";
  PrintNumbers(out);
  out << "\n## Attempts that the policy refuses\n\nPer mille, wherever one can be made. Each must be refused by the "
         "rule named, and "
         "nothing else in the year by any: a test\nplays it against the engine.\n\n| name | per mille | refused by | "
         "what |\n|---|--:|---|---|\n";
  for (const AttemptRow& row : kAttempts)
    out << "| `" << row.name << "` | " << row.per_mille << " | " << row.rule << " | " << row.what << " |\n";
  out << "\n## How long things take\n\nMinutes at each quantile, straight lines between. What staff do waits besides "
         "for their office hours "
         "and their return.\n\n| name |";
  for (const int quantile : kQuantiles)
    out << " " << quantile / 10 << " % |";
  out << " what |\n|---|--:|--:|--:|--:|--:|--:|--:|---|\n";
  for (const DelayRow& row : kDelays) {
    out << "| `" << row.name << "` |";
    for (const int64_t minutes : row.minutes)
      out << " " << minutes << " |";
    out << " " << row.what << " |\n";
  }
}

}  // namespace caseward::year

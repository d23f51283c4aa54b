// Every distribution of the seeded year, in one place. `caseward generate --distributions` prints
// docs/generated_year.md from here, and a test keeps the two equal.
//
// All of it is OURS: invented for demonstrations, load and tests. No figure here is any landlord's, and none was fitted
// to data. The shapes (more reports on Monday mornings, in warm evenings and at weekends' nights; few callers who
// report very often) are what housing officers tell; who wishes to know what is so counts their own cases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace caseward::year {

// ---- when cases are reported

// Cases arrive as a Poisson process whose rate changes from hour to hour, given how many there are in all: each falls
// into an hour with the weight hour × day × month, independently of the others. Local time. Per mille of a day by hour.
inline constexpr int kWorkdayHours[24] = {8,  5,  4,  3,  3,  4,  10, 25, 62, 92, 95, 88,
                                          72, 70, 72, 70, 66, 58, 48, 42, 36, 30, 22, 15};
inline constexpr int kRestDayHours[24] = {32, 28, 22, 14, 9,  7,  9,  14, 26, 42, 55, 58,
                                          58, 56, 55, 54, 52, 52, 54, 58, 62, 64, 62, 57};
// Per mille of a week, Monday first; a bank holiday has a weight of its own and the hours of a day of rest.
inline constexpr int kWeekdays[7] = {175, 160, 152, 150, 153, 108, 102};
inline constexpr int kBankHoliday = 95;
// Against an average month of 1000.
inline constexpr int kMonths[12] = {820, 830, 900, 980, 1080, 1190, 1280, 1270, 1090, 950, 840, 770};

// ---- what cases are about

enum class CaseType {
  kAntiSocialBehaviour,
  kNeighbourDispute,
  kHateIncident,
  kDomesticAbuse,
  kSeriousViolence,
  kSafeguarding
};
inline constexpr size_t kCaseTypes = 6;
inline constexpr std::string_view kCaseTypeNames[kCaseTypes] = {"anti_social_behaviour", "neighbour_dispute",
                                                                "hate_incident",         "domestic_abuse",
                                                                "serious_violence",      "safeguarding"};
inline constexpr int kCaseTypeShares[kCaseTypes] = {430, 230, 80, 100, 60, 100};

// What becomes of a case.
enum class Course {
  kAgreed,      // closed, and the resident agrees
  kDisagreed,   // closed although the resident does not agree, by whoever may sign that
  kSilent,      // closed after the resident could not be reached
  kWithdrawn,   // taken back, with a manager's word
  kStalled,     // nobody goes on with it: the clocks say so
  kUnfinished,  // still worked on when its telling ends
  kReopened,    // closed, and reopened because it started again
  kDuplicate,   // another case has it already
  kAnonymous,   // nobody to ring: assessed, and closed without an answer
};
inline constexpr size_t kCourses = 9;
inline constexpr std::string_view kCourseNames[kCourses] = {
    "agreed", "disagreed", "silent", "withdrawn", "stalled", "unfinished", "reopened", "duplicate", "anonymous"};
inline constexpr int kCourseShares[kCaseTypes][kCourses] = {
    {400, 110, 90, 50, 120, 60, 50, 40, 80},   // anti_social_behaviour
    {440, 120, 120, 90, 110, 50, 30, 40, 0},   // neighbour_dispute
    {430, 130, 60, 20, 110, 90, 80, 20, 60},   // hate_incident
    {480, 50, 110, 30, 90, 140, 70, 30, 0},    // domestic_abuse
    {420, 110, 70, 20, 100, 140, 70, 20, 50},  // serious_violence
    {500, 60, 70, 20, 90, 140, 50, 20, 50},    // safeguarding
};
// Risk at the first assessment: standard, medium, high. P3 and P2 types; P1 types.
inline constexpr int kBandsOfOthers[3] = {780, 190, 30};
inline constexpr int kBandsOfP1[3] = {280, 460, 260};
inline constexpr std::string_view kBandNames[3] = {"standard", "medium", "high"};

// ---- who

inline constexpr size_t kRegions = 4;
inline constexpr const char* kRegionNames[kRegions] = {"north", "south", "east", "west"};
inline constexpr int kRegionShares[kRegions] = {300, 280, 240, 180};

// Case managers of a region: one for so many of its cases a year, within bounds. At the upper one they have more to do
// each: a person's commands travel on one stream, and thousands of streams are no association's.
inline constexpr int kCasesPerManager = 60;
inline constexpr int kManagersMin = 4;
inline constexpr int kManagersMax = 24;
// Days a year, and when: two weeks in summer, a week over Christmas for most, single weeks otherwise.
inline constexpr int kSummerLeaveDays = 14;
inline constexpr int kSummerFirstDay = 182;  // 1 July
inline constexpr int kSummerLastDay = 244;   // 1 September; leave begins within
inline constexpr int kOtherLeaveWeeks = 2;
// Spells of illness a year: none, one, two, three; each of 1 to 5 days, a long one of 20 to 60.
inline constexpr int kSicknessSpells[4] = {300, 350, 200, 150};
inline constexpr int kSicknessDaysMax = 5;
inline constexpr int kLongSicknessDays[2] = {20, 60};
// An absence of more days than this hands the case to a colleague; a shorter one is waited for.
inline constexpr int kWaitedForDays = 4;

// ---- what happens on the way

// Over so many days at the year's end those who sign are away; whoever stands in signs today, if what the signature
// rests on is no older than this.
inline constexpr int kSignersAwayDays = 4;
inline constexpr int kStaysFreshDays = 6;

// Each number of these as likely.
struct Range {
  int low, high;
};
inline constexpr Range kRounds = {1, 3};            // of contact, between the plan and proposing to close
inline constexpr Range kUpdateDays = {4, 8};        // working days to the next update that is promised
inline constexpr Range kActionDays = {6, 12};       // working days to an action's date
inline constexpr Range kPromiseDays = {2, 8};       // working days to a promise's
inline constexpr Range kPlanReviewDays = {12, 20};  // working days until the plan is looked at again
inline constexpr Range kChildrenOfSurvivor = {1, 3};

// Always so many days.
inline constexpr int kPromiseKeptDays = 2;
inline constexpr int kChasedDays = 8;
inline constexpr int kCheckedDays = 16;  // after closing
inline constexpr int kSurveyDays = 5;    // after that
inline constexpr int kSurveyBackDays = 9;
inline constexpr int kCallBackDays = 3;
inline constexpr int kReopenedLateDays = 95;
inline constexpr int kAskedAgainWorkingDays[2] = {5, 6};  // who does not answer a proposal to close

enum class Chance {
  kKnownCaller,
  kSubjectKnown,
  kKnownSubject,
  kKnownHome,
  kDuplicateEntry,
  kSafeContactOnly,
  kOtherLanguage,
  kInterpreter,
  kLateReport,
  kFiledAsAsb,
  kThreatToLife,
  kChildren,
  kNoAnswerFirst,
  kLateFact,
  kCorrection,
  kFurtherReport,
  kVulnerable,
  kReferral,
  kReferralDeclined,
  kAgencyAsks,
  kWeAsk,
  kAgencySilent,
  kShared,
  kInterview,
  kEvades,
  kHandOver,
  kReviewHeld,
  kLegalSession,
  kPromise,
  kActionLate,
  kLinked,
  kAnotherMatter,
  kChecked,
  kSurveyReturned,
  kPoorSurvey,
  kMediation,
  kAsksForTime,
  kReportsToPolice,
  kAboutChild,
  kEngages,
  kGetsWorse,
  kWrongTime,
  kToldByPhone,
  kStalledCall,
  kActionCancelled,
  kChristmasLeave,
  kLongSickness,
  kLeaver,
};
struct ChanceRow {
  Chance id;
  int per_mille;
  const char* name;
  const char* what;
};
const ChanceRow& RowOf(Chance chance);

// Attempts that the policy refuses, by the rule that does. In an import they are kept as facts of history beside the
// refusal.
enum class Attempt {
  kTriageWithoutAsking,
  kHateAsNuisance,
  kOtherAsNuisance,
  kPlanWithoutRisk,
  kBandLowered,
  kNoDash,
  kUnsafeContact,
  kSubjectUncleared,
  kHandOverBare,
  kTickedOff,
  kOwnReview,
  kBlankReview,
  kDownTheLadder,
  kNeedsUnchecked,
  kCourtUnassessed,
  kMediationInHate,
  kShareInEmergency,
  kReferUncovered,
  kSettleAlone,
  kWithdrawByOwner,
  kSilenceTooSoon,
  kCloseUnsigned,
  kSignOwn,
  kSignOverHead,
  kProposeEmpty,
  kAbuseUnproven,
  kJointLetter,
  kReopenLate,
};
struct AttemptRow {
  Attempt id;
  int per_mille;
  const char* name;
  const char* rule;
  const char* what;
};
const AttemptRow& RowOf(Attempt attempt);

// ---- how long things take

// Minutes at these quantiles (per mille), straight lines between them. What staff do waits besides for their office
// hours (Monday to Friday, nine to five, no bank holidays) and their return.
inline constexpr int kQuantiles[7] = {0, 250, 500, 750, 900, 990, 1000};
enum class Delay {
  kTriage,
  kAssign,
  kFirstContact,
  kRisk,
  kPlan,
  kNextContact,
  kActionDone,
  kProposal,
  kResidentAnswer,
  kSignature,
  kKnownBefore,
  kWrittenUpLate,
  kAgencyAnswer,
  kLadderStep,
  kStartsAgain,
  kFewMinutes,
  kSameDay,
};
struct DelayRow {
  Delay id;
  const char* name;
  int64_t minutes[7];
  const char* what;
};
const DelayRow& RowOf(Delay delay);

size_t AttemptCount();
size_t DelayCount();

// docs/generated_year.md.
void PrintDistributions(std::ostream& out);

}  // namespace caseward::year

// One generated case as it unfolds: a clock of its own that moves through local office hours, the people who act and
// are away, and a verb for each thing they do. What they do in which order is told in tellings.cc.
//
//   telling ──verbs──▶ Story ──lines from `from` on, told before `until`──▶ out
//
// A case is told again from its beginning whenever it is its turn, always the same, and only the lines that are wanted
// are kept: so a year in the order of its time needs no more memory than how far each open case has got.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "services/year/dice.h"
#include "services/year/office_calendar.h"
#include "services/year/options.h"
#include "services/year/population.h"

namespace caseward::year {

struct Line {
  absl::Time told;  // when it reached us; what it says may have happened earlier
  std::string actor;
  v1::Command command;
  // The rule that must refuse it; empty: none does.
  std::string_view refused_by;
};

struct World {
  const YearOptions& options;
  const OfficeCalendar& calendar;
  const Population& population;
};

// Which of a story's lines are wanted.
struct Wanted {
  uint64_t from = 0;
  absl::Time until = absl::InfiniteFuture();
};

class Story {
 public:
  Story(const World& world, uint64_t number, absl::Time reported_at, Wanted wanted, std::vector<Line>& out);
  Story(const Story&) = delete;
  Story& operator=(const Story&) = delete;

  // ---- what it is
  CaseType type() const { return type_; }
  Course course() const { return course_; }
  bool is(CaseType type) const { return type_ == type; }
  bool anonymous() const { return course_ == Course::kAnonymous; }
  bool knows_subject() const { return subject_ != 0 && !anonymous(); }
  const Resident& caller() const { return caller_; }
  bool known_caller() const { return caller_.number != number_; }
  bool p1() const { return p1_; }
  bool high_risk() const { return band_ == 2; }
  // Somebody is to speak to the subject.
  bool interviews() const { return interviews_; }

  // ---- chance
  Dice& dice() { return dice_; }
  bool Happens(Chance chance) { return dice_.Happens(chance); }
  // Whether it is tried; the next line is then the one that must be refused.
  bool Try(Attempt attempt);

  // ---- time: forward only
  absl::Time now() const { return now_; }
  absl::Time end() const { return world_.options.end(); }
  void Wait(Delay delay) { now_ += dice_.Draw(delay); }
  void WaitDays(int64_t days) { now_ += absl::Hours(24 * days); }
  void WaitWorkingDays(int n) { now_ = world_.calendar.WorkingDaysAfter(now_, n) - absl::Hours(1); }
  // Nothing that follows is wanted now.
  bool resting() const { return resting_; }
  bool over() const { return now_ >= end(); }

  // ---- what happens (story.cc)
  void Register();
  void Report(CaseType filed_as);
  void Triage(CaseType as);
  void TriageWithoutAsking();
  void Assign();
  void HandOver(bool complete);
  void LinkTo(uint64_t earlier, const char* relation);
  void Withdraw(bool by_owner, const char* reason);
  void Reopen();
  void Merge();
  // From here on the wall clock drives the case; `live`: something is still to be done, today.
  void Finish(bool live);
  bool finished() const { return finished_; }
  uint64_t lines() const { return lines_; }
  absl::Time next() const { return next_; }

  // ---- casework (story_casework.cc)
  void Contact(v1::RecordContact::With with, v1::RecordContact::Outcome outcome, const char* channel = "phone");
  void ContactUnsafely();
  void ContactWrittenUpLate();
  void TellNamedContact();
  void AssessRisk(bool first);
  void AssessRiskWrongly(bool without_dash);
  void AnswerHighRisk();
  // Again, if the last assessment is too old to rest a closing on.
  void RefreshRisk();
  void ConsiderEnforcement();
  void AssessEquality();
  void DecideInjunction();
  void Plan(bool interview);
  void PlanAhead();
  void CompleteAction(bool with_evidence);
  void CompleteActions();
  void Promise();
  void KeepPromise();
  void HoldPlan();
  // "": the owner, who may not.
  void ReviewBy(std::string_view role);
  void Correct(bool time);
  void FurtherReport(const char* kind);
  void Step(std::string_view role, const char* id, std::initializer_list<std::pair<const char*, const char*>> codes);
  void Step(std::string_view role, const char* id) { Step(role, id, {}); }
  // Fields of the step just told.
  void Flag(const char* field, bool value);
  void Number(const char* field, int64_t value);
  void Words(const char* field, const char* text);
  void Code(const char* field, const char* code);

  // ---- closing (story_closing.cc)
  void AchieveOutcome(bool content);
  void ProposeClosure(const char* reason);
  void ResidentAnswers(const char* answer);
  void AnswerDisagreement();
  void PrepareClosing();
  void Sign(const char* subject, std::string_view role, bool points);
  void Close();

  // ---- agencies and what is done today (story_agencies.cc)
  void Refer(const char* agency, const char* service);
  void AnswerReferral(bool accepted);
  void AgencyAsks();
  void AnswerAgency();
  void Ask();
  void Chase();
  void AgencyAnswers();
  void Share(bool emergency);
  void SplitOff();
  void SignDelegated(bool points, bool for_director);
  void WriteUpToday();

 private:
  v1::Command& Say(const Person& person);
  v1::Command& Say(std::string_view role) { return Say(By(role)); }
  v1::Command& SayLive(const Person& person);
  // A line that is counted and, if it is wanted, kept.
  v1::Command& Put(const Person& person, absl::Time told);
  v1::RecordStep& step();
  v1::AgreePlan& TellPlan();
  std::string NextId();
  std::string Ref(const char* of) const;
  void WaitForOffice();
  // Whoever has the role and is here, at their hours; waits if nobody is.
  const Person& By(std::string_view role);
  // The owner at the desk; who is away for long or has left is relieved first.
  const Person& Owner();
  const Person& ColleagueHere(const Person* besides);
  void TakeOver(const Person& from, const Person& to, bool complete);
  void FillSharing(v1::Sharing& sharing, const char* purpose) const;
  const char* Instrument() const;

  const World& world_;
  const uint64_t number_;
  const absl::Time reported_at_;
  const Wanted wanted_;
  std::vector<Line>& out_;
  Dice dice_;
  const Resident caller_;
  const uint64_t subject_;
  const CaseType type_;
  const Course course_;

  absl::Time now_;
  const Person* owner_ = nullptr;
  bool p1_ = false;
  size_t band_ = 0;
  absl::Time assessed_at_ = absl::InfinitePast();
  bool interviews_ = false;
  bool live_ = false;
  bool finished_ = false;
  uint64_t commands_ = 0;  // ids of the case's own
  uint64_t lines_ = 0;     // that stand before `until`
  bool resting_ = false;
  absl::Time next_ = absl::InfiniteFuture();  // of the first line that does not
  std::string_view refused_by_;
  v1::Command unwanted_;
  v1::Command* last_ = nullptr;
  int actions_ = 0;
  int actions_done_ = 0;
  int promises_ = 0;
  int enquiries_ = 0;
  int referrals_ = 0;
};

// The id of the report that opened a case, and of a caller's or a subject's entry.
std::string ReportIdOf(const YearOptions& options, uint64_t number);
std::string CallerIdOf(const YearOptions& options, uint64_t caller);
std::string SubjectIdOf(const YearOptions& options, uint64_t subject);

}  // namespace caseward::year

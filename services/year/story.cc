#include "services/year/story.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/time.h"

namespace caseward::year {
namespace {

constexpr const char* kByDay[] = {"phone", "phone", "phone", "email", "web", "visit", "letter", "social_media"};
constexpr const char* kByNight[] = {"web", "web", "email", "social_media"};
constexpr const char* kAccounts[kCaseTypes][3] = {
    {"Loud music most nights until three, and shouting when asked to stop.",
     "Rubbish is left on the landing and the stairwell smells of it.",
     "Motorbikes are raced round the courtyard every weekend."},
    {"We cannot agree about the hedge, and now the gate is locked.",
     "The children's ball, the broken pane and who pays.", "Every evening the washing machine, right above my bed."},
    {"Slurs were painted on our door and shouted from the balcony.", "They mock the way my son walks whenever we pass.",
     "We are told to go back to where we came from, every week."},
    {"He follows me to work and reads my messages.", "She takes my wages and will not let me see my sister.",
     "He has broken the door twice since I asked him to leave."},
    {"He showed a knife in the stairwell.", "There was a fight with a bat in the car park, again.",
     "I was pushed down the stairs when I asked for quiet."},
    {"A boy of six is alone in the flat, two evenings running.",
     "My neighbour does not know what day it is and has no food.",
     "There is shouting and then a child who cries for hours."},
};
constexpr const char* kItems[] = {"account", "risk", "safe_contact", "needs", "promises", "next_step"};

}  // namespace

std::string ReportIdOf(const YearOptions& options, uint64_t number) {
  return absl::StrFormat("y%d-%05d:1", options.seed, number);
}
std::string CallerIdOf(const YearOptions& options, uint64_t caller) {
  return absl::StrFormat("y%d-res-%05d", options.seed, caller);
}
std::string SubjectIdOf(const YearOptions& options, uint64_t subject) {
  return absl::StrFormat("y%d-sub-%05d", options.seed, subject);
}

Story::Story(const World& world, uint64_t number, absl::Time reported_at, Wanted wanted, std::vector<Line>& out)
    : world_(world),
      number_(number),
      reported_at_(reported_at),
      wanted_(wanted),
      out_(out),
      dice_(world.options.seed, About::kCase, number),
      caller_(world.population.ResidentOf(world.population.CallerOf(number))),
      subject_(world.population.SubjectOf(number)),
      type_(world.population.KindOf(number).type),
      course_(world.population.KindOf(number).course),
      now_(reported_at),
      p1_(type_ == CaseType::kHateIncident || type_ == CaseType::kDomesticAbuse ||
          type_ == CaseType::kSeriousViolence) {}

bool Story::Try(Attempt attempt) {
  if (!dice_.Tries(attempt)) return false;
  refused_by_ = RowOf(attempt).rule;
  return true;
}

// ---- who and when

// Who comes in does not do everything at nine.
void Story::WaitForOffice() {
  constexpr uint64_t kMorning = 360;  // minutes
  const absl::Time opens = world_.calendar.NextOfficeHour(now_);
  if (opens == now_) return;
  now_ = opens + absl::Minutes(dice_.Below(kMorning));
}

const Person& Story::By(std::string_view role) {
  for (;;) {
    // Somebody is on duty for a P1 case at any hour.
    const bool on_duty = role == "duty_manager";
    if (on_duty || role == "contact_centre") {
      if (!on_duty || !p1_) now_ = OfficeCalendar::NextPhoneHour(now_);
    } else {
      WaitForOffice();
    }
    const absl::CivilDay day(LocalTime(now_));
    // Of the own region first; then whoever stands in.
    for (size_t i = 0; i < kRegions; ++i) {
      const auto& group = world_.population.Of(role, (caller_.region + i) % kRegions);
      const size_t first = role == "contact_centre" ? number_ % group.size() : 0;
      for (size_t n = 0; n < group.size(); ++n) {
        const Person& person = *group[(first + n) % group.size()];
        if (person.IsHere(day)) return person;
      }
    }
    now_ = StartOf(day + 1);
  }
}

const Person& Story::ColleagueHere(const Person* besides) {
  const auto& group = world_.population.Of("case_manager", caller_.region);
  for (;;) {
    now_ = world_.calendar.NextOfficeHour(now_);
    const absl::CivilDay day(LocalTime(now_));
    const size_t first = dice_.Below(group.size());
    for (size_t n = 0; n < group.size(); ++n) {
      const Person& person = *group[(first + n) % group.size()];
      if (&person != besides && person.IsHere(day)) return person;
    }
    now_ = StartOf(day + 1);
  }
}

const Person& Story::Owner() {
  CHECK(owner_ != nullptr);
  for (;;) {
    WaitForOffice();
    const absl::CivilDay day(LocalTime(now_));
    if (owner_->IsHere(day)) return *owner_;
    const absl::CivilDay back = owner_->NextDayHere(day);
    if (back == absl::CivilDay::max() || back - day > kWaitedForDays) {
      // A manager hands over for someone who is away (R-12.5).
      const std::string_view refused_by = std::exchange(refused_by_, std::string_view());
      const Person& manager = By("team_manager");
      TakeOver(manager, ColleagueHere(owner_), true);
      refused_by_ = refused_by;
      return Owner();
    }
    now_ = StartOf(back);
  }
}

void Story::TakeOver(const Person& from, const Person& to, bool complete) {
  v1::HandOverCase& hand_over = *Say(from).mutable_hand_over_case();
  hand_over.set_to(to.id);
  if (!complete) {
    hand_over.add_items(kItems[0]);
    return;
  }
  for (const char* item : kItems)
    hand_over.add_items(item);
  hand_over.mutable_next_step()->set_text("Ring the resident and agree the next visit.");
  v1::AcceptHandover& accept = *Say(to).mutable_accept_handover();
  accept.set_risks_read_back(true);
  accept.set_promises_read_back(true);
  owner_ = &to;
  TellNamedContact();
}

// ---- lines

std::string Story::NextId() {
  const std::string report = ReportIdOf(world_.options, number_);
  return absl::StrCat(report.substr(0, report.size() - 1), ++commands_);
}

v1::Command& Story::Put(const Person& person, absl::Time told) {
  const std::string_view refused_by = std::exchange(refused_by_, std::string_view());
  unwanted_.Clear();
  last_ = &unwanted_;
  if (told >= wanted_.until) {
    if (!resting_) next_ = told;
    resting_ = true;
    return unwanted_;
  }
  if (lines_++ < wanted_.from) return unwanted_;
  Line& line = out_.emplace_back();
  line.told = told;
  line.actor = person.Header();
  line.refused_by = refused_by;
  last_ = &line.command;
  return line.command;
}

v1::Command& Story::Say(const Person& person) {
  if (live_) return SayLive(person);
  const std::string id = NextId();
  if (over()) {  // the year ends where it ends: what would have happened later has not
    refused_by_ = {};
    unwanted_.Clear();
    last_ = &unwanted_;
    return unwanted_;
  }
  v1::Command& command = Put(person, now_);
  command.set_command_id(id);
  if (commands_ > 1) command.set_case_id(absl::StrCat("@", ReportIdOf(world_.options, number_)));
  command.set_importing(true);
  SetTimestamp(now_, command.mutable_occurred_at());
  now_ += absl::Minutes(1);
  return command;
}

v1::Command& Story::SayLive(const Person& person) {
  v1::Command& command = Put(person, std::min(now_, end()));
  command.set_command_id(NextId());
  command.set_case_id(absl::StrCat("@", ReportIdOf(world_.options, number_)));
  return command;
}

std::string Story::Ref(const char* of) const { return absl::StrFormat("%s-%d-%d", of, number_, commands_); }

// ---- what happens

// Entries are made when they are made: not part of the case's history.
void Story::Register() {
  const Person& clerk = *world_.population.Of("contact_centre", caller_.region)[number_ % 4];
  if (caller_.number == number_ && !anonymous()) {
    v1::Command& command = Put(clerk, now_);
    command.set_command_id(CallerIdOf(world_.options, number_));
    v1::RegisterResident& entry = *command.mutable_register_resident();
    const uint64_t person = caller_.doubles != 0 ? caller_.doubles : number_;
    entry.mutable_name()->set_text(absl::StrFormat("Invented Resident %05d", person));
    entry.mutable_household()->set_text(absl::StrFormat("Household %05d", caller_.home));
    entry.set_uprn(absl::StrFormat("1%011d", caller_.home));
    constexpr const char* kChannels[] = {"phone", "email", "letter", "sms"};
    v1::ResidentNeeds& needs = *entry.mutable_needs();
    needs.set_preferred_channel(kChannels[person % 4]);
    needs.set_language(caller_.other_language ? "pl" : "en");
    needs.set_interpreter(caller_.interpreter);
    if (caller_.safe_contact_only) {
      needs.set_safe_contact_only(true);
      needs.mutable_safe_contact()->set_text("Ring between nine and three; leave no message.");
    }
  }
  if (subject_ == number_ && !anonymous()) {
    v1::Command& command = Put(clerk, now_);
    command.set_command_id(SubjectIdOf(world_.options, number_));
    v1::RegisterResident& entry = *command.mutable_register_resident();
    entry.mutable_name()->set_text(absl::StrFormat("Invented Neighbour %05d", number_));
    entry.set_uprn(absl::StrFormat("2%011d", number_));
  }
}

void Story::Report(CaseType filed_as) {
  const int hour = LocalTime(now_).hour();
  const bool by_night = hour < kPhonesOpen || hour >= kPhonesClose;
  const absl::Time known = Happens(Chance::kLateReport) ? now_ - dice_.Draw(Delay::kKnownBefore) : now_;
  const absl::Time told = now_;
  const Person& clerk = *world_.population.Of("contact_centre", caller_.region)[number_ % 4];
  v1::Command& command = Say(clerk);
  command.set_channel(by_night ? dice_.Pick(kByNight) : dice_.Pick(kByDay));
  if (!anonymous()) command.set_resident_id(absl::StrCat("@", CallerIdOf(world_.options, caller_.number)));
  v1::ExternalReference& reference = *command.add_references();
  reference.set_system("d365");
  reference.set_value(absl::StrFormat("INC-%d-%05d", world_.options.seed, number_));
  v1::ReportCase& report = *command.mutable_report_case();
  report.set_case_type(std::string(kCaseTypeNames[static_cast<size_t>(filed_as)]));
  report.set_region(kRegionNames[caller_.region]);
  report.set_anonymous(anonymous());
  if (known < told) SetTimestamp(known, report.mutable_aware_at());
  if (knows_subject()) report.set_subject_of_report_id(absl::StrCat("@", SubjectIdOf(world_.options, subject_)));
  report.mutable_account()->set_text(dice_.Pick(kAccounts[static_cast<size_t>(type_)]));
  (*report.mutable_fields())["source"].set_code(anonymous() ? "neighbour" : "resident");
  if (is(CaseType::kHateIncident)) (*report.mutable_fields())["hate_perceived"].set_code("perceived");
  if (is(CaseType::kSeriousViolence)) report.set_threat_to_life(Happens(Chance::kThreatToLife));
}

void Story::Triage(CaseType as) {
  v1::TriageCase& triage = *Say("contact_centre").mutable_triage_case();
  triage.set_case_type(std::string(kCaseTypeNames[static_cast<size_t>(as)]));
  const auto answer = [&](const char* field, const char* code) { (*triage.mutable_answers())[field].set_code(code); };
  answer("hate_perceived", is(CaseType::kHateIncident) ? "perceived" : "not_perceived");
  constexpr const char* kStrands[] = {"race", "race", "disability", "religion", "sexual_orientation"};
  if (is(CaseType::kHateIncident)) answer("hate_strand", dice_.Pick(kStrands));
  answer("domestic_abuse", is(CaseType::kDomesticAbuse) ? "indicated" : "not_indicated");
  answer("weapon", is(CaseType::kSeriousViolence) ? "reported" : "not_reported");
  answer("safeguarding", is(CaseType::kSafeguarding) ? "concern" : "no_concern");
  answer("repeat_victim", known_caller() ? "repeat" : "first_time");
}

void Story::TriageWithoutAsking() { Say("contact_centre").mutable_triage_case()->set_priority(v1::PRIORITY_P3); }

void Story::Assign() {
  const Person& duty = By("duty_manager");
  // Whoever has the case begins with it tomorrow at the latest.
  const absl::Time now = now_;
  owner_ = &ColleagueHere(nullptr);
  now_ = now;
  Say(duty).mutable_assign_case()->set_owner(owner_->id);
}

void Story::HandOver(bool complete) {
  const Person& from = Owner();
  TakeOver(from, ColleagueHere(&from), complete);
}

void Story::LinkTo(uint64_t earlier, const char* relation) {
  v1::LinkCase& link = *Say("contact_centre").mutable_link_case();
  link.set_other_case_id(absl::StrCat("@", ReportIdOf(world_.options, earlier)));
  link.set_relation(relation);
}

void Story::Withdraw(bool by_owner, const char* reason) {
  const Person& who = by_owner ? Owner() : By(is(CaseType::kDomesticAbuse) ? "da_lead" : "regional_manager");
  v1::WithdrawCase& withdraw = *Say(who).mutable_withdraw_case();
  withdraw.set_reason_code(reason);
  withdraw.mutable_reasons()->set_text("The resident asked for it, and was heard alone.");
}

void Story::Reopen() { Say("team_manager").mutable_reopen_case()->set_reason_code("started_again"); }

// The entry made by mistake leads to the first from now on.
void Story::Merge() {
  const absl::Time told = std::min(now_, end());
  v1::Command& command = Put(*world_.population.Of("team_manager", caller_.region).front(), told);
  command.set_command_id(absl::StrCat(CallerIdOf(world_.options, number_), ":merge"));
  command.set_resident_id(absl::StrCat("@", CallerIdOf(world_.options, number_)));
  v1::MergeResident& merge = *command.mutable_merge_resident();
  merge.set_survivor_id(absl::StrCat("@", CallerIdOf(world_.options, caller_.doubles)));
  merge.set_reason_code("entered_twice");
  if (caller_.safe_contact_only) merge.set_keep_safe_contact(v1::MergeResident::SAFE_CONTACT_SURVIVOR);
}

void Story::Finish(bool live) {
  const absl::Time told = live ? end() : std::min(now_, end());
  v1::Command& command = Put(*world_.population.Of("contact_centre", caller_.region).front(), told);
  command.set_command_id(NextId());
  command.set_case_id(absl::StrCat("@", ReportIdOf(world_.options, number_)));
  command.set_importing(true);
  SetTimestamp(end(), command.mutable_finish_import()->mutable_up_to());
  finished_ = true;
  live_ = true;
  now_ = std::max(now_, told);
}

}  // namespace caseward::year

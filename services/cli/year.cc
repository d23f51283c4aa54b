#include "services/cli/year.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/time.h"
#include "services/cli/story.h"

namespace caseward::cli {
namespace {

constexpr const char* kRegions[] = {"north", "south", "east", "west"};
constexpr int kManagersPerRegion = 4;
constexpr char kSetUp[] = "setup; roles=policy_admin";

struct Person {
  std::string id;
  std::string role;
  std::string region;
  std::string Header() const { return absl::StrCat(id, "; roles=", role, "; region=", region); }
};

std::vector<Person> Staff() {
  std::vector<Person> staff = {{"cc-1", "contact_centre", "north"},
                               {"cc-2", "contact_centre", "south"},
                               {"hl-1", "hate_lead", "north"},
                               {"ad-1", "assistant_director", "north"},
                               {"dir-1", "director", "north"}};
  for (const char* region : kRegions) {
    for (int i = 1; i <= kManagersPerRegion; ++i)
      staff.push_back({absl::StrCat("cm-", region, "-", i), "case_manager", region});
    staff.push_back({absl::StrCat("tm-", region), "team_manager", region});
    staff.push_back({absl::StrCat("dm-", region), "duty_manager", region});
    staff.push_back({absl::StrCat("rm-", region), "regional_manager", region});
  }
  return staff;
}

std::string HeaderOf(const std::vector<Person>& staff, const std::string& id) {
  return std::find_if(staff.begin(), staff.end(), [&](const Person& p) { return p.id == id; })->Header();
}

Cast CastFor(Dice& dice, const std::vector<Person>& staff) {
  const std::string region = dice.Pick(kRegions);
  const int owner = dice.Between(1, kManagersPerRegion);
  const int colleague = owner % kManagersPerRegion + 1;
  const auto header = [&](const std::string& id) { return HeaderOf(staff, id); };
  return {.region = region,
          .contact_centre = header(dice.Percent(50) ? "cc-1" : "cc-2"),
          .duty_manager = header("dm-" + region),
          .owner = header(absl::StrCat("cm-", region, "-", owner)),
          .colleague = header(absl::StrCat("cm-", region, "-", colleague)),
          .regional_manager = header("rm-" + region),
          .hate_lead = header("hl-1"),
          .assistant_director = header("ad-1")};
}

using Contact = v1::RecordContact;

// ---- the parts of a story

void FirstDays(Story& story, Dice& dice, Contact::With with, const char* instrument, const char* band) {
  story.Hours(0, 1);
  story.Assign();
  if (dice.Percent(25)) {
    story.Hours(0, 3);
    story.Contact(with, Contact::OUTCOME_NO_ANSWER, nullptr);
  }
  // Mostly in time; sometimes days late, and then the clock says so.
  dice.Percent(85) ? story.Hours(0, 5) : story.Days(4, 9);
  story.Contact(with, Contact::OUTCOME_TWO_WAY, "first_call");
  story.TellNamedContact();
  dice.Percent(90) ? story.Hours(0, 20) : story.Days(5, 8);
  story.AssessRisk(instrument, band);
  story.Hours(1, 24);
  story.Plan(dice.Percent(50) ? "warning_letter" : "visit");
}

void Middle(Story& story, Dice& dice, Contact::With with, bool p1) {
  const int rounds = dice.Between(1, 3);
  for (int i = 0; i < rounds; ++i) {
    story.Days(2, dice.Percent(80) ? 5 : 11);
    story.Contact(with, Contact::OUTCOME_TWO_WAY, "visited");
    if (p1 && dice.Percent(75)) story.ReviewByManager();
  }
  if (dice.Percent(15)) story.CompleteAction(false);  // ticked off without evidence
  story.Hours(1, 30);
  story.CompleteAction(true);
}

void Ending(Story& story, Dice& dice, bool hate, bool agrees) {
  story.Days(1, 4);
  story.AssessRisk(hate ? "hate_matrix" : "ram", hate ? "medium" : "standard");
  if (dice.Percent(12)) story.Close();  // nobody has proposed or signed anything
  story.AchieveOutcome(agrees);
  story.ProposeClosure("resolved_agreed");
  if (dice.Percent(12)) story.SignClosing(story.cast().owner, false);  // his own case
  story.Hours(4, 72);
  story.ResidentAnswers(agrees ? "agrees" : "disagrees");
  if (!agrees) story.AnswerDisagreement();
  story.PrepareClosing();
  if (hate) {
    story.ReviewMotive();
    story.ReviewByManager();
  }
  story.Hours(2, 60);
  if (agrees) {
    story.SignClosing(hate ? story.cast().hate_lead : story.cast().regional_manager, false);
  } else {
    if (dice.Percent(60)) story.SignClosing(story.cast().regional_manager, false);  // not over the resident's head
    story.SignClosing(hate ? story.cast().hate_lead : story.cast().assistant_director, true);
  }
  story.Close();
}

// ---- the stories

void TellNuisance(Story& story, Dice& dice, const std::string& resident, bool agrees) {
  story.Report("anti_social_behaviour", resident, false, false);
  story.Hours(0, 2);
  if (dice.Percent(10)) story.TriageWithoutAsking();
  story.Triage("anti_social_behaviour", false, dice.Percent(20));
  FirstDays(story, dice, Contact::WITH_REPORTER, "ram", "standard");
  if (dice.Percent(15)) {
    story.Days(1, 3);
    if (dice.Percent(40)) story.HandOver(false);
    story.HandOver(true);
  }
  Middle(story, dice, Contact::WITH_REPORTER, false);
  Ending(story, dice, false, agrees);
}

void TellHate(Story& story, Dice& dice, const std::string& resident, bool under_a_wrong_banner) {
  story.Report(under_a_wrong_banner ? "anti_social_behaviour" : "hate_incident", resident, false, true);
  story.Hours(0, 1);
  if (under_a_wrong_banner) story.Triage("anti_social_behaviour", true, false);
  story.Triage("hate_incident", true, dice.Percent(30));
  FirstDays(story, dice, Contact::WITH_VICTIM, "hate_matrix", "medium");
  story.ReviewMotive();
  Middle(story, dice, Contact::WITH_VICTIM, true);
  Ending(story, dice, true, dice.Percent(85));
}

void TellAnonymous(Story& story, Dice& dice) {
  story.Report("anti_social_behaviour", "", true, false);
  story.Hours(0, 3);
  story.Triage("anti_social_behaviour", false, false);
  story.Assign();
  story.Days(1, 3);
  story.AssessRisk("ram", "standard");
  if (dice.Percent(50)) story.FurtherReport();
}

void TellStalled(Story& story, Dice& dice, const std::string& resident, bool hate) {
  story.Report(hate ? "hate_incident" : "anti_social_behaviour", resident, false, hate);
  if (dice.Percent(80)) {
    story.Hours(0, 8);
    story.Triage(hate ? "hate_incident" : "anti_social_behaviour", hate, false);
    story.Assign();
  }
  if (dice.Percent(50)) {
    story.Days(1, 4);
    story.Contact(hate ? Contact::WITH_VICTIM : Contact::WITH_REPORTER, Contact::OUTCOME_VOICEMAIL, nullptr);
  }
  if (dice.Percent(30)) story.ProposeClosure("no_further_incidents");  // with nothing done
}

void Tell(Story& story, Dice& dice, const std::string& resident) {
  const int roll = dice.Below(100);
  if (roll < 45) return TellNuisance(story, dice, resident, true);
  if (roll < 55) return TellNuisance(story, dice, resident, false);
  if (roll < 72) return TellHate(story, dice, resident, false);
  if (roll < 78) return TellHate(story, dice, resident, true);
  if (roll < 86) return TellAnonymous(story, dice);
  TellStalled(story, dice, resident, dice.Percent(25));
}

v1::Command Registration(int number, Dice& dice) {
  v1::Command command;
  command.set_command_id(absl::StrFormat("res-%05d", number));
  v1::RegisterResident& resident = *command.mutable_register_resident();
  resident.mutable_name()->set_text(absl::StrFormat("Invented Resident %05d", number));
  resident.set_uprn(absl::StrFormat("10000%07d", number));
  constexpr const char* kChannels[] = {"phone", "email", "letter", "sms"};
  resident.mutable_needs()->set_preferred_channel(dice.Pick(kChannels));
  resident.mutable_needs()->set_language(dice.Percent(85) ? "en" : "pl");
  return command;
}

absl::Status TellStaff(const std::vector<Person>& staff, YearSink sink) {
  for (const Person& person : staff) {
    v1::Command command;
    command.set_command_id(absl::StrCat("staff:", person.id));
    v1::RegisterStaff& registered = *command.mutable_register_staff();
    registered.set_staff_id(person.id);
    registered.add_roles(person.role);
    registered.set_region(person.region);
    if (absl::Status s = sink(kSetUp, command); !s.ok()) return s;
  }
  return absl::OkStatus();
}

// When each case is reported: any hour of any day of the year, in order.
std::vector<absl::Time> ReportTimes(const YearOptions& options, Dice& dice) {
  const absl::Time begin = absl::FromCivil(options.start, absl::UTCTimeZone());
  std::vector<absl::Time> times;
  for (int i = 0; i < options.cases; ++i) {
    times.push_back(begin + absl::Hours(24 * dice.Below(options.days)) + absl::Minutes(dice.Between(7 * 60, 20 * 60)));
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

absl::Status GenerateYear(const YearOptions& options, YearSink sink) {
  Dice dice(options.seed);
  const std::vector<Person> staff = Staff();
  if (absl::Status s = TellStaff(staff, sink); !s.ok()) return s;
  const absl::Time end = absl::FromCivil(options.start + options.days, absl::UTCTimeZone());
  int residents = 0;
  int number = 0;
  for (const absl::Time reported_at : ReportTimes(options, dice)) {
    // A third of the cases are about a resident we know already.
    const bool known = residents > 0 && dice.Percent(33);
    const int resident = known ? dice.Between(1, residents) : ++residents;
    const Cast cast = CastFor(dice, staff);
    if (!known) {
      if (absl::Status s = sink(cast.contact_centre, Registration(resident, dice)); !s.ok()) return s;
    }
    Story story(absl::StrFormat("y%d-%05d", static_cast<int>(options.seed % 1000), ++number), cast, dice, reported_at);
    Tell(story, dice, absl::StrFormat("@res-%05d", resident));
    story.FinishImport(end);
    for (const Story::Line& line : std::move(story).lines()) {
      // The year ends where it ends: what would have happened later has not.
      if (!line.command.has_finish_import() && ToTime(line.command.occurred_at()) >= end) continue;
      if (absl::Status s = sink(line.actor, line.command); !s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

}  // namespace caseward::cli

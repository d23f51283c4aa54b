#include "services/year/population.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "services/year/dice.h"

namespace caseward::year {
namespace {

constexpr int kDaysOfYear = 365;
constexpr int kTriesMax = 64;  // to meet one that is not anonymous

bool IsRegional(std::string_view role) {
  return role == "case_manager" || role == "team_manager" || role == "duty_manager" || role == "regional_manager";
}

uint64_t ManagersOf(const YearOptions& options, size_t region) {
  const uint64_t a_year = options.cases * kDaysOfYear / static_cast<uint64_t>(options.days);
  const uint64_t cases = a_year * static_cast<uint64_t>(kRegionShares[region]) / 1000;
  return std::clamp<uint64_t>(cases / kCasesPerManager, kManagersMin, kManagersMax);
}

}  // namespace

bool Person::IsHere(absl::CivilDay day) const {
  return day >= first && day <= last &&
         std::none_of(away.begin(), away.end(), [&](const auto& one) { return day >= one.first && day <= one.second; });
}

absl::CivilDay Person::NextDayHere(absl::CivilDay day) const {
  while (day <= last && !IsHere(day))
    ++day;
  return day <= last ? day : absl::CivilDay::max();
}

std::string Person::Header() const { return absl::StrCat(id, "; roles=", role, "; region=", kRegionNames[region]); }

Population::Population(const YearOptions& options) : options_(options) {
  for (int n = 1; n <= 4; ++n)
    Hire(absl::StrCat("cc-", n), "contact_centre", static_cast<size_t>(n - 1));
  for (const char* role : {"hate_lead", "da_lead", "safeguarding_lead", "assistant_director", "director", "legal",
                           "vulnerability_lead", "qa_reviewer"}) {
    for (int n = 1; n <= 2; ++n)
      Hire(absl::StrCat(role, "-", n), role, static_cast<size_t>(n - 1));
  }
  for (size_t region = 0; region < kRegions; ++region) {
    HireManagers(region);
    for (const char* role : {"team_manager", "duty_manager", "regional_manager"})
      Hire(absl::StrCat(role, "-", kRegionNames[region]), role, region);
  }
  for (size_t region = 0; region < kRegions; ++region) {
    for (const Person& person : staff_) {
      if (!IsRegional(person.role) || person.region == region) groups_[region][person.role].push_back(&person);
    }
  }
}

void Population::Hire(std::string id, std::string_view role, size_t region) {
  Person person{.id = std::move(id),
                .role = std::string(role),
                .region = region,
                .first = options_.start,
                .last = absl::CivilDay::max(),
                .away = {}};
  PlanAbsences(person, staff_.size());
  staff_.push_back(std::move(person));
}

// A leaver's place is taken on the day after; nobody leaves in the first month or the last, and the first of a region
// stays: who tells of one by name, as the demonstration does, can.
void Population::HireManagers(size_t region) {
  const uint64_t managers = ManagersOf(options_, region);
  for (uint64_t n = 1; n <= managers; ++n) {
    Hire(absl::StrCat("cm-", kRegionNames[region], "-", n), "case_manager", region);
    Dice dice(options_.seed, About::kStaff, uint64_t{region} << 32 | n);
    if (n == 1 || options_.days <= 90 || !dice.Happens(Chance::kLeaver)) continue;
    staff_.back().last = options_.start + dice.Between(30, options_.days - 30);
    const absl::CivilDay next = staff_.back().last + 1;
    Hire(absl::StrCat("cm-", kRegionNames[region], "-", n, "-next"), "case_manager", region);
    staff_.back().first = next;
  }
}

void Population::PlanAbsences(Person& person, uint64_t number) const {
  Dice dice(options_.seed, About::kStaff, ~number);
  const auto leave = [&](absl::CivilDay from, int64_t days) { person.away.emplace_back(from, from + (days - 1)); };
  for (int64_t year = options_.start.year(); year <= (options_.start + options_.days).year(); ++year) {
    const absl::CivilDay january(year, 1, 1);
    leave(january + dice.Between(kSummerFirstDay, kSummerLastDay), kSummerLeaveDays);
    if (dice.Happens(Chance::kChristmasLeave)) leave(absl::CivilDay(year, 12, 24), 9);
    for (int week = 0; week < kOtherLeaveWeeks; ++week)
      leave(january + 7 * dice.Between(1, 50), 7);
    const size_t spells = dice.Share(kSicknessSpells);
    for (size_t spell = 0; spell < spells; ++spell)
      leave(january + dice.Between(0, kDaysOfYear - 1), dice.Between(1, kSicknessDaysMax));
    if (dice.Happens(Chance::kLongSickness))
      leave(january + dice.Between(0, kDaysOfYear - 1), dice.Between(kLongSicknessDays[0], kLongSicknessDays[1]));
  }
}

const std::vector<const Person*>& Population::Of(std::string_view role, size_t region) const {
  const auto found = groups_[region].find(role);
  CHECK(found != groups_[region].end());
  return found->second;
}

Kind Population::KindOf(uint64_t number) const {
  Dice dice(options_.seed, About::kKind, number);
  const size_t type = dice.Share(kCaseTypeShares);
  return {.type = static_cast<CaseType>(type), .course = static_cast<Course>(dice.Share(kCourseShares[type]))};
}

uint64_t Population::NamedBefore(uint64_t number, Dice& dice) const {
  for (int tries = 0; number > 1 && tries < kTriesMax; ++tries) {
    const uint64_t earlier = 1 + dice.Below(number - 1);
    if (!IsAnonymous(earlier)) return earlier;
  }
  return 0;
}

uint64_t Population::CallerOf(uint64_t number) const {
  while (!IsAnonymous(number)) {
    Dice dice(options_.seed, About::kCaller, number);
    const uint64_t earlier = dice.Happens(Chance::kKnownCaller) ? NamedBefore(number, dice) : 0;
    if (earlier == 0) break;
    number = earlier;
  }
  return number;
}

uint64_t Population::SubjectOf(uint64_t number) const {
  const auto known = [&](uint64_t n) {
    return !IsAnonymous(n) && Dice(options_.seed, About::kSubject, n).Happens(Chance::kSubjectKnown);
  };
  if (!known(number)) return 0;
  for (;;) {
    Dice dice(options_.seed, About::kSubject, ~number);
    const uint64_t earlier = dice.Happens(Chance::kKnownSubject) ? NamedBefore(number, dice) : 0;
    if (earlier == 0 || !known(earlier)) return number;
    number = earlier;
  }
}

uint64_t Population::HomeOf(uint64_t caller) const {
  while (caller > 1) {
    Dice dice(options_.seed, About::kHome, caller);
    if (!dice.Happens(Chance::kKnownHome)) break;
    caller = CallerOf(1 + dice.Below(caller - 1));
  }
  return caller;
}

Resident Population::ResidentOf(uint64_t caller) const {
  Dice dice(options_.seed, About::kResident, caller);
  Resident resident{.number = caller};
  const uint64_t report = dice.Happens(Chance::kDuplicateEntry) ? NamedBefore(caller, dice) : 0;
  if (report != 0) {
    resident = ResidentOf(CallerOf(report));
    // Never of one who is a double: the entry that goes on is the first.
    if (resident.doubles == 0) resident.doubles = resident.number;
    resident.number = caller;
    return resident;
  }
  resident.safe_contact_only = dice.Happens(Chance::kSafeContactOnly);
  resident.other_language = dice.Happens(Chance::kOtherLanguage);
  resident.interpreter = resident.other_language && dice.Happens(Chance::kInterpreter);
  resident.home = HomeOf(caller);
  resident.region = Dice(options_.seed, About::kHome, ~resident.home).Share(kRegionShares);
  return resident;
}

}  // namespace caseward::year

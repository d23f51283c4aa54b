// The people of the invented association: staff with their regions, leave, illness and leavers; callers, homes and the
// subjects of reports, who come back.
//
// Callers are numbered by the case in which they first report, and nothing is kept of them: who made report n is either
// somebody new (number n) or whoever made an earlier report, each as likely, found by asking the same question of that
// one. So callers follow Yule and Simon's distribution (a few report very often), at any size and with no memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "services/year/dice.h"
#include "services/year/distributions.h"
#include "services/year/options.h"

namespace caseward::year {

struct Person {
  std::string id;
  std::string role;
  size_t region = 0;
  absl::CivilDay first, last;                                   // at work
  std::vector<std::pair<absl::CivilDay, absl::CivilDay>> away;  // from, to; both away

  bool IsHere(absl::CivilDay day) const;
  // The next day on which they are here; absl::CivilDay::max() if they have left.
  absl::CivilDay NextDayHere(absl::CivilDay day) const;
  // As in the caseward-actor header.
  std::string Header() const;
};

struct Kind {
  CaseType type;
  Course course;
};

struct Resident {
  uint64_t number = 0;
  uint64_t home = 0;
  size_t region = 0;
  // Whom this entry doubles; 0: nobody.
  uint64_t doubles = 0;
  bool safe_contact_only = false;
  bool other_language = false;
  bool interpreter = false;
};

class Population {
 public:
  explicit Population(const YearOptions& options);
  Population(const Population&) = delete;  // its groups point into its staff
  Population& operator=(const Population&) = delete;

  const std::vector<Person>& staff() const { return staff_; }
  // In the order of staff(); regional roles by region, others for all.
  const std::vector<const Person*>& Of(std::string_view role, size_t region) const;

  // What report `number`, from 1 on, is about and comes to.
  Kind KindOf(uint64_t number) const;
  bool IsAnonymous(uint64_t number) const { return KindOf(number).course == Course::kAnonymous; }
  // Who makes it: the number of their first one. An anonymous report has a caller of its own, who never comes back.
  uint64_t CallerOf(uint64_t number) const;
  // Whom it is about, numbered alike; 0: nobody knows.
  uint64_t SubjectOf(uint64_t number) const;
  Resident ResidentOf(uint64_t caller) const;

 private:
  void Hire(std::string id, std::string_view role, size_t region);
  void HireManagers(size_t region);
  void PlanAbsences(Person& person, uint64_t number) const;
  uint64_t HomeOf(uint64_t caller) const;
  // One of the reports before `number` that is not anonymous, each as likely; 0: there is none.
  uint64_t NamedBefore(uint64_t number, Dice& dice) const;

  const YearOptions options_;
  std::vector<Person> staff_;
  std::map<std::string, std::vector<const Person*>, std::less<>> groups_[kRegions];
};

}  // namespace caseward::year

#include "services/year/year.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/year/arrivals.h"
#include "services/year/tellings.h"

namespace caseward::year {
namespace {

// Whoever sets the directory up.
constexpr char kSetUp[] = "setup; roles=policy_admin";
// The year is told span by span, and a story again for each span in which it has lines: memory for lines against time
// for telling. At any size a span has about so many lines.
constexpr uint64_t kLinesOfSpan = 2000;
constexpr uint64_t kLinesOfCase = 25;  // about
constexpr absl::Duration kSpanMax = absl::Hours(6);
// Who stands in for whom over the year's end.
constexpr absl::Duration kStandsIn = absl::Hours(14 * 24);
// Agreements and training are judged by the day on which they are used, so they outlast the year by so many days.
constexpr int kOutlastsDays = 3650;

struct Resting {
  absl::Time next;
  uint64_t number;
  absl::Time reported_at;
  uint64_t lines;
  bool operator>(const Resting& other) const { return std::tie(next, number) > std::tie(other.next, other.number); }
};

absl::Duration SpanOf(const YearOptions& options) {
  const absl::Duration even = (options.end() - options.begin()) * kLinesOfSpan / (options.cases * kLinesOfCase);
  return std::clamp(absl::Trunc(even, absl::Minutes(1)), absl::Minutes(1), kSpanMax);
}

// ---- the directory

Line SetUp(absl::Time told, std::string id) {
  Line line{.told = told, .actor = kSetUp, .command = {}, .refused_by = {}};
  line.command.set_command_id(std::move(id));
  return line;
}

// What the policy asks of whoever is given a case of hate, abuse or discrimination. Who takes a leaver's place has not
// learned it yet: a new starter, of whom history tells all the same.
constexpr const char* kLearned[] = {"hate_crime", "domestic_abuse", "discrimination"};

void AddTrainings(const YearOptions& options, const Person& person, v1::RegisterStaff& staff) {
  if (person.first > options.start) return;
  for (const char* course : kLearned) {
    v1::Training& training = *staff.add_trainings();
    training.set_course(course);
    SetTimestamp(options.begin(), training.mutable_completed_at());
    SetTimestamp(StartOf(options.start + options.days + kOutlastsDays), training.mutable_expires_at());
    training.set_evidence_ref(absl::StrCat("certificate:", person.id, ":", course));
  }
}

Line Registration(const YearOptions& options, const Person& person, absl::Time told, bool left) {
  Line line = SetUp(told, absl::StrCat("staff:", person.id, left ? ":left" : ""));
  v1::RegisterStaff& staff = *line.command.mutable_register_staff();
  staff.set_staff_id(person.id);
  staff.add_roles(person.role);
  staff.set_region(kRegionNames[person.region]);
  staff.set_left(left);
  AddTrainings(options, person, staff);
  return line;
}

struct Partner {
  const char* id;
  const char* title;
  const char* kind;
  const char* service;
  const char* purpose;  // of the agreement; null: there is none
};
constexpr Partner kPartners[] = {
    {"police", "An Invented Constabulary", "police", "patrols", "crime_and_disorder"},
    {"victim_support", "A Charity for Victims", "third_sector", "support", "support"},
    {"clinic", "A Clinic", "health", "talking_therapy", nullptr},
};

std::vector<Line> Partners(const YearOptions& options) {
  std::vector<Line> lines;
  for (const Partner& partner : kPartners) {
    Line known = SetUp(options.begin(), absl::StrCat("agency:", partner.id));
    v1::Agency& agency = *known.command.mutable_register_agency()->mutable_agency();
    agency.set_id(partner.id);
    agency.set_title(partner.title);
    agency.set_kind(partner.kind);
    agency.add_services(partner.service);
    lines.push_back(std::move(known));
    if (partner.purpose == nullptr) continue;
    Line agreed = SetUp(options.begin(), absl::StrCat("agreement:", partner.id));
    v1::Agreement& agreement = *agreed.command.mutable_register_agreement()->mutable_agreement();
    agreement.set_id(absl::StrCat(partner.id, "_agreement"));
    agreement.set_agency(partner.id);
    agreement.add_purposes(partner.purpose);
    agreement.add_lawful_bases("public_task");
    agreement.add_data_classes(v1::DATA_CLASS_INTERNAL);
    agreement.add_data_classes(v1::DATA_CLASS_PERSONAL);
    SetTimestamp(options.begin(), agreement.mutable_from());
    SetTimestamp(StartOf(options.start + options.days + kOutlastsDays), agreement.mutable_until());
    lines.push_back(std::move(agreed));
  }
  return lines;
}

Line Delegation(const YearOptions& options, const Person& from, const Person& to) {
  const absl::Time starts = std::max(options.begin(), options.end() - kStandsIn);
  Line line = SetUp(starts, absl::StrCat("delegation:", from.id, ":", to.id));
  line.actor = from.Header();
  v1::DelegateSignOff& delegate = *line.command.mutable_delegate_sign_off();
  delegate.set_from(from.id);
  delegate.set_to(to.id);
  delegate.add_subjects("closure");
  SetTimestamp(starts, delegate.mutable_starts());
  SetTimestamp(options.end() + kStandsIn, delegate.mutable_ends());
  delegate.set_reason_code("leave");
  return line;
}

// Everything of the directory, in order.
std::vector<Line> DirectoryLines(const YearOptions& options, const Population& population) {
  std::vector<Line> lines = Partners(options);
  for (const Person& person : population.staff()) {
    lines.push_back(Registration(options, person, StartOf(person.first), false));
    if (person.last == absl::CivilDay::max()) continue;
    lines.push_back(Registration(options, person, StartOf(person.last + 1), true));
  }
  for (size_t region = 0; region < kRegions; ++region) {
    const Person& regional = *population.Of("regional_manager", region).front();
    lines.push_back(Delegation(options, regional, *population.Of("team_manager", region).front()));
    lines.push_back(Delegation(options, *population.Of("assistant_director", region).front(), regional));
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.told < b.told; });
  return lines;
}

// ---- the year

class Year {
 public:
  Year(const YearOptions& options, Sink sink)
      : options_(options),
        sink_(sink),
        calendar_(options.start - 30, options.start + options.days + 400),
        population_(options),
        world_{.options = options_, .calendar = calendar_, .population = population_},
        arrivals_(options, calendar_),
        directory_(DirectoryLines(options, population_)) {}

  absl::Status Run() {
    std::optional<absl::Time> reported_at = arrivals_.Next();
    const absl::Duration span = SpanOf(options_);
    absl::Time until = options_.begin();
    while (reported_at.has_value() || !resting_.empty() || next_of_directory_ < directory_.size()) {
      until = until >= options_.end() ? absl::InfiniteFuture() : std::min(until + span, options_.end());
      for (; next_of_directory_ < directory_.size() && directory_[next_of_directory_].told < until;
           ++next_of_directory_)
        lines_.push_back(std::move(directory_[next_of_directory_]));
      while (!resting_.empty() && resting_.top().next < until) {
        const Resting one = resting_.top();
        resting_.pop();
        Wake(one, until);
        if (until < absl::InfiniteFuture()) continue;
        // All that is left is told at the year's end, case by case.
        if (absl::Status s = Flush(); !s.ok()) return s;
      }
      for (; reported_at.has_value() && *reported_at < until; reported_at = arrivals_.Next())
        Wake({.next = *reported_at, .number = ++cases_, .reported_at = *reported_at, .lines = 0}, until);
      if (absl::Status s = Flush(); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  void Wake(const Resting& one, absl::Time until) {
    Story story(world_, one.number, one.reported_at, {.from = one.lines, .until = until}, lines_);
    Tell(story);
    if (!story.resting()) return;
    resting_.push({.next = story.next(), .number = one.number, .reported_at = one.reported_at, .lines = story.lines()});
  }

  absl::Status Flush() {
    std::stable_sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) { return a.told < b.told; });
    for (const Line& line : lines_) {
      if (absl::Status s = sink_(line); !s.ok()) return s;
    }
    lines_.clear();
    return absl::OkStatus();
  }

  const YearOptions options_;
  Sink sink_;
  const OfficeCalendar calendar_;
  const Population population_;
  const World world_;
  Arrivals arrivals_;
  std::vector<Line> directory_;
  size_t next_of_directory_ = 0;
  uint64_t cases_ = 0;
  std::vector<Line> lines_;  // of the span that is told
  std::priority_queue<Resting, std::vector<Resting>, std::greater<>> resting_;
};

}  // namespace

absl::Status GenerateYear(const YearOptions& options, Sink sink) { return Year(options, sink).Run(); }

}  // namespace caseward::year

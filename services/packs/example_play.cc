#include "services/packs/example_play.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "services/packs/example_command.h"
#include "services/packs/example_runner.h"

namespace caseward {
namespace {

constexpr absl::Duration kStepApart = absl::Minutes(1);

// "2 working_days after": the same local time of day on the second working day after.
absl::StatusOr<absl::Time> After(absl::Time from, const v1::Span& span, const WorkingCalendar& calendar) {
  const absl::TimeZone zone = calendar.zone();
  const auto at_local = [&](absl::CivilSecond local) { return absl::FromCivil(local, zone); };
  const absl::CivilSecond local = absl::ToCivilSecond(from, zone);
  const auto amount = static_cast<absl::civil_diff_t>(span.amount());
  switch (span.unit()) {
    case v1::TIME_UNIT_HOUR: return from + absl::Hours(amount);
    case v1::TIME_UNIT_BUSINESS_HOUR: return calendar.DueExclusive(from, span);
    case v1::TIME_UNIT_DAY: return at_local(local + amount * 86'400);
    case v1::TIME_UNIT_MONTH: {
      const absl::CivilMonth month = absl::CivilMonth(local) + amount;
      const absl::CivilDay last(absl::CivilDay(month + 1) - 1);
      const absl::CivilDay day = std::min(absl::CivilDay(month.year(), month.month(), local.day()), last);
      return at_local(absl::CivilSecond(day) + (local - absl::CivilSecond(absl::CivilDay(local))));
    }
    case v1::TIME_UNIT_WORKING_DAY: {
      absl::CivilDay day(local);
      for (absl::civil_diff_t left = amount; left > 0;) {
        const absl::StatusOr<bool> working = calendar.IsWorkingDay(++day);
        if (!working.ok()) return working.status();
        if (*working) --left;
      }
      return at_local(absl::CivilSecond(day) + (local - absl::CivilSecond(absl::CivilDay(local))));
    }
    case v1::TIME_UNIT_UNSPECIFIED:
    case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return absl::InvalidArgumentError("expected a span with a unit");
}

std::map<std::string, v1::AgencyState, std::less<>> AgenciesOf(const v1::Pack& pack) {
  std::map<std::string, v1::AgencyState, std::less<>> agencies;
  for (const v1::Agency& agency : pack.agencies())
    *agencies[agency.id()].mutable_agency() = agency;
  for (const v1::Agreement& agreement : pack.agreements()) {
    v1::AgreementState& state = *agencies[agreement.agency()].add_agreements();
    *state.mutable_agreement() = agreement;
    state.set_version(1);
  }
  return agencies;
}

std::map<std::string, v1::StaffState, std::less<>> PeopleOf(const v1::Pack& pack) {
  std::map<std::string, v1::StaffState, std::less<>> people;
  for (const v1::ExampleActor& person : pack.people()) {
    v1::StaffState& staff = people[person.id()];
    staff.set_staff_id(person.id());
    *staff.mutable_roles() = person.roles();
    staff.set_region(person.region());
    *staff.mutable_trained_in() = person.trained_in();
    *staff.mutable_trainings() = person.trainings();
    for (const v1::ExampleDelegation& delegation : person.delegations()) {
      v1::DelegationState& given = *staff.add_delegations();
      given.set_from(delegation.from());
      *given.mutable_subjects() = delegation.subjects();
      *given.mutable_starts() = delegation.starts();
      *given.mutable_ends() = delegation.ends();
    }
  }
  return people;
}

}  // namespace

std::string SayRefusal(const v1::Refusal& refusal) {
  std::vector<std::string> missing;
  for (const v1::Missing& item : refusal.missing())
    missing.push_back(item.id());
  return StrCat("a refusal by ", refusal.rule(), missing.empty() ? "" : " missing " + absl::StrJoin(missing, ", "),
                " (", refusal.say(), ")");
}

PreparedExamples::PreparedExamples(const v1::Pack& pack)
    : pack_(pack), agencies_(AgenciesOf(pack)), people_(PeopleOf(pack)) {
  for (const v1::Scenario& scenario : pack.scenarios()) {
    PreparedScenario& out = scenarios_.emplace_back();
    out.source = &scenario;
    out.steps = PrepareAll(scenario.steps());
  }
  for (PreparedScenario& scenario : scenarios_)
    scenario.from = FindScenario(scenario.source->from(), scenario.fault);
  for (const OwnedExample& one : ExamplesOf(pack)) {
    PreparedExample& out = examples_.emplace_back();
    out.owner = one.owner;
    out.source = one.example;
    out.from = FindScenario(one.example->from(), out.fault);
    out.given = PrepareAll(one.example->given());
    if (one.example->has_when()) out.when = Prepare(one.example->when());
  }
}

PreparedStep PreparedExamples::Prepare(const v1::ExampleStep& step) const {
  PreparedStep out;
  out.source = &step;
  const auto person = people_.find(step.by());
  if (person == people_.end()) {
    out.fault = absl::InvalidArgumentError(StrCat("expected one of the pack's people; found \"", step.by(), "\""));
    return out;
  }
  absl::StatusOr<v1::Command> command = CommandFromExample(pack_, step);
  out.fault = command.status();
  if (command.ok()) out.command = *std::move(command);
  out.staff = &person->second;
  out.actor.set_id(out.staff->staff_id());
  out.actor.set_kind(v1::Actor::KIND_STAFF);
  *out.actor.mutable_roles() = out.staff->roles();
  out.actor.set_region(out.staff->region());
  return out;
}

StaffOf PreparedExamples::PeopleLookup() const {
  return [this](std::string_view id) -> const v1::StaffState* {
    const auto found = people_.find(id);
    return found == people_.end() ? nullptr : &found->second;
  };
}

Rehearsal::Stage PreparedExamples::StageFor(const CompiledPack& pack, const WorkingCalendar& calendar,
                                            const Hasher& hasher) const {
  return {.pack = pack,
          .calendar = calendar,
          .hasher = hasher,
          .agency_of = AgencyLookup(),
          .staff_of = PeopleLookup(),
          .load_of = LoadLookup(pack)};
}

// What people carry when an example begins; the example's own case is not among it.
LoadOf PreparedExamples::LoadLookup(const CompiledPack& pack) const {
  return [this, &pack](std::string_view id) {
    const auto& people = pack_.people();
    const auto person = std::find_if(people.begin(), people.end(), [&](const auto& one) { return one.id() == id; });
    return person == people.end() ? Load() : Load{.load = person->load(), .cap = pack.CapOf(person->roles())};
  };
}

AgencyOf PreparedExamples::AgencyLookup() const {
  if (agencies_.empty()) return nullptr;
  return [this](std::string_view id) -> const v1::AgencyState* {
    const auto found = agencies_.find(id);
    return found == agencies_.end() ? nullptr : &found->second;
  };
}

template <typename Steps>
std::vector<PreparedStep> PreparedExamples::PrepareAll(const Steps& steps) const {
  std::vector<PreparedStep> out;
  for (const v1::ExampleStep& step : steps)
    out.push_back(Prepare(step));
  return out;
}

int PreparedExamples::FindScenario(const std::string& id, absl::Status& fault) const {
  if (id.empty()) return -1;
  for (size_t i = 0; i < scenarios_.size(); ++i) {
    if (scenarios_[i].source->id() == id) return static_cast<int>(i);
  }
  fault = absl::InvalidArgumentError(StrCat("expected a scenario of the pack; found \"", id, "\""));
  return -1;
}

absl::Status Play::DoAll(const std::vector<PreparedStep>& steps, std::string_view where) {
  int number = 0;
  for (const PreparedStep& step : steps) {
    ++number;
    const absl::StatusOr<CaseVerdict> verdict = Do(step);
    if (!verdict.ok())
      return absl::InvalidArgumentError(StrCat(where, " step ", number, ": ", StdText(verdict.status().message())));
    const auto* refusal = std::get_if<v1::Refusal>(&*verdict);
    const std::string& claimed = step.source->refused();
    if ((refusal == nullptr ? "" : refusal->rule()) == claimed) continue;
    return absl::InvalidArgumentError(StrCat(where, " step ", number, " (", step.source->verb(), "): expected ",
                                             claimed.empty() ? "it accepted" : "a refusal by " + claimed, ", found ",
                                             refusal == nullptr ? "it accepted" : SayRefusal(*refusal)));
  }
  return absl::OkStatus();
}

absl::StatusOr<CaseVerdict> Play::Do(const PreparedStep& step) {
  absl::StatusOr<absl::Time> at = TimeOf(*step.source);
  if (!at.ok()) return at.status();
  now_ = *at;
  if (!step.fault.ok()) return step.fault;
  return rehearsal_.Submit(step.command, step.actor, *now_, step.staff);
}

void Play::AdvanceTo(absl::Time at) {
  now_ = at;
  rehearsal_.AdvanceTo(at);
}

absl::StatusOr<absl::Time> Play::TimeOf(const v1::ExampleStep& step) const {
  if (step.has_at()) {
    const absl::Time at = ToTime(step.at());
    if (now_.has_value() && at < *now_) {
      return absl::InvalidArgumentError(StrCat("expected a time not before the step before it (", FormatInstant(*now_),
                                               "); found ", FormatInstant(at)));
    }
    return at;
  }
  if (!now_.has_value()) return absl::InvalidArgumentError("expected the first step to say `at`; found none");
  return step.has_after() ? After(*now_, step.after(), *calendar_) : absl::StatusOr<absl::Time>(*now_ + kStepApart);
}

absl::StatusOr<Play> ExampleStage::Begin(int scenario) {
  if (scenario < 0) return Play(prepared_, pack_, calendar_, hasher_);
  return Played(scenario);
}

// A compiled pack has no scenarios that begin with one another in a circle.
const absl::StatusOr<Play>& ExampleStage::Played(int scenario) {
  if (const auto found = played_.find(scenario); found != played_.end()) return found->second;
  const PreparedScenario& story = prepared_.scenarios()[static_cast<size_t>(scenario)];
  absl::StatusOr<Play> play = story.fault.ok() ? Begin(story.from) : absl::StatusOr<Play>(story.fault);
  if (play.ok()) {
    const absl::Status status = play->DoAll(story.steps, StrCat("scenario ", story.source->id()));
    if (!status.ok()) play = status;
  }
  return played_.emplace(scenario, std::move(play)).first->second;
}

}  // namespace caseward

#include "services/packs/example_runner.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/rehearsal.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/verbs.h"
#include "services/packs/example_command.h"

namespace caseward {
namespace {

constexpr absl::Duration kStepApart = absl::Minutes(1);
constexpr int kScenarioDepthMax = 32;

template <typename Enum>
std::string NameOf(Enum value) {
  const auto* found = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return found == nullptr || value == 0 ? "none" : EnumValueName(*found);
}

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

// One example, played through.
class Play {
 public:
  Play(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher)
      : pack_(pack), calendar_(calendar), rehearsal_({.pack = pack, .calendar = calendar, .hasher = hasher}) {}

  absl::Status Begin(const std::string& scenario, int depth = 0) {
    if (scenario.empty()) return absl::OkStatus();
    if (depth > kScenarioDepthMax)
      return absl::InvalidArgumentError(StrCat("scenario ", scenario, ": begins with itself"));
    for (const v1::Scenario& candidate : pack_.source().scenarios()) {
      if (candidate.id() != scenario) continue;
      if (absl::Status s = Begin(candidate.from(), depth + 1); !s.ok()) return s;
      return Given(candidate.steps(), StrCat("scenario ", scenario));
    }
    return absl::InvalidArgumentError(StrCat("expected a scenario of the pack; found \"", scenario, "\""));
  }

  template <typename Steps>
  absl::Status Given(const Steps& steps, const std::string& where) {
    int number = 0;
    for (const v1::ExampleStep& step : steps) {
      ++number;
      const absl::StatusOr<CaseVerdict> verdict = Do(step);
      if (!verdict.ok())
        return absl::InvalidArgumentError(StrCat(where, " step ", number, ": ", verdict.status().message()));
      const auto* refusal = std::get_if<v1::Refusal>(&*verdict);
      const std::string found = refusal == nullptr ? "" : refusal->rule();
      if (found != step.refused()) {
        return absl::InvalidArgumentError(
            StrCat(where, " step ", number, " (", step.verb(), "): expected ",
                   step.refused().empty() ? "it accepted" : "a refusal by " + step.refused(), ", found ",
                   refusal == nullptr ? "it accepted" : Said(*refusal)));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<CaseVerdict> Do(const v1::ExampleStep& step) {
    absl::StatusOr<absl::Time> at = TimeOf(step);
    if (!at.ok()) return at.status();
    now_ = *at;
    const v1::ExampleActor* person = Person(step.by());
    if (person == nullptr)
      return absl::InvalidArgumentError(StrCat("expected one of the pack's people; found \"", step.by(), "\""));
    absl::StatusOr<v1::Command> command = CommandFromExample(pack_.source(), step);
    if (!command.ok()) return command.status();
    v1::Actor actor;
    actor.set_id(person->id());
    actor.set_kind(v1::Actor::KIND_STAFF);
    *actor.mutable_roles() = person->roles();
    actor.set_region(person->region());
    v1::StaffState staff;
    staff.set_staff_id(person->id());
    *staff.mutable_roles() = person->roles();
    staff.set_region(person->region());
    *staff.mutable_trained_in() = person->trained_in();
    return rehearsal_.Submit(*command, actor, *now_, &staff);
  }

  void AdvanceTo(absl::Time at) {
    now_ = at;
    rehearsal_.AdvanceTo(at);
  }

  const Rehearsal& rehearsal() const { return rehearsal_; }
  static std::string Said(const v1::Refusal& refusal) {
    std::vector<std::string> missing;
    for (const v1::Missing& item : refusal.missing())
      missing.push_back(item.id());
    return StrCat("a refusal by ", refusal.rule(), missing.empty() ? "" : " missing " + absl::StrJoin(missing, ", "),
                  " (", refusal.say(), ")");
  }

 private:
  absl::StatusOr<absl::Time> TimeOf(const v1::ExampleStep& step) const {
    if (step.has_at()) {
      const absl::Time at = ToTime(step.at());
      if (now_.has_value() && at < *now_) {
        return absl::InvalidArgumentError(StrCat("expected a time not before the step before it (",
                                                 FormatInstant(*now_), "); found ", FormatInstant(at)));
      }
      return at;
    }
    if (!now_.has_value()) return absl::InvalidArgumentError("expected the first step to say `at`; found none");
    return step.has_after() ? After(*now_, step.after(), calendar_) : absl::StatusOr<absl::Time>(*now_ + kStepApart);
  }

  const v1::ExampleActor* Person(const std::string& id) const {
    for (const v1::ExampleActor& person : pack_.source().people()) {
      if (person.id() == id) return &person;
    }
    return nullptr;
  }

  const CompiledPack& pack_;
  const WorkingCalendar& calendar_;
  Rehearsal rehearsal_;
  std::optional<absl::Time> now_;
};

// Compares what is claimed with what came.
class Judging {
 public:
  Judging(const v1::Expectation& claim, const Rehearsal& rehearsal) : claim_(claim), rehearsal_(rehearsal) {}

  void Verdict(const std::optional<CaseVerdict>& verdict) {
    if (!verdict.has_value()) return;
    const auto* refusal = std::get_if<v1::Refusal>(&*verdict);
    if (claim_.refused().empty()) {
      Expect(refusal == nullptr, "the command: expected it accepted, found ",
             refusal == nullptr ? "" : Play::Said(*refusal));
      return;
    }
    const std::string found = refusal == nullptr ? "it accepted" : Play::Said(*refusal);
    Expect(refusal != nullptr && refusal->rule() == claim_.refused(),
           StrCat("the command: expected a refusal by ", claim_.refused(), ", found "), found);
    for (const std::string& id : claim_.missing()) {
      const bool named = refusal != nullptr && std::any_of(refusal->missing().begin(), refusal->missing().end(),
                                                           [&](const v1::Missing& item) { return item.id() == id; });
      Expect(named, StrCat("missing: expected ", id, ", found "), found);
    }
  }

  void State() {
    if (!rehearsal_.opened()) {
      const bool looks =
          !claim_.clocks().empty() || !claim_.due().empty() || !claim_.phase().empty() || !claim_.flags().empty();
      Expect(!looks, "the case: expected one, found ", "none was opened");
      return;
    }
    const v1::CaseState& state = rehearsal_.state();
    for (const auto& [id, status] : claim_.clocks()) {
      const v1::ClockState* clock = Clock(id);
      const std::string found = clock == nullptr ? "none" : NameOf(clock->status());
      Expect(found == status, StrCat("clock ", id, ": expected ", status, ", found "), found);
    }
    for (const auto& [id, due] : claim_.due()) {
      const v1::ClockState* clock = Clock(id);
      const std::string found = clock == nullptr ? "no such clock" : FormatInstant(ToTime(clock->due_exclusive()));
      Expect(found == FormatInstant(ToTime(due)),
             StrCat("due ", id, ": expected ", FormatInstant(ToTime(due)), ", found "), found);
    }
    for (const auto& [flag, set] : claim_.flags()) {
      const bool found = std::find(state.flags().begin(), state.flags().end(), flag) != state.flags().end();
      Expect(found == set, StrCat("flag ", flag, ": expected ", set ? "set" : "not set", ", found "),
             found ? "set" : "not set");
    }
    if (claim_.priority() != v1::PRIORITY_UNSPECIFIED)
      Same("priority", NameOf(claim_.priority()), NameOf(state.priority()));
    if (!claim_.phase().empty()) Same("phase", claim_.phase(), NameOf(state.phase()));
    if (!claim_.case_type().empty()) Same("case type", claim_.case_type(), state.case_type());
  }

  void Events() {
    std::vector<std::string> names;
    std::vector<std::string> alerts;
    const std::vector<v1::Event>& history = rehearsal_.history();
    for (size_t i = history.size() - rehearsal_.last_events(); i < history.size(); ++i) {
      names.emplace_back(EventName(history[i].kind_case()));
      if (history[i].has_alert_raised()) alerts.push_back(history[i].alert_raised().alert());
    }
    const auto has = [](const std::vector<std::string>& list, const std::string& one) {
      return std::find(list.begin(), list.end(), one) != list.end();
    };
    const std::string found = names.empty() ? "no events" : absl::StrJoin(names, ", ");
    for (const std::string& event : claim_.events())
      Expect(has(names, event), StrCat("events: expected ", event, ", found "), found);
    for (const std::string& event : claim_.not_events()) {
      Expect(!has(names, event), StrCat("events: expected no ", event, ", found "), found);
    }
    for (const std::string& alert : claim_.alerts()) {
      Expect(has(alerts, alert), StrCat("alerts: expected ", alert, ", found "),
             alerts.empty() ? "none" : absl::StrJoin(alerts, ", "));
    }
  }

  std::vector<std::string> differences() && { return std::move(differences_); }

 private:
  void Expect(bool good, std::string_view expected, std::string_view found) {
    if (!good) differences_.push_back(StrCat(expected, found));
  }
  void Same(const char* what, const std::string& expected, const std::string& found) {
    Expect(expected == found, StrCat(what, ": expected ", expected, ", found "), found);
  }
  const v1::ClockState* Clock(const std::string& id) const {
    for (const v1::ClockState& clock : rehearsal_.state().clocks()) {
      if (clock.clock() == id) return &clock;
    }
    return nullptr;
  }

  const v1::Expectation& claim_;
  const Rehearsal& rehearsal_;
  std::vector<std::string> differences_;
};

ExampleResult Run(const v1::Example& example, const std::string& owner, const CompiledPack& pack,
                  const WorkingCalendar& calendar, const Hasher& hasher) {
  ExampleResult result{.owner = owner, .name = example.name(), .passed = false, .differences = {}};
  Play play(pack, calendar, hasher);
  absl::Status status = play.Begin(example.from());
  if (status.ok()) status = play.Given(example.given(), "given");
  std::optional<CaseVerdict> verdict;
  if (status.ok() && example.has_when()) {
    absl::StatusOr<CaseVerdict> asked = play.Do(example.when());
    status = asked.status();
    if (asked.ok()) verdict = *std::move(asked);
  }
  if (!status.ok()) {
    result.differences.emplace_back(status.message());
    return result;
  }
  if (example.then().has_at()) play.AdvanceTo(ToTime(example.then().at()));
  Judging judging(example.then(), play.rehearsal());
  judging.Verdict(verdict);
  judging.State();
  if (!verdict.has_value() || std::holds_alternative<CaseAccepted>(*verdict) || example.then().has_at())
    judging.Events();
  result.differences = std::move(judging).differences();
  result.passed = result.differences.empty();
  return result;
}

}  // namespace

std::vector<ExampleResult> RunExamples(const CompiledPack& pack, const WorkingCalendar& calendar,
                                       const Hasher& hasher) {
  std::vector<ExampleResult> results;
  const auto run = [&](const auto& examples, const std::string& owner) {
    for (const v1::Example& example : examples)
      results.push_back(Run(example, owner, pack, calendar, hasher));
  };
  for (const v1::Rule& rule : pack.source().rules())
    run(rule.examples(), rule.id());
  for (const v1::Alert& alert : pack.source().alerts())
    run(alert.examples(), alert.id());
  run(pack.source().examples(), "");
  return results;
}

}  // namespace caseward

#include "services/packs/example_runner.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/verbs.h"
#include "services/packs/example_play.h"

namespace caseward {
namespace {

// Compares what is claimed with what came.
class Judging {
 public:
  Judging(const v1::Expectation& claim, const Rehearsal& rehearsal) : claim_(claim), rehearsal_(rehearsal) {}

  void Verdict(const std::optional<CaseVerdict>& verdict) {
    if (!verdict.has_value()) return;
    const auto* refusal = std::get_if<v1::Refusal>(&*verdict);
    if (claim_.refused().empty()) {
      Expect(refusal == nullptr, "the command: expected it accepted, found ",
             refusal == nullptr ? "" : SayRefusal(*refusal));
      return;
    }
    const std::string found = refusal == nullptr ? "it accepted" : SayRefusal(*refusal);
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
      const std::string found = clock == nullptr ? "none" : EnumText(clock->status());
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
      Same("priority", EnumText(claim_.priority()), EnumText(state.priority()));
    if (!claim_.phase().empty()) Same("phase", claim_.phase(), EnumText(state.phase()));
    if (!claim_.case_type().empty()) Same("case type", claim_.case_type(), state.case_type());
  }

  void Events() {
    std::vector<std::string> names;
    std::vector<std::string> alerts;
    std::vector<std::string> alerted;
    std::vector<std::string> escalated;
    std::vector<std::string> by_clock;  // the same, with the clock that did it
    const Rehearsal::History& history = rehearsal_.history();
    for (size_t i = history.size() - rehearsal_.last_events(); i < history.size(); ++i) {
      const v1::Event& event = *history[i];
      names.emplace_back(EventName(event.kind_case()));
      if (event.has_alert_raised()) {
        alerts.push_back(event.alert_raised().alert());
        alerted.push_back(event.alert_raised().to_role());
      }
      if (!event.has_case_escalated()) continue;
      const v1::CaseEscalated& one = event.case_escalated();
      escalated.push_back(one.to_role());
      if (!one.clock().empty()) by_clock.push_back(StrCat(one.clock(), "/", one.to_role()));
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
    const auto expect_all = [&](const auto& claimed, const std::vector<std::string>& list, std::string_view what) {
      for (const std::string& one : claimed)
        Expect(has(list, one), StrCat(what, ": expected ", one, ", found "),
               list.empty() ? "none" : absl::StrJoin(list, ", "));
    };
    expect_all(claim_.alerts(), alerts, "alerts");
    expect_all(claim_.alerted(), alerted, "alerted");
    std::vector<std::string> roles;
    std::vector<std::string> of_clocks;
    for (const std::string& one : claim_.escalated_to())
      (one.find('/') == std::string::npos ? roles : of_clocks).push_back(one);
    expect_all(roles, escalated, "escalated to");
    expect_all(of_clocks, by_clock, "escalated to");
    // A clock that is named tells those who are named with it and nobody else.
    for (const std::string& one : by_clock) {
      const std::string clock = one.substr(0, one.rfind('/') + 1);
      const bool named = std::any_of(of_clocks.begin(), of_clocks.end(), [&](const std::string& claimed) {
        return claimed.starts_with(clock) && claimed.find('/', clock.size()) == std::string::npos;
      });
      Expect(!named || has(of_clocks, one), "escalated to: expected nobody else by that clock, found ", one);
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

// The story as it came, for whoever must find out why it did not come as claimed.
std::vector<std::string> Explain(const Rehearsal& rehearsal, const std::optional<CaseVerdict>& verdict) {
  std::vector<std::string> lines;
  if (verdict.has_value()) {
    if (const auto* refusal = std::get_if<v1::Refusal>(&*verdict)) {
      lines.push_back(StrCat("refused by ", refusal->rule(), ", ", refusal->clause(), ": ", refusal->say()));
      for (const v1::Missing& item : refusal->missing())
        lines.push_back(StrCat("  missing ", item.id(), ": ", item.say()));
      if (!refusal->unblock().empty()) lines.push_back(StrCat("  to go on: ", refusal->unblock()));
    }
  }
  if (!rehearsal.opened()) return lines;
  const Rehearsal::History& history = rehearsal.history();
  for (size_t i = history.size() - std::min(history.size(), rehearsal.last_events()); i < history.size(); ++i) {
    const v1::Event& event = *history[i];
    lines.push_back(StrCat(FormatInstant(ToTime(event.occurred_at())), "  ", EventName(event.kind_case()),
                           event.derived() ? ", by the pack" : ""));
  }
  const v1::CaseState& state = rehearsal.state();
  for (const v1::ClockState& clock : state.clocks()) {
    lines.push_back(StrCat("clock ", clock.clock(), " is ", EnumText(clock.status()), ", started ",
                           FormatInstant(ToTime(clock.started_at())), ", ", FormatSpan(clock.within()), ", due ",
                           FormatInstant(ToTime(clock.due_exclusive()))));
  }
  if (state.flags_size() > 0) lines.push_back("flags: " + absl::StrJoin(state.flags(), ", "));
  return lines;
}

}  // namespace

ExampleResult RunExample(const PreparedExample& example, ExampleStage& stage, bool explain) {
  ExampleResult result;
  result.owner = std::string(example.owner);
  result.name = example.source->name();
  absl::StatusOr<Play> play = example.fault.ok() ? stage.Begin(example.from) : absl::StatusOr<Play>(example.fault);
  if (!play.ok()) {
    result.differences.emplace_back(play.status().message());
    return result;
  }
  absl::Status status = play->DoAll(example.given, "given");
  std::optional<CaseVerdict> verdict;
  if (status.ok() && example.when.has_value()) {
    absl::StatusOr<CaseVerdict> asked = play->Do(*example.when);
    status = asked.status();
    if (asked.ok()) verdict = *std::move(asked);
  }
  const v1::Expectation& then = example.source->then();
  if (!status.ok()) {
    result.differences.emplace_back(status.message());
  } else {
    if (then.has_at()) play->AdvanceTo(ToTime(then.at()));
    Judging judging(then, play->rehearsal());
    judging.Verdict(verdict);
    judging.State();
    if (!verdict.has_value() || std::holds_alternative<CaseAccepted>(*verdict) || then.has_at()) judging.Events();
    result.differences = std::move(judging).differences();
  }
  result.passed = result.differences.empty();
  if (explain && !result.passed) result.explanation = Explain(play->rehearsal(), verdict);
  return result;
}

std::vector<OwnedExample> ExamplesOf(const v1::Pack& pack) {
  std::vector<OwnedExample> all;
  const auto add = [&](const auto& examples, std::string_view owner) {
    for (const v1::Example& example : examples)
      all.push_back({owner, &example});
  };
  for (const v1::Rule& rule : pack.rules())
    add(rule.examples(), rule.id());
  for (const v1::Alert& alert : pack.alerts())
    add(alert.examples(), alert.id());
  add(pack.examples(), "");
  return all;
}

std::vector<ExampleResult> RunExamples(const CompiledPack& pack, const WorkingCalendar& calendar,
                                       const Hasher& hasher) {
  const PreparedExamples prepared(pack.source());
  ExampleStage stage(prepared, pack, calendar, hasher);
  std::vector<ExampleResult> results;
  for (const PreparedExample& example : prepared.examples())
    results.push_back(RunExample(example, stage, /*explain=*/true));
  return results;
}

}  // namespace caseward

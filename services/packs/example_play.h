// Worked examples made ready to run: each command is made once, each story knows where it begins. A Stage then plays
// them with a pack. Stories that begin alike are played up to there once and go on from a copy, so that a pack's
// examples, or thousands of variants of the pack, cost little more than their own steps.
//
//   v1::Pack ─▶ PreparedExamples ─▶ ExampleStage(pack, calendar) ─▶ Begin(scenario) → Play → Do(step)
//
// A command depends on the steps a pack declares and on nothing else of it, so examples prepared from one pack may be
// played with another that declares the same steps.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cases/rehearsal.h"
#include "engine/policy/compiled_pack.h"

namespace caseward {

struct PreparedStep {
  const v1::ExampleStep* source = nullptr;
  absl::Status fault;  // not OK: the command cannot be made, or nobody is called so
  v1::Command command;
  v1::Actor actor;
  const v1::StaffState* staff = nullptr;  // one of the prepared examples' people
};

struct PreparedScenario {
  const v1::Scenario* source = nullptr;
  int from = -1;  // index of the scenario it begins with; -1: none
  absl::Status fault;
  std::vector<PreparedStep> steps;
};

struct PreparedExample {
  std::string_view owner;  // the rule or alert it stands in; empty: it stands alone
  const v1::Example* source = nullptr;
  int from = -1;
  absl::Status fault;
  std::vector<PreparedStep> given;
  std::optional<PreparedStep> when;
};

// Borrows from the pack. Stays where it is: steps and plays point into it.
class PreparedExamples {
 public:
  explicit PreparedExamples(const v1::Pack& pack);
  PreparedExamples(const PreparedExamples&) = delete;
  PreparedExamples& operator=(const PreparedExamples&) = delete;

  const std::vector<PreparedScenario>& scenarios() const { return scenarios_; }
  // In the order in which they run: the rules', the alerts', the pack's own.
  const std::vector<PreparedExample>& examples() const { return examples_; }
  // The pack's people, as a directory would have them.
  StaffOf PeopleLookup() const;
  // What they are played on with `pack`. All outlive it.
  Rehearsal::Stage StageFor(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher) const;

 private:
  // What people carry, and what `pack` lets them.
  LoadOf LoadLookup(const CompiledPack& pack) const;
  // Empty if the pack names no agencies: they are taken at their word then.
  AgencyOf AgencyLookup() const;
  PreparedStep Prepare(const v1::ExampleStep& step) const;
  template <typename Steps>
  std::vector<PreparedStep> PrepareAll(const Steps& steps) const;
  int FindScenario(const std::string& id, absl::Status& fault) const;

  const v1::Pack& pack_;
  std::map<std::string, v1::AgencyState, std::less<>> agencies_;
  std::map<std::string, v1::StaffState, std::less<>> people_;
  std::vector<PreparedScenario> scenarios_;
  std::vector<PreparedExample> examples_;
};

// One case being played.
class Play {
 public:
  // All outlive it.
  Play(const PreparedExamples& prepared, const CompiledPack& pack, const WorkingCalendar& calendar,
       const Hasher& hasher)
      : calendar_(&calendar), rehearsal_(prepared.StageFor(pack, calendar, hasher)) {}

  // All of them as the steps claim, or the first that was not: "given step 2 (close): expected it accepted, found ...".
  absl::Status DoAll(const std::vector<PreparedStep>& steps, std::string_view where);
  absl::StatusOr<CaseVerdict> Do(const PreparedStep& step);
  void AdvanceTo(absl::Time at);
  const Rehearsal& rehearsal() const { return rehearsal_; }
  std::optional<absl::Time> now() const { return now_; }

 private:
  absl::StatusOr<absl::Time> TimeOf(const v1::ExampleStep& step) const;

  const WorkingCalendar* calendar_;
  Rehearsal rehearsal_;
  std::optional<absl::Time> now_;
};

// "a refusal by missing plan (No plan was agreed.)"
std::string SayRefusal(const v1::Refusal& refusal);

// Scenarios played with one pack, each once.
class ExampleStage {
 public:
  // All outlive it.
  ExampleStage(const PreparedExamples& prepared, const CompiledPack& pack, const WorkingCalendar& calendar,
               const Hasher& hasher)
      : prepared_(prepared), pack_(pack), calendar_(calendar), hasher_(hasher) {}

  // A copy of the case where the scenario ends (-1: nothing has happened), or why it does not get there.
  absl::StatusOr<Play> Begin(int scenario);

  const PreparedExamples& prepared() const { return prepared_; }

 private:
  const absl::StatusOr<Play>& Played(int scenario);

  const PreparedExamples& prepared_;
  const CompiledPack& pack_;
  const WorkingCalendar& calendar_;
  const Hasher& hasher_;
  std::map<int, absl::StatusOr<Play>> played_;
};

}  // namespace caseward

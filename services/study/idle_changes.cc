#include "services/study/idle_changes.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/events.pb.h"

namespace caseward {
namespace {

const v1::FieldType* Declared(const v1::StepType& step, std::string_view id) {
  const auto found = std::find_if(step.fields().begin(), step.fields().end(),
                                  [&](const v1::FieldType& field) { return field.id() == id; });
  return found == step.fields().end() ? nullptr : &*found;
}

// Could a record of the step fit the test?
bool MayFit(const v1::StepType& step, const v1::FieldTest& test) {
  const std::string own = test.field().substr(0, test.field().find('.'));
  // Fields of the record itself, or of the command that asks for it.
  if (v1::StepRecorded::descriptor()->FindFieldByName(own) != nullptr) return true;
  if (v1::Command::descriptor()->FindFieldByName(own) != nullptr) return true;
  const bool absent = test.has_present() && !test.present();
  const v1::FieldType* declared = Declared(step, test.field());
  if (declared == nullptr) return absent;
  if (absent) return !declared->required();
  if (declared->type() != v1::FieldType::TYPE_CODE || test.any_of().empty()) return true;
  return std::any_of(test.any_of().begin(), test.any_of().end(), [&](const std::string& value) {
    return std::find(declared->options().begin(), declared->options().end(), value) != declared->options().end();
  });
}

bool Names(const v1::FieldTest& test, const std::string& step) {
  return std::find(test.any_of().begin(), test.any_of().end(), step) != test.any_of().end();
}

}  // namespace

AskedSteps Narrower(const AskedSteps& one, const AskedSteps& other) {
  if (!one.has_value()) return other;
  if (!other.has_value()) return one;
  std::set<std::string> both;
  std::set_intersection(one->begin(), one->end(), other->begin(), other->end(), std::inserter(both, both.end()));
  return both;
}

AskedSteps StepsAskedBy(const v1::Condition& condition) {
  AskedSteps steps;
  if (condition.has_asked()) {
    for (const v1::FieldTest& test : condition.asked().of()) {
      if (test.field() == "step" && !test.any_of().empty())
        steps = Narrower(steps, std::set<std::string>(test.any_of().begin(), test.any_of().end()));
    }
  } else if (condition.has_all()) {
    for (const v1::Condition& one : condition.all().of())
      steps = Narrower(steps, StepsAskedBy(one));
  } else if (condition.has_any()) {
    std::set<std::string> either;
    for (const v1::Condition& one : condition.any().of()) {
      const AskedSteps of_one = StepsAskedBy(one);
      if (!of_one.has_value()) return std::nullopt;
      either.insert(of_one->begin(), of_one->end());
    }
    steps = either;
  }
  return steps;
}

bool StepTestIsIdle(const v1::Pack& pack, const TestsOfFields& tests, int index, const AskedSteps& asked) {
  const v1::FieldTest& dropped = tests[index];
  if (dropped.field() != "step" || dropped.any_of().empty()) return false;
  return std::all_of(pack.steps().begin(), pack.steps().end(), [&](const v1::StepType& step) {
    // These two only declare the fields of a verb; nobody records them.
    if (step.id() == "report" || step.id() == "triage") return true;
    if (Names(dropped, step.id()) || (asked.has_value() && !asked->contains(step.id()))) return true;
    // Another step: kept out by one of the other tests?
    return std::any_of(tests.begin(), tests.end(),
                       [&](const v1::FieldTest& test) { return &test != &dropped && !MayFit(step, test); });
  });
}

bool StatusIsIdle(const v1::Pack& pack, const v1::ClockTest& test, int index) {
  if (test.status(index) != "paused") return false;
  return std::all_of(pack.clocks().begin(), pack.clocks().end(), [&](const v1::Clock& clock) {
    return clock.id() != test.clock() || clock.pause_reasons().empty();
  });
}

bool SeparationIsIdle(const v1::Pack& pack, const std::string& relation) {
  return std::any_of(pack.rules().begin(), pack.rules().end(), [&](const v1::Rule& rule) {
    const auto& on = rule.on();
    if (std::find(on.begin(), on.end(), "sign_off") == on.end() || !rule.case_types().empty()) return false;
    if (!rule.needs().empty() || !rule.when().has_actor()) return false;
    v1::ActorTest rest = rule.when().actor();
    const bool names = std::find(rest.is().begin(), rest.is().end(), relation) != rest.is().end();
    rest.clear_is();
    return names && rest.ByteSizeLong() == 0;
  });
}

}  // namespace caseward

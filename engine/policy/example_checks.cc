#include <algorithm>

#include "engine/base/clock_id.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/first_facts.h"
#include "engine/policy/pack_checks.h"
#include "engine/policy/verbs.h"

#include "caseward/v1/state.pb.h"

namespace caseward {
namespace {

using google::protobuf::EnumDescriptor;

class ExampleChecker {
 public:
  ExampleChecker(const PackNames& names, PackProblems& problems) : names_(names), problems_(problems) {}

  void Check(const v1::Example& example, const std::string& path) {
    if (!example.case_type().empty() && !names_.case_types.contains(example.case_type())) {
      problems_.UnknownName(path + ".case_type", "a case type of the pack", example.case_type(),
                            KeysOf(names_.case_types));
    }
    CheckFrom(example.from(), path);
    for (int i = 0; i < example.given_size(); ++i)
      CheckStep(example.given(i), Indexed(path, "given", i));
    const v1::Expectation& then = example.then();
    if (example.has_when()) {
      CheckStep(example.when(), path + ".when");
      if (then.accepted() == !then.refused().empty()) {
        problems_.Add(path + ".then", "either accepted: true or refused: RULE", then.accepted() ? "both" : "neither");
      }
      if (then.has_at()) problems_.Add(path + ".then.at", "`at` only where there is no `when`", "both");
    } else if (!then.has_at()) {
      problems_.Add(path, "`when`, or `then: {at: instant}` to look at the case at a moment", "neither");
    }
    if (!example.has_then()) problems_.Add(path + ".then", "what is expected", "nothing");
    CheckThen(then, path + ".then");
  }

  void CheckScenario(const v1::Scenario& scenario, const std::string& path) {
    CheckFrom(scenario.from(), path);
    for (int i = 0; i < scenario.steps_size(); ++i)
      CheckStep(scenario.steps(i), Indexed(path, "steps", i));
  }

 private:
  void CheckFrom(const std::string& from, const std::string& path) {
    if (!from.empty() && !names_.scenarios.contains(from)) {
      problems_.UnknownName(path + ".from", "a scenario of the pack", from, KeysOf(names_.scenarios));
    }
  }

  void CheckStep(const v1::ExampleStep& step, const std::string& path) {
    if (!names_.people.contains(step.by())) {
      problems_.UnknownName(path + ".by", "one of the pack's people", step.by(), KeysOf(names_.people));
    }
    const auto verb = ParseVerb(step.verb());
    if (!verb.has_value() || static_cast<int>(*verb) >= v1::Command::kFireClock) {
      problems_.UnknownName(path + ".verb", "a verb that people use", step.verb(), CaseVerbNames());
    }
    if (step.has_at() && step.has_after()) problems_.Add(path, "`at` or `after`", "both");
  }

  // A known name or the problem.
  template <typename Map>
  void Known(const Map& known, std::string_view name, std::string_view what, const std::string& path) {
    if (!known.contains(name)) problems_.UnknownName(path, what, name, KeysOf(known));
  }
  void KnownValue(const EnumDescriptor& type, const std::string& name, std::string_view what, const std::string& path) {
    if (FindEnumValue(type, name) != nullptr) return;
    const std::vector<std::string> known = EnumValueNames(type);
    problems_.UnknownName(path, what, name, {known.begin(), known.end()});
  }

  void CheckThen(const v1::Expectation& then, const std::string& path) {
    // A clock of one for each action is named "action_due/a1".
    const auto clock = [&](const std::string& id, const std::string& at) {
      Known(names_.clocks, ClockDefinitionOf(id), "a clock of the pack", at);
    };
    for (const auto& [id, status] : then.clocks()) {
      const std::string at = StrCat(path, ".clocks[", id, "]");
      clock(id, at);
      if (status != "none") {
        KnownValue(*v1::ClockState::Status_descriptor(), status,
                   "running, paused, met, met_late, breached, ceased or none", at);
      }
    }
    for (const auto& [id, due] : then.due())
      clock(id, StrCat(path, ".due[", id, "]"));
    for (const auto& [id, set] : then.flags()) {
      Known(names_.flags, id, "a flag of the pack", StrCat(path, ".flags[", id, "]"));
    }
    for (int i = 0; i < then.alerts_size(); ++i) {
      Known(names_.alerts, then.alerts(i), "an alert of the pack", Indexed(path, "alerts", i));
    }
    for (int i = 0; i < then.escalated_to_size(); ++i) {
      const std::string& one = then.escalated_to(i);
      const std::string at = Indexed(path, "escalated_to", i);
      const size_t slash = one.rfind('/');
      if (slash != std::string::npos) clock(one.substr(0, slash), at);
      Known(names_.roles, slash == std::string::npos ? one : one.substr(slash + 1), "a role of the pack", at);
    }
    for (int i = 0; i < then.alerted_size(); ++i)
      Known(names_.roles, then.alerted(i), "a role of the pack", Indexed(path, "alerted", i));
    if (!then.phase().empty()) {
      KnownValue(*v1::Phase_descriptor(), then.phase(), "reported, open, closing, closed or withdrawn",
                 path + ".phase");
    }
    if (!then.case_type().empty()) {
      Known(names_.case_types, then.case_type(), "a case type of the pack", path + ".case_type");
    }
    CheckEvents(then.events(), path + ".events");
    CheckEvents(then.not_events(), path + ".not_events");
    // A refusal is by a rule of the pack, by what a sign-off quotes, or by code ("C-...").
    const std::string& refused = then.refused();
    if (refused.empty() || refused.starts_with("C-") || names_.rules.contains(refused) || IsSignersRule(refused))
      return;
    problems_.UnknownName(path + ".refused", "a rule of the pack, or of code (C-...)", refused, KeysOf(names_.rules));
  }

  void CheckEvents(const IdList& events, const std::string& path) {
    for (int i = 0; i < events.size(); ++i) {
      if (ParseEventName(events[i]).has_value()) continue;
      std::vector<std::string_view> known;
      const auto* event = v1::Event::descriptor();
      for (int n = 0; n < event->field_count(); ++n) {
        if (event->field(n)->containing_oneof() != nullptr) known.push_back(event->field(n)->name());
      }
      problems_.UnknownName(StrCat(path, "[", i, "]"), "an event's name", events[i], known);
    }
  }

  bool IsSignersRule(const std::string& rule) const {
    for (const v1::SignOffType& type : names_.pack.sign_offs()) {
      if (type.rule() == rule) return true;
      for (const v1::Signer& signer : type.signers()) {
        if (signer.rule() == rule) return true;
      }
    }
    return false;
  }

  const PackNames& names_;
  PackProblems& problems_;
};

}  // namespace

void CheckExamples(const PackNames& names, PackProblems& problems) {
  ExampleChecker checker(names, problems);
  const v1::Pack& pack = names.pack;
  std::map<std::string, std::vector<std::string>> from;
  for (int i = 0; i < pack.people_size(); ++i) {
    const v1::ExampleActor& person = pack.people(i);
    for (int n = 0; n < person.roles_size(); ++n) {
      if (names.roles.contains(person.roles(n))) continue;
      problems.UnknownName(Indexed(Indexed("", "people", i), "roles", n), "a role of the pack", person.roles(n),
                           KeysOf(names.roles));
    }
  }
  for (int i = 0; i < pack.scenarios_size(); ++i) {
    checker.CheckScenario(pack.scenarios(i), Indexed("", "scenarios", i));
    if (!pack.scenarios(i).from().empty()) from[pack.scenarios(i).id()].push_back(pack.scenarios(i).from());
  }
  const std::string circle = FindCircle(from);
  if (!circle.empty()) problems.Add("scenarios", "no scenarios that begin where one another end", circle);
  for (int i = 0; i < pack.examples_size(); ++i)
    checker.Check(pack.examples(i), Indexed("", "examples", i));
  for (int i = 0; i < pack.rules_size(); ++i) {
    for (int n = 0; n < pack.rules(i).examples_size(); ++n) {
      checker.Check(pack.rules(i).examples(n), Indexed(Indexed("", "rules", i), "examples", n));
    }
  }
  for (int i = 0; i < pack.alerts_size(); ++i) {
    for (int n = 0; n < pack.alerts(i).examples_size(); ++n) {
      checker.Check(pack.alerts(i).examples(n), Indexed(Indexed("", "alerts", i), "examples", n));
    }
  }
}

}  // namespace caseward

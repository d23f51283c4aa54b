#include "services/study/mutation_run.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/policy/pack_names.h"
#include "engine/policy/verbs.h"
#include "services/packs/example_play.h"
#include "services/packs/example_runner.h"

namespace caseward {
namespace {

// What happened in an example, from its first step to its last, with the pack as it is.
struct Trace {
  std::set<int> verbs;           // asked, whatever came of it
  std::set<std::string> steps;   // asked to be recorded
  std::set<int> events;          // kinds
  std::set<std::string> types;   // the case had
  std::set<std::string> clocks;  // started, by their ids in the pack
};

void AddSteps(const std::vector<PreparedStep>& steps, Trace& trace) {
  for (const PreparedStep& step : steps) {
    trace.verbs.insert(step.command.verb_case());
    if (step.command.has_record_step()) trace.steps.insert(step.command.record_step().step());
    if (step.command.has_report_case()) trace.types.insert(step.command.report_case().case_type());
    if (step.command.has_triage_case()) trace.types.insert(step.command.triage_case().case_type());
  }
}

// Plays the example and says what happened.
Trace TraceOf(const PreparedExample& example, ExampleStage& stage) {
  Trace trace;
  for (int from = example.from; from >= 0;) {
    const PreparedScenario& story = stage.prepared().scenarios()[static_cast<size_t>(from)];
    AddSteps(story.steps, trace);
    from = story.from;
  }
  AddSteps(example.given, trace);
  absl::StatusOr<Play> play = stage.Begin(example.from);
  if (!play.ok()) return trace;
  (void)play->DoAll(example.given, "given");
  if (example.when.has_value()) {
    AddSteps({*example.when}, trace);
    (void)play->Do(*example.when);
  }
  if (example.source->then().has_at()) play->AdvanceTo(ToTime(example.source->then().at()));
  for (const auto& happened : play->rehearsal().history()) {
    const v1::Event& event = *happened;
    trace.events.insert(event.kind_case());
    if (event.has_clock_started()) trace.clocks.insert(event.clock_started().definition());
    // Triage may leave the type as it was.
    if (event.has_case_triaged()) trace.types.insert(event.case_triaged().case_type());
  }
  return trace;
}

template <typename Triggers>
bool MayFire(const Triggers& triggers, const Trace& trace) {
  return std::any_of(triggers.begin(), triggers.end(), [&](const v1::Trigger& trigger) {
    const auto kind = ParseEventName(trigger.on().event());
    return !kind.has_value() || trace.events.contains(*kind);
  });
}

// Whether it may start a clock that does not start as it is; the rest of a clock matters only once it has started.
bool MayStart(const Mutation& mutation) {
  return std::any_of(mutation.path.begin(), mutation.path.end(), [](const Mutation::Hop& hop) {
    return hop.field->name() == "starts_on" || hop.field->name() == "when";
  });
}

bool OfType(const IdList& case_types, const Trace& trace) {
  return case_types.empty() || std::any_of(case_types.begin(), case_types.end(),
                                           [&](const std::string& type) { return trace.types.contains(type); });
}

// Conditions that look at a signature or a checklist, anywhere in a message.
bool LooksAtSignatures(const google::protobuf::Message& message) {
  if (message.GetDescriptor() == v1::Condition::descriptor()) {
    const auto kind = static_cast<const v1::Condition&>(message).kind_case();
    if (kind == v1::Condition::kSignOff || kind == v1::Condition::kChecklist) return true;
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (LooksAtSignatures(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                 : reflection->GetMessage(message, field)))
        return true;
    }
  }
  return false;
}

// Which examples a thing of the pack can matter to.
class Reach {
 public:
  Reach(const v1::Pack& pack, std::vector<Trace> traces) : pack_(pack), traces_(std::move(traces)) {
    for (const v1::Command::VerbCase verb :
         {v1::Command::kSignOff, v1::Command::kProposeClosure, v1::Command::kCloseCase, v1::Command::kChangePriority,
          v1::Command::kCorrectFact})
      signing_.insert(verb);
    for (const v1::Rule& rule : pack.rules()) {
      if (!LooksAtSignatures(rule)) continue;
      for (const std::string& verb : rule.on())
        signing_.insert(ParseVerb(verb).value_or(v1::Command::VERB_NOT_SET));
    }
  }

  std::vector<size_t> Of(const Mutation& mutation) const {
    std::vector<size_t> out;
    for (size_t i = 0; i < traces_.size(); ++i) {
      if (Touches(mutation, traces_[i])) out.push_back(i);
    }
    return out;
  }

 private:
  bool Touches(const Mutation& m, const Trace& trace) const {
    switch (m.list) {
      case v1::Pack::kCaseTypesFieldNumber: return trace.types.contains(pack_.case_types(m.index).id());
      case v1::Pack::kStepsFieldNumber: {
        const v1::StepType& step = pack_.steps(m.index);
        return trace.steps.contains(step.id()) || step.id() == "report" ||
               (step.id() == "triage" && trace.verbs.contains(v1::Command::kTriageCase));
      }
      case v1::Pack::kFlagsFieldNumber:
        return MayFire(pack_.flags(m.index).set_on(), trace) || MayFire(pack_.flags(m.index).clear_on(), trace);
      case v1::Pack::kClocksFieldNumber: {
        const v1::Clock& clock = pack_.clocks(m.index);
        if (!MayStart(m)) return trace.clocks.contains(clock.id());
        return OfType(clock.case_types(), trace) && MayFire(clock.starts_on(), trace);
      }
      case v1::Pack::kRulesFieldNumber: {
        const v1::Rule& rule = pack_.rules(m.index);
        return OfType(rule.case_types(), trace) &&
               std::any_of(rule.on().begin(), rule.on().end(), [&](const std::string& verb) {
                 return trace.verbs.contains(ParseVerb(verb).value_or(v1::Command::VERB_NOT_SET));
               });
      }
      case v1::Pack::kChecklistsFieldNumber:
      case v1::Pack::kSignOffsFieldNumber:
        return std::any_of(signing_.begin(), signing_.end(), [&](int verb) { return trace.verbs.contains(verb); });
      case v1::Pack::kAlertsFieldNumber: {
        const v1::Alert& alert = pack_.alerts(m.index);
        if (!OfType(alert.case_types(), trace)) return false;
        if (!alert.has_on()) return true;  // raised by a clock
        const auto kind = ParseEventName(alert.on().on().event());
        return !kind.has_value() || trace.events.contains(*kind);
      }
      default: return true;
    }
  }

  const v1::Pack& pack_;
  const std::vector<Trace> traces_;
  std::set<int> signing_;
};

// How much an example says about the thing that changed: those that name it run first.
int Closeness(const Mutation& mutation, const PreparedExample& example) {
  const std::string_view id = std::string_view(mutation.of).substr(mutation.of.find(' ') + 1);
  const v1::Expectation& then = example.source->then();
  if (example.owner == id) return 0;
  const auto names = [&](const auto& entry) { return std::string_view(entry.first).starts_with(id); };
  if (std::any_of(then.clocks().begin(), then.clocks().end(), names) ||
      std::any_of(then.due().begin(), then.due().end(), names) || then.flags().contains(std::string(id)))
    return 1;
  return then.refused() == id ? 1 : 2;
}

enum class Fate { kNotAPack, kKilled, kSurvived };

// One mutation after another, on any thread.
class Arena {
 public:
  Arena(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher,
        const PreparedExamples& prepared, const Reach& reach)
      : calendar_(calendar), hasher_(hasher), prepared_(prepared), reach_(reach), bare_(pack.source()) {
    // The examples are prepared already: the changed packs need none of their own.
    bare_.clear_examples();
    bare_.clear_scenarios();
    bare_.clear_people();
    for (v1::Rule& rule : *bare_.mutable_rules())
      rule.clear_examples();
    for (v1::Alert& alert : *bare_.mutable_alerts())
      alert.clear_examples();
  }

  Fate Try(const Mutation& mutation, size_t& examples_run) const {
    v1::Pack changed = bare_;
    Apply(mutation, changed);
    const auto compiled = CompiledPack::Compile(std::move(changed));
    if (!compiled.ok()) return Fate::kNotAPack;
    std::vector<size_t> touched = reach_.Of(mutation);
    std::stable_sort(touched.begin(), touched.end(), [&](size_t a, size_t b) {
      return Closeness(mutation, prepared_.examples()[a]) < Closeness(mutation, prepared_.examples()[b]);
    });
    ExampleStage stage(prepared_, **compiled, calendar_, hasher_);
    for (const size_t index : touched) {
      ++examples_run;
      if (!RunExample(prepared_.examples()[index], stage, /*explain=*/false).passed) return Fate::kKilled;
    }
    return Fate::kSurvived;
  }

 private:
  const WorkingCalendar& calendar_;
  const Hasher& hasher_;
  const PreparedExamples& prepared_;
  const Reach& reach_;
  v1::Pack bare_;
};

// The names on a list, each with the reviewer's reason: what stands after '#', or nothing.
std::map<std::string, std::string> ReasonsIn(const std::string& list) {
  std::map<std::string, std::string> reasons;
  for (const absl::string_view line : absl::StrSplit(list, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits('#', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(parts.first);
    if (!name.empty()) reasons.emplace(name, absl::StripAsciiWhitespace(parts.second));
  }
  return reasons;
}

}  // namespace

absl::StatusOr<MutationRun> RunMutations(const CompiledPack& pack, const WorkingCalendar& calendar,
                                         const Hasher& hasher, size_t threads, const MutationChoice& choice) {
  const PreparedExamples prepared(pack.source());
  ExampleStage stage(prepared, pack, calendar, hasher);
  std::vector<Trace> traces;
  for (const PreparedExample& example : prepared.examples()) {
    const ExampleResult result = RunExample(example, stage, /*explain=*/false);
    if (!result.passed)
      return absl::FailedPreconditionError(StrCat("expected every example to pass before anything is changed; found \"",
                                                  result.name, "\" failing: ", result.differences.front()));
    traces.push_back(TraceOf(example, stage));
  }
  const Reach reach(pack.source(), std::move(traces));
  const Arena arena(pack, calendar, hasher, prepared, reach);
  MutationRun run;
  std::vector<Mutation> mutations;
  size_t fitting = 0;
  for (Mutation& one : MutationsOf(pack.source())) {
    ++run.all;
    if (one.name.find(choice.only) != std::string::npos && fitting++ % choice.every == 0)
      mutations.push_back(std::move(one));
    else
      run.untried.insert(std::move(one.name));
  }

  std::vector<Fate> fates(mutations.size());
  std::vector<size_t> runs(mutations.size());
  std::atomic<size_t> next = 0;
  std::vector<std::thread> workers;
  const auto work = [&] {
    for (size_t i = next++; i < mutations.size(); i = next++)
      fates[i] = arena.Try(mutations[i], runs[i]);
  };
  for (size_t i = 1; i < threads; ++i)
    workers.emplace_back(work);
  work();
  for (std::thread& worker : workers)
    worker.join();

  run.examples_run = std::accumulate(runs.begin(), runs.end(), size_t{0});
  for (size_t i = 0; i < mutations.size(); ++i) {
    switch (fates[i]) {
      case Fate::kNotAPack: ++run.not_a_pack; continue;
      case Fate::kKilled: ++run.killed; break;
      case Fate::kSurvived: run.survivors.push_back(mutations[i]); break;
    }
    ++run.made;
  }
  return run;
}

std::vector<std::string> CompareSurvivors(const MutationRun& run, const std::string& list) {
  std::map<std::string, std::string> listed = ReasonsIn(list);
  std::vector<std::string> out;
  for (const Mutation& one : run.survivors) {
    if (listed.erase(one.name) == 0)
      out.push_back(StrCat("no example notices, and the list does not say so: ", one.name));
  }
  for (const auto& [name, reason] : listed) {
    if (run.untried.contains(name)) continue;
    out.push_back(StrCat("take off the list, an example notices it now or it is gone: ", name));
  }
  return out;
}

std::string WriteSurvivors(const MutationRun& run, const std::string& list) {
  const std::map<std::string, std::string> reasons = ReasonsIn(list);
  std::string out =
      "# Changes to the pack that no example notices, written by caseward policy test --mutate --write-survivors.\n"
      "# A reviewer says of a line why it may stay, after '#', or adds the example that takes it off.\n"
      "# The list is compared exactly: nothing new comes on it unseen.\n";
  for (const Mutation& one : run.survivors) {
    const auto reason = reasons.find(one.name);
    const bool given = reason != reasons.end() && !reason->second.empty();
    out += given ? StrCat(one.name, "  # ", reason->second, "\n") : one.name + "\n";
  }
  return out;
}

}  // namespace caseward

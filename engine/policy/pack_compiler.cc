// CompiledPack::Compile: checks, then builds the compiled parts and their index. Everything compiled points into the
// pack's own copy of the source, which never moves again.
#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_join.h"

#include "engine/base/text.h"
#include "engine/policy/compiled_pack_index.h"
#include "engine/policy/condition_compiler.h"
#include "engine/policy/first_facts.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/pack_checks.h"

namespace caseward {
namespace {

void AddReach(const CompiledTrigger& trigger, EventReach& reach) {
  if (trigger.match.kinds != CompiledMatch::Kinds::kOne) return reach.AddAll();
  for (const CompiledField& field : trigger.match.where) {
    if (!field.names_step || field.source->any_of().empty()) continue;
    for (const std::string& step : field.source->any_of())
      reach.AddStep(step);
    return;
  }
  reach.Add(trigger.match.kind);
}
void AddReach(const std::vector<CompiledTrigger>& triggers, EventReach& reach) {
  for (const CompiledTrigger& trigger : triggers)
    AddReach(trigger, reach);
}

EventReach MovedBy(const CompiledClock& clock) {
  EventReach reach;
  AddReach(clock.starts_on, reach);
  AddReach(clock.stops_on, reach);
  AddReach(clock.ceases_on, reach);
  reach.Add(v1::Event::kCaseClosed);
  reach.Add(v1::Event::kCaseWithdrawn);
  if (clock.source->repeats_after_breach()) reach.Add(v1::Event::kClockBreached);
  const bool one_duration = std::all_of(clock.within.begin(), clock.within.end(), [](const CompiledWithin& within) {
    return !within.when.has_value() && within.source->priority() == v1::PRIORITY_UNSPECIFIED;
  });
  if (!one_duration) {
    reach.Add(v1::Event::kPriorityChanged);
    reach.Add(v1::Event::kFlagSet);
  }
  return reach;
}

// The steps of which a condition on record_step asks for one; nullopt: it may hold at any.
std::optional<std::vector<std::string_view>> StepsAsked(const v1::Condition& condition) {
  std::vector<std::string_view> steps;
  for (const v1::FieldTest& test : condition.asked().of()) {
    if (test.field() == "step" && !test.has_present() && !test.any_of().empty())
      return std::vector<std::string_view>(test.any_of().begin(), test.any_of().end());
  }
  for (const v1::Condition& one : condition.all().of()) {
    if (auto asked = StepsAsked(one)) return asked;
  }
  for (const v1::Condition& one : condition.any().of()) {
    const auto asked = StepsAsked(one);
    if (!asked) return std::nullopt;
    steps.insert(steps.end(), asked->begin(), asked->end());
  }
  if (steps.empty()) return std::nullopt;
  return steps;
}

}  // namespace

class PackCompiler {
 public:
  explicit PackCompiler(v1::Pack source) : pack_(new CompiledPack) { pack_->source_ = std::move(source); }

  void Run(PackProblems& problems) {
    const PackNames names(pack_->source_);
    CheckIds(names, problems);
    CheckSources(names, problems);
    CheckSteps(names, problems);
    CheckReferences(names, problems);
    CheckSharing(names, problems);
    CheckClocks(names, problems);
    CheckVariances(names, problems);
    CheckCaseload(names, problems);
    CheckChecklistCircles(names, problems);
    CheckExamples(names, problems);

    ConditionCompiler conditions(names, problems);
    conditions_ = &conditions;
    problems_ = &problems;
    for (const auto& type : source().case_types())
      index().case_types[type.id()].source = &type;
    for (const auto& step : source().steps())
      index().steps[step.id()] = &step;
    for (const auto& role : source().roles())
      index().tiers[role.id()] = role.tier();
    BuildFlags();
    BuildPriorities();
    BuildClocks();
    BuildChecklists();
    BuildSignOffs();
    BuildRules();
    BuildAlerts();
  }

  std::unique_ptr<const CompiledPack> Take() { return std::move(pack_); }

 private:
  const v1::Pack& source() const { return pack_->source_; }
  CompiledPack::Index& index() { return *pack_->index_; }

  template <typename Function>
  void ForEachType(const IdList& case_types, Function function) {
    for (auto& [id, of_type] : index().case_types) {
      if (AppliesTo(case_types, id)) function(of_type);
    }
  }

  CompiledTrigger Build(const v1::Trigger& trigger, const IdList* case_types, const std::string& path) {
    CompiledTrigger out;
    out.source = &trigger;
    out.match = conditions_->fields().ResolveMatch(trigger.on(), path + ".on", /*words=*/true);
    if (!trigger.at().empty()) {
      if (out.match.kind == v1::Event::KIND_NOT_SET) {
        problems_->Add(path + ".at", "a named event, whose field says when", Quoted(trigger.on().event()));
      } else {
        const FieldPlace place = PlaceOfEvent(out.match.kind, trigger.on().where(), PackNames(source()));
        out.at = conditions_->fields().ResolveTime(place, trigger.at(), path + ".at");
      }
    }
    const ConditionPlace place = {.asked = {}, .trigger = &trigger.on(), .actor = true, .case_types = case_types};
    out.when = conditions_->CompileIf(trigger.has_when(), trigger.when(), place, path + ".when");
    return out;
  }
  std::vector<CompiledTrigger> Build(const google::protobuf::RepeatedPtrField<v1::Trigger>& triggers,
                                     const IdList* case_types, std::string_view path, std::string_view list) {
    std::vector<CompiledTrigger> out;
    for (int i = 0; i < triggers.size(); ++i)
      out.push_back(Build(triggers[i], case_types, Indexed(path, list, i)));
    return out;
  }

  void BuildFlags() {
    for (int i = 0; i < source().flags_size(); ++i) {
      const v1::FlagType& flag = source().flags(i);
      const std::string path = Indexed("", "flags", i);
      CompiledFlag& out = index().flags.emplace_back();
      out.source = &flag;
      out.set_on = Build(flag.set_on(), nullptr, path, "set_on");
      out.clear_on = Build(flag.clear_on(), nullptr, path, "clear_on");
      AddReach(out.set_on, out.moved_by);
      AddReach(out.clear_on, out.moved_by);
    }
    for (const CompiledFlag& flag : index().flags)
      index().flag_list.push_back(&flag);
  }

  void BuildPriorities() {
    for (int i = 0; i < source().priorities_size(); ++i) {
      const v1::PriorityRule& rule = source().priorities(i);
      CompiledPriority& out = index().priorities.emplace_back();
      out.source = &rule;
      out.when = conditions_->Compile(rule.when(), {}, Indexed("", "priorities", i) + ".when");
    }
    for (const CompiledPriority& rule : index().priorities)
      index().priority_list.push_back(&rule);
  }

  std::vector<CompiledClockAction> BuildActions(const google::protobuf::RepeatedPtrField<v1::ClockAction>& actions,
                                                const ConditionPlace& place, const std::string& path) {
    std::vector<CompiledClockAction> out;
    for (int i = 0; i < actions.size(); ++i) {
      CompiledClockAction& one = out.emplace_back();
      one.source = &actions[i];
      one.when =
          conditions_->CompileIf(actions[i].has_when(), actions[i].when(), place, StrCat(path, "[", i, "].when"));
    }
    return out;
  }

  void BuildClocks() {
    for (int i = 0; i < source().clocks_size(); ++i) {
      const v1::Clock& clock = source().clocks(i);
      const std::string path = Indexed("", "clocks", i);
      const ConditionPlace place = {.asked = {}, .trigger = nullptr, .actor = false, .case_types = &clock.case_types()};
      CompiledClock& out = index().clocks.emplace_back();
      out.source = &clock;
      out.when = conditions_->CompileIf(clock.has_when(), clock.when(), place, path + ".when");
      out.starts_on = Build(clock.starts_on(), &clock.case_types(), path, "starts_on");
      out.stops_on = Build(clock.stops_on(), &clock.case_types(), path, "stops_on");
      out.ceases_on = Build(clock.ceases_on(), &clock.case_types(), path, "ceases_on");
      out.on_warn = BuildActions(clock.on_warn(), place, path + ".on_warn");
      out.on_breach = BuildActions(clock.on_breach(), place, path + ".on_breach");
      for (int n = 0; n < clock.within_size(); ++n) {
        const v1::Within& within = clock.within(n);
        CompiledWithin& one = out.within.emplace_back();
        one.source = &within;
        one.when =
            conditions_->CompileIf(within.has_when(), within.when(), place, Indexed(path, "within", n) + ".when");
      }
      if (!clock.due_from().empty()) BuildDueFrom(clock, path, out);
      out.moved_by = MovedBy(out);
    }
    for (const CompiledClock& clock : index().clocks) {
      index().clocks_by_id[clock.source->id()] = &clock;
      ForEachType(clock.source->case_types(), [&](CompiledPack::Index::OfType& type) {
        type.clocks.push_back(&clock);
        type.clocks_by_event.Add(clock.moved_by, clock);
      });
    }
  }

  // The field must be known to one of the events that start the clock (or, if it recurs, stop it and so start it
  // again); where it is not, `within` says.
  void BuildDueFrom(const v1::Clock& clock, const std::string& path, CompiledClock& out) {
    const PackNames names(source());
    FieldResolver& fields = conditions_->fields();
    bool everywhere = true;
    const auto add = [&](const CompiledTrigger& trigger) {
      const bool named = trigger.match.kind != v1::Event::KIND_NOT_SET;
      const FieldPlace place =
          named ? PlaceOfEvent(trigger.match.kind, trigger.source->on().where(), names) : FieldPlace();
      if (!named || !fields.Has(place, clock.due_from()))
        everywhere = false;
      else
        out.due_from.emplace_back(trigger.match.kind, fields.ResolveTime(place, clock.due_from(), path + ".due_from"));
    };
    for (const CompiledTrigger& start : out.starts_on)
      add(start);
    const bool at_start = everywhere;
    if (clock.recurring()) std::for_each(out.stops_on.begin(), out.stops_on.end(), add);
    if (out.due_from.empty()) {
      problems_->Add(path + ".due_from", "a field of an event that starts the clock", Quoted(clock.due_from()));
    } else if (clock.within().empty() && !(clock.recurring() ? everywhere : at_start)) {
      problems_->Add(path + ".within", "`within` for the events that start the clock without due_from", "none");
    }
  }

  void BuildChecklists() {
    for (int i = 0; i < source().checklists_size(); ++i) {
      const v1::Checklist& list = source().checklists(i);
      const ConditionPlace place = {.asked = {}, .trigger = nullptr, .actor = false, .case_types = &list.case_types()};
      CompiledChecklist& out = index().checklists.emplace_back();
      out.source = &list;
      for (int n = 0; n < list.items_size(); ++n) {
        const v1::ChecklistItem& item = list.items(n);
        const std::string path = Indexed(Indexed("", "checklists", i), "items", n);
        CompiledChecklistItem& one = out.items.emplace_back();
        one.source = &item;
        one.unless = conditions_->CompileIf(item.has_unless(), item.unless(), place, path + ".unless");
        one.pass = conditions_->Compile(item.pass(), place, path + ".pass");
      }
    }
    for (const CompiledChecklist& list : index().checklists) {
      ForEachType(list.source->case_types(),
                  [&](CompiledPack::Index::OfType& type) { type.checklists.emplace(list.source->id(), &list); });
    }
  }

  // A sign-off for several case types may meet a different checklist in each; those lists then share an id, and the
  // sign-off is compiled once for each list.
  void BuildSignOffs() {
    size_t most = 0;
    for (const v1::SignOffType& type : source().sign_offs()) {
      most += 1 + static_cast<size_t>(
                      std::count_if(index().checklists.begin(), index().checklists.end(),
                                    [&](const auto& list) { return list.source->id() == type.checklist(); }));
    }
    index().sign_offs.reserve(most);
    for (int i = 0; i < source().sign_offs_size(); ++i) {
      const v1::SignOffType& type = source().sign_offs(i);
      std::vector<const CompiledChecklist*> lists;
      for (const CompiledChecklist& list : index().checklists) {
        if (list.source->id() == type.checklist()) lists.push_back(&list);
      }
      if (lists.empty()) lists.push_back(nullptr);
      for (const CompiledChecklist* list : lists) {
        const CompiledSignOff* made = BuildSignOff(type, list, Indexed("", "sign_offs", i), list == lists.front());
        ForEachType(type.case_types(), [&](CompiledPack::Index::OfType& of_type) {
          if (list == nullptr || AppliesTo(list->source->case_types(), of_type.source->id())) {
            of_type.sign_offs.emplace(type.subject(), made);
          }
        });
      }
    }
  }

  const CompiledSignOff* BuildSignOff(const v1::SignOffType& type, const CompiledChecklist* checklist,
                                      const std::string& path, bool first) {
    PackProblems said_before;  // the same conditions again: their problems are listed already
    PackProblems& problems = first ? *problems_ : said_before;
    const PackNames names(source());
    ConditionCompiler conditions(names, problems);
    ConditionPlace place = {.asked = {}, .trigger = nullptr, .actor = true, .case_types = &type.case_types()};
    place.asked = {v1::Command::kSignOff};
    CompiledSignOff& out = index().sign_offs.emplace_back();
    out.source = &type;
    out.checklist = checklist;
    for (int n = 0; n < type.signers_size(); ++n) {
      const v1::Signer& signer = type.signers(n);
      CompiledSigner& one = out.signers.emplace_back();
      one.source = &signer;
      one.when = conditions.CompileIf(signer.has_when(), signer.when(), place, Indexed(path, "signers", n) + ".when");
    }
    return &out;
  }

  // The verbs a rule is for; a name that is none is a problem.
  std::vector<Verb> VerbsOf(const v1::Rule& rule, const std::string& path) {
    std::vector<Verb> verbs;
    for (int i = 0; i < rule.on_size(); ++i) {
      const std::optional<Verb> verb = ParseVerb(rule.on(i));
      if (verb.has_value() && !FirstFacts(*verb).empty()) {
        verbs.push_back(*verb);
        continue;
      }
      problems_->UnknownName(Indexed(path, "on", i), "a verb that people use on a case", rule.on(i), CaseVerbNames());
    }
    return verbs;
  }

  void BuildRules() {
    for (int i = 0; i < source().rules_size(); ++i) {
      const v1::Rule& rule = source().rules(i);
      const std::string path = Indexed("", "rules", i);
      ConditionPlace place = {.asked = {}, .trigger = nullptr, .actor = true, .case_types = &rule.case_types()};
      place.asked = VerbsOf(rule, path);
      CompiledRule& out = index().rules.emplace_back();
      out.source = &rule;
      out.when = conditions_->CompileIf(rule.has_when(), rule.when(), place, path + ".when");
      for (int n = 0; n < rule.needs_size(); ++n) {
        CompiledNeed& need = out.needs.emplace_back();
        need.source = &rule.needs(n);
        need.condition =
            conditions_->Compile(rule.needs(n).condition(), place, Indexed(path, "needs", n) + ".condition");
      }
    }
    std::vector<const CompiledRule*> in_order;
    for (const CompiledRule& rule : index().rules)
      in_order.push_back(&rule);
    std::stable_sort(in_order.begin(), in_order.end(),
                     [](const auto* a, const auto* b) { return a->source->order() < b->source->order(); });
    for (const CompiledRule* rule : in_order) {
      for (const std::string& name : rule->source->on()) {
        const std::optional<Verb> verb = ParseVerb(name);
        if (!verb.has_value()) continue;
        const auto steps = rule->when ? StepsAsked(rule->when->source()) : std::nullopt;
        ForEachType(rule->source->case_types(), [&](CompiledPack::Index::OfType& type) {
          type.rules[static_cast<int>(*verb)].push_back(rule);
          if (*verb != v1::Command::kRecordStep) return;
          if (steps) {
            type.rules_by_step.Add(*steps, *rule);
          } else {
            type.rules_by_step.AddToAny(*rule);
          }
        });
      }
    }
  }

  void BuildAlerts() {
    for (int i = 0; i < source().alerts_size(); ++i) {
      const v1::Alert& alert = source().alerts(i);
      CompiledAlert& out = index().alerts.emplace_back();
      out.source = &alert;
      // An alert without a trigger is raised by a clock's on_warn or on_breach.
      if (alert.has_on()) out.on = Build(alert.on(), &alert.case_types(), Indexed("", "alerts", i) + ".on");
    }
    for (const CompiledAlert& alert : index().alerts) {
      if (!alert.source->has_on()) continue;
      EventReach reach;
      AddReach(alert.on, reach);
      ForEachType(alert.source->case_types(), [&](CompiledPack::Index::OfType& type) {
        type.alerts.push_back(&alert);
        type.alerts_by_event.Add(reach, alert);
      });
    }
  }

  std::unique_ptr<CompiledPack> pack_;
  ConditionCompiler* conditions_ = nullptr;
  PackProblems* problems_ = nullptr;
};

absl::StatusOr<std::unique_ptr<const CompiledPack>> CompiledPack::Compile(v1::Pack pack,
                                                                          std::vector<PackProblem>* problems) {
  PackProblems found;
  PackCompiler compiler(std::move(pack));
  compiler.Run(found);
  if (problems != nullptr) *problems = found.list();
  if (found.list().empty()) return compiler.Take();
  std::vector<std::string> lines;
  for (const PackProblem& problem : found.list()) {
    lines.push_back(StrCat(problem.path, ": expected ", problem.expected, "; found ", problem.found));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

}  // namespace caseward

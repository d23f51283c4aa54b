#include "engine/policy/condition_compiler.h"

#include <algorithm>

#include "engine/policy/enum_names.h"
#include "engine/policy/first_facts.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

constexpr int kDepthMax = 32;  // conditions inside one another

std::string JoinNames(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names)
    out += StrCat(out.empty() ? "" : ", ", name);
  return out;
}

bool TestsNothing(const v1::ActorTest& test) {
  return test.roles().empty() && test.min_tier() == 0 && test.is().empty() && test.is_not().empty() && !test.human() &&
         test.trained_in().empty();
}

bool GivesTheCase(std::string_view event) {
  return event == "owner_assigned" || event == "handover_initiated" || event == "handover_accepted";
}

}  // namespace

CompiledCondition ConditionCompiler::Compile(const v1::Condition& condition, const ConditionPlace& place,
                                             const std::string& path) {
  CompiledCondition out;
  out.root_ = std::make_unique<Node>(Build(condition, place, path, 0));
  return out;
}

std::optional<CompiledCondition> ConditionCompiler::CompileIf(bool there, const v1::Condition& condition,
                                                              const ConditionPlace& place, const std::string& path) {
  if (!there) return std::nullopt;
  return Compile(condition, place, path);
}

ConditionCompiler::Node ConditionCompiler::Build(const v1::Condition& condition, const ConditionPlace& place,
                                                 const std::string& path, int depth) {
  Node node;
  node.source = &condition;
  if (depth > kDepthMax) {
    problems_.Add(path, StrCat("at most ", kDepthMax, " conditions inside one another"), "more");
    return node;
  }
  switch (condition.kind_case()) {
    case v1::Condition::kAll: BuildChildren(condition.all(), place, path + ".all", depth, node); break;
    case v1::Condition::kAny: BuildChildren(condition.any(), place, path + ".any", depth, node); break;
    case v1::Condition::kNot: node.children.push_back(Build(condition.not_(), place, path + ".not", depth + 1)); break;
    case v1::Condition::kFlag:
      if (!names_.flags.contains(condition.flag())) {
        problems_.UnknownName(path + ".flag", "a flag of the pack", condition.flag(), KeysOf(names_.flags));
      }
      break;
    case v1::Condition::kLast: BuildLast(condition.last(), path + ".last", node); break;
    case v1::Condition::kCount: BuildCount(condition.count(), place, path + ".count", node); break;
    case v1::Condition::kOpenActions:
    case v1::Condition::kOpenEnquiries:
    case v1::Condition::kOpenReferrals:
    case v1::Condition::kUnreviewedSharings: break;
    case v1::Condition::kTaker: CheckTaker(condition.taker(), place, path + ".taker"); break;
    case v1::Condition::kSampled: CheckSampled(condition.sampled(), path + ".sampled"); break;
    case v1::Condition::kClock: BuildClock(condition.clock(), path + ".clock", node); break;
    case v1::Condition::kPriority:
      if (condition.priority().any_of().empty()) problems_.Add(path + ".priority", "P1, P2 or P3", "nothing");
      break;
    case v1::Condition::kCaseType:
      CheckNames(condition.case_type().any_of(), KeysOf(names_.case_types), "a case type of the pack",
                 path + ".case_type.any_of");
      break;
    case v1::Condition::kActor: CheckActor(condition.actor(), place, path + ".actor"); break;
    case v1::Condition::kAsked:
      if (place.asked.empty()) {
        problems_.Add(path + ".asked", "asked only in rules and signers, where a command is judged", "asked");
      }
      BuildAsked(condition.asked(), place.asked, path + ".asked", node);
      break;
    case v1::Condition::kAge: BuildAge(condition.age(), place, path + ".age", node); break;
    case v1::Condition::kSignOff: CheckSignOff(condition.sign_off(), place, path + ".sign_off"); break;
    case v1::Condition::kCaseState:
      node.fields = fields_.ResolveAll(PlaceOfMessage(v1::CaseState::descriptor(), "the case"),
                                       condition.case_state().of(), path + ".case_state.of");
      CheckNoRegion(condition.case_state(), path + ".case_state");
      break;
    case v1::Condition::kResident:
      node.fields = fields_.ResolveAll(PlaceOfMessage(v1::ResidentNeeds::descriptor(), "the resident's needs"),
                                       condition.resident().of(), path + ".resident.of");
      break;
    case v1::Condition::kChecklist: CheckChecklist(condition.checklist(), place, path + ".checklist"); break;
    case v1::Condition::kEvent: BuildEvent(condition.event(), place, path + ".event", node); break;
    case v1::Condition::kVariance: BuildVariance(condition.variance(), path + ".variance", node); break;
    case v1::Condition::KIND_NOT_SET: problems_.Add(path, "a condition", "nothing"); break;
  }
  return node;
}

void ConditionCompiler::BuildVariance(const std::string& id, const std::string& path, Node& node) {
  const auto found = names_.variances.find(id);
  if (found == names_.variances.end())
    problems_.UnknownName(path, "a variance of the pack", id, KeysOf(names_.variances));
  else
    node.variance = found->second;
}

// One policy for all regions; what differs in one is a variance, which ends.
void ConditionCompiler::CheckNoRegion(const v1::FieldTests& tests, const std::string& path) {
  for (int i = 0; i < tests.of_size(); ++i) {
    if (tests.of(i).field() != "region") continue;
    problems_.Add(Indexed(path, "of", i), "{variance: id}, an exception that is approved and ends",
                  "a test of the region");
  }
}

void ConditionCompiler::BuildChildren(const v1::Conditions& list, const ConditionPlace& place, const std::string& path,
                                      int depth, Node& node) {
  if (list.of().empty()) problems_.Add(path, "at least one condition", "none");
  for (int i = 0; i < list.of_size(); ++i) {
    node.children.push_back(Build(list.of(i), place, Indexed(path, "of", i), depth + 1));
  }
}

void ConditionCompiler::BuildLast(const v1::LastStep& test, const std::string& path, Node& node) {
  const auto step = names_.steps.find(test.step());
  if (step == names_.steps.end()) {
    problems_.UnknownName(path + ".step", "a step the pack declares", test.step(), KeysOf(names_.steps));
    return;
  }
  node.fields = fields_.ResolveAll(PlaceOfStep(*step->second), test.where(), path + ".where");
  if (test.has_within()) CheckSpan(test.within(), path + ".within", problems_);
  BuildSince(test.since(), path + ".since", node);
}

void ConditionCompiler::BuildCount(const v1::Count& test, const ConditionPlace& place, const std::string& path,
                                   Node& node) {
  node.match = fields_.ResolveMatch(test.of(), path + ".of", /*words=*/false);
  if (test.has_within()) CheckSpan(test.within(), path + ".within", problems_);
  if (test.has_span()) CheckSpan(test.span(), path + ".span", problems_);
  if (test.has_at_most() && test.at_most() < test.at_least()) {
    problems_.Add(path + ".at_most", StrCat("at least ", test.at_least(), ", as at_least asks"),
                  StrCat(test.at_most()));
  }
  if (test.distinct_by().empty() != (test.distinct_at_least() == 0)) {
    problems_.Add(path, "distinct_by and distinct_at_least together", "one of them");
  }
  if (test.distinct_at_least() > kDistinctMax) {
    problems_.Add(path + ".distinct_at_least", StrCat("at most ", kDistinctMax), StrCat(test.distinct_at_least()));
  }
  if (test.by_asker() && !place.actor) {
    problems_.Add(path + ".by_asker", "by_asker only in rules, signers and triggers, where a person acts", "by_asker");
  }
  if (!test.distinct_by().empty()) {
    FieldPlace of = PlaceOfMessage(v1::Event::descriptor(), "every event");
    if (node.match.kind != v1::Event::KIND_NOT_SET) of = PlaceOfEvent(node.match.kind, test.of().where(), names_);
    node.distinct_by = fields_.ResolveValue(of, test.distinct_by(), path + ".distinct_by");
  }
  BuildSince(test.since(), path + ".since", node);
}

void ConditionCompiler::BuildSince(const std::string& since, const std::string& path, Node& node) {
  if (since.empty()) return;
  if (const auto kind = ParseEventName(since)) {
    node.since_event = *kind;
  } else if (const auto step = names_.steps.find(since); step != names_.steps.end()) {
    node.since_step = step->second->id();
  } else {
    problems_.UnknownName(path, "an event's name or a step the pack declares", since, KeysOf(names_.steps));
  }
}

void ConditionCompiler::BuildClock(const v1::ClockTest& test, const std::string& path, Node& node) {
  if (!names_.clocks.contains(test.clock())) {
    problems_.UnknownName(path + ".clock", "a clock of the pack", test.clock(), KeysOf(names_.clocks));
  }
  const auto* statuses = v1::ClockState::Status_descriptor();
  for (int i = 0; i < test.status_size(); ++i) {
    if (const auto* status = FindEnumValue(*statuses, test.status(i))) {
      node.statuses.push_back(static_cast<v1::ClockState::Status>(status->number()));
      continue;
    }
    const std::vector<std::string> known = EnumValueNames(*statuses);
    problems_.UnknownName(Indexed(path, "status", i), "running, paused, met, met_late, breached or ceased",
                          test.status(i), {known.begin(), known.end()});
  }
}

void ConditionCompiler::BuildAge(const v1::AgeTest& test, const ConditionPlace& place, const std::string& path,
                                 Node& node) {
  std::vector<std::string_view> ages = {"opened", "triaged", "proposed", "closed", "last_substantive"};
  if (!place.asked.empty()) ages.push_back("asked");
  if (place.trigger != nullptr) ages.push_back("event");
  if (std::find(ages.begin(), ages.end(), test.of()) == ages.end()) {
    problems_.UnknownName(path + ".of", StrCat("here one of ", JoinNames(ages)), test.of(), ages);
    return;
  }
  if (test.of() != "asked" && test.of() != "event") {
    node.time = v1::CaseState::descriptor()->FindFieldByName(test.of() + "_at");
  }
  if (!test.has_at_least() && !test.has_at_most()) problems_.Add(path, "at_least or at_most", "neither");
  if (test.has_at_least()) CheckSpan(test.at_least(), path + ".at_least", problems_);
  if (test.has_at_most()) CheckSpan(test.at_most(), path + ".at_most", problems_);
}

// A field need be known to one of the commands only; for the others it is absent.
void ConditionCompiler::BuildAsked(const v1::FieldTests& tests, const std::vector<Verb>& verbs, const std::string& path,
                                   Node& node) {
  std::vector<bool> known(static_cast<size_t>(tests.of_size()), false);
  for (const Verb verb : verbs) {
    for (const v1::Event::KindCase kind : FirstFacts(verb))
      BuildAskedOf(kind, verb, tests, path, known, node);
  }
  for (int i = 0; i < tests.of_size() && !verbs.empty(); ++i) {
    if (known[static_cast<size_t>(i)]) continue;
    FieldPlace place = PlaceOfEvent(FirstFacts(verbs.front()).front(), tests.of(), names_);
    place.also = VerbField(verbs.front())->message_type();
    fields_.Resolve(place, tests.of(i), Indexed(path, "of", i));  // says what it should have been
  }
}

void ConditionCompiler::BuildAskedOf(v1::Event::KindCase kind, Verb verb, const v1::FieldTests& tests,
                                     const std::string& path, std::vector<bool>& known, Node& node) {
  const FieldPlace of_fact = PlaceOfEvent(kind, tests.of(), names_);
  const FieldPlace of_verb = PlaceOfMessage(VerbField(verb)->message_type(), std::string(VerbName(verb)));
  const FieldPlace of_command = PlaceOfMessage(v1::Command::descriptor(), "the command");
  Node::OfKind& of = node.by_kind.emplace_back();
  of.kind = kind;
  for (int i = 0; i < tests.of_size(); ++i) {
    const v1::FieldTest& test = tests.of(i);
    const std::string at = Indexed(path, "of", i);
    bool found = true;
    if (fields_.Has(of_fact, test.field())) {
      of.fields.push_back(fields_.Resolve(of_fact, test, at));
    } else if (fields_.Has(of_verb, test.field())) {
      CompiledField field = fields_.Resolve(of_verb, test, at);
      field.path.insert(field.path.begin(), VerbField(verb));
      of.of_command.push_back(std::move(field));
    } else if (fields_.Has(of_command, test.field())) {
      of.of_command.push_back(fields_.Resolve(of_command, test, at));
    } else {
      of.fields.emplace_back().source = &test;
      found = false;
    }
    if (found) known[static_cast<size_t>(i)] = true;
  }
}

void ConditionCompiler::BuildEvent(const v1::FieldTests& tests, const ConditionPlace& place, const std::string& path,
                                   Node& node) {
  if (place.trigger == nullptr) {
    problems_.Add(path, "event only inside a trigger (starts_on, stops_on, set_on, on of an alert)", "event");
    return;
  }
  if (const auto kind = ParseEventName(place.trigger->event())) {
    // The trigger's own tests say which step's fields are meant.
    FieldPlace of_event = PlaceOfEvent(*kind, place.trigger->where(), names_);
    node.by_kind.push_back({*kind, fields_.ResolveAll(of_event, tests.of(), path + ".of"), {}});
  } else {
    const FieldPlace every = PlaceOfMessage(v1::Event::descriptor(), "every event");
    node.by_kind.push_back({v1::Event::KIND_NOT_SET, fields_.ResolveAll(every, tests.of(), path + ".of"), {}});
  }
}

void ConditionCompiler::CheckActor(const v1::ActorTest& test, const ConditionPlace& place, const std::string& path) {
  if (!place.actor) {
    problems_.Add(path, "a condition about the case; who acts is judged in rules, signers and triggers only", "actor");
  }
  if (TestsNothing(test)) problems_.Add(path, "roles, min_tier, is, is_not, human or trained_in", "none of them");
  CheckNames(test.roles(), KeysOf(names_.roles), "a role of the pack", path + ".roles");
  const std::vector<std::string_view> relations = {"owner", "proposer", "previous_owner", "handover_to"};
  CheckNames(test.is(), relations, "owner, proposer, previous_owner or handover_to", path + ".is");
  CheckNames(test.is_not(), relations, "owner, proposer, previous_owner or handover_to", path + ".is_not");
  uint32_t highest = 0;
  for (const v1::RoleType& role : names_.pack.roles())
    highest = std::max(highest, role.tier());
  if (test.min_tier() > highest) {
    problems_.Add(path + ".min_tier", StrCat("at most ", highest, ", the highest tier of the pack's roles"),
                  StrCat(test.min_tier()));
  }
}

void ConditionCompiler::CheckTaker(const v1::TakerTest& test, const ConditionPlace& place, const std::string& path) {
  const auto gives = [](Verb verb) {
    return verb == v1::Command::kAssignCase || verb == v1::Command::kHandOverCase ||
           verb == v1::Command::kAcceptHandover;
  };
  const bool in_rule = !place.asked.empty() && std::all_of(place.asked.begin(), place.asked.end(), gives);
  const bool in_trigger = place.trigger != nullptr && GivesTheCase(place.trigger->event());
  if (!in_rule && !in_trigger) {
    problems_.Add(path,
                  "taker only in rules on assign, hand_over and accept_handover, and in triggers on owner_assigned, "
                  "handover_initiated and handover_accepted",
                  "taker");
  }
  if (test.roles().empty() && test.trained_in().empty() && !test.above_cap()) {
    problems_.Add(path, "roles, trained_in or above_cap", "none of them");
  }
  if (test.above_cap() && !names_.pack.has_caseload()) {
    problems_.Add(path + ".above_cap", "above_cap only in a pack that has a caseload", "above_cap");
  }
  CheckNames(test.roles(), KeysOf(names_.roles), "a role of the pack", path + ".roles");
}

void ConditionCompiler::CheckSampled(const v1::Sampled& test, const std::string& path) {
  if (test.percent() < 1 || test.percent() > 99) {
    problems_.Add(path + ".percent", "1 to 99", StrCat(test.percent()));
  }
  if (test.seed().empty() || test.seed().size() > 64) {
    problems_.Add(path + ".seed", "1 to 64 characters", StrCat(test.seed().size()));
  }
}

void ConditionCompiler::CheckSignOff(const v1::SignOffTest& test, const ConditionPlace& place,
                                     const std::string& path) {
  CheckNames(test.by_roles(), KeysOf(names_.roles), "a role of the pack", path + ".by_roles");
  const auto types = names_.sign_offs.find(test.subject());
  if (types == names_.sign_offs.end()) {
    problems_.UnknownName(path + ".subject", "the subject of a sign-off of the pack", test.subject(),
                          KeysOf(names_.sign_offs));
    return;
  }
  const IdList everywhere;
  for (const std::string_view type : names_.TypesOf(place.case_types == nullptr ? everywhere : *place.case_types)) {
    const bool covered = std::any_of(types->second.begin(), types->second.end(),
                                     [&](const v1::SignOffType* one) { return AppliesTo(one->case_types(), type); });
    if (!covered) {
      problems_.Add(path + ".subject", StrCat("a sign-off that applies to case type ", Quoted(type), " as this does"),
                    StrCat(Quoted(test.subject()), ", which does not; narrow this with case_types"));
    }
  }
}

void ConditionCompiler::CheckChecklist(const std::string& id, const ConditionPlace& place, const std::string& path) {
  const auto lists = names_.checklists.find(id);
  if (lists == names_.checklists.end()) {
    problems_.UnknownName(path, "a checklist of the pack", id, KeysOf(names_.checklists));
    return;
  }
  const IdList everywhere;
  for (const std::string_view type : names_.TypesOf(place.case_types == nullptr ? everywhere : *place.case_types)) {
    const bool covered = std::any_of(lists->second.begin(), lists->second.end(),
                                     [&](const v1::Checklist* one) { return AppliesTo(one->case_types(), type); });
    if (!covered) {
      problems_.Add(path, StrCat("a checklist that applies to case type ", Quoted(type), " as this does"),
                    StrCat(Quoted(id), ", which does not; narrow this with case_types"));
    }
  }
}

void ConditionCompiler::CheckNames(const IdList& listed, const std::vector<std::string_view>& known,
                                   std::string_view what, const std::string& path) {
  for (int i = 0; i < listed.size(); ++i) {
    if (std::find(known.begin(), known.end(), listed[i]) == known.end()) {
      problems_.UnknownName(StrCat(path, "[", i, "]"), what, listed[i], known);
    }
  }
}

}  // namespace caseward

#include "services/study/search_moves.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "engine/base/text.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Every string of a message, at any depth: the steps and flags that conditions name are among them.
void AddStrings(const Message& message, std::set<std::string>& out) {
  std::vector<const FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "examples" || field->is_map()) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        out.insert(field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                        : reflection->GetString(message, field));
      else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        AddStrings(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                        : reflection->GetMessage(message, field),
                   out);
    }
  }
}

v1::Actor ActorOf(const v1::ExampleActor& person) {
  v1::Actor actor;
  actor.set_id(person.id());
  actor.set_kind(v1::Actor::KIND_STAFF);
  *actor.mutable_roles() = person.roles();
  actor.set_region(person.region());
  return actor;
}

}  // namespace

std::set<std::string> NamesOnTheWayToClosing(const v1::Pack& pack) {
  static constexpr std::string_view kVerbs[] = {"report", "triage", "assign", "propose_closure", "sign_off", "close"};
  std::set<std::string> names;
  for (const v1::Rule& rule : pack.rules()) {
    const bool on_way = std::any_of(rule.on().begin(), rule.on().end(), [&](const std::string& verb) {
      return std::find(std::begin(kVerbs), std::end(kVerbs), verb) != std::end(kVerbs);
    });
    if (on_way) AddStrings(rule, names);
  }
  for (const v1::Checklist& list : pack.checklists())
    AddStrings(list, names);
  for (const v1::SignOffType& type : pack.sign_offs())
    AddStrings(type, names);
  for (const v1::FlagType& flag : pack.flags()) {
    if (names.contains(flag.id())) AddStrings(flag, names);
  }
  return names;
}

Moves::Moves(const v1::Pack& pack, const std::set<std::string>& names)
    : names_(names), prepared_(pack), staff_of_(prepared_.PeopleLookup()) {
  for (size_t i = 0; i < prepared_.scenarios().size(); ++i)
    stories_.insert(StoryOf(static_cast<int>(i)));
  for (const PreparedExample& example : prepared_.examples()) {
    Story story = StoryOf(example.from);
    AddAll(example.given, story);
    if (example.when.has_value()) AddAll({*example.when}, story);
    stories_.insert(std::move(story));
  }
  AddClosing(pack);
  wait_ = moves_.size();
  moves_.push_back({.says = "wait for the next clock", .command = {}, .actor = {}, .staff = nullptr, .wait = true});
}

// A compiled pack has no scenarios that begin with one another in a circle.
Story Moves::StoryOf(int scenario) {
  if (scenario < 0) return {};
  if (const auto told = told_.find(scenario); told != told_.end()) return told->second;
  const PreparedScenario& prepared = prepared_.scenarios()[static_cast<size_t>(scenario)];
  Story story = StoryOf(prepared.from);
  AddAll(prepared.steps, story);
  return told_.emplace(scenario, std::move(story)).first->second;
}

// Whatever the examples say, anybody may try to close.
void Moves::AddClosing(const v1::Pack& pack) {
  for (const v1::ExampleActor& person : pack.people()) {
    v1::Command close;
    close.mutable_close_case();
    AddBy(person, close);
    v1::Command sign;
    sign.mutable_sign_off()->set_subject("closure");
    sign.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_GRANT);
    AddBy(person, sign);
    v1::Command propose;
    propose.mutable_propose_closure()->set_reason_code(pack.closing_reasons().empty() ? "done"
                                                                                      : pack.closing_reasons(0));
    AddBy(person, propose);
  }
}

void Moves::AddBy(const v1::ExampleActor& person, const v1::Command& command) {
  Add(command, ActorOf(person), staff_of_(person.id()));
}

void Moves::AddAll(const std::vector<PreparedStep>& steps, Story& story) {
  for (const PreparedStep& step : steps) {
    if (!step.fault.ok()) continue;
    v1::Command command = step.command;
    command.clear_occurred_at();
    command.clear_expected_version();
    const auto [index, matters] = Add(command, step.actor, step.staff);
    if (matters) story.push_back(index);
  }
}

std::pair<size_t, bool> Moves::Add(const v1::Command& command, const v1::Actor& actor, const v1::StaffState* staff) {
  if (command.has_record_step() && !names_.contains(command.record_step().step())) return {0, false};
  const auto [place, is_new] = seen_.try_emplace(StrCat(actor.id(), " ", command.SerializeAsString()), moves_.size());
  if (!is_new) return {place->second, true};
  moves_.push_back({.says = StrCat(actor.id(), " ", VerbName(command.verb_case()),
                                   command.has_record_step() ? StrCat(" ", command.record_step().step()) : ""),
                    .command = command,
                    .actor = actor,
                    .staff = staff,
                    .wait = false});
  return {place->second, true};
}

}  // namespace caseward

// Compiles the conditions of one pack: resolves names, refuses what could not be evaluated where it stands. What a
// condition may look at depends on the place it stands in; a checklist, for one, may not look at who asks, or its hash
// would change with the reader.
#pragma once

#include <string>
#include <vector>

#include "engine/policy/condition_node.h"
#include "engine/policy/field_resolution.h"
#include "engine/policy/verbs.h"

namespace caseward {

// Where a condition stands.
struct ConditionPlace {
  // The verbs whose commands `asked` may mean; empty: there is no command here.
  std::vector<Verb> asked;
  // The event `event` means; null: there is none here.
  const v1::EventMatch* trigger = nullptr;
  // True where one person's act is judged.
  bool actor = false;
  // The case types the thing around it applies to; null: all.
  const IdList* case_types = nullptr;
};

class ConditionCompiler {
 public:
  ConditionCompiler(const PackNames& names, PackProblems& problems)
      : names_(names), problems_(problems), fields_(names, problems) {}

  CompiledCondition Compile(const v1::Condition& condition, const ConditionPlace& place, const std::string& path);
  // For a part that may be left out.
  std::optional<CompiledCondition> CompileIf(bool there, const v1::Condition& condition, const ConditionPlace& place,
                                             const std::string& path);
  FieldResolver& fields() { return fields_; }

 private:
  using Node = CompiledCondition::Node;
  Node Build(const v1::Condition& condition, const ConditionPlace& place, const std::string& path, int depth);
  void BuildChildren(const v1::Conditions& list, const ConditionPlace& place, const std::string& path, int depth,
                     Node& node);
  void BuildVariance(const std::string& id, const std::string& path, Node& node);
  void CheckNoRegion(const v1::FieldTests& tests, const std::string& path);
  void BuildLast(const v1::LastStep& test, const std::string& path, Node& node);
  void BuildCount(const v1::Count& test, const ConditionPlace& place, const std::string& path, Node& node);
  void BuildSince(const std::string& since, const std::string& path, Node& node);
  void BuildClock(const v1::ClockTest& test, const std::string& path, Node& node);
  void BuildAge(const v1::AgeTest& test, const ConditionPlace& place, const std::string& path, Node& node);
  void BuildAsked(const v1::FieldTests& tests, const std::vector<Verb>& verbs, const std::string& path, Node& node);
  void BuildAskedOf(v1::Event::KindCase kind, Verb verb, const v1::FieldTests& tests, const std::string& path,
                    std::vector<bool>& known, Node& node);
  void BuildEvent(const v1::FieldTests& tests, const ConditionPlace& place, const std::string& path, Node& node);
  void CheckActor(const v1::ActorTest& test, const ConditionPlace& place, const std::string& path);
  void CheckTaker(const v1::TakerTest& test, const ConditionPlace& place, const std::string& path);
  void CheckSampled(const v1::Sampled& test, const std::string& path);
  void CheckSignOff(const v1::SignOffTest& test, const ConditionPlace& place, const std::string& path);
  void CheckChecklist(const std::string& id, const ConditionPlace& place, const std::string& path);
  void CheckNames(const IdList& listed, const std::vector<std::string_view>& known, std::string_view what,
                  const std::string& path);

  const PackNames& names_;
  PackProblems& problems_;
  FieldResolver fields_;
};

}  // namespace caseward

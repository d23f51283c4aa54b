#include "engine/cases/rule_check.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "engine/base/text.h"
#include "engine/cases/evolve.h"

namespace caseward {
namespace {

// Does it look at what the taker carries?
bool AsksAboutLoad(const v1::Condition& condition) {
  const auto asks = [](const v1::Conditions& list) {
    return std::any_of(list.of().begin(), list.of().end(), AsksAboutLoad);
  };
  return condition.taker().above_cap() || asks(condition.all()) || asks(condition.any()) ||
         (condition.has_not_() && AsksAboutLoad(condition.not_()));
}

// A rule's own words cannot know the numbers that it went by.
void SayLoad(const v1::Rule& rule, const Facts& facts, v1::Refusal& refusal) {
  const bool asks =
      AsksAboutLoad(rule.when()) || std::any_of(rule.needs().begin(), rule.needs().end(),
                                                [](const v1::Need& need) { return AsksAboutLoad(need.condition()); });
  if (!asks || facts.taker == nullptr || facts.taker_load.cap == 0) return;
  const uint32_t weight = facts.pack.WeightOf(facts.state.case_type(), facts.state.priority());
  refusal.set_say(StrCat(refusal.say(), " ", facts.taker->staff_id(), " carries ", facts.taker_load.load,
                         " and this case weighs ", weight, "; at most ", facts.taker_load.cap, " is agreed."));
}

v1::Refusal RefusedBy(const CompiledRule& rule, const Facts& facts) {
  const v1::Rule& source = *rule.source;
  v1::Refusal refusal;
  refusal.set_rule(source.id());
  refusal.set_clause(source.clause());
  refusal.set_provenance(source.provenance());
  refusal.set_say(source.say());
  refusal.set_unblock(source.unblock());
  for (const CompiledNeed& need : rule.needs) {
    if (need.condition.Holds(facts)) continue;
    v1::Missing* missing = refusal.add_missing();
    missing->set_id(need.source->id());
    missing->set_say(need.source->say());
    *missing->mutable_by_roles() = need.source->by_roles();
  }
  SayLoad(source, facts, refusal);
  return refusal;
}

bool Satisfied(const CompiledRule& rule, const Facts& facts) {
  if (rule.when && !rule.when->Holds(facts)) return true;
  return !rule.needs.empty() && std::all_of(rule.needs.begin(), rule.needs.end(),
                                            [&](const CompiledNeed& need) { return need.condition.Holds(facts); });
}

// Calls `refused` for each rule that is not satisfied until it returns false. `asked`, if given, is the fact that the
// rules look at; else the first.
void EachRefusing(const Deciding& d, Verb verb, absl::FunctionRef<bool(const CompiledRule&, const Facts&)> refused,
                  const v1::Event* asked = nullptr) {
  v1::CaseState opened;
  std::string_view case_type = d.before().case_type();
  if (!d.exists() && !d.FactsBefore().asked) return;
  if (!d.exists()) {
    // Before a report there is no case to look at: rules on it see the case as it would open.
    Evolve(opened, *d.FactsBefore().asked, EventContext{d.actor(), d.context().now});
    case_type = opened.case_type();
  } else if (d.command().has_triage_case() && !d.command().triage_case().case_type().empty()) {
    case_type = d.command().triage_case().case_type();
  }
  Facts facts = d.FactsOn(d.exists() ? d.before() : opened, nullptr);
  if (asked != nullptr) facts.asked = asked;
  const bool of_step = verb == Verb::kRecordStep && facts.asked != nullptr && facts.asked->has_step_recorded();
  for (const CompiledRule* rule : of_step ? d.pack().RulesOnStep(facts.asked->step_recorded().step(), case_type)
                                          : d.pack().RulesOn(verb, case_type)) {
    if (!Satisfied(*rule, facts) && !refused(*rule, facts)) return;
  }
}

// What a referral, a question or an answer tells an agency: shared, though the verb is another.
const v1::Event* SharedAlong(const Deciding& d) {
  if (d.command().has_share_information()) return nullptr;
  return FindIn(d.facts(), [](const v1::Event& fact) { return fact.has_information_shared(); });
}

}  // namespace

MaybeRefusal CheckRules(const Deciding& deciding) {
  MaybeRefusal refusal;
  const auto first = [&](const CompiledRule& rule, const Facts& facts) {
    refusal = RefusedBy(rule, facts);
    return false;
  };
  EachRefusing(deciding, deciding.command().verb_case(), first);
  if (refusal) return refusal;
  if (const v1::Event* shared = SharedAlong(deciding)) EachRefusing(deciding, Verb::kShareInformation, first, shared);
  return refusal;
}

std::vector<v1::Refusal> AllRefusals(const Deciding& deciding, Verb verb) {
  std::vector<v1::Refusal> refusals;
  EachRefusing(deciding, verb, [&](const CompiledRule& rule, const Facts& facts) {
    refusals.push_back(RefusedBy(rule, facts));
    return true;
  });
  return refusals;
}

}  // namespace caseward

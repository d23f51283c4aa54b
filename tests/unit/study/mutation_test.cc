// Mutations are made where they should be, what no example notices is said, and of the housing pack's changes nothing
// goes unnoticed that is not on its list.
#include "services/study/mutation_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "mixing_hasher.h"
#include "services/packs/lint_pack.h"

namespace caseward {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kPack[] = R"(
id: small
title: Small
calendar: england_and_wales
needs_owner: false
roles: {clerk: {tier: 1}, chief: {tier: 2}}
case_types: {request: {title: A request, priority: P3, clause: Small 1, provenance: OURS}}
clocks:
  answer:
    clause: Small 2
    provenance: OURS
    starts_on: [case_reported]
    stops_on: [{event: contact_made, where: {with: reporter}}]
    within: [{span: 2 working_days}]
    on_breach: [{escalate_to: chief}]
rules:
  - id: R-1
    clause: Small 3
    provenance: OURS
    on: [plan, promise]
    when: {not: {actor: {roles: [chief]}}}
    say: A chief does that.
people: {cleo: {roles: [clerk]}, chris: {roles: [chief]}}
scenarios:
  asked:
    steps: [{at: 2026-03-06T09:00:00Z, by: cleo, channel: phone, report: {case_type: request}}]
examples:
)";

std::unique_ptr<const CompiledPack> Compiled(const std::string& examples) {
  PackLint lint = LintPackText(kPack + examples, "small.yaml");
  for (const FileProblem& problem : lint.errors)
    ADD_FAILURE() << FormatProblem(problem);
  return std::move(lint.compiled);
}
const WorkingCalendar& Calendar() {
  static const auto& calendar = *new WorkingCalendar(
      *WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar));
  return calendar;
}

MutationRun RunOn(const std::string& examples, size_t threads = 1, const MutationChoice& choice = {}) {
  const auto pack = Compiled(examples);
  if (pack == nullptr) return {};
  auto run = RunMutations(*pack, Calendar(), MixingHasher(), threads, choice);
  EXPECT_TRUE(run.ok()) << run.status();
  return run.ok() ? *std::move(run) : MutationRun{};
}
std::set<std::string> Names(const std::vector<Mutation>& mutations) {
  std::set<std::string> names;
  for (const Mutation& one : mutations)
    names.insert(one.name);
  return names;
}

constexpr char kStrong[] = R"(
  - name: late
    from: asked
    then: {at: 2026-03-11T00:00:00Z, clocks: {answer: breached}, due: {answer: 2026-03-11T00:00:00Z}, escalated_to: [chief]}
  - name: answered
    from: asked
    when: {by: cleo, channel: phone, contact: {with: reporter, outcome: two_way}}
    then: {accepted: true, clocks: {answer: met}, priority: P3}
  - name: a word with a partner is no answer
    from: asked
    when: {by: cleo, channel: phone, contact: {with: partner, outcome: two_way}}
    then: {accepted: true, clocks: {answer: running}}
  - name: a clerk plans
    from: asked
    when: {by: cleo, plan: {}}
    then: {refused: R-1}
  - name: a clerk promises
    from: asked
    when: {by: cleo, promise: {promise_id: p, due: 2026-03-09T09:00:00Z, what: To call.}}
    then: {refused: R-1}
  - name: a chief promises
    from: asked
    when: {by: chris, promise: {promise_id: p, due: 2026-03-09T09:00:00Z, what: To call.}}
    then: {accepted: true}
)";

TEST(Mutations, EachDurationRoleConditionAndVerbIsChanged) {
  const auto pack = Compiled("  []\n");
  ASSERT_NE(pack, nullptr);
  const std::set<std::string> names = Names(MutationsOf(pack->source()));
  for (const char* name :
       {"clock answer: within[0].span 2 working_days -> 3 working_days",
        "clock answer: within[0].span 2 working_days -> 1 working_day",
        "clock answer: on_breach[0].escalate_to chief -> clerk", "clock answer: stops_on[0] contact_made dropped",
        "clock answer: stops_on[0].on.where[0] with dropped", "rule R-1: on plan dropped",
        "rule R-1: on promise dropped", "rule R-1: when negated", "rule R-1: when dropped",
        "rule R-1: when.not.actor.roles chief -> clerk", "case type request: priority P3 -> P2"}) {
    EXPECT_THAT(names, Contains(std::string(name)));
  }
  EXPECT_EQ(names.size(), MutationsOf(pack->source()).size()) << "names are unique";
}

// What no example could notice is not made: each of these has a sibling that is.
TEST(Mutations, AChangeThatCannotMatterIsNotMade) {
  const PackLint lint = LintPackText(R"(
id: small
title: Small
calendar: england_and_wales
needs_owner: false
roles: {clerk: {tier: 1}}
case_types: {request: {title: A request, priority: P3, clause: Small 1, provenance: OURS}}
steps:
  look: {title: Looked, clause: Small 2, provenance: OURS, fields: {found: {type: code, options: [wet, dry], data_class: internal}, by_us: {type: bool, data_class: internal}}}
  call: {title: Called, clause: Small 2, provenance: OURS, fields: {found: {type: code, options: [nobody, dry], data_class: internal}}}
clocks:
  held:
    clause: Small 3
    provenance: OURS
    starts_on: [{event: step_recorded, where: {step: look, found: wet}}]
    stops_on: [{event: step_recorded, where: {step: look, found: dry}}, {event: step_recorded, where: {step: look, by_us: {present: false}}}]
    within: [{span: 2 working_days}]
    pause_reasons: [waiting]
  free:
    clause: Small 3
    provenance: OURS
    starts_on: [{event: step_recorded, where: {step: look, by_us: true}}]
    stops_on: [case_closed]
    within: [{span: 2 working_days}]
rules:
  - id: R-1
    clause: Small 4
    provenance: OURS
    on: step
    when: {asked: {step: look, found: dry}}
    needs:
      - {id: ours, condition: {asked: {step: look, by_us: true}}, say: By us.}
      - {id: held_done, condition: {not: {clock: {clock: held, status: [running, paused]}}}, say: Nothing is held.}
      - {id: free_done, condition: {not: {clock: {clock: free, status: [running, paused]}}}, say: Nothing runs.}
    say: It is not dry yet.
  - id: R-2
    clause: Small 4
    provenance: OURS
    on: [step, contact]
    when: {all: [{asked: {step: look, channel: phone}}, {any: [{asked: {step: [look, call], found: dry}}, {flag: odd}]}]}
    say: Not by phone.
  - id: R-3
    clause: Small 4
    provenance: OURS
    on: sign_off
    when: {actor: {is: owner}}
    say: Nobody signs their own work.
flags:
  odd: {clause: Small 5, provenance: OURS, set_on: {event: step_recorded, where: {step: look, found: dry}}}
sign_offs:
  closure: {clause: Small 6, provenance: OURS, rule: R-3, signers: [{roles: [clerk]}], separate_from: [owner, proposer]}
)",
                                     "small.yaml");
  ASSERT_NE(lint.compiled, nullptr) << (lint.errors.empty() ? "" : FormatProblem(lint.errors.front()));
  const std::set<std::string> names = Names(MutationsOf(lint.compiled->source()));
  // Nothing else is found wet, nothing else is said to be by us; but a call finds it dry too.
  EXPECT_THAT(names, Not(Contains("clock held: starts_on[0].on.where[0] step dropped")));
  EXPECT_THAT(names, Not(Contains("clock free: starts_on[0].on.where[0] step dropped")));
  EXPECT_THAT(names, Contains("clock held: starts_on[0].on.where[1] found dropped"));
  EXPECT_THAT(names, Contains("clock held: stops_on[0].on.where[0] step dropped"));
  // What is not declared is absent, of a call as of a look that does not say.
  EXPECT_THAT(names, Contains("clock held: stops_on[1].on.where[0] step dropped"));
  // The rule is asked about a look only; one on other verbs too is left alone.
  EXPECT_THAT(names, Not(Contains("rule R-1: needs[0].condition.asked.of[0] step dropped")));
  EXPECT_THAT(names, Contains("rule R-1: when.asked.of[0] step dropped"));
  EXPECT_THAT(names, Contains("rule R-2: when.all.of[1].any.of[0].asked.of[0] step dropped"));
  // The owner is refused by R-3 before the sign-off is looked at; the proposer is not.
  EXPECT_THAT(names, Not(Contains("sign-off closure: separate_from[0] owner dropped")));
  EXPECT_THAT(names, Contains("sign-off closure: separate_from[1] proposer dropped"));
  // Only what may be paused is ever paused.
  EXPECT_THAT(names, Contains("rule R-1: needs[1].condition.not.clock.status[1] paused dropped"));
  EXPECT_THAT(names, Not(Contains("rule R-1: needs[2].condition.not.clock.status[1] paused dropped")));
  EXPECT_THAT(names, Contains("rule R-1: needs[2].condition.not.clock.status[0] running dropped"));
}

TEST(Mutations, ApplyChangesWhatItSaysAndNothingElse) {
  const auto pack = Compiled("  []\n");
  ASSERT_NE(pack, nullptr);
  std::set<std::string> different;
  for (const Mutation& one : MutationsOf(pack->source())) {
    v1::Pack changed = pack->source();
    Apply(one, changed);
    EXPECT_NE(changed.SerializeAsString(), pack->source().SerializeAsString()) << one.name;
    different.insert(changed.SerializeAsString());
    if (one.name == "clock answer: within[0].span 2 working_days -> 3 working_days") {
      changed.mutable_clocks(0)->mutable_within(0)->mutable_span()->set_amount(2);
      EXPECT_EQ(changed.SerializeAsString(), pack->source().SerializeAsString());
    }
  }
  EXPECT_EQ(different.size(), MutationsOf(pack->source()).size());
}

TEST(MutationRun, GoodExamplesNoticeEveryChange) {
  const MutationRun run = RunOn(kStrong);
  EXPECT_THAT(Names(run.survivors), IsEmpty());
  EXPECT_GT(run.made, 10u);
  EXPECT_EQ(run.killed, run.made);
}

TEST(MutationRun, WhatNoExampleNoticesIsSaid) {
  const MutationRun run = RunOn(R"(
  - name: a clerk plans
    from: asked
    when: {by: cleo, plan: {}}
    then: {refused: R-1}
)");
  EXPECT_THAT(Names(run.survivors), Contains("clock answer: within[0].span 2 working_days -> 3 working_days"));
  EXPECT_THAT(Names(run.survivors), Contains("rule R-1: on promise dropped"));
  EXPECT_THAT(Names(run.survivors), Not(Contains("rule R-1: on plan dropped")));
}

TEST(MutationRun, ThreadsDoNotChangeTheResult) {
  const MutationRun alone = RunOn(kStrong, 1);
  const MutationRun together = RunOn(kStrong, 4);
  EXPECT_EQ(alone.killed, together.killed);
  EXPECT_EQ(alone.examples_run, together.examples_run);
  EXPECT_EQ(Names(alone.survivors), Names(together.survivors));
}

TEST(MutationRun, AnExampleThatFailsAsItIsStopsEverything) {
  const auto pack = Compiled("  - {name: wrong, from: asked, when: {by: cleo, plan: {}}, then: {accepted: true}}\n");
  ASSERT_NE(pack, nullptr);
  EXPECT_THAT(std::string(RunMutations(*pack, Calendar(), MixingHasher(), 1).status().message()),
              HasSubstr("found \"wrong\" failing"));
}

TEST(MutationRun, TheListIsComparedExactly) {
  MutationRun run;
  run.survivors.emplace_back().name = "clock a: within[0].span 1 day -> 2 days";
  EXPECT_THAT(CompareSurvivors(run, "# why\nclock a: within[0].span 1 day -> 2 days  # looked at\n"), IsEmpty());
  EXPECT_THAT(CompareSurvivors(run, WriteSurvivors(run, "")), IsEmpty());
  EXPECT_THAT(CompareSurvivors(run, ""), ElementsAre(HasSubstr("no example notices")));
  EXPECT_THAT(CompareSurvivors(run, WriteSurvivors(run, "") + "rule b: gone\n"),
              ElementsAre(HasSubstr("take off the list")));
}

TEST(MutationRun, AReviewersReasonIsKept) {
  MutationRun run;
  run.survivors.emplace_back().name = "clock a: within[0].span 1 day -> 2 days";
  run.survivors.emplace_back().name = "rule b: when dropped";
  const std::string list =
      WriteSurvivors(run, "clock a: within[0].span 1 day -> 2 days #  looked at: #3\nrule c: gone # why\n");
  EXPECT_THAT(list, HasSubstr("clock a: within[0].span 1 day -> 2 days  # looked at: #3\nrule b: when dropped\n"));
  EXPECT_THAT(list, Not(HasSubstr("rule c")));
  EXPECT_EQ(WriteSurvivors(run, list), list);
}

TEST(MutationRun, OnlyThoseNamedAreTried) {
  const MutationRun part = RunOn(kStrong, 1, {.only = "rule R-1: "});
  EXPECT_GT(part.made, 0u);
  for (const std::string& name : part.untried)
    EXPECT_THAT(name, Not(HasSubstr("rule R-1: ")));
  EXPECT_EQ(part.made + part.not_a_pack + part.untried.size(), part.all);
}

TEST(MutationRun, APartTriesTheFirstOfEach) {
  const MutationRun all = RunOn(kStrong);
  const MutationRun part = RunOn(kStrong, 1, {.every = 3});
  EXPECT_EQ(part.all, all.all);
  EXPECT_EQ(part.made + part.not_a_pack + part.untried.size(), part.all);
  EXPECT_EQ(part.made + part.not_a_pack, (all.all + 2) / 3);
  // What was not tried is neither missed nor asked for.
  const std::string untried = *part.untried.begin();
  EXPECT_THAT(CompareSurvivors(part, untried + "\n"), IsEmpty());
  EXPECT_THAT(CompareSurvivors(all, untried + "\n"), ElementsAre(HasSubstr("take off the list")));
}

// Written by: caseward policy test policies/housing --mutate --write-survivors. The ladder tries one change in thirty;
// the command tries all of them.
TEST(MutationRun, OfTheHousingPackNothingNewGoesUnnoticed) {
  const PackLint lint = LintPack("policies/housing");
  ASSERT_NE(lint.compiled, nullptr);
  const auto run = RunMutations(*lint.compiled, Calendar(), MixingHasher(), 2, {.every = 30});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_GT(run->killed, 0u);
  std::ifstream file("policies/housing/mutation_survivors.txt");
  const std::string list(std::istreambuf_iterator<char>(file), {});
  ASSERT_FALSE(list.empty());
  for (const std::string& line : CompareSurvivors(*run, list))
    ADD_FAILURE() << line;
  // Each that may stay has been looked at by someone, who says why.
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);)
    EXPECT_THAT(line, HasSubstr("# "));
}

}  // namespace
}  // namespace caseward

// What makes a pack not compile: each mistake is named at its place, with what was expected and what came.
#include "policy_fixtures.h"

namespace caseward {
namespace {

std::string ClockWith(const std::string& body) {
  const bool has_provenance = body.find("provenance") != std::string::npos;
  return std::string(has_provenance ? "clocks {" : "clocks { provenance: PROVENANCE_OURS") + R"( id: "extra" clause: "7"
    starts_on { on { event: "case_reported" } } stops_on { on { event: "case_closed" } } )" +
         body + " }";
}
const char kAnySpan[] = "within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }";

TEST(PackProblems, TheBasePackHasNone) { EXPECT_THAT(ProblemsWith(""), testing::IsEmpty()); }

TEST(PackProblems, AllAreReportedAndTheStatusListsThem) {
  v1::Pack pack =
      PackWith(R"(rules { id: "R-9" provenance: PROVENANCE_OURS say: "-" on: "clsoe" when { flag: "haet" } })");
  std::vector<PackProblem> problems;

  const auto compiled = CompiledPack::Compile(pack, &problems);

  ASSERT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(problems.size(), 3u);
  EXPECT_THAT(problems, HasProblem("rules[1].clause", "clause", "none"));
  EXPECT_THAT(problems, HasProblem("rules[1].on[0]", "did you mean \"close\"?", "clsoe"));
  EXPECT_THAT(problems, HasProblem("rules[1].when.flag", "did you mean \"hate\"?", "haet"));
  EXPECT_THAT(std::string(compiled.status().message()),
              testing::HasSubstr("rules[1].when.flag: expected a flag of the pack"));
}

TEST(PackProblems, DuplicateIds) {
  EXPECT_THAT(
      ProblemsWith(
          R"(flags { id: "hate" clause: "1" provenance: PROVENANCE_OURS set_on { on { event: "case_closed" } } })"),
      HasProblem("flags[1].id", "used once", "\"hate\" a second time"));
  EXPECT_THAT(ProblemsWith(R"(roles { id: "officer" tier: 1 })"), HasProblem("roles[3].id", "used once", "officer"));
  EXPECT_THAT(
      ProblemsWith(
          R"(rules { id: "R-1" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close" when { flag: "hate" } case_types: "hate" })"),
      HasProblem("rules[1].id", "used once for a case type", "R-1"));
}

TEST(PackProblems, OneIdMayServeDifferentCaseTypes) {
  const std::string rule =
      R"(id: "R-2" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close" when { flag: "hate" })";

  EXPECT_THAT(ProblemsWith("rules {" + rule + " case_types: 'hate' } rules {" + rule + " case_types: 'noise' }"),
              testing::IsEmpty());
}

TEST(PackProblems, UnknownNamesSuggestTheNearest) {
  const auto rule = [](const std::string& condition) {
    return R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "contact" when { )" + condition +
           " } }";
  };
  EXPECT_THAT(ProblemsWith(rule(R"(last { step: "risk_asessed" })")),
              HasProblem("rules[1].when.last.step", "did you mean \"risk_assessed\"?", "risk_asessed"));
  EXPECT_THAT(ProblemsWith(rule(R"(last { step: "risk_assessed" where { field: "bnad" any_of: "low" } })")),
              HasProblem("rules[1].when.last.where[0].field", "did you mean \"band\"?", "bnad"));
  EXPECT_THAT(ProblemsWith(rule(R"(last { step: "risk_assessed" where { field: "band" any_of: "hihg" } })")),
              HasProblem("rules[1].when.last.where[0].any_of[0]", "did you mean \"high\"?", "hihg"));
  EXPECT_THAT(ProblemsWith(rule(R"(count { of { event: "contact_mdae" } })")),
              HasProblem("rules[1].when.count.of.event", "did you mean \"contact_made\"?", "contact_mdae"));
  EXPECT_THAT(ProblemsWith(rule(R"(count { of { event: "contact_made" where { field: "with" any_of: "victm" } } })")),
              HasProblem("rules[1].when.count.of.where[0].any_of[0]", "did you mean \"victim\"?", "victm"));
  EXPECT_THAT(
      ProblemsWith(rule(R"(clock { clock: "first_contract" status: "braeched" })")),
      testing::AllOf(HasProblem("rules[1].when.clock.clock", "did you mean \"first_contact\"?", "first_contract"),
                     HasProblem("rules[1].when.clock.status[0]", "did you mean \"breached\"?", "braeched")));
  EXPECT_THAT(ProblemsWith(rule(R"(actor { roles: "oficer" })")),
              HasProblem("rules[1].when.actor.roles[0]", "did you mean \"officer\"?", "oficer"));
  EXPECT_THAT(ProblemsWith(rule(R"(checklist: "closign")")),
              HasProblem("rules[1].when.checklist", "did you mean \"closing\"?", "closign"));
  EXPECT_THAT(ProblemsWith(rule(R"(case_type { any_of: "noice" })")),
              HasProblem("rules[1].when.case_type.any_of[0]", "did you mean \"noise\"?", "noice"));
  EXPECT_THAT(ProblemsWith(rule(R"(sign_off { subject: "closur" })")),
              HasProblem("rules[1].when.sign_off.subject", "did you mean \"closure\"?", "closur"));
  EXPECT_THAT(ProblemsWith(rule(R"(case_state { of { field: "ownr" present: true } })")),
              HasProblem("rules[1].when.case_state.of[0].field", "did you mean \"owner\"?", "ownr"));
  EXPECT_THAT(ProblemsWith(rule(R"(asked { of { field: "next_update_buy" present: true } })")),
              HasProblem("rules[1].when.asked.of[0].field", "did you mean \"next_update_by\"?", "next_update_buy"));
  EXPECT_THAT(ProblemsWith(rule(R"(age { of: "opend" at_least { amount: 1 unit: TIME_UNIT_DAY } })")),
              HasProblem("rules[1].when.age.of", "did you mean \"opened\"?", "opend"));
}

TEST(PackProblems, ValuesOfTheWrongKind) {
  const auto last = [](const std::string& test) {
    return R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close"
      when { last { step: "risk_assessed" where { )" +
           test + " } } } }";
  };
  EXPECT_THAT(ProblemsWith(last(R"(field: "score" any_of: "many")")),
              HasProblem("rules[1].when.last.where[0].any_of[0]", "a whole number", "many"));
  EXPECT_THAT(ProblemsWith(last(R"(field: "face_to_face" any_of: "yes")")),
              HasProblem("rules[1].when.last.where[0].any_of[0]", "true or false", "yes"));
  EXPECT_THAT(ProblemsWith(last(R"(field: "band" at_least: 2)")),
              HasProblem("rules[1].when.last.where[0]", "only of a number", "band"));
  EXPECT_THAT(ProblemsWith(last(R"(field: "score" within { amount: 1 unit: TIME_UNIT_DAY })")),
              HasProblem("rules[1].when.last.where[0]", "only of a time", "score"));
  EXPECT_THAT(ProblemsWith(last(R"(field: "score")")), HasProblem("rules[1].when.last.where[0]", "a value", "no test"));
}

TEST(PackProblems, L11_NoRuleReadsWords) {
  EXPECT_THAT(ProblemsWith(R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close"
                when { last { step: "risk_assessed" where { field: "notes" present: true } } } })"),
              HasProblem("rules[1].when.last.where[0]", "rules can read", "words"));
  EXPECT_THAT(ProblemsWith(R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "report"
                when { asked { of { field: "account" any_of: "shouting" } } } })"),
              HasProblem("rules[1].when.asked.of[0]", "only present", "account"));
}

TEST(PackProblems, ConditionsStandWhereTheyCanBeJudged) {
  EXPECT_THAT(
      ProblemsWith(
          R"(priorities { id: "P" clause: "1" provenance: PROVENANCE_OURS priority: PRIORITY_P1 when { actor { human: true } } })"),
      HasProblem("priorities[0].when.actor", "rules, signers and triggers only", "actor"));
  EXPECT_THAT(
      ProblemsWith(ClockWith(std::string(kAnySpan) + R"(when { asked { of { field: "channel" any_of: "web" } } })")),
      HasProblem("clocks[1].when.asked", "only in rules and signers", "asked"));
  EXPECT_THAT(
      ProblemsWith(
          R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close" when { event { of { field: "channel" any_of: "web" } } } })"),
      HasProblem("rules[1].when.event", "only inside a trigger", "event"));
}

TEST(PackProblems, WhatRefusesOrCountsHasAClauseAndAProvenance) {
  v1::Pack pack = PackWith(
      R"(priorities { id: "P" clause: "1" provenance: PROVENANCE_OURS priority: PRIORITY_P1 when { flag: "hate" } })");
  pack.mutable_flags(0)->clear_clause();
  pack.mutable_priorities(0)->clear_provenance();
  pack.mutable_clocks(0)->clear_clause();
  pack.mutable_rules(0)->clear_provenance();
  pack.mutable_checklists(0)->clear_clause();
  pack.mutable_sign_offs(0)->clear_provenance();
  pack.mutable_alerts(0)->clear_clause();

  const auto problems = ProblemsOf(pack);

  EXPECT_EQ(problems.size(), 7u);
  for (const char* path : {"flags[0].clause", "priorities[0].provenance", "clocks[0].clause", "rules[0].provenance",
                           "checklists[0].clause", "sign_offs[0].provenance", "alerts[0].clause"}) {
    EXPECT_THAT(problems, HasProblem(path, "", "none"));
  }
}

// ---------------------------------------------------------------------------------------------- clocks

TEST(PackProblems, AClockNeedsADurationOrAField) {
  EXPECT_THAT(ProblemsWith(ClockWith("")), HasProblem("clocks[1]", "`within` or `due: {from: field}`", "neither"));
}

TEST(PackProblems, AClockNeedsADurationForEveryPriorityACaseMayHave) {
  const std::string only_p1 = "within { priority: PRIORITY_P1 span { amount: 1 unit: TIME_UNIT_DAY } }";

  const auto problems = ProblemsWith(ClockWith(only_p1));
  EXPECT_THAT(problems, HasProblem("clocks[1].within", "P2", "none"));
  EXPECT_THAT(problems, HasProblem("clocks[1].within", "P3", "none"));
  EXPECT_THAT(ProblemsWith(ClockWith(only_p1 + R"(case_types: "hate")")), testing::IsEmpty()) << "never less than P1";
  EXPECT_THAT(ProblemsWith(ClockWith(R"(within { when { flag: "hate" } span { amount: 1 unit: TIME_UNIT_DAY } })")),
              HasProblem("clocks[1].within", "P1", "none"));
}

TEST(PackProblems, ADurationAfterOneThatFitsAllIsNeverReached) {
  EXPECT_THAT(ProblemsWith(ClockWith(std::string(kAnySpan) + kAnySpan)),
              HasProblem("clocks[1].within[1]", "reached", "after"));
}

TEST(PackProblems, WarnPercentIsBelowAHundred) {
  EXPECT_THAT(ProblemsWith(ClockWith(std::string(kAnySpan) + "warn_percent: 100")),
              HasProblem("clocks[1].warn_percent", "1% to 99%", "100%"));
  EXPECT_THAT(ProblemsWith(ClockWith(std::string(kAnySpan) + "warn_percent: 99")), testing::IsEmpty());
}

TEST(PackProblems, ClocksMayNotStartOneAnotherInACircle) {
  const auto clock = [](const std::string& id, const std::string& other, const std::string& event) {
    return "clocks { id: '" + id +
           R"(' clause: "7" provenance: PROVENANCE_OURS within { span { amount: 1 unit: TIME_UNIT_DAY } }
      stops_on { on { event: "case_closed" } }
      starts_on { on { event: ")" +
           event + R"(" where { field: "clock" any_of: ")" + other + "\" } } } }";
  };

  EXPECT_THAT(ProblemsWith(clock("one", "two", "clock_met") + clock("two", "one", "clock_breached")),
              HasProblem("clocks[1].starts_on", "no circle", "one -> two -> one"));
  EXPECT_THAT(ProblemsWith(clock("one", "first_contact", "clock_met") + clock("two", "one", "clock_breached")),
              testing::IsEmpty());
  EXPECT_THAT(
      ProblemsWith(
          R"(clocks { id: "one" clause: "7" provenance: PROVENANCE_OURS within { span { amount: 1 unit: TIME_UNIT_DAY } }
                stops_on { on { event: "case_closed" } } starts_on { on { event: "clock_breached" } } })"),
      HasProblem("clocks[1].starts_on", "no circle", "one -> one"));
}

TEST(PackProblems, DueFromIsAFieldOfAnEventThatStartsTheClock) {
  EXPECT_THAT(ProblemsWith(ClockWith(R"(due_from: "respond_by")")), testing::IsEmpty());
  EXPECT_THAT(ProblemsWith(ClockWith(R"(due_from: "respond_bye")")),
              HasProblem("clocks[1].due_from", "a field of an event that starts the clock", "respond_bye"));
  EXPECT_THAT(ProblemsWith(ClockWith(R"(due_from: "channel")")),
              HasProblem("clocks[1].due_from", "holds a time", "channel"));
  EXPECT_THAT(ProblemsWith(ClockWith(R"(due_from: "respond_by" starts_on { on { event: "case_reopened" } })")),
              HasProblem("clocks[1].within", "without due_from", "none"));
}

TEST(PackProblems, EscalationsAlertsAndSupersededClocksExist) {
  const auto problems = ProblemsWith(ClockWith(std::string(kAnySpan) + R"(supersedes: "first_contcat"
    on_breach { escalate_to: "maneger" } on_breach { alert: "agian" } on_breach {})"));

  EXPECT_THAT(problems, HasProblem("clocks[1].supersedes[0]", "did you mean \"first_contact\"?", "first_contcat"));
  EXPECT_THAT(problems, HasProblem("clocks[1].on_breach[0].escalate_to", "did you mean \"manager\"?", "maneger"));
  EXPECT_THAT(problems, HasProblem("clocks[1].on_breach[1].alert", "did you mean \"again\"?", "agian"));
  EXPECT_THAT(problems, HasProblem("clocks[1].on_breach[2]", "escalate_to or alert", "neither"));
}

TEST(PackProblems, AClockForEachActionStartsOnOne) {
  EXPECT_THAT(ProblemsWith(ClockWith(std::string(kAnySpan) + "for_each: FOR_EACH_ACTION")),
              HasProblem("clocks[1].starts_on[0]", "an event with action_id", "case_reported"));
}

// ---------------------------------------------------------------------------------------------- LAW and CODE

TEST(LawLimits, MayBeTightenedAndNeverLoosened) {
  const auto stage_one = [](int amount, const std::string& unit, const std::string& more) {
    return ClockWith("catalogue: 'CK-21' provenance: PROVENANCE_CODE within { span { amount: " +
                     std::to_string(amount) + " unit: TIME_UNIT_" + unit + " } } " + more);
  };
  const std::string extension = R"(extension_reasons: "complex" extension_at_most { amount: )";

  EXPECT_THAT(ProblemsWith(stage_one(8, "WORKING_DAY", "")), testing::IsEmpty());
  EXPECT_THAT(ProblemsWith(stage_one(10, "WORKING_DAY", "")), testing::IsEmpty());
  EXPECT_THAT(ProblemsWith(stage_one(11, "WORKING_DAY", "")),
              HasProblem("clocks[1].within[0].span", "at most 10 working_days (CK-21", "11 working_days"));
  EXPECT_THAT(ProblemsWith(stage_one(10, "DAY", "")),
              HasProblem("clocks[1].within[0].span", "at most 10 working_days", "10 days"));
  EXPECT_THAT(ProblemsWith(stage_one(10, "WORKING_DAY", "pause_reasons: 'busy'")),
              HasProblem("clocks[1].pause_reasons", "no pause", "busy"));
  EXPECT_THAT(ProblemsWith(stage_one(10, "WORKING_DAY", extension + "10 unit: TIME_UNIT_WORKING_DAY }")),
              testing::IsEmpty());
  EXPECT_THAT(ProblemsWith(stage_one(10, "WORKING_DAY", extension + "11 unit: TIME_UNIT_WORKING_DAY }")),
              HasProblem("clocks[1].extension_at_most", "at most 10 working_days", "11 working_days"));
}

TEST(LawLimits, KeepTheirProvenance) {
  EXPECT_THAT(ProblemsWith(ClockWith(R"(catalogue: "CK-80" within { span { amount: 24 unit: TIME_UNIT_HOUR } })")),
              HasProblem("clocks[1].provenance", "LAW (CK-80", "OURS"));
}

TEST(LawLimits, AFieldCannotStandInForThem) {
  EXPECT_THAT(ProblemsWith(ClockWith(R"(catalogue: "CK-80" provenance: PROVENANCE_LAW due_from: "respond_by")")),
              HasProblem("clocks[1].due_from", "at most 24 hours", "respond_by"));
}

// ---------------------------------------------------------------------------------------------- the rest

TEST(PackProblems, ChecklistsMayNotAskForThemselves) {
  EXPECT_THAT(ProblemsWith(R"(checklists { id: "round" clause: "3" provenance: PROVENANCE_OURS
                items { id: "i" say: "-" pass { sign_off { subject: "round" } } } }
              sign_offs { subject: "round" clause: "4" provenance: PROVENANCE_OURS signers { roles: "manager" } checklist: "round" })"),
              HasProblem("checklists", "no checklists that ask for one another", "round -> round"));
}

TEST(PackProblems, AChecklistServesEveryCaseTypeItIsAskedFor) {
  EXPECT_THAT(ProblemsWith(R"(checklists { id: "hate_only" case_types: "hate" clause: "3" provenance: PROVENANCE_OURS
                items { id: "i" say: "-" pass { flag: "hate" } } }
              rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close" when { checklist: "hate_only" } })"),
              HasProblem("rules[1].when.checklist", "applies to case type \"noise\"", "hate_only"));
}

TEST(PackProblems, StepFieldsHaveATypeOptionsAndAClass) {
  const auto problems = ProblemsWith(R"(steps { id: "s" roles: "oficer"
    fields { id: "a" data_class: DATA_CLASS_INTERNAL }
    fields { id: "b" type: TYPE_CODE data_class: DATA_CLASS_INTERNAL }
    fields { id: "c" type: TYPE_BOOL }
    fields { id: "d" type: TYPE_WORDS data_class: DATA_CLASS_INTERNAL }
    fields { id: "within" type: TYPE_BOOL data_class: DATA_CLASS_INTERNAL } })");

  EXPECT_EQ(problems.size(), 6u);
  EXPECT_THAT(problems, HasProblem("steps[3].roles[0]", "did you mean \"officer\"?", "oficer"));
  EXPECT_THAT(problems, HasProblem("steps[3].fields[0].type", "bool, number", "none"));
  EXPECT_THAT(problems, HasProblem("steps[3].fields[1].options", "at least one option", "none"));
  EXPECT_THAT(problems, HasProblem("steps[3].fields[2].data_class", "internal", "none"));
  EXPECT_THAT(problems, HasProblem("steps[3].fields[3].data_class", "personal", "internal"));
  EXPECT_THAT(problems, HasProblem("steps[3].fields[4].id", "does not have by itself", "within"));
}

TEST(PackProblems, ExamplesNamePeopleVerbsAndExpectations) {
  const auto problems = ProblemsWith(R"(examples { name: "x" from: "nowhere" case_type: "noise"
    when { by: "bob" verb: "clsoe" } then { refused: "R-11" clocks { key: "first_contact" value: "rnning" } events: "case_closd"
    escalated_to: "manager" escalated_to: "first_contat/manager" escalated_to: "first_contact/maneger" } })");

  EXPECT_THAT(problems, HasProblem("examples[0].from", "a scenario", "nowhere"));
  EXPECT_THAT(problems, HasProblem("examples[0].when.by", "one of the pack's people", "bob"));
  EXPECT_THAT(problems, HasProblem("examples[0].when.verb", "did you mean \"close\"?", "clsoe"));
  EXPECT_THAT(problems, HasProblem("examples[0].then.refused", "did you mean \"R-1\"?", "R-11"));
  EXPECT_THAT(problems, HasProblem("examples[0].then.clocks[first_contact]", "did you mean \"running\"?", "rnning"));
  EXPECT_THAT(problems, HasProblem("examples[0].then.events[0]", "did you mean \"case_closed\"?", "case_closd"));
  EXPECT_THAT(problems,
              HasProblem("examples[0].then.escalated_to[1]", "did you mean \"first_contact\"?", "first_contat"));
  EXPECT_THAT(problems, HasProblem("examples[0].then.escalated_to[2]", "did you mean \"manager\"?", "maneger"));
}

TEST(PackProblems, RulesAreOnVerbsThatPeopleUse) {
  EXPECT_THAT(
      ProblemsWith(
          R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "fire_clock" when { flag: "hate" } })"),
      HasProblem("rules[1].on[0]", "a verb that people use", "fire_clock"));
  EXPECT_THAT(ProblemsWith(R"(rules { id: "R-9" clause: "1" provenance: PROVENANCE_OURS say: "-" on: "close" })"),
              HasProblem("rules[1]", "`when` or `need`", "always refuse"));
}

}  // namespace
}  // namespace caseward

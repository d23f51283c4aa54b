#include "engine/policy/condition.h"

#include "condition_world.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

TEST(Condition, AllAnyNotCombineTheOthers) {
  World world;
  world.state.add_flags("hate");

  EXPECT_TRUE(world.Holds(R"(all { of { flag: "hate" } of { case_type { any_of: "noise" } } })"));
  EXPECT_FALSE(world.Holds(R"(all { of { flag: "hate" } of { case_type { any_of: "hate" } } })"));
  EXPECT_TRUE(world.Holds(R"(any { of { case_type { any_of: "hate" } } of { flag: "hate" } })"));
  EXPECT_FALSE(world.Holds(R"(not { flag: "hate" })"));
}

TEST(Condition, FlagHoldsWhileSet) {
  World world;

  EXPECT_FALSE(world.Holds(R"(flag: "hate")"));
  world.state.add_flags("hate");
  EXPECT_TRUE(world.Holds(R"(flag: "hate")"));
}

TEST(Condition, PriorityAndCaseTypeAreAnyOfAList) {
  World world;

  EXPECT_TRUE(world.Holds("priority { any_of: [PRIORITY_P1, PRIORITY_P2] }"));
  EXPECT_FALSE(world.Holds("priority { any_of: PRIORITY_P1 }"));
  EXPECT_TRUE(world.Holds(R"(case_type { any_of: ["hate", "noise"] })"));
}

// ---------------------------------------------------------------------------------------------- last

struct LastStepTest : testing::Test {
  World world;
  void SetUp() override {
    *world.state.add_steps() = FromText<v1::StepState>(R"(
      step: "risk_assessed" at { seconds: 1780909200 }  # 2026-06-08T09:00:00Z, a Monday
      fields { key: "band" value { code: "high" } }
      fields { key: "score" value { number: 14 } }
      fields { key: "face_to_face" value { flag: false } })");
  }
};

TEST_F(LastStepTest, LooksAtTheLatestRecordsFields) {
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" })"));
  EXPECT_FALSE(world.Holds(R"(last { step: "further_report" })"));
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" where { field: "band" any_of: "high" } })"));
  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" where { field: "band" any_of: "low" } })"));
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" where { field: "face_to_face" any_of: "false" } })"));
}

TEST_F(LastStepTest, ComparesNumbers) {
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" where { field: "score" at_least: 14 } })"));
  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" where { field: "score" at_least: 15 } })"));
  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" where { field: "score" at_most: 13 } })"));
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" where { field: "score" any_of: ["3", "14"] } })"));
}

TEST_F(LastStepTest, AbsentFieldsFitOnlyAbsence) {
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" where { field: "next_due" present: false } })"));
  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" where { field: "next_due" present: true } })"));
  EXPECT_FALSE(world.Holds(R"(last { step: "triage" where { field: "weapon" any_of: "false" } })"));
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" where { field: "score" present: true } })"));
}

TEST_F(LastStepTest, WithinCountsBackByTheCalendar) {
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" within { amount: 2 unit: TIME_UNIT_WORKING_DAY } })"));
  world.now = At("2026-06-11T12:00:00Z");
  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" within { amount: 2 unit: TIME_UNIT_WORKING_DAY } })"));
}

TEST_F(LastStepTest, SinceAnEventMeansNotBeforeIt) {
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" since: "closure_proposed" })")) << "it never happened";

  v1::LatestEvent& latest = *world.state.add_latest();
  latest.set_kind(v1::Event::kClosureProposed);
  SetTimestamp(At("2026-06-08T09:00:00Z"), latest.mutable_at());
  EXPECT_TRUE(world.Holds(R"(last { step: "risk_assessed" since: "closure_proposed" })")) << "the same moment";

  SetTimestamp(At("2026-06-08T09:00:01Z"), latest.mutable_at());
  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" since: "closure_proposed" })"));
}

TEST_F(LastStepTest, SinceMayNameAStep) {
  *world.state.add_steps() = FromText<v1::StepState>(R"(step: "further_report" at { seconds: 1780909201 })");

  EXPECT_FALSE(world.Holds(R"(last { step: "risk_assessed" since: "further_report" })"));
}

// ---------------------------------------------------------------------------------------------- count

struct CountTest : testing::Test {
  World world;
  void SetUp() override {
    world.lines.Add("2026-06-01T09:00:00Z", "ann",
                    R"(contact_attempted { with: WITH_REPORTER outcome: OUTCOME_NO_ANSWER channel: "phone" })");
    world.lines.Add("2026-06-03T09:00:00Z", "ben",
                    R"(contact_attempted { with: WITH_REPORTER outcome: OUTCOME_VOICEMAIL channel: "phone" })");
    world.lines.Add("2026-06-09T09:00:00Z", "ann",
                    R"(contact_attempted { with: WITH_VICTIM outcome: OUTCOME_NO_ANSWER channel: "visit" })");
    world.lines.Add("2026-06-09T10:00:00Z", "ann", R"(derived: true clock_warned { clock: "first_contact" })");
  }
  static constexpr char kAttempts[] = R"(of { event: "contact_attempted" } )";
};

TEST_F(CountTest, CountsEventsThatFit) {
  EXPECT_TRUE(world.Holds(std::string("count { at_least: 3 ") + kAttempts + "}"));
  EXPECT_FALSE(world.Holds(std::string("count { at_least: 4 ") + kAttempts + "}"));
  EXPECT_TRUE(world.Holds(
      R"(count { at_least: 2 of { event: "contact_attempted" where { field: "with" any_of: "reporter" } } })"));
  EXPECT_FALSE(world.Holds(
      R"(count { at_least: 3 of { event: "contact_attempted" where { field: "with" any_of: "reporter" } } })"));
  EXPECT_TRUE(world.Holds(
      R"(count { of { event: "contact_attempted" where { field: "outcome" any_of: ["voicemail", "letter_sent"] } } })"));
}

TEST_F(CountTest, AtMostAloneMayBeNone) {
  EXPECT_TRUE(world.Holds(R"(count { at_most: 0 of { event: "contact_made" } })"));
  EXPECT_FALSE(world.Holds(std::string("count { at_most: 2 ") + kAttempts + "}"));
}

TEST_F(CountTest, ManyEventsHaveOneName) {
  EXPECT_TRUE(world.Holds(R"(count { at_least: 4 of { event: "any" } })"));
  EXPECT_FALSE(world.Holds(R"(count { at_least: 4 of { event: "fact" } })")) << "a clock's warning is no fact";
  EXPECT_FALSE(world.Holds(R"(count { of { event: "substantive" } })"));
}

TEST_F(CountTest, WithinLeavesOutTheOlder) {
  EXPECT_TRUE(world.Holds(std::string("count { at_least: 2 within { amount: 5 unit: TIME_UNIT_WORKING_DAY } ") +
                          kAttempts + "}"));
  EXPECT_FALSE(world.Holds(std::string("count { at_least: 3 within { amount: 5 unit: TIME_UNIT_WORKING_DAY } ") +
                           kAttempts + "}"));
}

TEST_F(CountTest, SpanIsFromTheFirstToTheLast) {
  EXPECT_TRUE(world.Holds(std::string("count { at_least: 3 span { amount: 5 unit: TIME_UNIT_WORKING_DAY } ") +
                          kAttempts + "}"));
  EXPECT_FALSE(world.Holds(std::string("count { at_least: 3 span { amount: 7 unit: TIME_UNIT_WORKING_DAY } ") +
                           kAttempts + "}"));
}

TEST_F(CountTest, DistinctValuesOfAField) {
  EXPECT_TRUE(world.Holds(std::string(R"(count { distinct_by: "channel" distinct_at_least: 2 )") + kAttempts + "}"));
  EXPECT_FALSE(world.Holds(std::string(R"(count { distinct_by: "channel" distinct_at_least: 3 )") + kAttempts + "}"));
  EXPECT_TRUE(world.Holds(std::string(R"(count { distinct_by: "with" distinct_at_least: 2 )") + kAttempts + "}"));
}

TEST_F(CountTest, SinceIsAfterTheLatestOfAnEvent) {
  v1::LatestEvent& latest = *world.state.add_latest();
  latest.set_kind(v1::Event::kClosureProposed);
  SetTimestamp(At("2026-06-03T09:00:00Z"), latest.mutable_at());

  EXPECT_TRUE(world.Holds(std::string(R"(count { at_least: 1 since: "closure_proposed" )") + kAttempts + "}"));
  EXPECT_FALSE(world.Holds(std::string(R"(count { at_least: 2 since: "closure_proposed" )") + kAttempts + "}"));
}

TEST_F(CountTest, ByAskerLeavesOutOthers) {
  EXPECT_TRUE(world.Holds(std::string("count { at_least: 2 by_asker: true ") + kAttempts + "}"));
  EXPECT_FALSE(world.Holds(std::string("count { at_least: 3 by_asker: true ") + kAttempts + "}"));
}

TEST_F(CountTest, ByAskerCountsByPersonNotByAccount) {
  const std::string two = std::string("count { at_least: 2 by_asker: true ") + kAttempts + "}";
  const std::string one = std::string("count { by_asker: true ") + kAttempts + "}";

  world.actor = FromText<v1::Actor>(R"(id: "d365" kind: KIND_SERVICE on_behalf_of: "ann")");
  EXPECT_TRUE(world.Holds(two));

  world.actor.set_on_behalf_of("zoe");
  world.lines.Add("2026-06-09T12:00:00Z", "d365", "contact_attempted { with: WITH_VICTIM }");
  EXPECT_FALSE(world.Holds(one)) << "what the account did for another is not hers";
}

TEST_F(CountTest, ADayOutsideTheCalendarIsAFaultNotAGuess) {
  world.now = At("2026-01-02T12:00:00Z");

  EXPECT_FALSE(world.Holds(std::string("count { at_least: 1 within { amount: 10 unit: TIME_UNIT_WORKING_DAY } ") +
                           kAttempts + "}"));

  EXPECT_EQ(world.fault.code(), absl::StatusCode::kOutOfRange) << world.fault;
}

// ---------------------------------------------------------------------------------------------- the case as it stands

TEST(Condition, OpenActionsLeavesOutResidentsTasksAndThoseDone) {
  World world;
  *world.state.add_actions() = FromText<v1::ActionState>(R"(action_id: "a1" status: STATUS_OPEN resident_task: true)");
  *world.state.add_actions() = FromText<v1::ActionState>(R"(action_id: "a2" status: STATUS_DONE)");
  EXPECT_FALSE(world.Holds("open_actions {}"));

  *world.state.add_actions() = FromText<v1::ActionState>(
      R"(action_id: "a3" kind: "visit" status: STATUS_OPEN due { seconds: 1781092800 })");  // 2026-06-10T12:00:00Z
  EXPECT_TRUE(world.Holds("open_actions {}"));
  EXPECT_TRUE(world.Holds(R"(open_actions { kinds: ["visit"] })"));
  EXPECT_FALSE(world.Holds(R"(open_actions { kinds: ["letter"] })"));
  EXPECT_FALSE(world.Holds("open_actions { promises: true }"));
  EXPECT_TRUE(world.Holds("open_actions { overdue: true }")) << "a due time is exclusive";
  world.now -= absl::Microseconds(1);
  EXPECT_FALSE(world.Holds("open_actions { overdue: true }"));
}

TEST(Condition, ClockHoldsByStatus) {
  World world;
  EXPECT_FALSE(world.Holds(R"(clock { clock: "first_contact" })"));

  *world.state.add_clocks() =
      FromText<v1::ClockState>(R"(clock: "first_contact" definition: "first_contact" status: STATUS_BREACHED)");
  EXPECT_TRUE(world.Holds(R"(clock { clock: "first_contact" })"));
  EXPECT_TRUE(world.Holds(R"(clock { clock: "first_contact" status: ["running", "breached"] })"));
  EXPECT_FALSE(world.Holds(R"(clock { clock: "first_contact" status: ["met_late"] })"));
}

TEST(Condition, AgeOfWhatNeverHappenedDoesNotHold) {
  World world;
  EXPECT_FALSE(world.Holds(R"(age { of: "opened" at_least { amount: 1 unit: TIME_UNIT_HOUR } })"));
  EXPECT_FALSE(world.Holds(R"(age { of: "opened" at_most { amount: 1 unit: TIME_UNIT_HOUR } })"));
}

TEST(Condition, AgeIsCountedByTheCalendar) {
  World world;
  SetTimestamp(At("2026-06-05T09:00:00Z"), world.state.mutable_opened_at());  // Friday

  EXPECT_TRUE(world.Holds(R"(age { of: "opened" at_least { amount: 2 unit: TIME_UNIT_WORKING_DAY } })"));
  EXPECT_FALSE(world.Holds(R"(age { of: "opened" at_least { amount: 4 unit: TIME_UNIT_WORKING_DAY } })"));
  EXPECT_TRUE(world.Holds(R"(age { of: "opened" at_most { amount: 3 unit: TIME_UNIT_WORKING_DAY } })"));
  EXPECT_FALSE(world.Holds(R"(age { of: "opened" at_most { amount: 2 unit: TIME_UNIT_WORKING_DAY } })"));
}

TEST(Condition, AnAgeIsEitherAtMostOrAtLeastASpan) {
  World world;
  const char* at_most = R"(age { of: "opened" at_most { amount: 24 unit: TIME_UNIT_HOUR } })";
  const char* at_least = R"(age { of: "opened" at_least { amount: 24 unit: TIME_UNIT_HOUR } })";

  SetTimestamp(world.now - absl::Hours(24), world.state.mutable_opened_at());
  EXPECT_FALSE(world.Holds(at_most)) << "the end of a span is exclusive";
  EXPECT_TRUE(world.Holds(at_least));
  SetTimestamp(world.now - absl::Hours(24) + absl::Microseconds(1), world.state.mutable_opened_at());
  EXPECT_TRUE(world.Holds(at_most));
  EXPECT_FALSE(world.Holds(at_least));
}

TEST(Condition, CaseFieldsAreTestedByTheirKind) {
  World world;
  world.state.set_channel("phone");
  world.state.set_reopened(2);
  world.state.set_phase(v1::PHASE_CLOSING);
  world.state.mutable_plan()->set_version(1);
  world.state.mutable_plan()->set_understanding_confirmed_by("said_back");

  EXPECT_TRUE(
      world.Holds(R"(case_state { of { field: "owner" present: true } of { field: "anonymous" any_of: "false" } })"));
  EXPECT_FALSE(world.Holds(R"(case_state { of { field: "proposer" present: true } })"));
  EXPECT_TRUE(world.Holds(R"(case_state { of { field: "channel" any_of: ["web", "phone"] } })"));
  EXPECT_TRUE(world.Holds(R"(case_state { of { field: "reopened" at_least: 2 } })"));
  EXPECT_TRUE(world.Holds(R"(case_state { of { field: "phase" any_of: "closing" } })"));
  EXPECT_TRUE(world.Holds(R"(case_state { of { field: "plan.understanding_confirmed_by" any_of: "said_back" } })"));
  EXPECT_TRUE(world.Holds(R"(case_state { of { field: "flags" at_most: 0 } })"));
  EXPECT_FALSE(world.Holds(R"(case_state { of { field: "triaged_at" present: true } })"));
}

TEST(Condition, ResidentFieldsAreAbsentWithoutAResident) {
  World world;
  world.resident.mutable_needs()->set_interpreter(true);
  world.resident.mutable_needs()->add_adjustments("large_print");

  EXPECT_TRUE(world.Holds(R"(resident { of { field: "interpreter" any_of: "true" } })"));
  EXPECT_TRUE(world.Holds(R"(resident { of { field: "adjustments" any_of: "large_print" } })"));
  EXPECT_FALSE(world.Holds(R"(resident { of { field: "adjustments" any_of: "braille" } })"));
  EXPECT_FALSE(world.Holds(R"(resident { of { field: "safe_contact" present: true } })"));
}

// ---------------------------------------------------------------------------------------------- who asks, and what

TEST(Condition, ActorByRoleTierRelationAndTraining) {
  World world;

  EXPECT_TRUE(world.Holds(R"(actor { roles: ["officer", "manager"] })"));
  EXPECT_FALSE(world.Holds(R"(actor { roles: ["manager"] })"));
  EXPECT_FALSE(world.Holds("actor { min_tier: 2 }"));
  EXPECT_TRUE(world.Holds(R"(actor { is: ["owner", "proposer"] })"));
  EXPECT_FALSE(world.Holds(R"(actor { is_not: ["owner"] })"));
  EXPECT_TRUE(world.Holds(R"(actor { is_not: ["proposer", "previous_owner", "handover_to"] })")) << "nobody is nobody";
  EXPECT_TRUE(world.Holds("actor { human: true }"));
  EXPECT_FALSE(world.Holds(R"(actor { trained_in: "hate" })"));
  world.staff.add_trained_in("hate");
  EXPECT_TRUE(world.Holds(R"(actor { trained_in: "hate" })"));
}

TEST(Condition, AServiceThatSpeaksForAPersonIsThatPerson) {
  World world;
  world.actor = FromText<v1::Actor>(R"(id: "d365" kind: KIND_SERVICE on_behalf_of: "ann")");
  EXPECT_TRUE(world.Holds(R"(actor { is: "owner" })"));
  EXPECT_TRUE(world.Holds("actor { human: true }"));

  world.state.set_owner("d365");
  EXPECT_FALSE(world.Holds(R"(actor { is: "owner" })")) << "the account is not the person";

  world.state.set_owner("ann");
  world.actor.clear_on_behalf_of();
  EXPECT_FALSE(world.Holds(R"(actor { is: "owner" })"));
  EXPECT_FALSE(world.Holds("actor { human: true }"));
}

TEST(Condition, L12_SystemIsNoHuman) {
  World world;
  world.actor = FromText<v1::Actor>(R"(id: "system" kind: KIND_SYSTEM)");

  EXPECT_FALSE(world.Holds("actor { human: true }"));
}

TEST(Condition, AskedLooksAtTheFactAndThenAtTheCommand) {
  World world;
  world.verb = "contact";
  world.asked = FromText<v1::Event>(R"(contact_made { with: WITH_VICTIM two_way: true })");
  world.command.mutable_record_contact()->set_bulk(true);
  world.command.set_late_reason_code("sick");

  EXPECT_TRUE(world.Holds(R"(asked { of { field: "with" any_of: "victim" } })"));
  EXPECT_TRUE(world.Holds(R"(asked { of { field: "bulk" any_of: "true" } })")) << "a field of the verb";
  EXPECT_TRUE(world.Holds(R"(asked { of { field: "late_reason_code" any_of: "sick" } })")) << "a field of the command";
  EXPECT_FALSE(world.Holds(R"(asked { of { field: "next_update_by" present: true } })"));
}

TEST(Condition, AskedTimesAreComparedWithNow) {
  World world;
  world.verb = "plan";
  world.asked = FromText<v1::Event>("plan_agreed {}");
  const char* within = R"(asked { of { field: "review_by" within { amount: 2 unit: TIME_UNIT_WORKING_DAY } } })";
  const char* beyond = R"(asked { of { field: "review_by" beyond { amount: 2 unit: TIME_UNIT_WORKING_DAY } } })";
  EXPECT_FALSE(world.Holds(within)) << "absent";

  SetTimestamp(At("2026-06-12T23:59:59Z"), world.asked.mutable_plan_agreed()->mutable_review_by());
  EXPECT_TRUE(world.Holds(within));
  SetTimestamp(At("2026-06-13T00:00:00Z"), world.asked.mutable_plan_agreed()->mutable_review_by());
  EXPECT_FALSE(world.Holds(within));
  EXPECT_TRUE(world.Holds(beyond));
  SetTimestamp(At("2026-06-11T12:00:00Z"), world.asked.mutable_plan_agreed()->mutable_review_by());
  EXPECT_FALSE(world.Holds(beyond));
}

TEST(Condition, AskedOfAnotherVerbIsAbsent) {
  World world;
  world.verb = "contact";
  world.asked = FromText<v1::Event>(R"(contact_attempted { outcome: OUTCOME_VOICEMAIL })");

  EXPECT_TRUE(world.Holds(R"(asked { of { field: "outcome" any_of: "voicemail" } })"));
  EXPECT_FALSE(world.Holds(R"(asked { of { field: "two_way" any_of: "true" } })")) << "only a contact made has it";
}

TEST(Condition, AgeOfWhatIsAsked) {
  World world;
  world.verb = "contact";
  world.asked = FromText<v1::Event>("contact_made {}");
  SetTimestamp(At("2026-06-01T12:00:00Z"), world.asked.mutable_occurred_at());

  EXPECT_TRUE(world.Holds(R"(age { of: "asked" at_least { amount: 5 unit: TIME_UNIT_WORKING_DAY } })"));
  SetTimestamp(world.now, world.asked.mutable_occurred_at());
  EXPECT_FALSE(world.Holds(R"(age { of: "asked" at_least { amount: 5 unit: TIME_UNIT_WORKING_DAY } })"));
}

TEST(Condition, AVarianceHoldsInItsRegionWhileItLasts) {
  World world;
  // Ends the rule that World makes and declares the exception behind it.
  const auto lasting = [](absl::Time from, absl::Time until) {
    return StrCat(R"(variance: "pilot" } } variances { id: "pilot" region: "north" clause: "9" approved_by: "manager"
      provenance: PROVENANCE_OURS from { seconds: )",
                  absl::ToUnixSeconds(from), "} until { seconds: ", absl::ToUnixSeconds(until));
  };
  const absl::Duration day = absl::Hours(24);
  world.state.set_region("north");

  EXPECT_TRUE(world.Holds(lasting(world.now - day, world.now + day)));
  EXPECT_TRUE(world.Holds(lasting(world.now, world.now + day))) << "from its first instant";
  EXPECT_FALSE(world.Holds(lasting(world.now - day, world.now))) << "it is over at the instant it ends";
  EXPECT_FALSE(world.Holds(lasting(world.now + day, world.now + 2 * day)));
  world.state.set_region("south");
  EXPECT_FALSE(world.Holds(lasting(world.now - day, world.now + day)));
}

}  // namespace
}  // namespace caseward

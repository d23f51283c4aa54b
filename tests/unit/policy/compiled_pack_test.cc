#include "engine/policy/compiled_pack.h"

#include <set>

#include "condition_world.h"

namespace caseward {
namespace {

std::unique_ptr<const CompiledPack> Compiled(const std::string& more) {
  auto compiled = CompiledPack::Compile(PackWith(more));
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *std::move(compiled);
}

TEST(CompiledPack, FindsThingsById) {
  const auto pack = Compiled("");

  EXPECT_EQ(pack->case_type("hate")->priority(), v1::PRIORITY_P1);
  EXPECT_EQ(pack->case_type("none"), nullptr);
  EXPECT_EQ(pack->step("triage")->id(), "triage");
  EXPECT_EQ(pack->clock("first_contact")->source->id(), "first_contact");
  EXPECT_EQ(pack->tier("director"), 3u);
  EXPECT_EQ(pack->tier("nobody"), 0u);
  EXPECT_EQ(pack->sign_off("closure", "noise")->checklist, pack->checklist("closing", "noise"));
  EXPECT_EQ(pack->sign_off("bare", "noise")->checklist, nullptr);
  EXPECT_EQ(pack->sign_off("closure", "none"), nullptr);
}

TEST(CompiledPack, RulesRunByOrderThenAsListed) {
  const auto rule = [](const std::string& id, int order) {
    return "rules { id: '" + id + R"(' clause: "5" provenance: PROVENANCE_OURS say: "-" on: ["close", "contact"]
      when { flag: "hate" } order: )" +
           std::to_string(order) + " }";
  };
  const auto pack = Compiled(rule("late", 1) + rule("first", -1) + rule("same", 0));

  std::vector<std::string> ids;
  for (const CompiledRule* one : pack->RulesOn(v1::Command::kCloseCase, "noise"))
    ids.push_back(one->source->id());

  EXPECT_THAT(ids, testing::ElementsAre("first", "R-1", "same", "late"));
  EXPECT_EQ(pack->RulesOn(v1::Command::kRecordContact, "noise").size(), 3u);
  EXPECT_TRUE(pack->RulesOn(v1::Command::kCloseCase, "none").empty());
}

TEST(CompiledPack, ThingsOfOneCaseTypeAreNotThoseOfAnother) {
  const auto pack = Compiled(R"(
    clocks { id: "hate_only" clause: "7" provenance: PROVENANCE_OURS case_types: "hate" starts_on { on { event: "case_reported" } }
      stops_on { on { event: "case_closed" } } within { span { amount: 1 unit: TIME_UNIT_DAY } } })");

  EXPECT_EQ(pack->Clocks("hate").size(), 2u);
  EXPECT_EQ(pack->Clocks("noise").size(), 1u);
}

TEST(CompiledPack, AnEventMeetsTheClocksThatItMayMoveAndNoOthers) {
  const auto pack = Compiled(R"(
    clocks { id: "hate_only" clause: "7" provenance: PROVENANCE_OURS case_types: "hate" starts_on { on { event: "case_reported" } }
      stops_on { on { event: "plan_agreed" } } within { span { amount: 1 unit: TIME_UNIT_DAY } } }
    clocks { id: "quiet" clause: "7" provenance: PROVENANCE_OURS case_types: "hate" starts_on { on { event: "case_reported" } }
      stops_on { on { event: "substantive" } } within { span { amount: 1 unit: TIME_UNIT_DAY } } })");
  const auto moved_by = [&](const char* event, const char* type) {
    std::set<std::string> ids;
    for (const CompiledClock* clock : pack->ClocksMovedBy(FromText<v1::Event>(event), type))
      ids.insert(clock->source->id());
    return ids;
  };

  EXPECT_THAT(moved_by("case_reported {}", "hate"), testing::IsSupersetOf({"hate_only", "quiet"}));
  EXPECT_THAT(moved_by("plan_agreed {}", "hate"), testing::Contains("hate_only"));
  EXPECT_THAT(moved_by("case_closed {}", "hate"), testing::Contains("hate_only")) << "closing ends all";
  EXPECT_THAT(moved_by("case_linked {}", "hate"), testing::ElementsAre("quiet")) << "anything substantive";
  EXPECT_THAT(moved_by("plan_agreed {}", "noise"), testing::Not(testing::Contains("hate_only")));
  EXPECT_THAT(moved_by("plan_agreed {}", "none"), testing::IsEmpty());
}

TEST(CompiledPack, AStepMeetsTheClocksAndAlertsThatNameItOrAny) {
  const auto pack = Compiled(R"(
    clocks { id: "assessed" clause: "7" provenance: PROVENANCE_OURS starts_on { on { event: "case_reported" } }
      stops_on { on { event: "step_recorded" where { field: "step" any_of: "risk_assessed" } } }
      within { span { amount: 1 unit: TIME_UNIT_DAY } } }
    clocks { id: "any_step" clause: "7" provenance: PROVENANCE_OURS starts_on { on { event: "case_reported" } }
      stops_on { on { event: "step_recorded" } } within { span { amount: 1 unit: TIME_UNIT_DAY } } }
    clocks { id: "either" clause: "7" provenance: PROVENANCE_OURS starts_on { on { event: "case_reported" } }
      stops_on { on { event: "step_recorded" where { field: "step" any_of: "triage" any_of: "risk_assessed" } } }
      within { span { amount: 1 unit: TIME_UNIT_DAY } } }
    alerts { id: "told" clause: "7" provenance: PROVENANCE_OURS to_role: "manager" say: "-"
      on { on { event: "step_recorded" where { field: "step" any_of: "risk_assessed" } } } })");
  const auto moved_by = [&](const std::string& step) {
    std::vector<std::string> ids;
    const auto event = FromText<v1::Event>("step_recorded { step: '" + step + "' }");
    for (const CompiledClock* clock : pack->ClocksMovedBy(event, "noise"))
      ids.push_back(clock->source->id());
    for (const CompiledAlert* alert : pack->AlertsOn(event, "noise"))
      ids.push_back(alert->source->id());
    return ids;
  };

  EXPECT_THAT(moved_by("risk_assessed"), testing::ElementsAre("assessed", "any_step", "either", "told"));
  EXPECT_THAT(moved_by("triage"), testing::ElementsAre("any_step", "either"));
  EXPECT_THAT(moved_by("unheard_of"), testing::ElementsAre("any_step"));
}

TEST(CompiledPack, AStepMeetsTheRulesThatAskForItOrForNone) {
  const auto rule = [](const std::string& id, const std::string& when) {
    return "rules { id: '" + id + R"(' clause: "5" provenance: PROVENANCE_OURS say: "-" on: "step" when { )" + when +
           " } }";
  };
  const std::string assessed = R"(asked { of { field: "step" any_of: "risk_assessed" } })";
  const std::string triage = R"(asked { of { field: "step" any_of: "triage" } })";
  const auto pack =
      Compiled(rule("of_one", assessed) + rule("within", "all { of { flag: 'hate' } of { " + assessed + " } }") +
               rule("of_two", "any { of { " + assessed + " } of { " + triage + " } }") +
               rule("or_flag", "any { of { " + assessed + " } of { flag: 'hate' } }") +
               rule("not_one", "not { " + assessed + " }") + rule("always", "flag: 'hate'"));
  const auto on = [&](const std::string& step) {
    std::vector<std::string> ids;
    for (const CompiledRule* one : pack->RulesOnStep(step, "noise"))
      ids.push_back(one->source->id());
    return ids;
  };

  EXPECT_THAT(on("risk_assessed"), testing::ElementsAre("of_one", "within", "of_two", "or_flag", "not_one", "always"));
  EXPECT_THAT(on("triage"), testing::ElementsAre("of_two", "or_flag", "not_one", "always"));
  EXPECT_THAT(on("unheard_of"), testing::ElementsAre("or_flag", "not_one", "always"));
}

TEST(CompiledPack, OneSignOffMeetsTheChecklistOfEachCaseType) {
  const auto list = [](const std::string& type) {
    return "checklists { id: 'own' case_types: '" + type + R"(' clause: "3" provenance: PROVENANCE_OURS
      items { id: ")" +
           type + R"(_item" say: "-" pass { flag: "hate" } } })";
  };
  const auto pack = Compiled(
      list("hate") + list("noise") +
      R"(sign_offs { subject: "own" clause: "4" provenance: PROVENANCE_OURS signers { roles: "manager" } checklist: "own" })");

  EXPECT_EQ(pack->sign_off("own", "hate")->checklist->items[0].source->id(), "hate_item");
  EXPECT_EQ(pack->sign_off("own", "noise")->checklist->items[0].source->id(), "noise_item");
}

TEST(CompiledTrigger, FiresOnItsEventWithItsFieldsAndCondition) {
  World world;
  world.pack = Compiled(R"(alerts { id: "high" clause: "6" provenance: PROVENANCE_OURS to_role: "manager"
    on { on { event: "step_recorded" where { field: "step" any_of: "risk_assessed" } where { field: "band" any_of: "high" } }
         when { event { of { field: "score" at_least: 10 } } } } })");
  const CompiledTrigger& trigger = world.pack->Alerts("noise")[1]->on;
  v1::Event event = FromText<v1::Event>(R"(step_recorded { step: "risk_assessed"
    fields { key: "band" value { code: "high" } } fields { key: "score" value { number: 10 } } })");
  EXPECT_TRUE(trigger.Fires(event, world.Look()));

  (*event.mutable_step_recorded()->mutable_fields())["score"].set_number(9);
  EXPECT_FALSE(trigger.Fires(event, world.Look())) << "the condition";
  (*event.mutable_step_recorded()->mutable_fields())["score"].set_number(10);
  (*event.mutable_step_recorded()->mutable_fields())["band"].set_code("low");
  EXPECT_FALSE(trigger.Fires(event, world.Look())) << "the field";
  EXPECT_FALSE(trigger.Fires(FromText<v1::Event>("case_closed {}"), world.Look())) << "the event";
}

TEST(CompiledTrigger, TimeIsTheNamedFieldOrWhenItHappened) {
  const auto pack = Compiled("");
  const CompiledTrigger& starts = pack->clock("first_contact")->starts_on[0];
  v1::Event event = FromText<v1::Event>("case_reported {}");
  SetTimestamp(At("2026-06-10T12:00:00Z"), event.mutable_occurred_at());
  EXPECT_EQ(starts.TimeOf(event), At("2026-06-10T12:00:00Z")) << "aware_at is absent";

  SetTimestamp(At("2026-06-09T12:00:00Z"), event.mutable_case_reported()->mutable_aware_at());
  EXPECT_EQ(starts.TimeOf(event), At("2026-06-09T12:00:00Z"));
}

TEST(CompiledTrigger, ANameOfManyClocksFitsEachOfThem) {
  World world;
  world.pack = Compiled(R"(
    clocks { id: "action_due" clause: "7" provenance: PROVENANCE_OURS for_each: FOR_EACH_ACTION due_from: "due"
      starts_on { on { event: "action_added" } } stops_on { on { event: "action_completed" } } }
    alerts { id: "late" clause: "6" provenance: PROVENANCE_OURS to_role: "manager"
      on { on { event: "clock_breached" where { field: "clock" any_of: "action_due" } } } })");
  const CompiledTrigger& trigger = world.pack->Alerts("noise")[1]->on;

  EXPECT_TRUE(trigger.Fires(FromText<v1::Event>(R"(clock_breached { clock: "action_due/a1" })"), world.Look()));
  EXPECT_FALSE(trigger.Fires(FromText<v1::Event>(R"(clock_breached { clock: "action_due_too" })"), world.Look()));
}

TEST(CompiledClock, SpanIsTheFirstThatFits) {
  World world;
  world.pack = Compiled("");
  const CompiledClock* clock = world.pack->clock("first_contact");

  world.state.set_priority(v1::PRIORITY_P1);
  EXPECT_EQ(clock->SpanFor(world.Look())->amount(), 1u);
  world.state.set_priority(v1::PRIORITY_P3);
  EXPECT_EQ(clock->SpanFor(world.Look())->amount(), 5u);
}

TEST(CompiledClock, DueMayComeWithTheStart) {
  const auto pack = Compiled(R"(clocks { id: "answer" clause: "7" provenance: PROVENANCE_OURS due_from: "respond_by"
    starts_on { on { event: "case_reported" } } stops_on { on { event: "case_closed" } } })");
  v1::Event event = FromText<v1::Event>("case_reported {}");
  EXPECT_EQ(pack->clock("answer")->DueFrom(event), std::nullopt);

  SetTimestamp(At("2026-06-12T00:00:00Z"), event.mutable_case_reported()->mutable_respond_by());
  EXPECT_EQ(pack->clock("answer")->DueFrom(event), At("2026-06-12T00:00:00Z"));
  EXPECT_EQ(pack->clock("first_contact")->DueFrom(event), std::nullopt);
}

TEST(CompiledClock, IsMovedByWhatItsTriggersNameAndByClosing) {
  const auto pack = Compiled(R"(
    clocks { id: "plain" clause: "7" provenance: PROVENANCE_OURS within { span { amount: 1 unit: TIME_UNIT_DAY } }
      starts_on { on { event: "case_reported" } } stops_on { on { event: "contact_made" } }
      ceases_on { on { event: "case_withdrawn" } } }
    clocks { id: "again" clause: "7" provenance: PROVENANCE_OURS within { span { amount: 1 unit: TIME_UNIT_DAY } }
      repeats_after_breach: true starts_on { on { event: "case_reported" } } stops_on { on { event: "substantive" } } }
    clocks { id: "hasty" clause: "7" provenance: PROVENANCE_OURS
      within { when { flag: "hate" } span { amount: 1 unit: TIME_UNIT_DAY } } within { span { amount: 2 unit: TIME_UNIT_DAY } }
      starts_on { on { event: "case_reported" } } stops_on { on { event: "contact_made" } } })");
  const EventReach& plain = pack->clock("plain")->moved_by;
  const EventReach& hasty = pack->clock("hasty")->moved_by;
  const EventReach& by_priority = pack->clock("first_contact")->moved_by;

  for (const auto kind :
       {v1::Event::kCaseReported, v1::Event::kContactMade, v1::Event::kCaseWithdrawn, v1::Event::kCaseClosed}) {
    EXPECT_TRUE(plain.Has(kind)) << EventName(kind);
  }
  for (const auto kind : {v1::Event::kStepRecorded, v1::Event::kClockBreached, v1::Event::kPriorityChanged,
                          v1::Event::kFlagSet, v1::Event::KIND_NOT_SET}) {
    EXPECT_FALSE(plain.Has(kind)) << EventName(kind);
  }
  EXPECT_TRUE(pack->clock("again")->moved_by.Has(v1::Event::kClockBreached));
  EXPECT_TRUE(pack->clock("again")->moved_by.Has(v1::Event::kStepRecorded)) << "it may be substantive";
  EXPECT_TRUE(hasty.Has(v1::Event::kFlagSet));
  EXPECT_TRUE(hasty.Has(v1::Event::kPriorityChanged)) << "a priority may set what a duration hangs on";
  EXPECT_TRUE(by_priority.Has(v1::Event::kPriorityChanged));
}

TEST(EventReach, HasRoomForEveryKindOfEvent) {
  const auto* kinds = v1::Event::descriptor()->FindFieldByNumber(v1::Event::kCaseReported)->containing_oneof();
  for (int i = 0; i < kinds->field_count(); ++i)
    EXPECT_LE(kinds->field(i)->number(), kEventKindMax) << kinds->field(i)->name();
}

// ---------------------------------------------------------------------------------------------- checklists and
// sign-offs

struct SignOffHashTest : testing::Test {
  World world;
  void SetUp() override {
    world.pack = Compiled("");
    world.state.add_steps()->set_step("risk_assessed");
    world.state.set_last_substantive_version(7);
  }
  bool Holds(const std::string& condition) { return world.Holds(condition); }
  void Sign(const std::string& subject, const std::string& role) {
    v1::SignOffState& given = *world.state.add_sign_offs();
    given.set_subject(subject);
    given.set_role(role);
    given.set_granted(true);
    given.set_hash(SignOffHash(subject, world.Look()));
  }
};

TEST_F(SignOffHashTest, IsOfTheSubjectTheItemsAndTheLastSubstantiveFact) {
  const std::string hash = SignOffHash("closure", world.Look());
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(hash, SignOffHash("closure", world.Look()));
  EXPECT_NE(hash, SignOffHash("bare", world.Look()));

  world.state.set_last_substantive_version(8);
  EXPECT_NE(hash, SignOffHash("closure", world.Look()));
  world.state.set_last_substantive_version(7);
  world.state.clear_steps();
  EXPECT_NE(hash, SignOffHash("closure", world.Look())) << "an item no longer passes";
}

TEST_F(SignOffHashTest, ASignatureHoldsWhileWhatWasSignedStands) {
  const char* signed_off = R"(sign_off { subject: "closure" })";
  EXPECT_FALSE(Holds(signed_off));
  Sign("closure", "manager");
  EXPECT_TRUE(Holds(signed_off));
  EXPECT_TRUE(Holds(R"(sign_off { subject: "closure" by_roles: ["director", "manager"] })"));
  EXPECT_FALSE(Holds(R"(sign_off { subject: "closure" by_roles: "director" })"));

  world.state.set_last_substantive_version(8);
  EXPECT_FALSE(Holds(signed_off)) << "something happened since";
  world.state.set_last_substantive_version(7);
  world.state.mutable_sign_offs(0)->set_void_(true);
  EXPECT_FALSE(Holds(signed_off)) << "void";
}

TEST_F(SignOffHashTest, ARefusalIsNoSignature) {
  Sign("closure", "manager");
  world.state.mutable_sign_offs(0)->set_granted(false);

  EXPECT_FALSE(Holds(R"(sign_off { subject: "closure" })"));
}

TEST_F(SignOffHashTest, WithoutAChecklistAnyGrantThatIsNotVoidHolds) {
  Sign("bare", "manager");
  world.state.set_last_substantive_version(9);

  EXPECT_TRUE(Holds(R"(sign_off { subject: "bare" })"));
}

TEST_F(SignOffHashTest, ItemsPassOrAreWaivedUnlessFirm) {
  world.state.clear_steps();
  *world.state.add_actions() = FromText<v1::ActionState>(R"(action_id: "a1" status: STATUS_OPEN)");
  for (const char* item : {"assessed", "no_actions"}) {
    v1::WaiverState& waiver = *world.state.add_waivers();
    waiver.set_subject("closure");
    waiver.set_item(item);
  }

  const std::vector<v1::ChecklistItemValue> values = ChecklistValues("closure", world.Look());

  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].id(), "assessed");
  EXPECT_FALSE(values[0].passed());
  EXPECT_TRUE(values[0].waived());
  EXPECT_FALSE(values[1].passed());
  EXPECT_FALSE(values[1].waived()) << "a firm item is never waived";
  EXPECT_FALSE(Holds(R"(checklist: "closing")"));
  world.state.clear_actions();
  EXPECT_TRUE(Holds(R"(checklist: "closing")"));
}

TEST_F(SignOffHashTest, AWaiverForAnotherSubjectDoesNotCount) {
  world.state.clear_steps();
  v1::WaiverState& waiver = *world.state.add_waivers();
  waiver.set_subject("bare");
  waiver.set_item("assessed");

  EXPECT_FALSE(ChecklistValues("closure", world.Look())[0].waived());
  EXPECT_FALSE(Holds(R"(checklist: "closing")"));
}

}  // namespace
}  // namespace caseward

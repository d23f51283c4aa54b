#include "services/host/feed.h"

#include "caseward/v1/classes.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caseward {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Feed, TypesAreNounAndWhatHappened) {
  EXPECT_EQ(CloudEventType("case_closed"), "caseward.case.closed.v1");
  EXPECT_EQ(CloudEventType("clock_met_late"), "caseward.clock.met_late.v1");
  EXPECT_EQ(CloudEventType("sign_off_granted"), "caseward.sign_off.granted.v1");
}

v1::StepType Step(const std::string& id, const std::string& field, v1::DataClass data_class) {
  v1::StepType step;
  step.set_id(id);
  v1::FieldType* type = step.add_fields();
  type->set_id(field);
  type->set_data_class(data_class);
  return step;
}

// A pack with one harmless step, one that tells more, and fields for the report.
StepLookup Steps() {
  static const v1::StepType plain = Step("visit", "outcome", v1::DATA_CLASS_INTERNAL);
  static const v1::StepType special = Step("dash", "score", v1::DATA_CLASS_SPECIAL);
  static const v1::StepType report = Step("report", "noise_kind", v1::DATA_CLASS_INTERNAL);
  return [](std::string_view pack, uint32_t version, std::string_view step) -> const v1::StepType* {
    if (pack != "housing" || version != 3) return nullptr;
    return step == "visit" ? &plain : step == "dash" ? &special : step == "report" ? &report : nullptr;
  };
}

v1::Decision Decided(const v1::Event& event) {
  v1::Decision decision;
  decision.set_partition(2);
  decision.set_sequence(41);
  decision.set_stream("C-1");
  decision.set_pack_id("housing");
  decision.set_pack_version(3);
  *decision.mutable_accepted()->add_events() = event;
  return decision;
}

v1::SubscribeResponse One(const v1::Event& event) {
  const auto items = FeedForm(Decided(event), "log", Steps());
  EXPECT_EQ(items.size(), 1u);
  return items.front();
}

TEST(Feed, EveryItemSaysWhereItStands) {
  v1::Decision decision;
  decision.set_partition(2);
  decision.set_sequence(41);
  decision.set_stream("C-1");
  decision.mutable_accepted()->add_events()->mutable_case_closed();
  decision.mutable_accepted()->add_events()->mutable_clock_ceased();

  const auto items = FeedForm(decision, "log", Steps());

  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].type(), "caseward.case.closed.v1");
  EXPECT_FALSE(items[0].last_of_record());
  EXPECT_EQ(items[1].index(), 1u);
  EXPECT_TRUE(items[1].last_of_record());
  EXPECT_EQ(items[1].position().sequence(), 41u);
  EXPECT_EQ(items[1].position().partition(), 2u);
  EXPECT_EQ(items[1].feed_form(), kFeedForm);
}

TEST(Feed, ARefusalGivesNothing) {
  v1::Decision decision;
  decision.mutable_refusal()->set_rule("R-1");
  EXPECT_TRUE(FeedForm(decision, "log", Steps()).empty());
}

TEST(Feed, L11_WordsAreRemovedWhereverTheyStand) {
  v1::Event event;
  event.mutable_case_reported()->mutable_account()->set_sealed("SECRET");
  event.mutable_case_reported()->set_region("north");
  event.mutable_historical_fact()->mutable_refusal()->set_rule("R-1");  // replaces the kind
  event.mutable_historical_fact()->add_would_be()->mutable_case_reported()->mutable_account()->set_sealed("SECRET");
  EXPECT_THAT(One(event).SerializeAsString(), Not(HasSubstr("SECRET")));

  v1::Event resident;
  resident.mutable_resident_registered()->mutable_name()->set_sealed("SECRET");
  resident.mutable_resident_registered()->mutable_needs()->mutable_safe_contact()->set_sealed("SECRET");
  resident.mutable_resident_registered()->mutable_needs()->set_language("cy");
  const v1::SubscribeResponse item = One(resident);
  EXPECT_THAT(item.SerializeAsString(), Not(HasSubstr("SECRET")));
  EXPECT_EQ(item.event().resident_registered().needs().language(), "cy");
}

TEST(Feed, FieldsOfAStepLeaveOnlyIfThePackDeclaresThemInternal) {
  v1::Event event;
  event.mutable_step_recorded()->set_step("visit");
  auto& fields = *event.mutable_step_recorded()->mutable_fields();
  fields["outcome"].set_code("quiet");
  fields["not_declared"].set_code("x");
  fields["note"].mutable_words()->set_sealed("SECRET");

  const v1::SubscribeResponse item = One(event);

  const auto& left = item.event().step_recorded().fields();
  EXPECT_EQ(left.size(), 1u);
  EXPECT_EQ(left.at("outcome").code(), "quiet");
}

TEST(Feed, AStepWhoseNameTellsMoreIsOpaque) {
  v1::Event event;
  event.set_because("R-09.1");
  event.mutable_occurred_at()->set_seconds(7);
  event.mutable_step_recorded()->set_step("dash");
  (*event.mutable_step_recorded()->mutable_fields())["score"].set_number(19);

  const v1::SubscribeResponse item = One(event);

  EXPECT_EQ(item.type(), kOpaqueType);
  EXPECT_EQ(item.event().kind_case(), v1::Event::KIND_NOT_SET);
  EXPECT_EQ(item.event().because(), "");
  EXPECT_EQ(item.event().occurred_at().seconds(), 7);
}

TEST(Feed, AStepOfAPackThatIsNotKnownIsOpaque) {
  v1::Event event;
  event.mutable_step_recorded()->set_step("visit");
  v1::Decision decision = Decided(event);
  decision.set_pack_version(4);
  EXPECT_EQ(FeedForm(decision, "log", Steps()).front().type(), kOpaqueType);
}

TEST(Feed, DeclaredFieldsOfAReportLeave) {
  v1::Event event;
  auto& fields = *event.mutable_case_reported()->mutable_fields();
  fields["noise_kind"].set_code("music");
  fields["other"].set_code("x");
  const v1::SubscribeResponse item = One(event);
  EXPECT_EQ(item.event().case_reported().fields().size(), 1u);
}

TEST(Feed, WhatIsNotKnownHereDoesNotLeave) {
  v1::Event event;
  event.mutable_case_closed()->set_reason_code("resolved");
  event.mutable_case_closed()
      ->GetReflection()
      ->MutableUnknownFields(event.mutable_case_closed())
      ->AddLengthDelimited(900, "FROM A LATER VERSION");
  EXPECT_THAT(One(event).SerializeAsString(), Not(HasSubstr("LATER")));
}

}  // namespace
}  // namespace caseward

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

// A code of each class, named after it. Special and safe contact only if `tells_more`.
v1::StepType OfEveryClass(const std::string& id, bool tells_more) {
  v1::StepType step = Step(id, "internal", v1::DATA_CLASS_INTERNAL);
  const auto add = [&](const std::string& field, v1::DataClass data_class) {
    step.MergeFrom(Step(id, field, data_class));
  };
  add("personal", v1::DATA_CLASS_PERSONAL);
  if (tells_more) {
    add("special", v1::DATA_CLASS_SPECIAL);
    add("safe_contact", v1::DATA_CLASS_SAFE_CONTACT);
  }
  add("unclassed", v1::DATA_CLASS_UNSPECIFIED);
  return step;
}

// A pack with harmless steps, two that tell more, and fields for the report and for triage.
StepLookup Steps() {
  static const v1::StepType plain = Step("visit", "outcome", v1::DATA_CLASS_INTERNAL);
  static const v1::StepType special = Step("dash", "score", v1::DATA_CLASS_SPECIAL);
  static const v1::StepType safe_contact = Step("meeting_place", "place", v1::DATA_CLASS_SAFE_CONTACT);
  static const v1::StepType personal = OfEveryClass("interview", /*tells_more=*/false);
  static const v1::StepType report = OfEveryClass("report", /*tells_more=*/true);
  static const v1::StepType triage = OfEveryClass("triage", /*tells_more=*/true);
  return [](std::string_view pack, uint32_t version, std::string_view step) -> const v1::StepType* {
    if (pack != "housing" || version != 3) return nullptr;
    for (const v1::StepType* known : {&plain, &special, &safe_contact, &personal, &report, &triage}) {
      if (known->id() == step) return known;
    }
    return nullptr;
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

// To whom and for what somebody was referred can say as much as the words do.
TEST(Feed, L11_WhatGoesToAnAgencyOfASpecialClassIsOpaqueAndWhatFollowsIsWithoutItsName) {
  v1::Event shared;
  shared.mutable_information_shared()->set_agency("refuge");
  shared.mutable_information_shared()->add_data_classes(v1::DATA_CLASS_PERSONAL);
  EXPECT_EQ(One(shared).event().information_shared().agency(), "refuge");
  shared.mutable_information_shared()->add_data_classes(v1::DATA_CLASS_SPECIAL);
  EXPECT_EQ(One(shared).type(), kOpaqueType);
  v1::Event referred;
  referred.mutable_case_referred()->set_service("advocacy");
  referred.mutable_case_referred()->add_data_classes(v1::DATA_CLASS_SAFE_CONTACT);
  EXPECT_THAT(One(referred).SerializeAsString(), Not(HasSubstr("advocacy")));
  v1::Event answered;
  answered.mutable_referral_decided()->set_agency("refuge");
  answered.mutable_referral_decided()->set_service("advocacy");
  answered.mutable_referral_decided()->set_answer(v1::AnswerReferral::ANSWER_ACCEPTED);
  EXPECT_EQ(One(answered).event().referral_decided().answer(), v1::AnswerReferral::ANSWER_ACCEPTED);
  EXPECT_EQ(One(answered).event().referral_decided().agency(), "");
  EXPECT_EQ(One(answered).event().referral_decided().service(), "");
  answered.mutable_referral_decided()->set_their_reference("REFUGE/7");
  EXPECT_THAT(One(answered).SerializeAsString(), Not(HasSubstr("REFUGE"))) << "its number has its name in it";
  v1::Event asked;
  asked.mutable_enquiry_made()->set_their_reference("REFUGE/7");
  EXPECT_THAT(One(asked).SerializeAsString(), Not(HasSubstr("REFUGE")));
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

TEST(Feed, AStepThatTellsWhereSomebodyIsSafeIsOpaque) {
  v1::Event event;
  event.mutable_step_recorded()->set_step("meeting_place");
  (*event.mutable_step_recorded()->mutable_fields())["place"].set_code("library");

  const v1::SubscribeResponse item = One(event);

  EXPECT_EQ(item.type(), kOpaqueType);
  EXPECT_THAT(item.SerializeAsString(), Not(HasSubstr("library")));
  EXPECT_THAT(item.SerializeAsString(), Not(HasSubstr("meeting_place")));
}

// A code of each class of the pack's fields, and one that the pack classes not at all.
void FillEveryClass(google::protobuf::Map<std::string, v1::FieldValue>& fields) {
  for (const char* field : {"internal", "personal", "special", "safe_contact", "unclassed"})
    fields[field].set_code(std::string("value-of-") + field);
}

void ExpectOnlyInternal(const google::protobuf::Map<std::string, v1::FieldValue>& left) {
  EXPECT_EQ(left.size(), 1u);
  ASSERT_TRUE(left.contains("internal"));
  EXPECT_EQ(left.at("internal").code(), "value-of-internal");
}

TEST(Feed, APersonalFieldOfAStepIsDroppedAndTheStepKeepsItsName) {
  v1::Event event;
  event.mutable_step_recorded()->set_step("interview");
  FillEveryClass(*event.mutable_step_recorded()->mutable_fields());

  const v1::SubscribeResponse item = One(event);

  EXPECT_EQ(item.type(), "caseward.step.recorded.v1");
  EXPECT_EQ(item.event().step_recorded().step(), "interview");
  ExpectOnlyInternal(item.event().step_recorded().fields());
}

TEST(Feed, OfAReportAndOfTriageOnlyInternalFieldsLeave) {
  v1::Event report;
  FillEveryClass(*report.mutable_case_reported()->mutable_fields());
  ExpectOnlyInternal(One(report).event().case_reported().fields());

  v1::Event triage;
  FillEveryClass(*triage.mutable_case_triaged()->mutable_answers());
  const v1::SubscribeResponse item = One(triage);
  EXPECT_EQ(item.type(), "caseward.case.triaged.v1");
  ExpectOnlyInternal(item.event().case_triaged().answers());
}

TEST(Feed, WhatAnImportCouldNotAcceptGoesByTheSameRules) {
  v1::Event event;
  v1::HistoricalFact& fact = *event.mutable_historical_fact();
  fact.mutable_refusal()->set_rule("C-closed");
  fact.add_would_be()->mutable_step_recorded()->set_step("dash");
  (*fact.mutable_would_be(0)->mutable_step_recorded()->mutable_fields())["score"].set_number(19);
  FillEveryClass(*fact.add_would_be()->mutable_case_triaged()->mutable_answers());

  const v1::HistoricalFact left = One(event).event().historical_fact();

  ASSERT_EQ(left.would_be_size(), 2);
  EXPECT_EQ(left.would_be(0).kind_case(), v1::Event::KIND_NOT_SET);
  ExpectOnlyInternal(left.would_be(1).case_triaged().answers());
}

// The refusal that is kept beside it says in words what the event may not.
TEST(Feed, L11_OfTheRefusalOfWhatDoesNotLeaveWholeOnlyTheRuleLeaves) {
  v1::HistoricalFact kept;
  v1::Refusal& refusal = *kept.mutable_refusal();
  refusal.set_rule("C-agreement");
  refusal.set_clause("Refuge 1");
  refusal.set_say("Expected an agreement in force with refuge, found none.");
  refusal.add_missing()->set_id("refuge_2026");
  refusal.set_unblock("Have one with refuge.");
  v1::Event special;
  special.mutable_information_shared()->add_data_classes(v1::DATA_CLASS_SPECIAL);
  v1::Event without_agency;
  without_agency.mutable_enquiry_made()->set_agency("refuge");
  v1::Event opaque_step;
  opaque_step.mutable_step_recorded()->set_step("dash");
  for (const v1::Event& inner : {special, without_agency, opaque_step}) {
    v1::Event event;
    *event.mutable_historical_fact() = kept;
    *event.mutable_historical_fact()->add_would_be() = inner;
    const v1::SubscribeResponse item = One(event);
    EXPECT_EQ(item.event().historical_fact().refusal().rule(), "C-agreement");
    EXPECT_THAT(item.ShortDebugString(), Not(HasSubstr("efuge"))) << inner.ShortDebugString();
  }
  v1::Event nothing_of_it;
  *nothing_of_it.mutable_historical_fact() = kept;
  EXPECT_THAT(One(nothing_of_it).ShortDebugString(), Not(HasSubstr("efuge")));

  v1::Event harmless;
  *harmless.mutable_historical_fact() = kept;
  harmless.mutable_historical_fact()->add_would_be()->mutable_case_closed();
  EXPECT_EQ(One(harmless).event().historical_fact().refusal().say(), refusal.say());
}

TEST(Feed, FieldsOfAnotherSystemsHistoryDoNotLeave) {
  v1::Event event;
  event.mutable_history_recorded()->set_activity("letter");
  FillEveryClass(*event.mutable_history_recorded()->mutable_fields());
  EXPECT_TRUE(One(event).event().history_recorded().fields().empty());
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
  fields["internal"].set_code("music");
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

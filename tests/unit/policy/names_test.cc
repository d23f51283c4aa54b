#include "engine/policy/enum_names.h"
#include "engine/policy/first_facts.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/verbs.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/policy/law_limits.h"

namespace caseward {
namespace {

TEST(Verbs, EveryVerbHasANameOfItsOwnThatReadsBack) {
  const auto* verbs = v1::Command::descriptor()->FindFieldByNumber(v1::Command::kReportCase)->containing_oneof();
  std::set<std::string_view> names;

  for (int i = 0; i < verbs->field_count(); ++i) {
    const Verb verb = static_cast<Verb>(verbs->field(i)->number());
    const std::string_view name = VerbName(verb);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(ParseVerb(name), verb) << name;
    EXPECT_EQ(VerbField(verb), verbs->field(i));
  }
  EXPECT_EQ(names.size(), 64u);
  EXPECT_EQ(VerbName(v1::Command::VERB_NOT_SET), "");
  EXPECT_EQ(ParseVerb(""), std::nullopt);
}

TEST(Verbs, EveryVerbOfACaseGivesAFact) {
  for (int number = v1::Command::kReportCase; number <= v1::Command::kSplitCase; ++number) {
    EXPECT_FALSE(FirstFacts(static_cast<Verb>(number)).empty()) << VerbName(static_cast<Verb>(number));
  }
  EXPECT_TRUE(FirstFacts(v1::Command::kFireClock).empty());
}

TEST(Events, NamesReadBackAndBodiesAreFound) {
  EXPECT_EQ(EventName(v1::Event::kCaseClosed), "case_closed");
  EXPECT_EQ(ParseEventName("case_closed"), v1::Event::kCaseClosed);
  EXPECT_EQ(ParseEventName("occurred_at"), std::nullopt) << "a field of every event is no event";
  v1::Event event;
  EXPECT_EQ(EventBody(event), nullptr);
  event.mutable_case_closed();
  EXPECT_EQ(EventBody(event), &event.case_closed());
}

TEST(EnumNames, AreLowerCaseWithoutTheirPrefix) {
  const auto& outcomes = *v1::RecordContact::Outcome_descriptor();
  EXPECT_EQ(EnumValueName(*outcomes.FindValueByName("OUTCOME_TWO_WAY")), "two_way");
  EXPECT_EQ(FindEnumValue(outcomes, "two_way")->number(), v1::RecordContact::OUTCOME_TWO_WAY);
  EXPECT_EQ(FindEnumValue(*v1::Priority_descriptor(), "P1")->number(), v1::PRIORITY_P1);
  EXPECT_EQ(FindEnumValue(*v1::Priority_descriptor(), "unspecified"), nullptr);
}

TEST(NearestName, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(NearestName("clsoe", {"open", "close", "reopen"}), "close");
  EXPECT_EQ(NearestName("risk_asessment", {"risk_assessment", "risk"}), "risk_assessment");
  EXPECT_EQ(NearestName("zebra", {"open", "close"}), "");
  EXPECT_EQ(NearestName("", {"open"}), "");
}

TEST(LawLimits, AreFoundByCatalogueId) {
  EXPECT_EQ(FindLawLimit("CK-80")->unit, v1::TIME_UNIT_HOUR);
  EXPECT_EQ(FindLawLimit("CK-80")->at_most, 24u);
  EXPECT_EQ(FindLawLimit("CK-86")->unit, v1::TIME_UNIT_DAY);
  EXPECT_EQ(FindLawLimit("CK-86")->at_most, 84u) << "12 weeks";
  EXPECT_EQ(FindLawLimit("CK-01"), nullptr);
  EXPECT_EQ(FindLawLimit(""), nullptr);
}

}  // namespace
}  // namespace caseward

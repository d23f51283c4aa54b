// What a policy can say of what goes on between a case and partner agencies: conditions, rules, clocks.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "tests/support/agencies.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

// Does the condition hold for the case as it stands?
bool Holds(const ACase& c, const std::string& condition) {
  v1::Pack source = FullPackSource();
  v1::Rule& rule = *source.add_rules();
  rule.set_id("T-TRY");
  rule.set_clause("Tests 1");
  rule.set_provenance(v1::PROVENANCE_OURS);
  rule.set_say("It holds.");
  rule.add_on("escalate");
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(condition, rule.mutable_when())) << condition;
  const auto pack = CompiledPack::Compile(source);
  EXPECT_TRUE(pack.ok()) << pack.status();
  const v1::Actor mo = Mo();
  const CaseContext there = c.Context(mo);
  const CaseContext context{.pack = **pack,
                            .calendar = there.calendar,
                            .hasher = there.hasher,
                            .actor = mo,
                            .now = there.now,
                            .case_id = there.case_id,
                            .resident_id = there.resident_id};
  return std::holds_alternative<v1::Refusal>(Decide(&c.state(), ask::Escalate("director"), context));
}

TEST(Conditions, OpenEnquiriesAndReferralsAreLookedAtEachByEach) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo");
  EXPECT_FALSE(Holds(c, "open_enquiries {}") || Holds(c, "open_referrals {}") || Holds(c, "unreviewed_sharings {}"));
  v1::Command enquire = ask::Enquire("police", kOurs);
  SetTimestamp(kFriday, enquire.mutable_enquire()->mutable_respond_by());
  c.Does(enquire).Does(ask::ChaseEnquiry("e1"));
  c.Does(ask::Refer("police", "hate_unit", kFriday)).Does(ask::Share("refuge", ask::InAnEmergency()));
  for (const char* holds :
       {"open_enquiries {}", "open_enquiries { direction: ENQUIRY_DIRECTION_TO_AGENCY agencies: 'police' }",
        "open_enquiries { chased_at_least: 1 }", "open_referrals {}", "open_referrals { services: 'hate_unit' }",
        "unreviewed_sharings {}", "unreviewed_sharings { doors: DOOR_AGREEMENT }"}) {
    EXPECT_TRUE(Holds(c, holds)) << holds;
  }
  for (const char* not_so :
       {"open_enquiries { overdue: true }", "open_enquiries { urgent: true }", "open_enquiries { chased_at_least: 2 }",
        "open_enquiries { direction: ENQUIRY_DIRECTION_FROM_AGENCY }", "open_enquiries { agencies: 'refuge' }",
        "open_referrals { overdue: true }", "open_referrals { services: 'advocacy' }",
        "open_referrals { agencies: 'refuge' }", "open_referrals { chased_at_least: 1 }",
        "unreviewed_sharings { doors: DOOR_ONE_OFF }"}) {
    EXPECT_FALSE(Holds(c, not_so)) << not_so;
  }
  c.At(kFriday);
  EXPECT_TRUE(Holds(c, "open_enquiries { overdue: true }") && Holds(c, "open_referrals { overdue: true }"));
  c.Does(ask::AnswerEnquiry("e1")).Does(ask::ReviewSharing("s2"), Ruth());
  c.Does(ask::AnswerReferral("r1", v1::AnswerReferral::ANSWER_ACCEPTED));
  EXPECT_FALSE(Holds(c, "open_enquiries {}") || Holds(c, "open_referrals {}") || Holds(c, "unreviewed_sharings {}"));
}

TEST(Rules, R_48_OnShareHoldForWhatIsToldAlongWithAReferralAQuestionOrAnAnswer) {
  v1::Pack source = FullPackSource();
  v1::Rule& rule = *source.add_rules();
  rule.set_id("T-NOT-ALL");
  rule.set_clause("Tests 1");
  rule.set_provenance(v1::PROVENANCE_OURS);
  rule.set_say("The whole file is never given.");
  rule.add_on("share");
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString("asked { of { field: 'provided' any_of: 'whole_file' } }",
                                                            rule.mutable_when()));
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported().Does(ask::Enquire("police", kTheirs), PartnerOf("police"));
  v1::Sharing all = ask::ByAgreement();
  all.add_provided("whole_file");
  v1::Command enquire = ask::Enquire("police", kOurs);
  *enquire.mutable_enquire()->mutable_sharing() = all;

  EXPECT_THAT(c.Do(ask::Share("police", all)), IsRefusedBy("T-NOT-ALL"));
  EXPECT_THAT(c.Do(ask::Refer("police", "hate_unit", kFriday, all)), IsRefusedBy("T-NOT-ALL"));
  EXPECT_THAT(c.Do(enquire), IsRefusedBy("T-NOT-ALL"));
  EXPECT_THAT(c.Do(ask::Told("e1", all)), IsRefusedBy("T-NOT-ALL"));

  *enquire.mutable_enquire()->mutable_sharing() = ask::ByAgreement();
  EXPECT_THAT(c.Do(ask::Share("police")), IsAccepted());
  EXPECT_THAT(c.Do(ask::Refer("police", "hate_unit", kFriday)), IsAccepted());
  EXPECT_THAT(c.Do(enquire), IsAccepted());
  EXPECT_THAT(c.Do(ask::Told("e1")), IsAccepted());
}

// When an agency must have deleted it is for a pack's clock to follow.
TEST(Share, R_48_WhatExpiresHasItsClockIfThePackHasOne) {
  v1::Pack source = FullPackSource();
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        id: "sharing_over"
        catalogue: "T-1"
        title: "What was shared is deleted there"
        clause: "Tests 1"
        provenance: PROVENANCE_OURS
        for_each: FOR_EACH_SHARING
        due_from: "expires_at"
        starts_on {
          on {
            event: "information_shared"
            where { field: "expires_at" present: true }
          }
        }
        stops_on { on { event: "sharing_reviewed" } }
      )pb",
      source.add_clocks()));
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  ACase c(**pack);
  c.At("2026-11-23T10:00:00Z").Reported();
  v1::Sharing sharing = ask::ByAgreement();
  SetTimestamp(kFriday, sharing.mutable_expires_at());
  c.Does(ask::Share("police", sharing)).Does(ask::Share("police"));
  EXPECT_EQ(c.Due("sharing_over/s1"), kFriday);
  EXPECT_EQ(c.clock("sharing_over/s2"), nullptr) << "nothing was said of this one";
}

std::string ProblemOf(const v1::Pack& source) {
  const auto pack = CompiledPack::Compile(source);
  return pack.ok() ? "none" : std::string(pack.status().message());
}

TEST(Conditions, R_48_2_APackThatAllowsEmergenciesHasAClockForTheirReview) {
  v1::Pack source = FullPackSource();
  EXPECT_EQ(ProblemOf(source), "none");
  for (v1::Clock& clock : *source.mutable_clocks()) {
    if (clock.id() == "sharing_review") clock.add_case_types("noise");
  }
  EXPECT_NE(ProblemOf(source).find("emergency_bases: expected a clock for_each: sharing"), std::string::npos);
  source.clear_emergency_bases();
  EXPECT_EQ(ProblemOf(source), "none");
}

TEST(Conditions, AnAgreementOfTheExamplesIsWithOneOfTheirAgencies) {
  v1::Pack source = FullPackSource();
  *source.add_agreements() = PoliceAgreement().agreement();
  EXPECT_NE(ProblemOf(source).find("agreements[0].agency"), std::string::npos);
  *source.add_agencies() = TestAgency("police")->agency();
  EXPECT_EQ(ProblemOf(source), "none");
}

}  // namespace
}  // namespace caseward::test

// Rules compare persons, never accounts: many people come by one service's account, and one person by several.
#include <google/protobuf/text_format.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests

v1::Actor Through(const std::string& service, const std::string& person) {
  v1::Actor actor;
  actor.set_id(service);
  actor.set_kind(v1::Actor::KIND_SERVICE);
  actor.set_on_behalf_of(person);
  actor.add_roles("officer");
  return actor;
}

// The simple policy, and a rule that only those who have not made contact themselves may write a review.
class ByAskerTest : public testing::Test {
 protected:
  ByAskerTest() : world_(2, {}, /*publish=*/false) {
    EXPECT_TRUE(world_.Must(PublishSimpleCalendar("calendar"), Administrator()).has_accepted());
    v1::Command publish = PublishSimplePack("pack");
    v1::Rule& rule = *publish.mutable_publish_pack()->mutable_pack()->add_rules();
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"pb(
                                                                id: "T-9"
                                                                title: "A fresh pair of eyes"
                                                                clause: "T 9"
                                                                provenance: PROVENANCE_OURS
                                                                on: "step"
                                                                when {
                                                                  count {
                                                                    of { event: "contact_made" }
                                                                    by_asker: true
                                                                  }
                                                                }
                                                                say: "Whoever made contact does not review."
                                                                unblock: "Somebody else reviews."
                                                              )pb",
                                                              &rule));
    EXPECT_TRUE(world_.Must(publish, Administrator()).has_accepted());
    id_ = world_.Must(Report("r1"), Staff("olu", "officer")).stream();
  }

  std::string RefusedTo(const std::string& command_id, const v1::Actor& actor) {
    return world_.Must(Review(command_id, id_), actor).refusal().rule();
  }

  PartitionWorld world_;
  std::string id_;
};

TEST_F(ByAskerTest, APersonIsKnownAgainByAnotherAccount) {
  EXPECT_TRUE(world_.Must(Contact("c1", id_), Through("d365", "ann")).has_accepted());

  EXPECT_EQ(RefusedTo("s1", Staff("ann", "officer")), "T-9");
  EXPECT_EQ(RefusedTo("s2", Through("portal", "ann")), "T-9");
}

TEST_F(ByAskerTest, TwoWhoComeByOneAccountAreTwo) {
  EXPECT_TRUE(world_.Must(Contact("c1", id_), Through("d365", "ann")).has_accepted());

  EXPECT_EQ(RefusedTo("s1", Through("d365", "bob")), "");
  EXPECT_EQ(RefusedTo("s2", Through("d365", "ann")), "T-9");
}

TEST_F(ByAskerTest, TheSameWithinOneRound) {
  const auto contact = world_.Submit(Contact("c1", id_), Through("d365", "ann"));
  const auto hers = world_.Submit(Review("s1", id_), Staff("ann", "officer"));
  const auto his = world_.Submit(Review("s2", id_), Through("d365", "bob"));
  world_.Drive();

  EXPECT_TRUE(contact->outcome->has_accepted());
  EXPECT_EQ(hers->outcome->refusal().rule(), "T-9");
  EXPECT_TRUE(his->outcome->has_accepted());
  EXPECT_EQ(hers->outcome->position().sequence(), contact->outcome->position().sequence() + 1);
}

TEST_F(ByAskerTest, TheSameAfterARestartThatRebuildsTheState) {
  EXPECT_TRUE(world_.Must(Contact("c1", id_), Through("d365", "ann")).has_accepted());
  world_.Reopen(1, /*lost=*/1000);

  EXPECT_EQ(RefusedTo("s1", Staff("ann", "officer")), "T-9");
  EXPECT_EQ(RefusedTo("s2", Through("d365", "bob")), "");
}

// Who was refused is evidence: the refusal of one is not hidden in the count of another's.
TEST_F(ByAskerTest, L7_RefusalsOfTwoPersonsByOneAccountAreBothRecorded) {
  EXPECT_EQ(world_.Must(Propose("p1", id_), Through("d365", "ann")).refusal().repeats(), 0u);
  EXPECT_EQ(world_.Must(Propose("p2", id_), Through("d365", "bob")).refusal().repeats(), 0u);
  EXPECT_EQ(world_.Must(Propose("p3", id_), Staff("ann", "officer")).refusal().repeats(), 1u);
}

}  // namespace
}  // namespace caseward

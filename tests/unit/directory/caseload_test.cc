// What people carry, as the directory adds it up, and when it says that somebody carries too much.
#include "engine/directory/caseload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/policy/pack_checks.h"
#include "engine/policy/verbs.h"
#include "tests/support/published.h"

namespace caseward {
namespace {

using test::Admin;
using test::kRecordedAt;

v1::Pack PackWithCap(uint32_t at_most, uint32_t version = 1) {
  v1::Pack pack = test::MakePack("p", version, {"noise"});
  v1::RoleType& role = *pack.add_roles();
  role.set_id("officer");
  role.set_tier(1);
  pack.mutable_caseload()->set_clause("Policy 2");
  pack.mutable_caseload()->set_provenance(v1::PROVENANCE_OURS);
  v1::LoadCap& cap = *pack.mutable_caseload()->add_caps();
  cap.set_role("officer");
  cap.set_at_most(at_most);
  return pack;
}

class Office {
 public:
  explicit Office(uint32_t at_most = 5) {
    Take(test::Published(PackWithCap(at_most)));
    Take(test::StaffEvent("mo", {"officer"}));
  }
  void Take(const v1::Event& event) {
    directory_ = directory_->With(event, kRecordedAt, Admin(), directory_->sequence() + 1);
  }
  // The names of the events it gives.
  std::string Note(const std::string& person, int32_t weight, int32_t cases) {
    v1::NoteCaseload note;
    note.set_staff_id(person);
    note.set_case_id("C-1");
    note.set_weight_change(weight);
    note.set_cases_change(cases);
    std::string names;
    for (const v1::Event& event : DecideCaseload(*directory_, note, kRecordedAt)) {
      EXPECT_TRUE(event.derived());
      names += StrCat(names.empty() ? "" : " ", EventName(event.kind_case()));
      Take(event);
    }
    return names;
  }
  uint32_t load(const std::string& person) const { return directory_->LoadOf(person).load; }
  const Directory& directory() const { return *directory_; }

 private:
  std::shared_ptr<const Directory> directory_ = Directory::Empty();
};

TEST(Caseload, R_67_IsTheSumOfWhatIsTold) {
  Office office;
  EXPECT_EQ(office.Note("mo", 3, 1), "caseload_changed");
  EXPECT_EQ(office.Note("mo", 2, 1), "caseload_changed");
  EXPECT_EQ(office.load("mo"), 5u);
  EXPECT_EQ(office.directory().Caseload("mo")->cases(), 2u);
  EXPECT_EQ(office.Note("mo", -3, -1), "caseload_changed");
  EXPECT_EQ(office.load("mo"), 2u);
  EXPECT_EQ(office.load("nobody"), 0u);
  EXPECT_EQ(office.Note("unregistered", 4, 1), "caseload_changed") << "counted all the same, without a cap";
  EXPECT_EQ(office.load("unregistered"), 4u);
}

TEST(Caseload, R_67_CrossingIsSaidOnceEachWayAtAndOnePastTheCap) {
  Office office(5);
  EXPECT_EQ(office.Note("mo", 5, 1), "caseload_changed") << "as much as is agreed";
  EXPECT_EQ(office.Note("mo", 1, 1), "caseload_changed caseload_threshold_exceeded");
  EXPECT_EQ(office.Note("mo", 1, 1), "caseload_changed") << "said already";
  EXPECT_EQ(office.Note("mo", -1, -1), "caseload_changed");
  EXPECT_EQ(office.Note("mo", -1, -1), "caseload_changed caseload_back_under");
  EXPECT_EQ(office.Note("mo", 1, 1), "caseload_changed caseload_threshold_exceeded");
}

TEST(Caseload, R_67_TheCapIsTodaysOfThePersonElseTheHighestOfTheirRoles) {
  Office office(5);
  EXPECT_EQ(office.directory().LoadOf("mo").cap, 5u);
  office.Take(test::Published(PackWithCap(7, 2)));
  EXPECT_EQ(office.directory().LoadOf("mo").cap, 7u);
  v1::Event own = test::StaffEvent("mo", {"officer"});
  own.mutable_staff_registered()->set_caseload_cap(3);
  office.Take(own);
  EXPECT_EQ(office.directory().LoadOf("mo").cap, 3u);
  office.Take(test::StaffEvent("lee", {"manager"}));
  EXPECT_EQ(office.directory().LoadOf("lee").cap, 0u);
}

TEST(Caseload, NeverFallsBelowNothing) {
  Office office;
  EXPECT_EQ(office.Note("mo", -4, -1), "caseload_changed");
  EXPECT_EQ(office.load("mo"), 0u);
  EXPECT_EQ(office.directory().Caseload("mo")->cases(), 0u);
}

TEST(Caseload, ASnapshotFromStateIsTheOneThatLived) {
  Office office(2);
  office.Note("mo", 3, 1);
  const v1::CaseloadState kept = *office.directory().Caseload("mo");
  EXPECT_TRUE(kept.exceeded());

  const auto again = Directory::Empty()->WithCaseload(kept);

  EXPECT_EQ(again->sequence(), office.directory().sequence());
  EXPECT_EQ(again->Caseload("mo")->SerializeAsString(), kept.SerializeAsString());
  EXPECT_EQ(again->AllCaseloads().size(), 1u);
}

TEST(Caseload, ACapOfOnesOwnAtItsLimitAndOnePast) {
  Office office;
  v1::Command command;
  command.mutable_register_staff()->set_staff_id("mo");
  command.mutable_register_staff()->add_roles("officer");
  command.mutable_register_staff()->set_caseload_cap(kLoadCapMax);
  EXPECT_TRUE(
      std::holds_alternative<DirectoryAccepted>(DecideDirectory(office.directory(), command, Admin(), kRecordedAt)));
  command.mutable_register_staff()->set_caseload_cap(kLoadCapMax + 1);
  const DirectoryVerdict refused = DecideDirectory(office.directory(), command, Admin(), kRecordedAt);
  ASSERT_TRUE(std::holds_alternative<v1::Refusal>(refused));
  EXPECT_EQ(std::get<v1::Refusal>(refused).rule(), "C-field");
  EXPECT_EQ(std::get<v1::Refusal>(refused).missing(0).id(), "caseload_cap");
}

}  // namespace
}  // namespace caseward

// What the report counts of the cases as they stand.
#include "services/cli/picture.h"

#include <gmock/gmock.h>

namespace caseward::cli {
namespace {

using ::testing::ElementsAre;

v1::CaseState ACase(const std::string& resident, const std::string& owner, v1::Priority priority, v1::Phase phase) {
  v1::CaseState state;
  state.set_case_type("leak");
  state.set_main_resident_id(resident);
  state.set_owner(owner);
  state.set_priority(priority);
  state.set_phase(phase);
  return state;
}

TEST(Picture, CountsByTypeAndPriorityAndWhatIsOpen) {
  Picture picture;
  picture.Count(ACase("r1", "mo", v1::PRIORITY_P1, v1::PHASE_OPEN));
  picture.Count(ACase("r2", "mo", v1::PRIORITY_P1, v1::PHASE_CLOSED));
  picture.Count(ACase("r3", "mo", v1::PRIORITY_P3, v1::PHASE_WITHDRAWN));

  EXPECT_EQ(CountIn(picture.by_type_and_priority(), "leak", "P1"), 2u);
  EXPECT_EQ(CountIn(picture.open_by_type_and_priority(), "leak", "P1"), 1u);
  EXPECT_EQ(CountIn(picture.by_type_and_priority(), "leak", "P3"), 1u);
  EXPECT_EQ(CountIn(picture.open_by_type_and_priority(), "leak", "P3"), 0u);
  EXPECT_EQ(CountIn(picture.by_type_and_priority(), "noise", "P1"), 0u);
}

TEST(Picture, LoadIsOfOpenCasesTheMostFirst) {
  Picture picture;
  picture.Count(ACase("r1", "mo", v1::PRIORITY_P3, v1::PHASE_OPEN));
  picture.Count(ACase("r1", "nia", v1::PRIORITY_P1, v1::PHASE_CLOSING));
  v1::CaseState missed = ACase("r1", "nia", v1::PRIORITY_P2, v1::PHASE_REPORTED);
  missed.add_clocks()->set_status(v1::ClockState::STATUS_BREACHED);
  missed.add_clocks()->set_status(v1::ClockState::STATUS_BREACHED);
  picture.Count(missed);
  picture.Count(ACase("r1", "olu", v1::PRIORITY_P1, v1::PHASE_CLOSED));
  picture.Count(ACase("r1", "", v1::PRIORITY_P3, v1::PHASE_REPORTED));

  const std::vector<OwnerLoad> loads = picture.Loads();

  ASSERT_EQ(loads.size(), 3u);
  EXPECT_EQ(loads[0].owner, "nia");
  EXPECT_EQ(loads[0].open, 2u);
  EXPECT_EQ(loads[0].p1, 1u);
  EXPECT_EQ(loads[0].overdue, 1u);
  EXPECT_EQ(loads[1].owner, "");
  EXPECT_EQ(loads[2].owner, "mo");
}

TEST(Picture, RepeatsFollowAMergeAndLeaveAnonymousReportsOut) {
  Picture picture;
  for (int i = 0; i < 7; ++i)
    picture.Count(ACase("often", "mo", v1::PRIORITY_P3, v1::PHASE_OPEN));
  picture.Count(ACase("once", "mo", v1::PRIORITY_P3, v1::PHASE_OPEN));
  picture.Count(ACase("first", "mo", v1::PRIORITY_P3, v1::PHASE_OPEN));
  v1::CaseState merged = ACase("double", "mo", v1::PRIORITY_P3, v1::PHASE_OPEN);
  merged.set_survivor_id("first");
  picture.Count(merged);
  v1::CaseState anonymous = ACase("stand-in", "mo", v1::PRIORITY_P3, v1::PHASE_OPEN);
  anonymous.set_anonymous(true);
  picture.Count(anonymous);

  EXPECT_THAT(picture.Repeats(), ElementsAre(1u, 1u, 0u, 0u, 0u, 1u));
  EXPECT_EQ(picture.most_cases_of_one(), 7u);
}

TEST(Picture, SignOffsAreCountedBySubject) {
  Picture picture;
  v1::Event granted;
  granted.mutable_sign_off_granted()->set_subject("closure");
  picture.See(granted);
  granted.mutable_sign_off_granted()->set_delegated_by("ruth");
  picture.See(granted);
  v1::Event other;
  other.mutable_sign_off_refused()->set_subject("closure");
  picture.See(other);
  other.mutable_item_waived()->set_subject("closure");
  picture.See(other);
  other.mutable_sign_off_voided()->set_subject("correction");
  picture.See(other);

  const SignOffCounts& closure = picture.sign_offs().at("closure");
  EXPECT_EQ(closure.granted, 2u);
  EXPECT_EQ(closure.delegated, 1u);
  EXPECT_EQ(closure.refused, 1u);
  EXPECT_EQ(closure.waived, 1u);
  EXPECT_EQ(closure.voided, 0u);
  EXPECT_EQ(picture.sign_offs().at("correction").voided, 1u);
}

}  // namespace
}  // namespace caseward::cli

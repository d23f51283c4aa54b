// The directory as a snapshot: what is found in it, and that a snapshot stays as it was.
#include "engine/directory/directory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/england_and_wales.h"
#include "tests/support/published.h"

namespace caseward {
namespace {

using test::Admin;
using test::kRecordedAt;
using test::MakePack;
using test::Publish;
using test::Published;
using test::StaffEvent;

TEST(Directory, IsEmptyBeforeTheFirstRecord) {
  const auto empty = Directory::Empty();

  EXPECT_EQ(empty->sequence(), 0U);
  EXPECT_EQ(empty->NewestPack("hate"), nullptr);
  EXPECT_EQ(empty->NewestCalendar("england_and_wales"), nullptr);
  EXPECT_EQ(empty->Staff("ann"), nullptr);
  EXPECT_EQ(empty->PackForCaseType("hate_incident"), nullptr);
  EXPECT_TRUE(empty->AllStaff().empty());
  EXPECT_FALSE(empty->knows_staff());
  EXPECT_TRUE(empty->Fault().ok());
}

TEST(Directory, FindsEveryVersionAndTheNewest) {
  const auto directory = Publish({MakePack("hate", 1, {"hate_incident"}), MakePack("hate", 2, {"hate_incident"})});

  ASSERT_NE(directory->Pack("hate", 1), nullptr);
  EXPECT_EQ(directory->Pack("hate", 1)->source().version(), 1U);
  EXPECT_EQ(directory->Pack("hate", 2)->source().version(), 2U);
  EXPECT_EQ(directory->NewestPack("hate"), directory->Pack("hate", 2));
  EXPECT_EQ(directory->Pack("hate", 0), nullptr);
  EXPECT_EQ(directory->Pack("hate", 3), nullptr);
  EXPECT_EQ(directory->StreamVersion("pack/hate"), 2U);
  EXPECT_EQ(directory->StreamVersion("pack/other"), 0U);
  EXPECT_EQ(directory->StreamVersion("hate"), 0U);
  EXPECT_EQ(directory->StreamVersion(""), 0U);
}

TEST(Directory, KeepsWhoPublishedAndWhen) {
  const auto directory = Publish({MakePack("hate", 1, {"hate_incident"})});
  const PackVersion& version = directory->packs().at("hate").front();

  EXPECT_EQ(version.published_by, "pat");
  EXPECT_EQ(version.published_at, kRecordedAt);
  EXPECT_TRUE(version.fault.ok());
}

TEST(Directory, FindsTheOnlyPackOfACaseType) {
  const auto directory = Publish({MakePack("hate", 1, {"hate_incident", "shared"}),
                                  MakePack("noise", 1, {"noise", "shared"}), MakePack("noise", 2, {"shared"})});

  ASSERT_NE(directory->PackForCaseType("hate_incident"), nullptr);
  EXPECT_EQ(directory->PackForCaseType("hate_incident")->source().id(), "hate");
  EXPECT_EQ(directory->PackForCaseType("shared"), nullptr);  // two have it
  EXPECT_EQ(directory->PackForCaseType("noise"), nullptr);   // only an older version has it
}

TEST(Directory, R_81_4_KeepsEveryVersionOfACalendar) {
  v1::Calendar second = test::EnglandAndWalesSource();
  second.set_version(2);
  v1::Holiday* holiday = second.add_holidays();
  holiday->set_date("2026-11-25");
  holiday->set_title("A day of mourning");
  const auto first = Directory::Empty()->With(Published(test::EnglandAndWalesSource()), kRecordedAt, Admin(), 1);

  const auto both = first->With(Published(second), kRecordedAt, Admin(), 2);

  EXPECT_TRUE(*both->Calendar("england_and_wales", 1)->IsWorkingDay(absl::CivilDay(2026, 11, 25)));
  EXPECT_FALSE(*both->Calendar("england_and_wales", 2)->IsWorkingDay(absl::CivilDay(2026, 11, 25)));
  EXPECT_EQ(both->NewestCalendar("england_and_wales"), both->Calendar("england_and_wales", 2));
  EXPECT_EQ(both->Calendar("england_and_wales", 3), nullptr);
}

TEST(Directory, ASnapshotStaysAsItWas) {
  const auto before = Publish({MakePack("hate", 1, {"hate_incident"})});
  const CompiledPack* held = before->NewestPack("hate");

  const auto after = before->With(Published(MakePack("hate", 2, {"hate_incident"})), kRecordedAt, Admin(), 9)
                         ->With(StaffEvent("ann", {"case_manager"}), kRecordedAt, Admin(), 10);

  EXPECT_EQ(before->NewestPack("hate"), held);
  EXPECT_EQ(before->Staff("ann"), nullptr);
  EXPECT_EQ(before->sequence(), 1U);
  EXPECT_EQ(after->sequence(), 10U);
  // What did not change is shared, not compiled again.
  EXPECT_EQ(after->Pack("hate", 1), held);
}

TEST(Directory, StaffAreAsLastRegistered) {
  auto directory = Directory::Empty();
  for (uint64_t i = 0; i < 500; ++i) {
    directory = directory->With(StaffEvent("staff" + std::to_string(i), {"case_manager"}), kRecordedAt, Admin(), i + 1);
  }
  const absl::Time later = kRecordedAt + absl::Hours(1);
  directory = directory->With(StaffEvent("staff7", {"regional_manager"}, true), later, Admin(), 501);

  const v1::StaffState* staff = directory->Staff("staff7");
  ASSERT_NE(staff, nullptr);
  EXPECT_EQ(staff->roles(0), "regional_manager");
  EXPECT_EQ(staff->roles_size(), 1);
  EXPECT_TRUE(staff->left());
  EXPECT_EQ(absl::FromUnixSeconds(staff->since().seconds()), later);
  EXPECT_EQ(directory->StreamVersion("staff/staff7"), 2U);
  EXPECT_EQ(directory->StreamVersion("staff/staff8"), 1U);
  EXPECT_EQ(directory->AllStaff().size(), 500U);
  EXPECT_EQ(directory->AllStaff().front()->staff_id(), "staff0");
  EXPECT_EQ(directory->AllStaff().back()->staff_id(), "staff99");
}

TEST(Directory, OtherEventsOnlyMoveTheSequence) {
  const auto before = Publish({MakePack("hate", 1, {"hate_incident"})});
  v1::Event event;
  event.mutable_head_signed();

  const auto after = before->With(event, kRecordedAt, Admin(), 40);

  EXPECT_EQ(after->sequence(), 40U);
  EXPECT_EQ(after->NewestPack("hate"), before->NewestPack("hate"));
}

// Published by a build that could compile it; this one cannot. Replay goes on, and says so.
TEST(Directory, AVersionThatCannotBeCompiledIsAFaultNotAStop) {
  v1::Calendar unknown_zone = test::EnglandAndWalesSource();
  unknown_zone.set_time_zone("Europe/Atlantis");
  v1::Pack broken = MakePack("hate", 1, {"hate_incident"});
  broken.add_clocks()->add_stops_on()->mutable_on()->set_event("no_such_event");

  const auto directory = Directory::Empty()
                             ->With(Published(unknown_zone), kRecordedAt, Admin(), 1)
                             ->With(Published(broken), kRecordedAt, Admin(), 2);

  EXPECT_EQ(directory->NewestCalendar("england_and_wales"), nullptr);
  EXPECT_EQ(directory->NewestPack("hate"), nullptr);
  EXPECT_EQ(directory->PackForCaseType("hate_incident"), nullptr);
  EXPECT_EQ(directory->StreamVersion("calendar/england_and_wales"), 1U);
  EXPECT_TRUE(absl::IsFailedPrecondition(directory->Fault()));
  EXPECT_NE(directory->Fault().message().find("pack \"hate\" version 1"), absl::string_view::npos);
}

}  // namespace
}  // namespace caseward

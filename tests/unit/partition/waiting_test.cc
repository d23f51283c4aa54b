// The index of what waits for another person than a case's owner, and the caseloads the directory's partition keeps:
// both follow from the log, whatever crashes (laws L1 and L3).
#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/case_index.h"
#include "engine/partition/reader.h"
#include "engine/partition/routing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Waiting(PartitionWorld& world, std::string_view what, const std::string& after = "") {
  std::vector<std::string> ids;
  const absl::Status listed =
      world.Reader(1).ListWaiting(what, after, [&](std::string_view order, const v1::WaitingState&) {
        ids.push_back(keys::ParseWorkOrder(order)->case_id);
        return true;
      });
  EXPECT_TRUE(listed.ok()) << listed;
  return ids;
}

// Triaged, owned by olu, visited twice and proposed for closing.
std::string Closing(PartitionWorld& world, const std::string& name, v1::Priority priority = v1::PRIORITY_P2) {
  const std::string id = world.Must(Report("r-" + name), Officer()).stream();
  world.Must(Triage("t-" + name, id, priority), Officer());
  world.Must(Assign("a-" + name, id, "olu"), Manager());
  world.Must(Contact("c1-" + name, id), Officer());
  world.Must(Contact("c2-" + name, id), Officer());
  EXPECT_TRUE(world.Must(Propose("p-" + name, id), Officer()).has_accepted());
  return id;
}

TEST(Waiting, R_66_AClosureWaitsUntilItIsSignedRefusedOrVoid) {
  PartitionWorld world(2);
  const std::string id = Closing(world, "one");
  EXPECT_THAT(Waiting(world, kWaitsForSignature), ElementsAre(id));

  world.Must(Sign("s1", id), Manager());
  EXPECT_THAT(Waiting(world, kWaitsForSignature), IsEmpty());
  world.Must(Contact("c3", id), Officer());  // makes the signature void
  EXPECT_THAT(Waiting(world, kWaitsForSignature), ElementsAre(id));
  v1::Command refuse = Sign("s2", id);
  refuse.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_REFUSE);
  refuse.mutable_sign_off()->set_reason_code("not_yet");
  world.Must(refuse, Manager());
  EXPECT_THAT(Waiting(world, kWaitsForSignature), IsEmpty());
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Waiting, R_66_P1ComesFirstAndAListGoesOnBehindAnyPlace) {
  PartitionWorld world(2);
  const std::string slow = Closing(world, "slow");
  world.Advance(absl::Minutes(1));
  const std::string urgent = Closing(world, "urgent", v1::PRIORITY_P1);

  EXPECT_THAT(Waiting(world, kWaitsForSignature), ElementsAre(urgent, slow));
  const std::string place = keys::WorkOrderBytes(OrderOfWork(world.CaseAt(urgent)));
  EXPECT_THAT(Waiting(world, kWaitsForSignature, place), ElementsAre(slow));
}

TEST(Waiting, R_66_AHandOverWaitsForOnePersonUntilItIsAnswered) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  world.Must(Assign("a1", id, "olu"), Manager());
  v1::Command hand_over = OfCase("h1", id);
  hand_over.mutable_hand_over_case()->set_to("ben");
  world.Must(hand_over, Officer());
  EXPECT_THAT(Waiting(world, WaitsForTaker("ben")), ElementsAre(id));
  EXPECT_THAT(Waiting(world, WaitsForTaker("be")), IsEmpty());

  v1::Command accept = OfCase("h2", id);
  accept.mutable_accept_handover();
  world.Must(accept, Staff("ben", "officer"));

  EXPECT_THAT(Waiting(world, WaitsForTaker("ben")), IsEmpty());
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Waiting, TheIndexIsThatOfTheStatesAlsoAfterAClockMovedTheOrder) {
  PartitionWorld world(2);
  const std::string id = Closing(world, "one");
  const std::string before = keys::WorkOrderBytes(OrderOfWork(world.CaseAt(id)));
  world.Advance(absl::Hours(30));  // clocks fall due, and begin again
  ASSERT_NE(keys::WorkOrderBytes(OrderOfWork(world.CaseAt(id))), before);

  EXPECT_THAT(Waiting(world, kWaitsForSignature), ElementsAre(id));
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(WorkOrder, RoundTripsAndSorts) {
  const auto bytes = [](bool first, absl::Time due, std::string id) {
    return keys::WorkOrderBytes({.first = first, .due = due, .case_id = std::move(id)});
  };
  const absl::Time t = absl::FromUnixSeconds(1'700'000'000);
  const std::vector<std::string> sorted = {bytes(true, t, "C-2"), bytes(true, absl::InfiniteFuture(), "C-1"),
                                           bytes(false, t, "C-1"), bytes(false, t, "C-2"),
                                           bytes(false, absl::InfiniteFuture(), "C-1")};
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
  const auto read = keys::ParseWorkOrder(sorted[2]);
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->first);
  EXPECT_EQ(read->due, t);
  EXPECT_EQ(read->case_id, "C-1");
  EXPECT_EQ(keys::ParseWorkOrder(sorted[4])->due, absl::InfiniteFuture());
  EXPECT_FALSE(keys::ParseWorkOrder("").has_value());
  EXPECT_FALSE(keys::ParseWorkOrder("3" + sorted[2].substr(1)).has_value());
  EXPECT_FALSE(keys::ParseWorkOrder(sorted[2].substr(0, 9)).has_value());
}

// ---------------------------------------------------------------------------------------------- caseloads

// A report whose case is at home in partition `n`.
std::string ReportedIn(PartitionWorld& world, uint32_t n, const std::string& name) {
  for (int i = 0;; ++i) {
    v1::Command command = Report(StrCat(name, "-", i));
    if (world.PartitionOfCommand(command, Officer()) == n) return world.Must(command, Officer()).stream();
  }
}

uint32_t LoadOf(PartitionWorld& world, std::string_view person) {
  world.Advance(absl::Seconds(2));
  return world.hub().Now()->LoadOf(person).load;
}

TEST(Caseloads, R_67_AreTheSumOverAllPartitions) {
  PartitionWorld world(4);
  world.Must(PublishWeighingPack("weighing"), Administrator());
  const std::string one = ReportedIn(world, 1, "one");
  const std::string two = ReportedIn(world, 2, "two");
  world.Must(Assign("a1", one, "olu"), Manager());
  world.Must(Assign("a2", two, "olu"), Manager());
  EXPECT_EQ(LoadOf(world, "olu"), 2u);

  world.Must(Triage("t1", one, v1::PRIORITY_P1), Officer());
  EXPECT_EQ(LoadOf(world, "olu"), 4u);
  world.Must(Assign("a3", two, "ben"), Manager());
  EXPECT_EQ(LoadOf(world, "olu"), 3u);
  EXPECT_EQ(LoadOf(world, "ben"), 1u);
  for (uint32_t n = 0; n < 4; ++n)
    EXPECT_EQ(world.Digest(n), world.RebuiltDigest(n)) << n;
}

TEST(Caseloads, L3_AreCountedOnceWhateverCrashes) {
  PartitionWorld world(4);
  world.Must(PublishWeighingPack("weighing"), Administrator());
  const std::string one = ReportedIn(world, 1, "one");
  const std::string two = ReportedIn(world, 2, "two");
  world.Must(Assign("a1", one, "olu"), Manager());
  world.Crash(0);
  world.Must(Assign("a2", two, "olu"), Manager());
  world.Reopen(0, 5);
  EXPECT_EQ(LoadOf(world, "olu"), 2u);
  world.Reopen(2, 5);
  world.Reopen(0);
  EXPECT_EQ(LoadOf(world, "olu"), 2u) << "read back from state";
  world.ReopenState(0, 3);
  EXPECT_EQ(LoadOf(world, "olu"), 2u);
  ASSERT_EQ(world.Reader(0).Caseloads()->size(), 1u);
  EXPECT_EQ(world.Reader(0).Caseloads()->front().load(), 2u);
  EXPECT_EQ(world.Digest(0), world.RebuiltDigest(0));
}

TEST(Caseloads, R_67_WhoCarriesEnoughIsGivenMoreOnlyWithAReason) {
  PartitionWorld world(4);
  world.Must(PublishWeighingPack("weighing"), Administrator());
  v1::Command staff;
  staff.set_command_id("staff");
  staff.mutable_register_staff()->set_staff_id("olu");
  staff.mutable_register_staff()->add_roles("officer");
  world.Must(staff, Administrator());
  for (int i = 0; i < 5; ++i) {
    world.Must(Assign(StrCat("a", i), ReportedIn(world, 1 + static_cast<uint32_t>(i % 3), StrCat("c", i)), "olu"),
               Manager());
    LoadOf(world, "olu");
  }
  const std::string sixth = ReportedIn(world, 2, "sixth");

  const v1::Outcome refused = world.Must(Assign("a6", sixth, "olu"), Manager());

  EXPECT_EQ(refused.refusal().rule(), "T-3");
  EXPECT_EQ(refused.refusal().say(),
            "This person would carry more than is agreed. olu carries 5 and this case weighs 1; at most 5 is agreed.");
  v1::Command reason = Assign("a7", sixth, "olu");
  reason.mutable_assign_case()->set_reason_code("knows_them");
  EXPECT_TRUE(world.Must(reason, Manager()).has_accepted());
  EXPECT_EQ(LoadOf(world, "olu"), 6u);
  std::vector<std::string> crossings;
  for (const v1::Decision& decision : world.Records(0)) {
    for (const v1::Event& event : decision.accepted().events()) {
      if (event.has_caseload_threshold_exceeded()) crossings.push_back(event.caseload_threshold_exceeded().staff_id());
    }
  }
  EXPECT_THAT(crossings, ElementsAre("olu"));
}

TEST(Caseloads, NoClientMayChangeThem) {
  PartitionWorld world(2);
  v1::Command note;
  note.mutable_note_caseload()->set_staff_id("olu");
  EXPECT_FALSE(RouteCommand(world.hasher(), note, "olu", 2).ok()) << "no client may say it";
}

}  // namespace
}  // namespace caseward

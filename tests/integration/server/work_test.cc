// Lists of work and caseloads through the server: what is next, why, what unblocks it, what can wait, who carries what.
#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kOther[] = "ned; roles=case_manager; region=north";

class Work : public testing::Test {
 protected:
  explicit Work(ServeOptions options = {}) : node(std::move(options)) { node.PublishPack(); }

  v1::ListWorkResponse Of(const std::string& actor, bool all = false) {
    v1::ListWorkRequest request;
    request.set_all(all);
    return Page(actor, request);
  }
  v1::ListWorkResponse Page(const std::string& actor, const v1::ListWorkRequest& request) {
    v1::ListWorkResponse response;
    const grpc::Status status = node.cases->ListWork(Served::As(actor).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // Triaged and owned by mo: "The first visit" is due in five working days, which can wait.
  std::string Owned(const std::string& name, v1::Priority priority = v1::PRIORITY_P3) {
    const std::string id = node.NewCase(name, priority);
    node.Accept(Triage(name + "-t", id));
    node.Accept(Assign(name + "-a", id, "mo"));
    return id;
  }
  std::string Closing(const std::string& name, v1::Priority priority = v1::PRIORITY_P3) {
    const std::string id = Owned(name, priority);
    node.Accept(Visit(name + "-v", id));
    node.Accept(ProposeClosure(name + "-p", id));
    return id;
  }
  static std::vector<std::string> Unblocked(const v1::WorkItem& item) {
    return {item.unblocked_by().begin(), item.unblocked_by().end()};
  }

  Served node;
};

TEST_F(Work, R66_EachStepSaysWhyAndWhatUnblocksIt) {
  const std::string id = Owned("one");
  v1::WorkItem item = Of(kManager).items(0);
  EXPECT_EQ(item.next_step(), "The first visit");
  EXPECT_THAT(item.why(), HasSubstr("The first visit (CK-T2), due "));
  EXPECT_EQ(item.clause(), "Tests 3");
  EXPECT_THAT(Unblocked(item), IsEmpty()) << "the step is theirs";

  node.Accept(Visit("v", id));
  item = Of(kManager).items(0);
  EXPECT_EQ(item.next_step(), "Record the next step, or propose closure");

  node.Accept(ProposeClosure("p", id));
  item = Of(kManager).items(0);
  EXPECT_EQ(item.next_step(), "Wait for the closure to be signed");
  EXPECT_THAT(Unblocked(item), ElementsAre("the closure is signed by team_leader or regional_manager"));
  const v1::WorkItem to_sign = Of(kLeader).items(0);
  EXPECT_TRUE(to_sign.to_sign());
  EXPECT_THAT(to_sign.why(), HasSubstr("another person than mo"));

  node.Accept(SignClosure("s", id), kLeader);
  EXPECT_EQ(Of(kManager).items(0).next_step(), "Close the case");
  EXPECT_EQ(Of(kLeader).items_size(), 0);
}

TEST_F(Work, R66_WhatStandsInTheWayOfClosingIsSaidInTheWordsOfTheRule) {
  Served served;
  for (v1::Command command : PublishSmallPack()) {
    if (command.has_publish_pack()) command.mutable_publish_pack()->mutable_pack()->mutable_clocks()->RemoveLast();
    served.Accept(command, kAdmin);
  }
  const std::string id = served.NewCase("one");
  served.Accept(Triage("t", id));
  served.Accept(Assign("a", id, "mo"));
  v1::ListWorkResponse work;
  ASSERT_TRUE(served.cases->ListWork(Served::As(kManager).get(), {}, &work).ok());
  EXPECT_EQ(work.items(0).next_step(), "Record the next step, or propose closure");
  EXPECT_THAT(Unblocked(work.items(0)), testing::Contains("S-1: a visit"));
}

TEST_F(Work, R66_AHandOverShowsOnBothSides) {
  const std::string id = Owned("one");
  v1::Command hand_over;
  hand_over.set_command_id("h");
  hand_over.set_case_id(id);
  hand_over.mutable_hand_over_case()->set_to("ned");
  node.Accept(hand_over);

  const v1::WorkItem from = Of(kManager).items(0);
  EXPECT_THAT(Unblocked(from), ElementsAre("the hand-over is accepted or rejected by ned"));
  const v1::WorkItem to = Of(kOther).items(0);
  EXPECT_TRUE(to.to_accept());
  EXPECT_EQ(to.next_step(), "Accept the hand-over, or reject it with a reason");
  EXPECT_THAT(to.why(), HasSubstr("mo hands it to you"));
}

class FewReminders : public Work {
 protected:
  static ServeOptions Few() {
    ServeOptions options;
    options.server_limits.reminders_max = 2;
    return options;
  }
  FewReminders() : Work(Few()) {}
};

TEST_F(FewReminders, R66_WhatCanWaitIsCountedBeyondTheLimitAtItAndOnePast) {
  Owned("a");
  Owned("b");
  v1::ListWorkResponse work = Of(kManager);
  EXPECT_EQ(work.items_size(), 2);
  EXPECT_EQ(work.batched(), 0U);

  Owned("c");
  work = Of(kManager);
  EXPECT_EQ(work.items_size(), 2);
  EXPECT_EQ(work.batched(), 1U);
  EXPECT_EQ(work.next_page_token(), "");
  EXPECT_EQ(ToTime(work.batched_due()), ToTime(Of(kManager, true).items(2).due_exclusive()));
  work = Of(kManager, /*all=*/true);
  EXPECT_EQ(work.items_size(), 3);
  EXPECT_EQ(work.batched(), 0U);
}

TEST_F(FewReminders, R66_P1IsNeverBatched) {
  for (int i = 0; i < 5; ++i)
    Owned("slow-" + std::to_string(i));
  std::set<std::string> urgent;
  for (int i = 0; i < 5; ++i)
    urgent.insert(Owned("p1-" + std::to_string(i), v1::PRIORITY_P1));

  const v1::ListWorkResponse work = Of(kManager);

  ASSERT_EQ(work.items_size(), 7);
  std::set<std::string> first;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(work.items(i).priority(), v1::PRIORITY_P1);
    EXPECT_TRUE(work.items(i).urgent());
    first.insert(work.items(i).case_id());
  }
  EXPECT_EQ(first, urgent);
  EXPECT_FALSE(work.items(5).urgent());
  EXPECT_EQ(work.batched(), 3U);
}

TEST_F(FewReminders, R66_P1IsNeverBatchedAlsoWhereItWaitsForASignature) {
  for (int i = 0; i < 4; ++i)
    Closing("slow-" + std::to_string(i));
  const std::string urgent = Closing("p1", v1::PRIORITY_P1);

  const v1::ListWorkResponse work = Of(kLeader);

  ASSERT_EQ(work.items_size(), 3);
  EXPECT_EQ(work.items(0).case_id(), urgent);
  EXPECT_EQ(work.batched(), 2U);
}

TEST_F(FewReminders, R66_WhatFallsDueWithinThreeDaysIsNeverBatchedAtTheLimitAndOnePast) {
  for (int i = 0; i < 4; ++i)
    Owned("case-" + std::to_string(i));
  const absl::Time due = ToTime(Of(kManager, true).items(0).due_exclusive());
  constexpr absl::Duration kSoon = absl::Hours(72);
  node.clock().MoveOn(due - kSoon - absl::Now() - absl::Minutes(1));
  EXPECT_EQ(Of(kManager).batched(), 2U) << "a minute more than three days";

  node.clock().MoveOn(absl::Minutes(2));

  const v1::ListWorkResponse work = Of(kManager);
  ASSERT_EQ(work.items_size(), 4);
  EXPECT_EQ(work.batched(), 0U);
  EXPECT_TRUE(work.items(3).urgent());
}

TEST_F(FewReminders, R66_PagesGoOnWhereTheyEndedAndKeepTheCount) {
  std::set<std::string> made;
  for (int i = 0; i < 3; ++i)
    made.insert(Owned("p1-" + std::to_string(i), v1::PRIORITY_P1));
  for (int i = 0; i < 4; ++i)
    Owned("slow-" + std::to_string(i));
  std::vector<v1::WorkItem> items;
  v1::ListWorkRequest request;
  request.set_page_size(2);
  v1::ListWorkResponse page;
  int pages = 0;
  do {
    page = Page(kManager, request);
    items.insert(items.end(), page.items().begin(), page.items().end());
    request.set_page_token(page.next_page_token());
    ASSERT_LT(++pages, 10);
  } while (!request.page_token().empty());

  ASSERT_EQ(items.size(), 5U) << "three that cannot wait, and two that can";
  std::set<std::string> seen;
  for (const v1::WorkItem& item : items)
    EXPECT_TRUE(seen.insert(item.case_id()).second) << "once each";
  EXPECT_EQ(page.batched(), 2U);
  request.set_all(true);
  request.set_page_token("AAAA");
  v1::ListWorkResponse none;
  EXPECT_EQ(node.cases->ListWork(Served::As(kManager).get(), request, &none).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

class ShortLooks : public Work {
 protected:
  static ServeOptions Short() {
    ServeOptions options;
    options.partitions = 2;  // every case in one
    options.server_limits.waiting_looked_at_max = 3;
    return options;
  }
  ShortLooks() : Work(Short()) {}
};

// Nothing is cut: what one page does not look at, the next one does.
TEST_F(ShortLooks, R66_EveryClosureThatWaitsIsShownAtTheLimitAndOnePast) {
  std::set<std::string> made;
  for (int i = 0; i < 3; ++i)
    made.insert(Closing("c-" + std::to_string(i)));
  v1::ListWorkRequest request;
  request.set_all(true);
  EXPECT_EQ(Page(kLeader, request).next_page_token(), "");
  made.insert(Closing("c-3"));
  std::set<std::string> seen;
  do {
    const v1::ListWorkResponse page = Page(kLeader, request);
    for (const v1::WorkItem& item : page.items())
      EXPECT_TRUE(seen.insert(item.case_id()).second);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, made);
}

TEST_F(Work, R66_WhoSignsForSomebodyElseSeesWhatWaitsForThem) {
  const std::string id = Closing("one");
  for (const char* who : {"ned", "lee"}) {
    v1::Command staff;
    staff.set_command_id(std::string("staff-") + who);
    staff.mutable_register_staff()->set_staff_id(who);
    staff.mutable_register_staff()->add_roles(who == std::string("lee") ? "team_leader" : "case_manager");
    node.Accept(staff, kAdmin);
  }
  EXPECT_EQ(Of(kOther).items_size(), 0);
  v1::Command delegate;
  delegate.set_command_id("delegate");
  v1::DelegateSignOff& asked = *delegate.mutable_delegate_sign_off();
  asked.set_from("lee");
  asked.set_to("ned");
  SetTimestamp(absl::Now() - absl::Hours(1), asked.mutable_starts());
  SetTimestamp(absl::Now() + absl::Hours(1), asked.mutable_ends());
  asked.set_reason_code("leave");
  node.Accept(delegate, kAdmin);

  ASSERT_EQ(Of(kOther).items_size(), 1);
  EXPECT_EQ(Of(kOther).items(0).case_id(), id);
  node.clock().MoveOn(absl::Hours(2));
  EXPECT_EQ(Of(kOther).items_size(), 0) << "it has ended";
}

TEST_F(Work, APartnerHasNoListOfWork) {
  v1::ListWorkResponse response;
  EXPECT_EQ(node.cases->ListWork(Served::As("police; kind=partner").get(), {}, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

// ---------------------------------------------------------------------------------------------- caseloads

class Loads : public Work {
 protected:
  Loads() {
    v1::Command command;
    command.set_command_id("weighing");
    v1::Pack& pack = *command.mutable_publish_pack()->mutable_pack();
    pack = SmallPack();
    pack.mutable_caseload()->set_clause("Tests 9");
    pack.mutable_caseload()->set_provenance(v1::PROVENANCE_OURS);
    v1::LoadWeight& urgent = *pack.mutable_caseload()->add_weights();
    urgent.set_priority(v1::PRIORITY_P1);
    urgent.set_weight(3);
    v1::LoadCap& cap = *pack.mutable_caseload()->add_caps();
    cap.set_role("case_manager");
    cap.set_at_most(3);
    node.Accept(command, kAdmin);
    for (const char* id : {"mo", "ned", "lee"}) {
      v1::Command staff;
      staff.set_command_id(std::string("staff-") + id);
      staff.mutable_register_staff()->set_staff_id(id);
      staff.mutable_register_staff()->add_roles(id == std::string("lee") ? "team_leader" : "case_manager");
      staff.mutable_register_staff()->set_region("north");
      node.Accept(staff, kAdmin);
    }
  }
  // What is told to the directory travels; until it is there.
  v1::StaffLoad LoadOf(const std::string& person, uint32_t until) {
    v1::ListCaseloadsResponse response;
    for (const auto end = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < end;) {
      EXPECT_TRUE(node.directory->ListCaseloads(Served::As(kLeader).get(), {}, &response).ok());
      for (const v1::StaffLoad& load : response.loads()) {
        if (load.staff_id() == person && load.load() == until) return load;
      }
    }
    ADD_FAILURE() << "expected " << person << " to carry " << until << "; found " << response.ShortDebugString();
    return {};
  }
};

TEST_F(Loads, R67_ShowsWhatEachCarriesAndMay) {
  Owned("one", v1::PRIORITY_P1);
  v1::StaffLoad mo = LoadOf("mo", 3);
  EXPECT_EQ(mo.cap(), 3U);
  EXPECT_FALSE(mo.above_cap()) << "as much as is agreed";
  EXPECT_EQ(mo.open_cases(), 1U);
  EXPECT_EQ(mo.region(), "north");

  const std::string two = Owned("two");
  mo = LoadOf("mo", 4);
  EXPECT_TRUE(mo.above_cap());
  EXPECT_EQ(mo.open_cases(), 2U);
  EXPECT_EQ(LoadOf("ned", 0).cap(), 3U);
  const v1::ListWorkResponse work = Of(kManager);
  EXPECT_EQ(work.load().load(), 4U);
  EXPECT_EQ(work.load().cap(), 3U);
  EXPECT_TRUE(work.load().above_cap());

  node.Accept(Assign("give", two, "ned"));
  EXPECT_FALSE(LoadOf("mo", 3).above_cap());
  EXPECT_EQ(LoadOf("ned", 1).open_cases(), 1U);
}

TEST_F(Loads, R67_IsStillThereAfterARestart) {
  Owned("one");
  LoadOf("mo", 1);
  node.Restart();
  EXPECT_EQ(LoadOf("mo", 1).open_cases(), 1U);
}

TEST_F(Loads, R67_TheFrontLineSeesItsOwnLineOnly) {
  v1::ListCaseloadsResponse response;
  ASSERT_TRUE(node.directory->ListCaseloads(Served::As(kManager).get(), {}, &response).ok());
  ASSERT_EQ(response.loads_size(), 1);
  EXPECT_EQ(response.loads(0).staff_id(), "mo");
  v1::ListCaseloadsRequest request;
  request.set_page_size(2);
  ASSERT_TRUE(node.directory->ListCaseloads(Served::As(kLeader).get(), request, &response).ok());
  EXPECT_EQ(response.loads_size(), 2);
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(node.directory->ListCaseloads(Served::As(kLeader).get(), request, &response).ok());
  EXPECT_EQ(response.loads_size(), 1);
  EXPECT_EQ(response.loads(0).staff_id(), "ned");
}

}  // namespace
}  // namespace caseward::test

// What is read back: freshness, moments of the past, lists and pages.
#include <future>
#include <set>

#include "absl/strings/str_join.h"
#include "engine/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Reads : public testing::Test {
 protected:
  Reads() { node.PublishPack(); }

  grpc::Status Get(const v1::GetCaseRequest& request, v1::GetCaseResponse* response) {
    return node.cases->GetCase(Served::As(kManager).get(), request, response);
  }

  Served node;
};

TEST_F(Reads, L9_AtLeastWaitsForThePosition) {
  const v1::Outcome reported = node.Accept(Report("r1"));
  const v1::Outcome triaged = node.Accept(Triage("t1", reported.stream()));

  v1::GetCaseRequest request;
  request.set_case_id(reported.stream());
  *request.mutable_freshness()->mutable_at_least() = triaged.position();
  v1::GetCaseResponse response;
  ASSERT_TRUE(Get(request, &response).ok());

  EXPECT_GE(response.position().sequence(), triaged.position().sequence());
  EXPECT_EQ(response.case_().version(), triaged.version());
}

TEST_F(Reads, APositionOfAnotherLogIsNotWaitedFor) {
  const std::string id = node.NewCase("r1");
  v1::GetCaseRequest request;
  request.set_case_id(id);
  request.mutable_freshness()->mutable_at_least()->set_log_id("another-log");

  v1::GetCaseResponse response;
  const grpc::Status status = Get(request, &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("freshness.at_least"));
}

TEST(ReadBounds, APositionThatDoesNotComeIsDeadlineExceeded) {
  ServeOptions options;
  options.server_limits.read_wait_max = absl::Milliseconds(200);
  Served node(options);
  node.PublishPack();
  const v1::Outcome reported = node.Accept(Report("r1"));

  v1::GetCaseRequest request;
  request.set_case_id(reported.stream());
  *request.mutable_freshness()->mutable_at_least() = reported.position();
  request.mutable_freshness()->mutable_at_least()->set_sequence(1'000'000);
  v1::GetCaseResponse response;
  const grpc::Status status = node.cases->GetCase(Served::As(kManager).get(), request, &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr("read_wait_max"));
}

TEST(ReadBounds, L10_OneWaitingReadTooManyIsResourceExhausted) {
  ServeOptions options;
  options.server_limits.waiting_reads_max = 1;
  Served node(options);
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  v1::GetCaseRequest request;
  request.set_case_id(id);
  request.mutable_freshness()->set_latest(true);

  node.clock().Hold();
  auto ask = [&] {
    v1::GetCaseResponse response;
    return node.cases->GetCase(Served::As(kManager).get(), request, &response);
  };
  auto one = std::async(std::launch::async, ask);
  auto two = std::async(std::launch::async, ask);
  // One waits; the other is told at once.
  while (one.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         two.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  node.clock().Release();
  const grpc::Status first = one.get();
  const grpc::Status second = two.get();

  EXPECT_EQ(first.ok() + second.ok(), 1);
  EXPECT_THAT(first.error_message() + second.error_message(), HasSubstr("waiting_reads_max"));
}

TEST_F(Reads, L9_LatestAnswersOnlyAfterARoundBegunAfterTheCall) {
  const std::string id = node.NewCase("r1");
  v1::GetCaseRequest request;
  request.set_case_id(id);
  request.mutable_freshness()->set_latest(true);

  // With the loops held no round can begin, so there is no answer.
  node.clock().Hold();
  const auto context = Served::As(kManager);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  v1::GetCaseResponse response;
  const grpc::Status held = node.cases->GetCase(context.get(), request, &response);
  node.clock().Release();

  EXPECT_EQ(held.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_EQ(response.case_().case_id(), id);
}

TEST_F(Reads, AsOfShowsTheCaseAsItHadBeenRecorded) {
  const v1::Outcome reported = node.Accept(Report("r1"));
  node.clock().MoveOn(absl::Minutes(1));
  const v1::Outcome triaged = node.Accept(Triage("t1", reported.stream()));
  ASSERT_GT(ToTime(triaged.recorded_at()), ToTime(reported.recorded_at()));

  v1::GetCaseRequest request;
  request.set_case_id(reported.stream());
  *request.mutable_as_of() = reported.recorded_at();
  v1::GetCaseResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_EQ(response.case_().version(), 1u);
  EXPECT_EQ(response.case_().phase(), v1::PHASE_REPORTED);

  SetTimestamp(ToTime(reported.recorded_at()) - absl::Seconds(1), request.mutable_as_of());
  EXPECT_EQ(Get(request, &response).error_code(), grpc::StatusCode::NOT_FOUND) << "it had not been reported";
}

TEST_F(Reads, AMaskLeavesWhatItNamesAndAWrongOneIsAnError) {
  const std::string id = node.NewCase("r1");
  v1::GetCaseRequest request;
  request.set_case_id(id);
  request.mutable_read_mask()->add_paths("phase");
  v1::GetCaseResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_EQ(response.case_().phase(), v1::PHASE_REPORTED);
  EXPECT_EQ(response.case_().case_id(), "");
  EXPECT_EQ(response.case_().clocks_size(), 0);

  request.mutable_read_mask()->set_paths(0, "no_such_field");
  const grpc::Status status = Get(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("read_mask.paths[0]"));
}

TEST_F(Reads, ListCasesPagesOverAllPartitionsInOrderOfId) {
  std::set<std::string> made;
  for (int i = 0; i < 25; ++i)
    made.insert(node.NewCase("r" + std::to_string(i)));

  std::vector<std::string> listed;
  std::set<char> partitions;
  v1::ListCasesRequest request;
  request.set_page_size(4);
  int pages = 0;
  do {
    v1::ListCasesResponse page;
    const grpc::Status status = node.cases->ListCases(Served::As(kManager).get(), request, &page);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_LE(page.cases_size(), 4);
    EXPECT_EQ(page.positions_size(), 4) << "one a partition";
    for (const v1::CaseState& state : page.cases()) {
      listed.push_back(state.case_id());
      partitions.insert(state.case_id()[3]);
    }
    request.set_page_token(page.next_page_token());
    ASSERT_LT(++pages, 20);
  } while (!request.page_token().empty());

  EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
  EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()), made);
  EXPECT_EQ(listed.size(), made.size()) << "none twice";
  EXPECT_GT(partitions.size(), 1u);
}

TEST_F(Reads, ListCasesFitsAllThatIsAsked) {
  const std::string urgent = node.NewCase("r1", v1::PRIORITY_P1);
  const std::string other = node.NewCase("r2");
  node.Accept(Assign("a1", urgent, "mo"));

  const auto ids = [&](const v1::ListCasesRequest& request) {
    v1::ListCasesResponse page;
    EXPECT_TRUE(node.cases->ListCases(Served::As(kManager).get(), request, &page).ok());
    std::vector<std::string> out;
    for (const auto& state : page.cases())
      out.push_back(state.case_id());
    return out;
  };
  v1::ListCasesRequest by_owner;
  by_owner.set_owner("mo");
  EXPECT_THAT(ids(by_owner), testing::ElementsAre(urgent));
  v1::ListCasesRequest by_priority;
  by_priority.set_priority(v1::PRIORITY_P3);
  EXPECT_THAT(ids(by_priority), testing::ElementsAre(other));
  v1::ListCasesRequest by_phase;
  by_phase.add_phases(v1::PHASE_CLOSED);
  EXPECT_TRUE(ids(by_phase).empty());
}

TEST_F(Reads, APageTokenOfAnotherQuestionIsAnError) {
  for (int i = 0; i < 3; ++i)
    node.NewCase("r" + std::to_string(i));
  v1::ListCasesRequest request;
  request.set_page_size(1);
  v1::ListCasesResponse page;
  ASSERT_TRUE(node.cases->ListCases(Served::As(kManager).get(), request, &page).ok());

  request.set_page_token(page.next_page_token());
  request.set_case_type("noise");
  const grpc::Status other = node.cases->ListCases(Served::As(kManager).get(), request, &page);
  EXPECT_EQ(other.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(other.error_message(), HasSubstr("page_token"));

  request.set_page_token("made-up");
  EXPECT_EQ(node.cases->ListCases(Served::As(kManager).get(), request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_EQ(node.cases->ListCases(Served::As(kManager).get(), request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Reads, TheTimelineTellsRefusalsAmongFactsAndPages) {
  const std::string id = node.NewCase("r1");
  node.Accept(Triage("t1", id));
  node.Submit(ProposeClosure("p1", id));
  node.Accept(Visit("v1", id, "All was quiet."));

  std::vector<v1::Decision> decisions;
  v1::GetTimelineRequest request;
  request.set_case_id(id);
  request.set_page_size(3);
  request.set_with_words(true);
  do {
    v1::GetTimelineResponse page;
    const grpc::Status status = node.cases->GetTimeline(Served::As(kManager).get(), request, &page);
    ASSERT_TRUE(status.ok()) << status.error_message();
    decisions.insert(decisions.end(), page.decisions().begin(), page.decisions().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  ASSERT_EQ(decisions.size(), 4u);
  EXPECT_EQ(decisions[0].accepted().events(0).kind_case(), v1::Event::kCaseReported);
  EXPECT_EQ(decisions[2].refusal().rule(), "S-1");
  EXPECT_EQ(decisions[3].command().record_step().fields().at("note").words().text(), "All was quiet.");
  for (size_t i = 1; i < decisions.size(); ++i)
    EXPECT_GT(decisions[i].sequence(), decisions[i - 1].sequence());
}

TEST_F(Reads, AClockFiresOnceWhenItsTimeComes) {
  const std::string id = node.NewCase("r1", v1::PRIORITY_P1);

  node.clock().MoveOn(absl::Hours(1) + absl::Seconds(1));
  v1::CaseState state;
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    state = node.Case(id);
    if (state.clocks(0).status() == v1::ClockState::STATUS_BREACHED) break;
  }

  ASSERT_EQ(state.clocks(0).clock(), "answer");
  EXPECT_EQ(state.clocks(0).status(), v1::ClockState::STATUS_BREACHED);
  v1::GetTimelineRequest request;
  request.set_case_id(id);
  v1::GetTimelineResponse timeline;
  ASSERT_TRUE(node.cases->GetTimeline(Served::As(kManager).get(), request, &timeline).ok());
  int breaches = 0;
  for (const auto& decision : timeline.decisions()) {
    for (const auto& event : decision.accepted().events())
      breaches += event.has_clock_breached();
  }
  EXPECT_EQ(breaches, 1);
}

TEST_F(Reads, ListDueIsSoonestFirstOverAllPartitions) {
  std::set<std::string> made;
  for (int i = 0; i < 6; ++i)
    made.insert(node.NewCase("slow-" + std::to_string(i)));
  const std::string urgent = node.NewCase("urgent", v1::PRIORITY_P1);
  made.insert(urgent);

  std::vector<v1::DueClock> due;
  v1::ListDueRequest request;
  request.set_page_size(2);
  SetTimestamp(absl::Now() + absl::Hours(24), request.mutable_before());
  do {
    v1::ListDueResponse page;
    const grpc::Status status = node.cases->ListDue(Served::As(kManager).get(), request, &page);
    ASSERT_TRUE(status.ok()) << status.error_message();
    due.insert(due.end(), page.clocks().begin(), page.clocks().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  ASSERT_EQ(due.size(), made.size());
  EXPECT_EQ(due[0].case_id(), urgent);
  EXPECT_EQ(due[0].priority(), v1::PRIORITY_P1);
  EXPECT_EQ(due[0].clock(), "answer");
  for (size_t i = 1; i < due.size(); ++i) {
    EXPECT_LE(ToTime(due[i - 1].due_exclusive()), ToTime(due[i].due_exclusive()));
  }
}

TEST_F(Reads, ListWorkShowsWhatIsNextAndWhatWaitsForASignature) {
  const std::string mine = node.NewCase("r1");
  node.Accept(Triage("t1", mine));
  node.Accept(Assign("a1", mine, "mo"));
  const std::string closing = node.NewCase("r2");
  node.Accept(Triage("t2", closing));
  node.Accept(Assign("a2", closing, "mo"));
  node.Accept(Visit("v2", closing));
  node.Accept(ProposeClosure("p2", closing));

  v1::ListWorkResponse of_mo;
  ASSERT_TRUE(node.cases->ListWork(Served::As(kManager).get(), {}, &of_mo).ok());
  v1::ListWorkResponse of_lee;
  ASSERT_TRUE(node.cases->ListWork(Served::As(kLeader).get(), {}, &of_lee).ok());

  ASSERT_EQ(of_mo.items_size(), 2);
  EXPECT_EQ(of_mo.items(0).case_id(), mine) << "the case with a clock comes first";
  EXPECT_EQ(of_mo.items(0).clock(), "first_visit");
  EXPECT_EQ(of_mo.items(0).next_step(), "The first visit");
  ASSERT_EQ(of_lee.items_size(), 1);
  EXPECT_TRUE(of_lee.items(0).to_sign());
  EXPECT_EQ(of_lee.items(0).case_id(), closing);
  EXPECT_EQ(of_lee.items(0).clause(), "Tests 5");
}

TEST_F(Reads, ExplainSaysWhatStandsBetweenACaseAndClosing) {
  const std::string id = node.NewCase("r1");
  node.Accept(Triage("t1", id));

  v1::ExplainCaseRequest request;
  request.set_case_id(id);
  v1::ExplainCaseResponse response;
  const grpc::Status status = node.cases->ExplainCase(Served::As(kManager).get(), request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.explanation().clocks_size(), 2);
  ASSERT_GE(response.explanation().closing_blocked_by_size(), 1);
  EXPECT_EQ(response.position().log_id(), node.server().info().log_id);
}

TEST_F(Reads, AResidentIsToldOnce) {
  v1::Command registration;
  registration.set_command_id("resident-1");
  registration.mutable_register_resident()->mutable_name()->set_text("Alex Example");
  registration.mutable_register_resident()->mutable_needs()->set_language("cy");
  const v1::Outcome registered = node.Accept(registration);

  v1::GetResidentRequest request;
  request.set_resident_id(registered.stream());
  request.set_with_words(true);
  v1::GetResidentResponse response;
  const grpc::Status status = node.residents->GetResident(Served::As(kManager).get(), request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.resident().name().text(), "Alex Example");
  EXPECT_EQ(response.resident().needs().language(), "cy");
}

class Matches : public Reads {
 protected:
  std::string Registers(const std::string& name, const std::string& phone, const std::string& household) {
    v1::Command command;
    command.set_command_id(name);
    v1::RegisterResident& asked = *command.mutable_register_resident();
    asked.mutable_name()->set_text(name);
    asked.mutable_phone()->set_text(phone);
    asked.mutable_household()->set_text(household);
    v1::ExternalReference& reference = *command.add_references();
    reference.set_system("d365");
    reference.set_value(name);
    return node.Accept(command).stream();
  }
  grpc::Status Match(const std::string& phone, const std::string& household, const std::string& reference) {
    v1::MatchResidentsRequest request;
    if (!phone.empty()) request.mutable_phone()->set_text(phone);
    if (!household.empty()) request.mutable_household()->set_text(household);
    if (!reference.empty()) {
      request.mutable_reference()->set_system("d365");
      request.mutable_reference()->set_value(reference);
    }
    found.Clear();
    return node.residents->MatchResidents(Served::As(actor).get(), request, &found);
  }
  std::string Found() const {
    std::string text;
    for (const v1::ResidentCandidate& one : found.candidates())
      text += StrCat(one.resident_id(), " by ", absl::StrJoin(one.same(), "+"), "; ");
    return text;
  }

  std::string actor = kManager;
  v1::MatchResidentsResponse found;
};

TEST_F(Matches, R_14_APersonIsFoundAgainHoweverItIsWritten) {
  const std::string alex = Registers("alex", "+44 1632 960001", "Flat 2, 14 Elm St");
  const std::string bo = Registers("bo", "01632 960002", "flat 2 14 ELM st.");

  ASSERT_TRUE(Match("01632-960001", "", "").ok());
  EXPECT_EQ(Found(), alex + " by phone; ");
  ASSERT_TRUE(Match("01632 960002", "Flat 2, 14 Elm St", "").ok());
  EXPECT_THAT(Found(), AllOf(HasSubstr(alex + " by household; "), HasSubstr(bo + " by phone+household; ")));
  ASSERT_TRUE(Match("", "", "bo").ok());
  EXPECT_EQ(Found(), bo + " by reference; ");
  ASSERT_TRUE(Match("01632 960003", "", "cy").ok());
  EXPECT_EQ(Found(), "");
}

TEST_F(Matches, L11_NobodyIsFoundWhoseDetailsWereErased) {
  const std::string alex = Registers("alex", "01632 960001", "Flat 2, 14 Elm St");
  v1::Command erase;
  erase.set_command_id("erase");
  erase.set_resident_id(alex);
  erase.mutable_erase_resident()->set_reason_code("asked_by_resident");
  node.Accept(erase, kAdmin);

  ASSERT_TRUE(Match("01632 960001", "Flat 2, 14 Elm St", "alex").ok());
  EXPECT_EQ(Found(), "");
}

TEST_F(Matches, OnlyWhoMayReadWordsAsksAndBySomething) {
  EXPECT_EQ(Match("", "", "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Match("no digits", "", "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  actor = "d365; kind=service; on_behalf_of=mo";
  const grpc::Status denied = Match("01632 960001", "", "");
  EXPECT_EQ(denied.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(denied.error_message(), HasSubstr("MatchResidents: expected an actor who may read personal words"));
}

TEST_F(Matches, L10_AtMostKCandidatesMaxAndItSaysThatThereAreMore) {
  for (int i = 0; i < 100; ++i)
    Registers(StrCat("r", i), "01632 960001", "");
  ASSERT_TRUE(Match("01632 960001", "", "").ok());
  EXPECT_EQ(found.candidates_size(), 100);
  EXPECT_FALSE(found.more());
  Registers("one-more", "01632 960001", "");
  ASSERT_TRUE(Match("01632 960001", "", "").ok());
  EXPECT_EQ(found.candidates_size(), 100);
  EXPECT_TRUE(found.more());
}

TEST_F(Reads, TheDirectoryListsAgenciesAndHowTheAgreementsStand) {
  v1::Command agency;
  agency.set_command_id("agency");
  agency.mutable_register_agency()->mutable_agency()->set_id("police");
  agency.mutable_register_agency()->mutable_agency()->set_title("Police");
  agency.mutable_register_agency()->mutable_agency()->set_kind("police");
  node.Accept(agency, kAdmin);
  v1::Command agreement;
  agreement.set_command_id("agreement");
  v1::Agreement& text = *agreement.mutable_register_agreement()->mutable_agreement();
  text.set_id("police_2026");
  text.set_agency("police");
  text.add_purposes("prevent_crime");
  text.add_lawful_bases("public_task");
  text.add_data_classes(v1::DATA_CLASS_PERSONAL);
  SetTimestamp(absl::Now(), text.mutable_from());
  SetTimestamp(absl::Now() + absl::Hours(24), text.mutable_until());
  node.Accept(agreement, kAdmin);
  v1::Command suspend;
  suspend.set_command_id("suspend");
  suspend.mutable_suspend_agreement()->set_agreement_id("police_2026");
  suspend.mutable_suspend_agreement()->set_reason_code("breach_found");
  node.Accept(suspend, kAdmin);

  v1::ListAgenciesResponse agencies;
  ASSERT_TRUE(node.directory->ListAgencies(Served::As(kAdmin).get(), {}, &agencies).ok());

  ASSERT_EQ(agencies.agencies_size(), 1);
  EXPECT_EQ(agencies.agencies(0).agency().id(), "police");
  ASSERT_EQ(agencies.agencies(0).agreements_size(), 1);
  EXPECT_TRUE(agencies.agencies(0).agreements(0).suspended());
}

TEST_F(Reads, TheDirectoryListsWhatWasPublished) {
  v1::ListPacksResponse packs;
  ASSERT_TRUE(node.directory->ListPacks(Served::As(kAdmin).get(), {}, &packs).ok());
  ASSERT_EQ(packs.packs_size(), 1);
  EXPECT_EQ(packs.packs(0).pack().id(), "small");
  EXPECT_EQ(packs.packs(0).pack().rules_size(), 0) << "a list has no rules";

  v1::GetPackRequest request;
  request.set_pack_id("small");
  v1::GetPackResponse pack;
  ASSERT_TRUE(node.directory->GetPack(Served::As(kAdmin).get(), request, &pack).ok());
  EXPECT_EQ(pack.pack().pack().rules_size(), 1);
  request.set_version(9);
  EXPECT_EQ(node.directory->GetPack(Served::As(kAdmin).get(), request, &pack).error_code(),
            grpc::StatusCode::NOT_FOUND);

  v1::ListCalendarsResponse calendars;
  ASSERT_TRUE(node.directory->ListCalendars(Served::As(kAdmin).get(), {}, &calendars).ok());
  ASSERT_EQ(calendars.calendars_size(), 1);
  EXPECT_EQ(calendars.calendars(0).calendar().id(), "england_and_wales");
}

}  // namespace
}  // namespace caseward::test

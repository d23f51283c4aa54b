// Several nodes on one log: any of them takes any call, and one that dies, sleeps or leaves is followed by another.
// What must hold: no acknowledged command is lost, none is decided twice, nothing stale is read as LATEST, and all
// copies are equal. CASEWARD_TAKEOVERS sets how many owners die under load (6; the long run is 200).
#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "tests/support/fault_report.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/load_on_nodes.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Nodes, AnyNodeTakesAnyCall) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  const auto write = v1::CaseService::NewStub(nodes.program(0).Connect());
  const auto read = v1::CaseService::NewStub(nodes.program(1).Connect());
  std::set<uint32_t> partitions;
  for (int i = 0; i < 24; ++i) {
    grpc::Status status;
    const v1::SubmitResponse reported = Send(*write, Report("r" + std::to_string(i)), kManager, &status);
    ASSERT_TRUE(status.ok()) << status.error_message();
    partitions.insert(reported.outcome().position().partition());
    // A reader sees what was written at another node, by position and as LATEST (law L9).
    v1::GetCaseRequest request;
    request.set_case_id(reported.outcome().stream());
    if (i % 2 == 0) {
      *request.mutable_freshness()->mutable_at_least() = reported.outcome().position();
    } else {
      request.mutable_freshness()->set_latest(true);
    }
    v1::GetCaseResponse response;
    const grpc::Status found = read->GetCase(Served::As(kManager).get(), request, &response);
    ASSERT_TRUE(found.ok()) << found.error_message();
    EXPECT_EQ(response.case_().case_id(), reported.outcome().stream());
  }
  EXPECT_EQ(partitions.size(), kNodePartitions - 1) << "all but the directory, and each node owns some";
  v1::ListCasesResponse listed;
  ASSERT_TRUE(read->ListCases(Served::As(kManager).get(), v1::ListCasesRequest(), &listed).ok());
  EXPECT_EQ(listed.cases_size(), 24) << "a list gathers over all partitions at any node";
  const std::vector<std::string> digests = nodes.DigestsAtRest();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0], digests[1]);
}

// A follower whose copy is behind answers that a thing does not exist (Restate #4587). Asked as LATEST, or at least at
// what was acknowledged, ours waits or says that it cannot tell.
TEST(Nodes, PeersBug3_AFollowerThatIsBehindNeverAnswersNotFound) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  StubbornClient client(nodes, 9);
  for (int i = 0; i < 40; ++i) {
    const v1::Outcome reported = client.Must(Report("r" + std::to_string(i)), kManager);
    for (const size_t node : {0, 1}) {
      for (const bool latest : {true, false}) {
        v1::GetCaseRequest request;
        request.set_case_id(reported.stream());
        if (latest) {
          request.mutable_freshness()->set_latest(true);
        } else {
          *request.mutable_freshness()->mutable_at_least() = reported.position();
        }
        v1::GetCaseResponse response;
        const grpc::Status status = v1::CaseService::NewStub(nodes.program(node).Connect())
                                        ->GetCase(Served::As(kManager).get(), request, &response);
        ASSERT_NE(status.error_code(), grpc::StatusCode::NOT_FOUND) << "node " << node << ", report " << i;
        if (status.ok()) {
          ASSERT_EQ(response.case_().case_id(), reported.stream());
        }
      }
    }
  }
}

TEST(Nodes, WordsSealedAtOneNodeAreReadAtAnother) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  StubbornClient client(nodes, 3);
  for (int i = 0; i < 8; ++i) {
    const std::string id = std::to_string(i);
    const std::string case_id = client.Must(Report("r" + id), kManager).stream();
    client.Must(Triage("t" + id, case_id), kManager);
    const v1::Outcome visited = client.Must(Visit("v" + id, case_id, "Glass on the stairs."), kManager);
    for (const size_t node : {0, 1}) {
      v1::GetTimelineRequest request;
      request.set_case_id(case_id);
      request.set_with_words(true);
      *request.mutable_freshness()->mutable_at_least() = visited.position();
      v1::GetTimelineResponse response;
      const grpc::Status status = v1::CaseService::NewStub(nodes.program(node).Connect())
                                      ->GetTimeline(Served::As(kManager).get(), request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      EXPECT_THAT(response.DebugString(), HasSubstr("Glass on the stairs.")) << "node " << node;
    }
  }
}

TEST(Nodes, L4_L5_NoCommandIsLostOrDecidedTwiceThoughOwnersDieUnderLoad) {
  FaultReport report("owner killed under load");
  const int takeovers = Takeovers(6);
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  std::map<std::string, Acknowledged> ledger;
  for (int round = 0; round < takeovers; ++round) {
    const size_t victim = static_cast<size_t>(round) % 2;
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1})) << "round " << round;
    LoadOnNodes load(nodes, round);
    ASSERT_TRUE(load.WaitFor(30)) << "round " << round;
    nodes.Kill(victim);
    report.Ran();
    ASSERT_TRUE(nodes.WaitUntilShared({1 - victim})) << "round " << round;
    ASSERT_TRUE(load.WaitFor(30)) << "round " << round << ": the heir takes everything";
    nodes.Start(victim);
    load.Stop();
    ledger.insert(load.ledger.begin(), load.ledger.end());
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
  const std::vector<std::string> digests = nodes.DigestsAtRest();
  EXPECT_EQ(digests[0], digests[1]);
  CheckLogInKafka(SharedBroker(), nodes.prefix(), ledger);
}

TEST(Nodes, L9_APausedOwnerThatWakesServesNothingStale) {
  FaultReport report("owner paused, woken after takeover, asked to read and write");
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  // A case that node 0 owns.
  StubbornClient client(nodes, 5);
  const std::vector<uint32_t> owned = nodes.OwnedBy(0);
  v1::Outcome reported;
  for (int i = 0; i < 64; ++i) {
    reported = client.Must(Report("r" + std::to_string(i)), kManager);
    if (std::count(owned.begin(), owned.end(), reported.position().partition()) > 0) break;
  }
  ASSERT_THAT(owned, testing::Contains(reported.position().partition()));
  client.Must(Triage("triage", reported.stream()), kManager);

  nodes.program(0).Pause();
  report.Ran();
  ASSERT_TRUE(nodes.WaitUntilShared({1}));
  grpc::Status status;
  const v1::SubmitResponse visited = Send(*v1::CaseService::NewStub(nodes.program(1).Connect()),
                                          Visit("visit", reported.stream(), "At the heir."), kManager, &status);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto sleeper = v1::CaseService::NewStub(nodes.program(0).Connect());
  // Whether it answered, and if so nothing stale.
  const auto answers = [&] {
    v1::GetCaseRequest request;
    request.set_case_id(reported.stream());
    request.mutable_freshness()->set_latest(true);
    v1::GetCaseResponse response;
    if (!sleeper->GetCase(Served::As(kManager).get(), request, &response).ok()) return false;
    EXPECT_GE(response.case_().version(), visited.outcome().version()) << "stale, as LATEST";
    return true;
  };
  // Asked at once as it wakes, many times over, while it finds out.
  nodes.program(0).Continue();
  for (int i = 0; i < 200 && !HasFailure(); ++i)
    answers();
  // Asked to write, it decides nothing of its own: what it takes is decided by the owner, once.
  EXPECT_TRUE(client.Must(Visit("again", reported.stream(), "After it woke."), kManager).has_accepted());
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  const std::vector<std::string> digests = nodes.DigestsAtRest();
  EXPECT_EQ(digests[0], digests[1]);
  EXPECT_TRUE(WaitUntil(answers)) << "it answers again, from its copy and the owner's word";
  CheckLogInKafka(SharedBroker(), nodes.prefix(), client.acknowledged());
}

TEST(Nodes, ANodeThatStopsHandsOverWithoutWaitingForItsSession) {
  FaultReport report("owner stopped");
  const auto session = std::chrono::seconds(30);
  Nodes nodes(2, session);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(nodes.Terminate(0), 0);
  report.Ran();
  ASSERT_TRUE(nodes.WaitUntilShared({1}));
  EXPECT_LT(std::chrono::steady_clock::now() - began, session);
}

TEST(Nodes, TheNodesDoorIsShutToWhoeverHasNoCertificate) {
  Nodes nodes(1);
  ASSERT_TRUE(nodes.WaitUntilShared({0}));
  const std::string endpoint = nodes.program(0).node_address();
  ASSERT_THAT(endpoint, Not(IsEmpty()));
  const auto plain = grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials());
  EXPECT_FALSE(plain->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(2)));
  const auto strange = grpc::CreateChannel(endpoint, grpc::SslCredentials({}));
  EXPECT_FALSE(strange->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(2)));
}

}  // namespace
}  // namespace caseward::test

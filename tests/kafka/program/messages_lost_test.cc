// Messages between partitions that are lost with their topic while no node runs: the message is durable, its receiver
// has not taken it, every node is gone, and somebody deletes or empties the topic. The next owner takes it from the
// sender's log.
#include <algorithm>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/partition/routing.h"
#include "gmock/gmock.h"
#include "storage/openssl_hasher.h"
#include "tests/support/fault_report.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/kafka_topic.h"
#include "tests/support/nodes_under_test.h"

namespace caseward::test {
namespace {

// Long enough that nobody takes a paused node's partitions before the other one is killed.
constexpr std::chrono::milliseconds kLongSession{10'000};

class MessagesLost : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
    ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
    options.bootstrap = nodes.broker();
    options.prefix = nodes.prefix();
  }
  // A report of node 0 whose reference node 1 keeps; the message lies in the topic, and nobody has taken it.
  void LeaveAMessage() {
    const std::vector<uint32_t> theirs = nodes.OwnedBy(1);
    ASSERT_FALSE(theirs.empty());
    keeper = theirs.back();
    const OpensslHasher hasher;
    reference.set_system("d365");
    for (int i = 0; reference.value().empty() || ReferencePartition(hasher, reference, kNodePartitions) != keeper; ++i)
      reference.set_value(StrCat("ref-", i));
    v1::Command report;
    const std::vector<uint32_t> ours = nodes.OwnedBy(0);
    for (int i = 0;; ++i) {
      report = Report(StrCat("lost-", i));
      const absl::StatusOr<Route> route = RouteCommand(hasher, report, "mo", kNodePartitions);
      ASSERT_TRUE(route.ok()) << route.status();
      if (std::find(ours.begin(), ours.end(), *route->partition) != ours.end()) break;
    }
    *report.add_references() = reference;
    TopicReader reader(nodes.broker());
    before = reader.ReadAll(topic(), static_cast<int32_t>(keeper)).size();

    nodes.program(1).Pause();
    grpc::Status status;
    const v1::SubmitResponse response =
        Send(*v1::CaseService::NewStub(nodes.program(0).Connect()), report, kManager, &status);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_TRUE(response.outcome().has_accepted()) << response.ShortDebugString();
    ledger[report.command_id()] = From(response.outcome());
    case_id = response.outcome().stream();
    nodes.Kill(0);
    nodes.Kill(1);
    ASSERT_EQ(TopicReader(nodes.broker()).ReadAll(topic(), static_cast<int32_t>(keeper)).size(), before + 1);
  }
  std::string topic() const { return options.Topic(kMessagesTopic); }
  std::string ByReference() {
    v1::GetCaseRequest request;
    request.set_case_id(StrCat(reference.system(), ":", reference.value()));
    v1::GetCaseResponse response;
    const auto context = Impatient(kManager);
    v1::CaseService::NewStub(nodes.program(0).Connect())->GetCase(context.get(), request, &response);
    return response.case_().case_id();
  }
  void ExpectItTaken() {
    for (const size_t n : {0, 1})
      nodes.Start(n);
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
    EXPECT_TRUE(WaitUntil([&] { return ByReference() == case_id; })) << "the keeper was not told of the reference";
    EXPECT_EQ(nodes.DigestsAtRest().size(), 2u);
    CheckLogInKafka(nodes.broker(), nodes.prefix(), ledger);
  }

  Nodes nodes{2, kLongSession};
  KafkaOptions options;
  uint32_t keeper = 0;
  size_t before = 0;
  v1::ExternalReference reference;
  std::string case_id;
  std::map<std::string, Acknowledged> ledger;
};

TEST_F(MessagesLost, L1_TheTopicOfMessagesIsDeletedWhileNoNodeRuns) {
  FaultReport report("topic .messages deleted while no node runs, a message on its way");
  ASSERT_NO_FATAL_FAILURE(LeaveAMessage());
  DeleteTopics(options, {kMessagesTopic});
  report.Ran();
  ASSERT_NO_FATAL_FAILURE(ExpectItTaken());
}

TEST_F(MessagesLost, L1_TheTopicOfMessagesIsEmptiedWhileNoNodeRuns) {
  FaultReport report("topic .messages emptied while no node runs, a message on its way");
  ASSERT_NO_FATAL_FAILURE(LeaveAMessage());
  TopicReader reader(nodes.broker());
  const int64_t last = reader.ReadAll(topic(), static_cast<int32_t>(keeper)).back().offset;
  DeleteRecordsBefore(nodes.broker(), topic(), keeper, static_cast<uint64_t>(last) + 1);
  report.Ran();
  ASSERT_NO_FATAL_FAILURE(ExpectItTaken());
}

}  // namespace
}  // namespace caseward::test

// A commit nobody can say the outcome of: its request or its answer is kept back, or the broker has given the
// transaction up meanwhile. The node says that the log does not answer, destroys its lanes, claims anew, and decides
// again from what the log says; the same command id gets its first outcome.
#include "gmock/gmock.h"
#include "tests/support/fault_report.h"
#include "tests/support/kafka_topic.h"
#include "tests/support/one_case_in_kafka.h"
#include "tests/support/transaction_gate.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;
using Hold = TransactionGate::Hold;

// One node, which reaches the broker through the gate.
class CommitFault : public testing::Test {
 protected:
  CommitFault() { gate.LeadTo(broker.proxied()); }
  void SetUp() override {
    nodes = std::make_unique<Nodes>(
        std::vector<NodeSetup>{{.broker = gate.address(), .data = "", .image = {}}},
        LogSetup{.broker = broker.address(), .session = std::chrono::seconds(60), .properties = ""});
    ASSERT_TRUE(nodes->WaitUntilShared({0}));
    one = std::make_unique<OneCase>(*nodes);
    ASSERT_NO_FATAL_FAILURE(one->Begin());
  }
  // The commit of this command's round is held.
  std::future<Told> SubmitInto(Hold hold, const v1::Command& command) {
    gate.HoldNext(hold);
    std::future<Told> told = one->Submit(0, command);
    EXPECT_TRUE(gate.WaitUntilHeld());
    return told;
  }
  // While the log does not answer: the owner says so, takes nothing more, and is read.
  void ExpectHonesty() {
    EXPECT_TRUE(one->WaitForCondition(0, "RECOVERING"));
    EXPECT_THAT(one->StatusAt(0).why(), HasSubstr("the log has not answered for 5s"));
    EXPECT_TRUE(one->WaitForHealth(0, "NOT_SERVING"));
    const Told refused = one->Submit(0, one->Visited("at-the-door")).get();
    EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(refused.status.error_message(), HasSubstr("takes no commands now (RECOVERING)"));
    one->ExpectRead(0);
  }
  // By itself; then the caller was told the outcome, or to ask again, and who asks again is told it.
  void ExpectRecovery(std::future<Told> told, const v1::Command& command) {
    EXPECT_TRUE(one->WaitForCondition(0, "SERVING"));
    EXPECT_TRUE(one->WaitForHealth(0, "SERVING"));
    const Told first = told.get();
    EXPECT_TRUE(first.status.ok() || IsRetryable(first.status)) << first.status.error_message();
    const v1::Outcome again = one->Must(command);
    EXPECT_TRUE(again.has_accepted());
    if (first.status.ok()) {
      EXPECT_TRUE(again.replayed());
      EXPECT_EQ(From(again), From(first.outcome));
    }
  }
  void CheckAll() {
    LoadOnNodes load(*nodes, 1);
    EXPECT_TRUE(load.WaitFor(30));
    load.Stop();
    std::map<std::string, Acknowledged> ledger = load.ledger;
    ledger.insert(one->acknowledged().begin(), one->acknowledged().end());
    CheckLogInKafka(nodes->broker(), nodes->prefix(), ledger);
  }
  // What a stranger can read to the end: no transaction is open.
  size_t CommittedEvents() const {
    size_t seen = 0;
    TopicReader reader(nodes->broker());
    for (uint32_t p = 0; p < kNodePartitions; ++p)
      seen += reader.ReadAll(nodes->prefix() + ".events", static_cast<int32_t>(p)).size();
    return seen;
  }

  TransactionGate gate;
  OwnBroker broker{"transaction.abort.timed.out.transaction.cleanup.interval.ms=500", gate.address()};
  std::unique_ptr<Nodes> nodes;
  std::unique_ptr<OneCase> one;
};

TEST_F(CommitFault, L3_L5_ACommitWhoseAnswerNeverComesIsFoundInTheLog) {
  FaultReport report("commit timed out: the broker has it, its answer is kept back");
  const v1::Command command = one->Visited("held");
  std::future<Told> told = SubmitInto(Hold::kAnswer, command);
  report.Ran();
  ExpectHonesty();
  ExpectRecovery(std::move(told), command);
  gate.Release();
  CheckAll();
}

TEST_F(CommitFault, L4_L5_ACommitThatTheBrokerNeverGotIsDecidedAgainAndComesTooLate) {
  FaultReport report("commit timed out: the broker gets it only after the claim");
  const v1::Command command = one->Visited("held");
  std::future<Told> told = SubmitInto(Hold::kRequest, command);
  report.Ran();
  ExpectHonesty();
  ExpectRecovery(std::move(told), command);
  gate.Release();  // now the request to commit the first round reaches the broker
  CheckAll();
}

TEST_F(CommitFault, L3_L5_ATransactionThatTheBrokerHasGivenUpIsDecidedAgain) {
  FaultReport report("transaction timed out at the broker, its owner paused before commit");
  const v1::Command command = one->Visited("held");
  const size_t before = CommittedEvents();
  std::future<Told> told = SubmitInto(Hold::kRequest, command);
  nodes->program(0).Pause();
  EXPECT_EQ(CommittedEvents(), before) << "given up: everything can be read, and the round is not there";
  report.Ran();
  gate.Release();
  nodes->program(0).Continue();
  ExpectRecovery(std::move(told), command);
  CheckAll();
}

}  // namespace
}  // namespace caseward::test

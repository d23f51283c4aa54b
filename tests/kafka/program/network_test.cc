// The network between one node and the broker, cut, silent or slow, while the other node's is well. The node that is
// cut off loses its partitions to the other, and takes its share again when the network is whole; nothing is lost.
#include "tests/support/fault_report.h"
#include "tests/support/load_on_nodes.h"
#include "tests/support/toxiproxy.h"

namespace caseward::test {
namespace {

// Node 0 reaches the broker through the proxy.
class Network : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
    ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  }
  // Under load: `harm`, until the other node has everything; then the network is as before, and both have a share.
  void TakeAwayAndGiveBack(int round, const std::function<void()>& harm, const std::function<void()>& heal) {
    LoadOnNodes load(nodes, round);
    ASSERT_TRUE(load.WaitFor(20));
    harm();
    EXPECT_TRUE(nodes.WaitUntilShared({1})) << "the other takes all, round " << round;
    EXPECT_TRUE(load.WaitFor(20)) << "round " << round;
    heal();
    EXPECT_TRUE(nodes.WaitUntilShared({0, 1})) << "it comes back, round " << round;
    EXPECT_TRUE(load.WaitFor(20)) << "round " << round;
    load.Stop();
    ledger.insert(load.ledger.begin(), load.ledger.end());
  }
  void CheckAll() {
    const std::vector<std::string> digests = nodes.DigestsAtRest();
    ASSERT_EQ(digests.size(), 2u);
    EXPECT_EQ(digests[0], digests[1]);
    CheckLogInKafka(nodes.broker(), nodes.prefix(), ledger);
  }

  ProxiedBroker broker;
  Nodes nodes{{{.broker = broker.proxied(), .data = "", .image = {}}, {}},
              {.broker = broker.direct(), .session = kSessionTimeout, .properties = ""}};
  std::map<std::string, Acknowledged> ledger;
};

TEST_F(Network, L4_L5_ANodeThatIsCutOffLosesItsPartitionsAndComesBack) {
  FaultReport report("network between node and broker cut and healed");
  for (int round = 0; round < Takeovers(2); ++round) {
    TakeAwayAndGiveBack(
        round, [&] { broker.network().Cut(); }, [&] { broker.network().Heal(); });
    report.Ran();
    ASSERT_FALSE(HasFailure());
  }
  CheckAll();
}

TEST_F(Network, L4_L5_ANodeWhoseNetworkFallsSilentLosesItsPartitionsAndComesBack) {
  FaultReport report("network between node and broker silent and back");
  TakeAwayAndGiveBack(
      0, [&] { broker.network().FallSilent(); }, [&] { broker.network().TakeToxicsAway(); });
  report.Ran();
  CheckAll();
}

TEST_F(Network, L5_ASlowNetworkLosesNothing) {
  FaultReport report("network between node and broker slow (150 ms each way)");
  LoadOnNodes load(nodes, 0);
  ASSERT_TRUE(load.WaitFor(20));
  broker.network().SlowDown(std::chrono::milliseconds(150));
  EXPECT_TRUE(load.WaitFor(60));
  broker.network().TakeToxicsAway();
  EXPECT_TRUE(load.WaitFor(60));
  load.Stop();
  ledger = load.ledger;
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  report.Ran();
  CheckAll();
}

}  // namespace
}  // namespace caseward::test

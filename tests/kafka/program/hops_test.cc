// kill -9 of an owner at every hop, under load: before it decides, before it produces, between produce and commit,
// between commit and apply, between apply and reply. Whoever takes over loses nothing that was acknowledged and decides
// nothing twice (laws L3 and L5), and all copies are equal.
#include "tests/support/fault_report.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/load_on_nodes.h"

namespace caseward::test {
namespace {

class Hops : public testing::TestWithParam<KilledAt> {};

TEST_P(Hops, L3_L5_NothingIsLostOrDecidedTwiceThoughTheOwnerDiesThere) {
  FaultReport report(std::string("owner killed by itself under load: ") + GetParam().name);
  const ProgramImage crashing{.path = CASEWARD_CRASHING_NODE,
                              .environment = {std::string("CASEWARD_CRASH_AT=") + GetParam().crash_at}};
  Nodes nodes({{.broker = "", .data = "", .image = crashing}, {}}, {});
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  LoadOnNodes load(nodes, 0);
  ASSERT_TRUE(load.WaitFor(20));
  nodes.program(0).Signal(SIGUSR1);
  ASSERT_EQ(nodes.WaitUntilDead(0), SIGKILL);
  report.Ran();
  EXPECT_TRUE(nodes.WaitUntilShared({1}));
  EXPECT_TRUE(load.WaitFor(30)) << "the heir takes everything";
  nodes.Start(0, ProgramImage());
  EXPECT_TRUE(nodes.WaitUntilShared({0, 1}));
  load.Stop();
  const std::vector<std::string> digests = nodes.DigestsAtRest();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0], digests[1]);
  CheckLogInKafka(nodes.broker(), nodes.prefix(), load.ledger);
}

INSTANTIATE_TEST_SUITE_P(
    Every, Hops,
    testing::Values(KilledAt{"BeforeDecide", "decide:5:0"}, KilledAt{"BeforeProduce", "append:5:0"},
                    KilledAt{"JustAfterProduceBegins", "append:5:300"},
                    KilledAt{"BetweenProduceAndCommit", "append:5:1500"}, KilledAt{"InCommit", "append:5:4000"},
                    KilledAt{"BetweenCommitAndApply", "apply:5:0"}, KilledAt{"BetweenApplyAndReply", "reply:5:0"}),
    [](const testing::TestParamInfo<KilledAt>& one) { return one.param.name; });

}  // namespace
}  // namespace caseward::test

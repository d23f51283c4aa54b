// The webhook of nodes that share a log: every node is given it, and each event is sent by the owner of its partition,
// also across a takeover.
#include <boost/json.hpp>

#include "gmock/gmock.h"
#include "tests/support/fault_report.h"
#include "tests/support/one_case_in_kafka.h"
#include "tests/support/webhook_receiver.h"

namespace caseward::test {
namespace {

// By event id, how often it came.
std::map<std::string, int> Counted(const std::vector<Received>& received) {
  std::map<std::string, int> counted;
  for (const Received& one : received)
    ++counted[std::string(boost::json::parse(one.body).as_object().at("id").as_string())];
  return counted;
}

TEST(WebhookOfNodes, EachEventIsSentByTheOwnerOfItsPartitionAlsoAfterATakeover) {
  FaultReport report("owner killed, which had the webhook's partitions");
  const TempFolder folder;
  std::ofstream(folder / "secret") << "a secret shared with the receiver\n";
  Receiver receiver;
  const NodeSetup with{.broker = "",
                       .data = "",
                       .image = {},
                       .arguments = {"--webhook", receiver.url(), "--webhook-secret", folder / "secret"}};
  Nodes nodes({with, with}, {});
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  StubbornClient client(nodes, 1);
  size_t escalated = 0;
  // One case each in many partitions, escalated; until each of these was told of.
  const auto escalate = [&](const std::string& name) {
    for (int i = 0; i < 12; ++i) {
      const std::string id = name + "-" + std::to_string(i);
      const std::string case_id = client.Must(Report("report-" + id), kManager).stream();
      ASSERT_TRUE(client.Must(Escalate("escalate-" + id, case_id), kManager).has_accepted());
      ++escalated;
    }
    EXPECT_TRUE(WaitUntil([&] { return Counted(receiver.WaitFor(1)).size() >= escalated; })) << name;
    EXPECT_EQ(Counted(receiver.WaitFor(1)).size(), escalated) << name;
  };
  escalate("both");
  for (const auto& [id, times] : Counted(receiver.WaitFor(1)))
    EXPECT_EQ(times, 1) << id << ": nothing was in doubt";

  nodes.Kill(0);
  report.Ran();
  ASSERT_TRUE(nodes.WaitUntilShared({1}));
  escalate("heir");
  nodes.Start(0);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  escalate("again");
  // What may come twice is the one event of a partition that its owner was sending when it lost the partition.
  int twice = 0;
  for (const auto& [id, times] : Counted(receiver.WaitFor(1)))
    twice += times - 1;
  EXPECT_LE(twice, 2 * static_cast<int>(kNodePartitions));
}

}  // namespace
}  // namespace caseward::test

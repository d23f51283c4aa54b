// More load than the log takes, and then no log at all: memory stays bounded, commands are refused by name, reads go on
// and say their position, health says it, and all is well again soon after the broker is.
#include "gmock/gmock.h"
#include "tests/support/fault_report.h"
#include "tests/support/flood.h"
#include "tests/support/one_case_in_kafka.h"
#include "tests/support/toxiproxy.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

// Half as many again as the inbox takes.
constexpr size_t kUnderWay = 6000;
constexpr size_t kMiB = 1 << 20;
// A node that is flooded holds, beyond what it held before: its inbox, a round, what the flood's own calls cost in
// gRPC, and librdkafka's buffers. It came to 117 MiB when this was written.
constexpr size_t kGrowthMax = 200 * kMiB;
// Once everything that has a bound is full, waiting longer costs nothing.
constexpr size_t kFurtherGrowthMax = 32 * kMiB;
constexpr std::chrono::seconds kHonestWithin{20};
constexpr std::chrono::seconds kWellAgainWithin{40};

std::chrono::seconds Since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
}

// One node that reaches its broker through the proxy, and a case.
class Overload : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(nodes.WaitUntilShared({0}));
    ASSERT_NO_FATAL_FAILURE(one.Begin());
  }

  ProxiedBroker broker;
  Nodes nodes{{{.broker = broker.proxied(), .data = "", .image = {}}},
              {.broker = broker.direct(), .session = kSessionTimeout, .properties = ""}};
  OneCase one{nodes};
};

TEST_F(Overload, L10_ASlowBrokerAndThenNoneUnderSaturatingLoad) {
  FaultReport report("broker slow, then gone, under saturating load");
  const Program& node = nodes.program(0);
  Flood flood(node.Connect(), one.id(), kUnderWay);
  ASSERT_TRUE(WaitUntil([&] { return flood.acknowledged() > 500; }));
  const size_t before = node.ResidentBytes();

  broker.network().SlowDown(std::chrono::milliseconds(60));
  broker.network().Narrow(/*kib_per_second=*/400);
  report.Ran();
  ASSERT_TRUE(WaitUntil([&] { return flood.refused(grpc::StatusCode::RESOURCE_EXHAUSTED).count > 0; }));
  EXPECT_THAT(flood.refused(grpc::StatusCode::RESOURCE_EXHAUSTED).said, HasSubstr("4096 commands wait already"));
  one.ExpectRead(0);
  const size_t slow = node.ResidentBytes();

  broker.network().Cut();
  const auto cut = std::chrono::steady_clock::now();
  ASSERT_TRUE(one.WaitForHealth(0, "NOT_SERVING"));
  const auto honest = Since(cut);
  EXPECT_LE(honest, kHonestWithin);
  ASSERT_TRUE(WaitUntil([&] { return flood.refused(grpc::StatusCode::UNAVAILABLE).count > kUnderWay; }));
  EXPECT_THAT(flood.refused(grpc::StatusCode::UNAVAILABLE).said, HasSubstr("partition "));
  one.ExpectRead(0);
  const size_t gone = node.ResidentBytes();
  const size_t refused = flood.refused(grpc::StatusCode::UNAVAILABLE).count;
  ASSERT_TRUE(WaitUntil([&] { return flood.refused(grpc::StatusCode::UNAVAILABLE).count > refused + 3 * kUnderWay; }));
  const size_t later = node.ResidentBytes();
  EXPECT_LT(later, before + kGrowthMax);
  EXPECT_LT(later, gone + kFurtherGrowthMax);

  const size_t acknowledged = flood.acknowledged();
  broker.network().TakeToxicsAway();
  broker.network().Heal();
  const auto healed = std::chrono::steady_clock::now();
  ASSERT_TRUE(WaitUntil([&] { return flood.acknowledged() > acknowledged; }));
  const auto well = Since(healed);
  EXPECT_LE(well, kWellAgainWithin);
  flood.Stop();
  EXPECT_TRUE(one.WaitForHealth(0, "SERVING"));
  std::printf("resident MiB: %zu before, %zu slow, %zu gone, %zu later; honest after %lld s, well again after %lld s\n",
              before / kMiB, slow / kMiB, gone / kMiB, later / kMiB, static_cast<long long>(honest.count()),
              static_cast<long long>(well.count()));

  std::map<std::string, Acknowledged> ledger = flood.ledger();
  ledger.insert(one.acknowledged().begin(), one.acknowledged().end());
  CheckLogInKafka(nodes.broker(), nodes.prefix(), ledger);
}

// Nobody calls, so no round shows that the broker is silent: the group of nodes does.
TEST_F(Overload, L10_AnIdleNodeWhoseBrokerFallsSilentSaysSo) {
  FaultReport report("broker silent, nobody calling");
  ASSERT_TRUE(one.WaitForHealth(0, "SERVING"));

  broker.network().FallSilent();
  report.Ran();
  EXPECT_TRUE(one.WaitForHealth(0, "NOT_SERVING"));
  one.ExpectRead(0);

  broker.network().TakeToxicsAway();
  EXPECT_TRUE(one.WaitForHealth(0, "SERVING"));
  one.Must(one.Visited("after-the-silence"));
}

}  // namespace
}  // namespace caseward::test

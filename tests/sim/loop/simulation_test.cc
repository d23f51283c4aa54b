// A thousand seeds of the simulator, in ten tests so that they run side by side.
#include "tests/support/simulation.h"

#include "gtest/gtest.h"

namespace caseward::test {
namespace {

constexpr uint64_t kSeedsEach = 100;

class SimulationSeeds : public testing::TestWithParam<uint64_t> {};

TEST_P(SimulationSeeds, EveryLawHolds) {
  for (uint64_t seed = GetParam() * kSeedsEach; seed < (GetParam() + 1) * kSeedsEach; ++seed) {
    Simulation simulation(seed);
    ASSERT_TRUE(simulation.Run()) << simulation.Failure();
  }
}

INSTANTIATE_TEST_SUITE_P(Hundreds, SimulationSeeds, testing::Range<uint64_t>(0, 10));

TEST(Simulation, OneSeedIsOneRun) {
  for (const uint64_t seed : {3u, 14u, 15u}) {
    Simulation one(seed);
    Simulation two(seed);
    one.Run();
    two.Run();
    EXPECT_EQ(one.Trace(), two.Trace()) << "seed " << seed;
  }
}

TEST(Simulation, TheMisfortunesDoCome) {
  Simulation::Counts all;
  for (uint64_t seed = 5000; seed < 5040; ++seed) {
    Simulation simulation(seed);
    ASSERT_TRUE(simulation.Run()) << simulation.Failure();
    const Simulation::Counts& c = simulation.counts();
    all.accepted += c.accepted;
    all.refused += c.refused;
    all.replayed += c.replayed;
    all.faults += c.faults;
    all.crashes += c.crashes;
    all.zombies += c.zombies;
    all.jumps += c.jumps;
    all.fires += c.fires;
    all.messages += c.messages;
    all.heads += c.heads;
    all.erasures += c.erasures;
    all.imports += c.imports;
    all.full_disks += c.full_disks;
    all.takeovers += c.takeovers;
    all.by_topic += c.by_topic;
    all.moved += c.moved;
    all.rejected += c.rejected;
    all.noted += c.noted;
    all.splits += c.splits;
    all.merges += c.merges;
    all.loads += c.loads;
    all.lost_inboxes += c.lost_inboxes;
  }
  EXPECT_GT(all.accepted, 500u);
  EXPECT_GT(all.refused, 100u);
  EXPECT_GT(all.replayed, 50u);
  EXPECT_GT(all.faults, 50u);
  EXPECT_GT(all.crashes, 20u);
  EXPECT_GT(all.zombies, 20u);
  EXPECT_GT(all.jumps, 10u);
  EXPECT_GT(all.fires, 200u);
  EXPECT_GT(all.messages, 50u);
  EXPECT_GT(all.heads, 20u);
  EXPECT_GT(all.erasures, 3u);
  EXPECT_GT(all.imports, 5u);
  EXPECT_GT(all.full_disks, 20u);
  EXPECT_GT(all.takeovers, 50u);
  EXPECT_GT(all.by_topic, 300u);
  EXPECT_GT(all.moved, 20u);
  EXPECT_GT(all.rejected, 20u);
  EXPECT_GT(all.noted, 100u);
  EXPECT_GT(all.splits, 10u);
  EXPECT_GT(all.merges, 5u);
  EXPECT_GT(all.loads, 10u);
  EXPECT_GT(all.lost_inboxes, 3u);
}

}  // namespace
}  // namespace caseward::test

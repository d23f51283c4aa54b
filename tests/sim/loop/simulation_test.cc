// A thousand seeds of the simulator, in ten tests so that they run side by side.
#include "tests/support/simulation/simulation.h"

#include <set>

#include "gmock/gmock.h"
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

TEST(Simulation, AScriptIsTheRunThatItWasWrittenFrom) {
  for (const uint64_t seed : {3u, 14u, 15u, 16u}) {
    Simulation drawn(seed);
    drawn.Run();
    const absl::StatusOr<Script> script = ParseScript(drawn.script().Text(drawn.notes()));
    ASSERT_TRUE(script.ok()) << script.status();

    Simulation read(*script);
    read.Run();

    EXPECT_EQ(read.script().Text(), drawn.script().Text());
    EXPECT_EQ(read.Trace(), drawn.Trace()) << "seed " << seed;
  }
}

TEST(Simulation, SeedsDifferInTheirMisfortunesAndInWhatIsAsked) {
  std::set<std::string> mixes;
  int with_crashes = 0;
  int with_refer_left_out = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Mix mix = Simulation(seed).script().mix;
    mixes.insert(mix.Text());
    with_crashes += mix.crash > 0 ? 1 : 0;
    with_refer_left_out += mix.WeightOf("refer") == 0 ? 1 : 0;
  }
  EXPECT_EQ(mixes.size(), 100u);
  EXPECT_GT(with_crashes, 40);
  EXPECT_LT(with_crashes, 80);
  EXPECT_GT(with_refer_left_out, 5);
}

void Add(const Simulation::Counts& one, Simulation::Counts& all) {
  all.accepted += one.accepted;
  all.refused += one.refused;
  all.replayed += one.replayed;
  all.faults += one.faults;
  all.crashes += one.crashes;
  all.zombies += one.zombies;
  all.jumps += one.jumps;
  all.fires += one.fires;
  all.messages += one.messages;
  all.heads += one.heads;
  all.erasures += one.erasures;
  all.imports += one.imports;
  all.full_disks += one.full_disks;
  all.takeovers += one.takeovers;
  all.by_topic += one.by_topic;
  all.moved += one.moved;
  all.rejected += one.rejected;
  all.noted += one.noted;
  all.splits += one.splits;
  all.merges += one.merges;
  all.links += one.links;
  all.loads += one.loads;
  all.lost_inboxes += one.lost_inboxes;
}

void ExpectMisfortunes(const Simulation::Counts& all) {
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
  EXPECT_GT(all.links, 20u);
  EXPECT_GT(all.loads, 10u);
  EXPECT_GT(all.lost_inboxes, 3u);
}

uint64_t AcceptedAfterCrash(const Coverage& coverage, const std::string& verb) {
  return coverage.Under(verb, Coverage::Result::kAccepted, Misfortune::kCrash) +
         coverage.Under(verb, Coverage::Result::kAccepted, Misfortune::kDropped);
}

// What the thousand seeds say is worth as much as what they reach: over a few of them already, every verb is accepted,
// every misfortune comes, and whatever crosses partitions is met by a crash between its two steps.
TEST(Simulation, ReachesEveryVerbAndEveryMisfortune) {
  Coverage coverage;
  Simulation::Counts all;
  for (uint64_t seed = 5000; seed < 5320; ++seed) {
    Simulation simulation(seed);
    ASSERT_TRUE(simulation.Run()) << simulation.Failure();
    coverage.Add(simulation.coverage());
    Add(simulation.counts(), all);
  }

  ExpectMisfortunes(all);
  EXPECT_THAT(coverage.Never(Coverage::Result::kAccepted), testing::IsEmpty()) << coverage.Table();
  for (int i = 0; i < kMisfortunes; ++i) {
    const auto misfortune = static_cast<Misfortune>(i);
    EXPECT_GT(coverage.Under("contact", Coverage::Result::kAccepted, misfortune), 0u) << NameOf(misfortune);
  }
  for (const char* second_step :
       {"note_linked", "open_split", "note_split", "accept_merge", "note_merge", "note_resident_merged",
        "note_caseload", "claim_reference", "note_reference_claimed"}) {
    EXPECT_GT(AcceptedAfterCrash(coverage, second_step), 0u) << second_step << "\n" << coverage.Table();
  }
}

// The generated year under the housing pack, with the same misfortunes: what its people do from report to closing.
TEST(Simulation, TheYearIsPlayedThroughItsMisfortunes) {
  constexpr int kYears = 40;
  Coverage coverage;
  Simulation::Counts all;
  int years = 0;
  for (uint64_t seed = 7000; years < kYears; ++seed) {
    Simulation simulation(seed);
    if (simulation.script().mix.year == 0) continue;
    ++years;
    ASSERT_TRUE(simulation.Run()) << simulation.Failure();
    coverage.Add(simulation.coverage());
    Add(simulation.counts(), all);
  }

  EXPECT_GT(all.imports, 20u);
  EXPECT_GT(all.crashes, 20u);
  for (const char* verb :
       {"report", "triage", "assign", "hand_over", "accept_handover", "contact", "step", "plan", "complete_action",
        "promise", "propose_closure", "sign_off", "close", "finish_import", "register_resident"}) {
    EXPECT_GT(coverage.Of(verb, Coverage::Result::kAccepted), 0u) << verb << "\n" << coverage.Table();
  }
}

}  // namespace
}  // namespace caseward::test

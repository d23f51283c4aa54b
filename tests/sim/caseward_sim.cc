// Runs the simulator for as many seeds as you like: caseward_sim --seed 1 --count 1000 [--steps 250] [--trace 50]. Exit
// 1 at the first seed that breaks a law, with the line that repeats it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/simulation.h"

int main(int argc, char** argv) {
  uint64_t seed = 1;
  uint64_t count = 1000;
  int steps = 250;
  size_t trace = 50;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--seed") {
      seed = value;
    } else if (name == "--count") {
      count = value;
    } else if (name == "--steps") {
      steps = static_cast<int>(value);
    } else if (name == "--trace") {
      trace = value;
    } else {
      std::fprintf(stderr, "usage: caseward_sim [--seed N] [--count M] [--steps K] [--trace LINES]\n");
      return 2;
    }
  }
  caseward::test::Simulation::Counts all;
  for (uint64_t s = seed; s < seed + count; ++s) {
    caseward::test::Simulation simulation(s, steps, trace);
    if (!simulation.Run()) {
      std::fputs(simulation.Failure().c_str(), stderr);
      return 1;
    }
    all.records += simulation.counts().records;
    all.commands += simulation.counts().commands;
    all.crashes += simulation.counts().crashes;
    all.takeovers += simulation.counts().takeovers;
    all.by_topic += simulation.counts().by_topic;
  }
  std::printf(
      "%llu seeds from %llu: every law held over %llu commands by call, %llu by topic, %llu records, %llu crashes, "
      "%llu takeovers\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(all.commands), static_cast<unsigned long long>(all.by_topic),
      static_cast<unsigned long long>(all.records), static_cast<unsigned long long>(all.crashes),
      static_cast<unsigned long long>(all.takeovers));
  return 0;
}

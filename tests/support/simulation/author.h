// Who writes a script while it is played: draws the next action from what the log shows, so that most of what is asked
// is sensible where the case stands, some is wrong, and misfortunes come as often as the seed's mix has it. What the
// author draws, and nothing else, is chance.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/simulation/case_asks.h"
#include "tests/support/simulation/chance.h"
#include "tests/support/simulation/simulation.h"
#include "tests/support/simulation/year_asks.h"

namespace caseward::test {

// What the directory is told before anything else: the calendar, the full pack, its people, two agencies, an agreement.
// Or, where the generated year is what is asked: the housing pack, and all that the year knows of.
std::vector<Asking> FirstEntries(const Script& script);

class Author {
 public:
  explicit Author(uint64_t seed) : random_(seed), dice_(random_), script_{.seed = seed, .mix = DrawMix(random_)} {
    if (script_.mix.year > 0) year_.emplace(script_);
  }

  // Seed and mix, and no action yet.
  Script Begin() const { return script_; }
  Act Next(Simulation& simulation);

 private:
  using Maker = std::function<Act()>;

  Act Turn(Simulation& simulation);
  std::optional<Act> Between(Simulation& simulation);
  Act StepOne(Simulation& simulation);
  Act StepOld(Simulation& simulation);
  Act Pass(Simulation& simulation);
  Act Crash(Simulation& simulation, uint32_t n);
  Act Fault(Simulation& simulation);
  Act Reopen(Simulation& simulation);

  // ---- clients
  Act Ask(Simulation& simulation);
  // The next of the year's commands, or what it waits for; none: the year is over.
  std::optional<Act> OfYear(Simulation& simulation);
  Act Send(Asking asking);
  Asking Draw(Simulation& simulation);
  Asking Report(Simulation& simulation);
  Asking Import(Simulation& simulation);
  Asking OfCase(Simulation& simulation);
  std::optional<Asking> OfResident(Simulation& simulation);
  Asking OfDirectory(Simulation& simulation);
  // Ids, references, and words that no log may show.
  void Dress(Simulation& simulation, Asking& asking);
  void MarkWords(v1::Command& command);
  uint32_t Anywhere(const Simulation& simulation) { return static_cast<uint32_t>(dice_.Draw(simulation.partitions())); }

  std::mt19937_64 random_;
  Dice dice_;
  Script script_;
  std::optional<YearAsks> year_;
  uint64_t ids_ = 0;
  uint64_t words_ = 0;
  int reports_ = 0;
  bool topics_away_ = false;
  std::optional<uint32_t> empties_;  // whose inbox somebody empties next
};

}  // namespace caseward::test

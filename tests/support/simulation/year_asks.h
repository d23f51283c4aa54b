// The generated year (services/year) as what clients ask: real casework under the housing pack, case by case in its own
// order, many cases at once, and the misfortunes of the seed between any two of its commands.
//
//   year's lines ─▶ those whose case, people and earlier line are answered ─▶ one of them, drawn
//
// A line names a case or a person by the command that made them ("@g1-00001-1"): here that becomes the id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/simulation/case_asks.h"
#include "tests/support/simulation/chance.h"
#include "tests/support/simulation/script.h"

namespace caseward::test {

class Simulation;

class YearAsks {
 public:
  // A year of `script.mix.year` cases that ended when the simulation begins.
  explicit YearAsks(const Script& script);

  // The calendar, the housing pack, and whom the directory is to know.
  const std::vector<Asking>& entries() const { return entries_; }
  // One that may be asked now; none: what could be asked waits for an answer, or all is asked.
  std::optional<Asking> Next(Dice& dice, const Simulation& simulation);
  // An asked one that others wait for; none: nothing waits.
  std::optional<std::string> Awaited(const Simulation& simulation) const;
  bool over() const { return first_ == lines_.size(); }

 private:
  struct Waiting {
    Asking asking;
    std::vector<std::string> needs;  // ids of commands
    bool asked = false;
  };
  bool IsReady(const Waiting& line, const Simulation& simulation) const;

  std::vector<Asking> entries_;
  std::vector<Waiting> lines_;
  size_t first_ = 0;  // of those not asked yet
};

}  // namespace caseward::test

// Seeds and their mutations, each with a name that runs it again:
//
//   "hate"        the seed tests/fuzz/corpus/<target>/hate.*
//   "hate~17"     its mutation 17
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/targets.h"

namespace caseward::fuzz {

inline constexpr char kCorpusFolder[] = "tests/fuzz/corpus";

class Corpus {
 public:
  // Seeds in the order of their names. Faults (an unreadable seed) go to `faults`.
  Corpus(const Target& target, std::vector<std::string>& faults);

  size_t size() const { return seeds_.size(); }
  // "hate", "hate~17"; nullopt if there is no such seed.
  std::optional<std::string> Input(std::string_view name) const;
  const std::string& SeedName(size_t seed) const { return names_[seed]; }
  std::string Mutation(size_t seed, uint64_t number) const;

 private:
  const Target& target_;
  std::vector<std::string> names_;
  std::vector<std::string> seeds_;
};

// Runs one input. What was broken, each with the input's name and bytes.
std::vector<std::string> RunInput(const Target& target, const std::string& name, const std::string& input);

}  // namespace caseward::fuzz

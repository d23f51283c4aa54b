// A plain mutation engine: from a seed, the bytes a careless or malicious sender might have sent instead. No coverage
// guides it; what makes up for that is a corpus with one seed for each shape of input, and a list of tokens that mean
// something to the parser.
//
// The same (input, chance) always gives the same mutation, so that every finding can be run again by its name.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace caseward::fuzz {

class Mutator {
 public:
  // `others`: what to splice with. `tokens`: pieces the parser knows. Both outlive the mutator.
  Mutator(const std::vector<std::string>& others, const std::vector<std::string>& tokens, uint64_t chance)
      : others_(others), tokens_(tokens), chance_(chance) {}

  // One to four changes of `input`, at most kMutationBytesMax long.
  std::string Mutate(std::string_view input);

 private:
  // 0 to end - 1; 0 if end is 0.
  size_t Below(size_t end) { return end == 0 ? 0 : static_cast<size_t>(chance_() % end); }
  struct Piece {
    size_t at = 0;
    size_t size = 0;
  };
  Piece AnyPiece(const std::string& bytes);

  void ChangeOnce(std::string& bytes);
  void ChangeByte(std::string& bytes);
  void ChangeNumber(std::string& bytes);
  void Repeat(std::string& bytes);
  void InsertToken(std::string& bytes);
  void Splice(std::string& bytes);

  const std::vector<std::string>& others_;
  const std::vector<std::string>& tokens_;
  std::mt19937_64 chance_;  // its numbers are the same everywhere; the library's distributions are not
};

inline constexpr size_t kMutationBytesMax = 32 << 10;

}  // namespace caseward::fuzz

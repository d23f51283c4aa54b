// Dice: everything in the simulator that is drawn is drawn here, from one seeded generator.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

namespace caseward::test {

class Dice {
 public:
  explicit Dice(std::mt19937_64& random) : random_(random) {}

  // 0 to below - 1, all alike. Not std::uniform_int_distribution, whose draws differ from library to library.
  uint64_t Draw(uint64_t below) { return random_() % below; }
  bool Chance(int percent) { return Draw(100) < static_cast<uint64_t>(percent); }
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(Draw(static_cast<uint64_t>(most - least + 1)));
  }
  template <typename T>
  T Of(std::initializer_list<T> list) {
    return list.begin()[Draw(list.size())];
  }
  template <typename List>
  const auto& Among(const List& list) {
    return list[static_cast<decltype(list.size())>(Draw(static_cast<uint64_t>(list.size())))];
  }

 private:
  std::mt19937_64& random_;
};

}  // namespace caseward::test

// Chance that is the same on every machine: splitmix64 and integers. The standard's distributions differ from library
// to library, and logarithms from one C library to the next; neither is used.
//
// Each thing that is decided has dice of its own, made from the seed, what it is about and its number. What is drawn
// for one case never shifts what is drawn for another, so any case can be told again without telling those before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "services/year/distributions.h"

namespace caseward::year {

// What dice are about.
enum class About : uint64_t { kArrivals = 1, kCaller, kSubject, kResident, kHome, kStaff, kKind, kCase };

class Dice {
 public:
  Dice(uint64_t seed, About about, uint64_t number);

  uint64_t Next();
  // 0 to n - 1, each as likely; n > 0.
  uint64_t Below(uint64_t n);
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  int64_t Between(Range range) { return Between(range.low, range.high); }
  bool Happens(Chance chance) { return PerMille(RowOf(chance).per_mille); }
  bool Tries(Attempt attempt) { return PerMille(RowOf(attempt).per_mille); }
  absl::Duration Draw(Delay delay);
  // The place of one of `shares`, which sum to 1000.
  template <size_t n>
  size_t Share(const int (&per_mille)[n]) {
    int left = static_cast<int>(Below(1000));
    size_t at = 0;
    while (at + 1 < n && left >= per_mille[at])
      left -= per_mille[at++];
    return at;
  }
  template <size_t n>
  const char* Pick(const char* const (&options)[n]) {
    return options[Below(n)];
  }

 private:
  bool PerMille(int n) { return static_cast<int>(Below(1000)) < n; }

  uint64_t state_;
};

}  // namespace caseward::year

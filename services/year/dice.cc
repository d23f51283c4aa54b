#include "services/year/dice.h"

namespace caseward::year {
namespace {

constexpr uint64_t kStep = 0x9e3779b97f4a7c15ULL;
constexpr int64_t kParts = 1'000'000;

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Dice::Dice(uint64_t seed, About about, uint64_t number)
    : state_(Mix(Mix(seed + kStep) ^ Mix(static_cast<uint64_t>(about) * kStep) ^ number * kStep)) {}

uint64_t Dice::Next() { return Mix(state_ += kStep); }

// What does not divide evenly is drawn again, so that no number is a little likelier than another.
uint64_t Dice::Below(uint64_t n) {
  const uint64_t uneven = (~uint64_t{0} % n + 1) % n;
  uint64_t drawn = Next();
  while (drawn > ~uint64_t{0} - uneven)
    drawn = Next();
  return drawn % n;
}

// The inverse of the distribution function: straight lines between the quantiles of the table.
absl::Duration Dice::Draw(Delay delay) {
  const DelayRow& row = RowOf(delay);
  const auto part = static_cast<int64_t>(Below(kParts));
  size_t i = 0;
  while (part >= int64_t{kQuantiles[i + 1]} * 1000)
    ++i;
  const int64_t from = int64_t{kQuantiles[i]} * 1000;
  const int64_t width = int64_t{kQuantiles[i + 1] - kQuantiles[i]} * 1000;
  return absl::Minutes(row.minutes[i] + (row.minutes[i + 1] - row.minutes[i]) * (part - from) / width);
}

}  // namespace caseward::year

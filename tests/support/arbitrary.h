// Arbitrary histories of a case: mostly legal, with some noise. A script is a list of small numbers, so that rapidcheck
// can shrink it; what a number means depends on how the case stands when its turn comes.
#pragma once

#include <rapidcheck.h>

#include <ostream>
#include <tuple>
#include <vector>

#include "tests/support/case_builder.h"

namespace caseward::test {

// One thing somebody does, after some time.
struct Move {
  uint32_t what = 0;  // which verb, of those that fit
  uint32_t how = 0;   // which of its forms, by whom
  uint32_t when = 0;  // how much later
};
inline std::ostream& operator<<(std::ostream& out, const Move& move) {
  return out << '{' << move.what << ", " << move.how << ", " << move.when << '}';
}

struct Asked {
  v1::Command command;
  v1::Actor actor;
};
// What the move asks of a case that stands so (null: not reported yet).
Asked AskedBy(const Move& move, const v1::CaseState* state, absl::Time now);
// When it asks it: later than `now` by minutes, days or weeks, or at the very edge of the next due time.
absl::Time TimeOf(const Move& move, const v1::CaseState* state, absl::Time now);

}  // namespace caseward::test

namespace rc {

template <>
struct Arbitrary<caseward::test::Move> {
  static Gen<caseward::test::Move> arbitrary() {
    const auto number = gen::resize(kNominalSize, gen::inRange<uint32_t>(0, 1'000'000));
    return gen::map(gen::tuple(number, number, number), [](const std::tuple<uint32_t, uint32_t, uint32_t>& numbers) {
      return caseward::test::Move{std::get<0>(numbers), std::get<1>(numbers), std::get<2>(numbers)};
    });
  }
};

}  // namespace rc

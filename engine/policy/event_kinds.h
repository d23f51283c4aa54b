// Kinds of event, as a set: which of them a clock or a flag looks at at all. A housing pack has some forty clocks to a
// case type and most events concern two or three of them; asking the set first spares the rest. Allocates nothing.
#pragma once

#include <bitset>

#include "caseward/v1/events.pb.h"

namespace caseward {

// No field of v1.Event that holds a kind has a higher number.
inline constexpr int kEventKindMax = 255;

class EventKinds {
 public:
  void Add(v1::Event::KindCase kind) { kinds_.set(static_cast<size_t>(kind)); }
  void AddAll() { kinds_.set(); }
  bool Has(v1::Event::KindCase kind) const { return kinds_[static_cast<size_t>(kind)]; }

 private:
  std::bitset<kEventKindMax + 1> kinds_;
};

}  // namespace caseward

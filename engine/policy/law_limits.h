// Durations that statute or the Ombudsman's Code sets, by clock-catalogue id. A pack clock with such an id may be
// tighter, never looser, of the same unit, and keeps its provenance: LAW and CODE values are not policy.
#pragma once

#include <string_view>

#include "caseward/v1/common.pb.h"

namespace caseward {

struct LawLimit {
  std::string_view catalogue;
  v1::TimeUnit unit;
  uint32_t at_most;
  v1::Provenance provenance;
  // What one extension may add, in the same unit. 0: it may not be extended.
  uint32_t extension_at_most;
  // May be paused for a listed reason.
  bool may_pause;
  std::string_view what;
};

// Null if neither law nor Code limits the clock.
const LawLimit* FindLawLimit(std::string_view catalogue);

}  // namespace caseward

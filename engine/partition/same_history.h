// Whether a partition's state and a log belong together: state must never be applied on top of another history, even
// one that began as the same log, as a log restored from an older backup and written to since does.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "engine/partition/apply.h"
#include "engine/port/event_log.h"

namespace caseward {

// OK if all that `state` has applied is in the log. FAILED_PRECONDITION: the log is another, ends before, or holds
// another record in the last one's place; the state must be rebuilt. Reads two records.
absl::Status CheckSameHistory(EventLog& log, uint32_t partition, const Applier& state);

}  // namespace caseward

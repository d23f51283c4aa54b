// A reader sees its own writes (law L9): runs a read once what it asked for holds.
//
//   nothing asked      at once, whatever is applied here
//   at_least           when that position is applied
//   latest             when a round begun after this call has committed, so a paused owner cannot serve stale truth
//
// Threads   `read` runs on the calling thread if it need not wait, else on the worker pool; exactly once.
// Failure   given to `read`: FAILED_PRECONDITION (a position of another log), RESOURCE_EXHAUSTED (too many reads wait),
//           DEADLINE_EXCEEDED (the position did not come within read_wait_max), or why the partition cannot say.
#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "caseward/v1/case_service.pb.h"
#include "services/server/backend.h"

namespace caseward {

// `partition` is the one that will be read; at_least may name another.
void ReadAfter(Backend& backend, uint32_t partition, const v1::ReadFreshness& freshness,
               absl::AnyInvocable<void(absl::Status)> read);

}  // namespace caseward

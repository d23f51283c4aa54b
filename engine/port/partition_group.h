// Which partitions this node should own, of a log that several nodes share: somebody hands each partition to one of the
// nodes that are there, and takes it back when nodes come and go. It decides who should append, never who may: that is
// the term (law L4), so a node that hears of its loss too late does no harm.
//
// Lifetime  outlives nobody: Leave before what `changed` uses goes.
// Threads   Join and Leave from one thread; `changed` is called from a thread of the group's own, one call at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace caseward {

class PartitionGroup {
 public:
  struct Change {
    std::vector<uint32_t> gained;
    std::vector<uint32_t> lost;
    // Somebody else may own what was lost already; otherwise nobody gets it before `changed` returns.
    bool taken = false;
  };
  using Changed = std::function<void(const Change&)>;

  virtual ~PartitionGroup() = default;

  // Returns once the group has said for the first time what this node should own, which may be nothing.
  // DEADLINE_EXCEEDED: it has not said so in time; it may later.
  virtual absl::Status Join(Changed changed, absl::Duration wait) = 0;
  // Gives back what it has, through `changed`, and is a member no more. Idempotent.
  virtual void Leave() = 0;
};

}  // namespace caseward

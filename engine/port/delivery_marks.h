// How far somebody outside was told of each partition, by whoever owns the partition: kept where its next owner finds
// it, so that people are told on from there and nothing is left out when a node dies.
//
// Lifetime  a mark is as durable as the log beside which it lies.
// Threads   one at a time.
// Failure   a fault that names the place. FAILED_PRECONDITION: another has written here since, as who owns it now.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caseward {

// The next event to tell of: of record `sequence`, its event number `index`.
struct DeliveryMark {
  uint64_t sequence = 0;
  uint32_t index = 0;
  bool operator==(const DeliveryMark&) const = default;
};

class DeliveryMarks {
 public:
  virtual ~DeliveryMarks() = default;

  // What was written last, by whoever; nullopt: nothing ever.
  virtual absl::StatusOr<std::optional<DeliveryMark>> Read(uint32_t partition) = 0;
  // Durable when it returns.
  virtual absl::Status Write(uint32_t partition, const DeliveryMark& mark) = 0;
  // This node does not tell of the partition any more, for now.
  virtual void Release(uint32_t partition) = 0;
};

}  // namespace caseward

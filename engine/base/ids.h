// Ids of cases and residents: short, safe in a URL, read over a phone without mistakes, and carrying their partition.
//
//   C-03-7K2M9Q-VT4XW1-V
//   │ │  └───────────┬ └ check symbol
//   │ │              └── 12 symbols: 60 bits of a digest of who asked and their command id
//   │ └───────────────── 2 symbols: the partition, 0 to 1023, where the stream lives for ever
//   └─────────────────── C: a case, R: a resident
//
// The symbols are Crockford's base 32 (no I, L, O, U). The check is the number the 14 symbols spell, modulo 37. As 37
// is a prime greater than 32, every single wrong symbol and every swap of two neighbours is found. Crockford adds five
// odd signs for the checks 32 to 36; ids that would need one are never issued: deriving tries the next attempt.
//
// An id is derived, not drawn: the same (principal, command id) gives the same id, so a retry lands in the same place.
// Parse forgives what people do to an id: lower case, hyphens in other places, o for 0, i or l for 1.
//
// Failure   INVALID_ARGUMENT saying what was expected and what came.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "caseward/v1/common.pb.h"
#include "engine/port/hasher.h"

namespace caseward {

// Two symbols hold the partition.
inline constexpr uint32_t kPartitionsMax = 1024;

// The canonical text of an id, always valid. CaseId and ResidentId are different types and do not mix.
template <char kPrefix>
class StreamId {
 public:
  static absl::StatusOr<StreamId> Parse(std::string_view text);

  const std::string& string() const { return text_; }
  uint32_t partition() const { return partition_; }

  bool operator==(const StreamId& other) const { return text_ == other.text_; }
  std::strong_ordering operator<=>(const StreamId& other) const { return text_.compare(other.text_) <=> 0; }
  template <typename H>
  friend H AbslHashValue(H state, const StreamId& id) {
    return H::combine(std::move(state), id.text_);
  }

 private:
  StreamId(std::string text, uint32_t partition) : text_(std::move(text)), partition_(partition) {}
  std::string text_;
  uint32_t partition_;
};

using CaseId = StreamId<'C'>;
using ResidentId = StreamId<'R'>;

template <char kPrefix>
uint32_t PartitionOf(const StreamId<kPrefix>& id) {
  return id.partition();
}

// The id that `command_id` of `principal` gives a new case or resident. `partition` is less than kPartitionsMax.
CaseId DeriveCaseId(const Hasher& hasher, uint32_t partition, std::string_view principal, std::string_view command_id);
ResidentId DeriveResidentId(const Hasher& hasher, uint32_t partition, std::string_view principal,
                            std::string_view command_id);

// Where a new resident is at home: a hash of an external key, or of (principal, command id) joined by a zero byte.
// Partition 0 is the directory's; with one partition everything lives in it.
uint32_t HomePartition(const Hasher& hasher, std::string_view key, uint32_t partitions);
// Where claims of another system's reference are kept.
uint32_t ReferencePartition(const Hasher& hasher, const v1::ExternalReference& reference, uint32_t partitions);

}  // namespace caseward

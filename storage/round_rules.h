// What every log asks of a round before it lets it in, so that the embedded log and its twin refuse the same things
// with the same words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "engine/port/event_log.h"

namespace caseward {

// What a log knows of a partition when a round arrives.
struct PartitionHead {
  uint64_t term = 0;      // of the last Claim
  std::string owner;      // who claimed
  uint64_t next = 0;      // sequence of the next record
  bool in_doubt = false;  // a round of this term was answered Unknown: only a Claim leads on
};

// FAILED_PRECONDITION: a stale term, a term in doubt, or a first_sequence that is not the next one. INVALID_ARGUMENT: a
// message to no partition, or a record or key no log can hold.
absl::Status CheckRound(uint32_t partition, uint32_t partitions, const PartitionHead& head, const Round& round);

// What its records, messages and keys take; each log adds what else it writes.
size_t LoggedBytes(const Round& round);

// INVALID_ARGUMENT: what belongs to an intake, for a log that has none, or a record moved to no other partition.
absl::Status CheckIntakeParts(uint32_t partition, uint32_t partitions, bool has_intake, const Round& round);

// What every intake says of a place from which it cannot be read on, each OUT_OF_RANGE, so that operators read the same
// of both: what lies at `cursor` is gone, or was never there; or the record that was taken last is another now.
absl::Status CheckIntakeCursor(uint32_t partition, const IntakeRange& range, const IntakeCursor& cursor);
absl::Status AnotherIntake(uint32_t partition, const IntakeCursor::Taken& last, std::optional<absl::Time> found);

// ABORTED if `key` would replace another key or bring back a destroyed one. `stored`: nullptr if the id is new, else
// what is stored (empty: destroyed).
absl::Status CheckKey(const KeyRecord& key, const std::string* stored);

}  // namespace caseward

#include "storage/round_rules.h"

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "storage/record_frame.h"

namespace caseward {

absl::Status CheckRound(uint32_t partition, uint32_t partitions, const PartitionHead& head, const Round& round) {
  if (round.term != head.term) {
    return absl::FailedPreconditionError(StrCat("partition ", partition, ": the round is of term ", round.term,
                                                ", the partition is held under term ", head.term, " by '", head.owner,
                                                "'; claim it anew"));
  }
  if (head.in_doubt) {
    return absl::FailedPreconditionError(StrCat("partition ", partition, ": the outcome of an earlier round of term ",
                                                round.term, " is unknown; claim the partition anew"));
  }
  if (round.first_sequence != head.next) {
    return absl::FailedPreconditionError(StrCat("partition ", partition, ": expected a round at sequence ", head.next,
                                                ", it begins at ", round.first_sequence));
  }
  for (const std::string& record : round.records) {
    if (record.size() > kMaxRecordBytes) {
      return absl::InvalidArgumentError(StrCat("partition ", partition, ": a record of ", record.size(),
                                               " bytes; at most ", kMaxRecordBytes, " are possible"));
    }
  }
  for (const OutboundMessage& message : round.messages) {
    if (message.to_partition >= partitions) {
      return absl::InvalidArgumentError(StrCat("partition ", partition, ": a message to partition ",
                                               message.to_partition, ", but there are only ", partitions));
    }
  }
  for (const KeyRecord& key : round.keys) {
    if (key.key_id.empty()) return absl::InvalidArgumentError(StrCat("partition ", partition, ": a key without an id"));
  }
  return absl::OkStatus();
}

size_t LoggedBytes(const Round& round) {
  size_t bytes = 0;
  for (const std::string& record : round.records)
    bytes += record.size();
  for (const OutboundMessage& message : round.messages)
    bytes += message.command.size();
  for (const KeyRecord& key : round.keys)
    bytes += key.wrapped.size();
  return bytes;
}

absl::Status CheckIntakeParts(uint32_t partition, uint32_t partitions, bool has_intake, const Round& round) {
  if (!has_intake && (!round.outcomes.empty() || !round.rejects.empty() || !round.moves.empty())) {
    return absl::InvalidArgumentError(
        StrCat("partition ", partition, ": expected a round of records alone, for this log has no intake; found ",
               round.outcomes.size(), " outcomes, ", round.rejects.size(), " rejects, ", round.moves.size(), " moves"));
  }
  for (const MovedRecord& moved : round.moves) {
    if (moved.to_partition >= partitions || moved.to_partition == partition) {
      return absl::InvalidArgumentError(StrCat("partition ", partition, ": a record moved to partition ",
                                               moved.to_partition, "; expected another of the ", partitions));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckIntakeCursor(uint32_t partition, const IntakeRange& range, const IntakeCursor& cursor) {
  if (cursor.next < range.begin) {
    return absl::OutOfRangeError(StrCat("intake of partition ", partition, ": the next command to take lay at offset ",
                                        cursor.next, ", but the topic begins at ", range.begin,
                                        ": what was not taken in time is gone"));
  }
  if (cursor.next > range.end) {
    return absl::OutOfRangeError(StrCat("intake of partition ", partition, ": the next command to take lay at offset ",
                                        cursor.next, ", but the topic ends at ", range.end,
                                        ": it was made anew, or has lost its end"));
  }
  return absl::OkStatus();
}

absl::Status AnotherIntake(uint32_t partition, const IntakeCursor::Taken& last, std::optional<absl::Time> found) {
  return absl::OutOfRangeError(StrCat("intake of partition ", partition, ": expected at offset ", last.offset,
                                      " the record of ", FormatInstant(last.time), " that was taken last, found ",
                                      found ? StrCat("one of ", FormatInstant(*found)) : "none",
                                      ": the topic was made anew"));
}

absl::Status CheckKey(const KeyRecord& key, const std::string* stored) {
  if (stored == nullptr || key.wrapped.empty() || *stored == key.wrapped) return absl::OkStatus();
  return absl::AbortedError(StrCat("key '", key.key_id, "' ",
                                   stored->empty() ? "was destroyed and never comes back"
                                                   : "exists already with other bytes; seal the round again"));
}

}  // namespace caseward

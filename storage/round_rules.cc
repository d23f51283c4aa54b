#include "storage/round_rules.h"

#include "engine/base/text.h"
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

absl::Status CheckKey(const KeyRecord& key, const std::string* stored) {
  if (stored == nullptr || key.wrapped.empty() || *stored == key.wrapped) return absl::OkStatus();
  return absl::AbortedError(StrCat("key '", key.key_id, "' ",
                                   stored->empty() ? "was destroyed and never comes back"
                                                   : "exists already with other bytes; seal the round again"));
}

}  // namespace caseward

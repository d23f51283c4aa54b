#include "engine/partition/same_history.h"

#include <google/protobuf/util/message_differencer.h>

#include "engine/base/text.h"
#include "engine/partition/records.h"

namespace caseward {
namespace {

absl::Status ReadOne(EventLog& log, uint32_t partition, uint64_t at, v1::Decision& decision) {
  absl::Status status;
  const absl::Status read = log.ReadFrom(partition, at, [&](uint64_t sequence, std::string_view raw) {
    status = ParseRecord(raw, partition, sequence, decision);
    return false;
  });
  return read.ok() ? status : read;
}

}  // namespace

absl::Status CheckSameHistory(EventLog& log, uint32_t partition, const Applier& state) {
  const uint64_t next = state.next_in_log();
  if (next == 0) return absl::OkStatus();
  const absl::StatusOr<uint64_t> end = log.End(partition);
  if (!end.ok()) return end.status();
  const v1::PartitionMeta& meta = state.meta();
  if (next > *end) {
    return absl::FailedPreconditionError(StrCat("partition ", partition, ": the state has applied ", next,
                                                " records, the log holds ", *end,
                                                "; the state is of another log, or the log lost its end"));
  }
  v1::Decision first;
  if (absl::Status s = ReadOne(log, partition, 0, first); !s.ok()) return s;
  if (first.genesis().log_id() != meta.log_id()) {
    return absl::FailedPreconditionError(StrCat("partition ", partition, ": the state is of log ", meta.log_id(),
                                                ", this is log ", first.genesis().log_id()));
  }
  v1::Decision last;
  if (absl::Status s = ReadOne(log, partition, next - 1, last); !s.ok()) return s;
  if (last.term() < meta.term()) return absl::OkStatus();  // it was skipped, and says nothing of what was applied
  using google::protobuf::util::MessageDifferencer;
  if (last.sequence() == meta.applied_sequence() && last.term() == meta.term() &&
      MessageDifferencer::Equals(last.recorded_at(), meta.last_recorded_at())) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(StrCat("partition ", partition, ": the log's record ", next - 1,
                                              " is not the one that the state has applied;",
                                              " the log was restored from an older copy and went another way since"));
}

}  // namespace caseward

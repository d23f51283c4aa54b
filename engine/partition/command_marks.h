// Which command ids were decided, and for how long that is known (law L5): a mark by (principal, command id), and
// beside it an expiry by (recorded_at, sequence), so that the oldest can be found. Ids are kept 400 days of recorded
// time; each record prunes a few that are older, so pruning is bounded, keeps up (a record adds at most one mark), and
// follows from the log alone: live and replay prune the same.
//
// Threads   the loop's one.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "engine/partition/state_writer.h"

namespace caseward {

class CommandMarks {
 public:
  // Ids pruned by one record at most.
  static constexpr size_t kPrunedPerRecordMax = 4;

  CommandMarks(uint32_t partition, absl::Duration kept, const StateReader& store)
      : partition_(partition), kept_(kept), store_(store) {}

  // Adds the mark of a decided command of a client. Others leave none: messages are told apart by their sender's
  // position.
  void Add(const v1::Decision& decision, StateWriter& writer);
  // Deletes a few marks older than is kept, as of this record's time.
  absl::Status Prune(absl::Time recorded_at, StateWriter& writer);
  void BatchWritten();

 private:
  struct Fresh {
    absl::Time recorded_at;
    std::string expiry_key;
    std::string mark_key;
    std::string mark;
  };
  absl::Status PruneStored(absl::Time before, size_t& left, StateWriter& writer);

  const uint32_t partition_;
  const absl::Duration kept_;
  const StateReader& store_;
  // The oldest expiry in the store is not older than this; InfinitePast: unknown.
  absl::Time oldest_bound_ = absl::InfinitePast();
  // The store's expiries before this key are deleted by the batch in the making.
  std::string pruned_to_;
  // Added by the batch in the making, oldest first.
  std::deque<Fresh> fresh_;
};

}  // namespace caseward

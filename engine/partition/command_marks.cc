#include "engine/partition/command_marks.h"

#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "engine/partition/state_keys.h"

namespace caseward {

void CommandMarks::Add(const v1::Decision& decision, StateWriter& writer) {
  if (decision.actor().kind() == v1::Actor::KIND_SYSTEM || decision.command().command_id().empty()) return;
  if (!decision.has_accepted() && !decision.has_refusal()) return;
  v1::CommandMarkRecord record;
  record.set_sequence(decision.sequence());
  record.set_content(decision.content());
  record.set_stream(decision.stream());
  const absl::Time recorded_at = ToTime(decision.recorded_at());
  Fresh fresh{.recorded_at = recorded_at,
              .expiry_key = keys::Expiry(partition_, recorded_at, decision.sequence()),
              .mark_key = keys::CommandMark(partition_, decision.actor().id(), decision.command().command_id()),
              .mark = record.SerializeAsString()};
  writer.PutNew(fresh.mark_key, fresh.mark);
  writer.PutNew(fresh.expiry_key, fresh.mark_key);
  fresh_.push_back(std::move(fresh));
}

absl::Status CommandMarks::Prune(absl::Time recorded_at, StateWriter& writer) {
  const absl::Time before = recorded_at - kept_;
  size_t left = kPrunedPerRecordMax;
  if (oldest_bound_ < before) {
    if (absl::Status s = PruneStored(before, left, writer); !s.ok()) return s;
  }
  // A chunk of a long replay may outlive its own marks.
  while (left > 0 && !fresh_.empty() && fresh_.front().recorded_at < before) {
    writer.Delete(fresh_.front().mark_key, fresh_.front().mark);
    writer.Delete(fresh_.front().expiry_key, fresh_.front().mark_key);
    fresh_.pop_front();
    --left;
  }
  return absl::OkStatus();
}

absl::Status CommandMarks::PruneStored(absl::Time before, size_t& left, StateWriter& writer) {
  struct Found {
    std::string expiry_key;
    std::string mark_key;
  };
  std::vector<Found> old;
  oldest_bound_ = absl::InfiniteFuture();
  const absl::Status scanned =
      store_.Scan(keys::ExpiryPrefix(partition_), pruned_to_, [&](std::string_view key, std::string_view mark_key) {
        const absl::Time recorded_at = keys::ParseExpiry(key).value_or(absl::InfinitePast());
        if (recorded_at >= before || left == 0) {
          oldest_bound_ = recorded_at;
          return false;
        }
        old.push_back({std::string(key), std::string(mark_key)});
        --left;
        return true;
      });
  if (!scanned.ok()) return scanned;
  for (Found& found : old) {
    const absl::StatusOr<std::optional<std::string>> mark = store_.Get(found.mark_key);
    if (!mark.ok()) return mark.status();
    if (!mark->has_value()) {
      return absl::DataLossError(StrCat("partition ", partition_, ": an expiry without its command mark"));
    }
    pruned_to_ = found.expiry_key + std::string(1, '\0');
    writer.Delete(std::move(found.expiry_key), found.mark_key);
    writer.Delete(std::move(found.mark_key), **mark);
  }
  return absl::OkStatus();
}

void CommandMarks::BatchWritten() {
  // What was fresh is in the store now.
  if (!fresh_.empty() && fresh_.front().recorded_at < oldest_bound_) oldest_bound_ = fresh_.front().recorded_at;
  fresh_.clear();
  pruned_to_.clear();
}

}  // namespace caseward

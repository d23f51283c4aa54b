#include "storage/kafka/kafka_tail.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/record_frame.h"

namespace caseward {

absl::StatusOr<KafkaOrder::Place> KafkaOrder::Take(uint32_t partition, const KafkaIn& in) {
  const KafkaStamp& stamp = in.stamp;
  if (stamp.kind == KafkaKind::kFormat) {
    known_ = known_ || in.offset == 0;
    return Place::kFormat;
  }
  const auto where = [&] {
    return StrCat("log partition ", partition, " (Kafka offset ", in.offset, ", term ", stamp.term, ")");
  };
  if (stamp.kind != KafkaKind::kRecord && stamp.kind != KafkaKind::kClaim) {
    return absl::DataLossError(StrCat(where(), ": expected a record or a claim, found another kind"));
  }
  if (known_ && stamp.term < term_) return Place::kStale;
  if (known_ && stamp.sequence != next_) {
    return absl::DataLossError(StrCat(where(), ": expected sequence ", next_, ", found ", stamp.sequence,
                                      stamp.sequence > next_ ? "; records are missing" : "; a record is repeated"));
  }
  known_ = true;
  term_ = stamp.term;
  next_ = stamp.sequence;
  if (stamp.kind == KafkaKind::kClaim) return Place::kClaim;
  ++next_;
  return Place::kNext;
}

KafkaTail::Head KafkaTail::head() const {
  const std::lock_guard lock(mutex_);
  return {order_.term(), owner_, order_.next(), offset_, stale_};
}

void KafkaTail::Begin(const KafkaOrder& order, std::string owner, int64_t offset) {
  const std::lock_guard lock(mutex_);
  order_ = order.known() ? order : KafkaOrder(0, 0);
  owner_ = std::move(owner);
  offset_ = offset;
  recent_.clear();
  recent_bytes_ = 0;
}

void KafkaTail::Forget() {
  Begin(KafkaOrder(), "", -1);
  const std::lock_guard lock(mutex_);
  marks_.clear();
}

absl::Status KafkaTail::Take(const KafkaIn& in) {
  const std::lock_guard lock(mutex_);
  const absl::StatusOr<KafkaOrder::Place> place = order_.Take(partition_, in);
  if (!place.ok()) return place.status();
  switch (*place) {
    case KafkaOrder::Place::kFormat: break;
    case KafkaOrder::Place::kStale: ++stale_; break;
    case KafkaOrder::Place::kClaim: owner_ = std::string(in.value); break;
    case KafkaOrder::Place::kNext: {
      const absl::StatusOr<std::string_view> record = OpenFrame(partition_, in.stamp.sequence, in.value);
      if (!record.ok()) return record.status();
      if (in.stamp.sequence % kMarkEvery == 0)
        marks_[in.stamp.sequence] = {in.stamp.sequence, in.offset, in.stamp.term};
      Remember(in.stamp.sequence, *record);
      break;
    }
  }
  offset_ = in.offset + 1;
  return absl::OkStatus();
}

void KafkaTail::Reached(int64_t offset) {
  const std::lock_guard lock(mutex_);
  offset_ = std::max(offset_, offset);
}

void KafkaTail::Committed(uint64_t first, const std::vector<std::string>& records,
                          const std::vector<int64_t>& offsets) {
  const std::lock_guard lock(mutex_);
  CHECK(first == order_.next() && offsets.size() >= records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const uint64_t sequence = first + i;
    if (sequence % kMarkEvery == 0) marks_[sequence] = {sequence, offsets[i], order_.term()};
    Remember(sequence, records[i]);
    offset_ = std::max(offset_, offsets[i] + 1);
  }
  order_ = KafkaOrder(order_.term(), first + records.size());
}

void KafkaTail::Remember(uint64_t /*sequence*/, std::string_view record) {
  recent_.push_back(std::make_shared<const std::string>(record));
  recent_bytes_ += record.size() + sizeof(std::string);
  while (recent_bytes_ > recent_bytes_max_ && recent_.size() > 1) {
    recent_bytes_ -= recent_.front()->size() + sizeof(std::string);
    recent_.pop_front();
  }
}

KafkaTail::Mark KafkaTail::Floor(uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto above = marks_.upper_bound(sequence);
  return above == marks_.begin() ? Mark{} : std::prev(above)->second;
}

std::optional<KafkaTail::Mark> KafkaTail::Above(uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto above = marks_.upper_bound(sequence);
  if (above != marks_.end()) return above->second;
  if (offset_ < 0) return std::nullopt;
  return Mark{order_.next(), offset_, order_.term()};
}

void KafkaTail::Add(const Mark& mark) {
  const std::lock_guard lock(mutex_);
  marks_[mark.sequence] = mark;
}

uint64_t KafkaTail::ReadRecent(uint64_t from, uint64_t end, absl::FunctionRef<bool(uint64_t, std::string_view)> record,
                               bool& stopped) const {
  stopped = false;
  std::vector<std::shared_ptr<const std::string>> held;  // the reader runs outside the lock
  {
    const std::lock_guard lock(mutex_);
    const uint64_t next = order_.next();
    const uint64_t first = next - recent_.size();
    if (from < first || from >= next) return from;
    for (uint64_t s = from; s < std::min(end, next); ++s)
      held.push_back(recent_[s - first]);
  }
  for (const auto& bytes : held) {
    if (!record(from, *bytes)) {
      stopped = true;
      return from;
    }
    ++from;
  }
  return from;
}

}  // namespace caseward

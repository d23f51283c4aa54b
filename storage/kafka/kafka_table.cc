#include "storage/kafka/kafka_table.h"

#include <utility>

#include "engine/base/text.h"
#include "storage/round_rules.h"

namespace caseward {
namespace {

constexpr char kThere = '+';
constexpr char kDestroyed = '-';

}  // namespace

absl::Status KafkaTable::Refresh(uint32_t partition, bool whole) {
  const std::lock_guard lock(mutex_);
  int64_t& position = positions_[partition];
  const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition);
  if (!marks.ok()) return marks.status();
  if (marks->high < position) {
    return absl::DataLossError(StrCat("topic ", topic_, " partition ", partition, " ends at offset ", marks->high,
                                      ", but was read to ", position, ": it was made anew, or has lost its end"));
  }
  if (marks->high == position) return absl::OkStatus();
  absl::Status status;
  const absl::StatusOr<int64_t> reached =
      readers_.Read(topic_, partition, std::max(position, marks->low), marks->high,
                    whole ? KafkaWait::kUntilDecided : KafkaWait::kBriefly, [&](const KafkaIn& in) {
                      status = Apply(partition, in);
                      return status.ok();
                    });
  if (!status.ok()) return status;
  if (!reached.ok()) return reached.status();
  position = *reached;
  return absl::OkStatus();
}

void KafkaTable::Forget(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  positions_[partition] = 0;
  Drop(partition);
}

int64_t KafkaTable::position(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(partition);
  return found == positions_.end() ? 0 : found->second;
}

void KafkaTable::Followed(uint32_t partition, const absl::StatusOr<KafkaIn>& in) {
  if (!in.ok()) return;
  const std::lock_guard lock(mutex_);
  int64_t& position = positions_[partition];
  if (in->offset >= position && Apply(partition, *in).ok()) position = in->offset + 1;
}

// ------------------------------------------------------------------------------------------------ keys

std::string KafkaKeys::Encode(const KeyRecord& key) {
  return key.wrapped.empty() ? std::string(1, kDestroyed) : StrCat(std::string(1, kThere), key.wrapped);
}

absl::Status KafkaKeys::Apply(uint32_t partition, const KafkaIn& in) {
  if (in.stamp.kind == KafkaKind::kFormat) return absl::OkStatus();  // kafka_format.h looks at it
  if (in.stamp.kind != KafkaKind::kKey || in.value.empty() || (in.value[0] != kThere && in.value[0] != kDestroyed)) {
    return absl::DataLossError(StrCat("topic ", topic(), " partition ", partition, " offset ", in.offset,
                                      ": expected a data key, found something else"));
  }
  Put({std::string(in.key), std::string(in.value.substr(1))}, partition);
  return absl::OkStatus();
}

// That a key was destroyed is not forgotten.
void KafkaKeys::Drop(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_)
    entry.made.erase(partition);
  std::erase_if(entries_, [](const auto& one) { return !one.second.destroyed && one.second.made.empty(); });
}

void KafkaKeys::Put(const KeyRecord& key, uint32_t partition) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key.key_id];
  if (key.wrapped.empty()) {
    entry.destroyed = true;
    entry.made.clear();
  } else if (!entry.destroyed) {
    entry.made[partition] = key.wrapped;
  }
}

std::optional<std::string> KafkaKeys::Get(std::string_view key_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_id);
  if (found == entries_.end()) return std::nullopt;
  return found->second.made.empty() ? std::string() : found->second.made.begin()->second;
}

std::vector<std::string> KafkaKeys::All(std::string_view key_id) const {
  std::vector<std::string> all;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_id);
  if (found == entries_.end()) return all;
  for (const auto& [partition, wrapped] : found->second.made)
    all.push_back(wrapped);
  return all;
}

void KafkaKeys::ForEach(std::string_view prefix,
                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) const {
  std::vector<std::pair<std::string, std::string>> found;  // copies, so that the reader runs outside the lock
  {
    const std::lock_guard lock(mutex_);
    for (auto it = entries_.lower_bound(prefix);
         it != entries_.end() && std::string_view(it->first).starts_with(prefix); ++it) {
      if (!it->second.made.empty()) found.emplace_back(it->first, it->second.made.begin()->second);
    }
  }
  for (const auto& [id, wrapped] : found) {
    if (!key(id, wrapped)) return;
  }
}

absl::Status KafkaKeys::Reserve(const std::vector<KeyRecord>& keys, uint32_t holder) {
  for (const KeyRecord& key : keys) {
    const std::optional<std::string> stored = Get(key.key_id);
    if (absl::Status s = CheckKey(key, stored ? &*stored : nullptr); !s.ok()) return s;
  }
  const std::lock_guard lock(mutex_);
  for (const KeyRecord& key : keys) {
    const auto held = held_.find(key.key_id);
    if (held == held_.end() || held->second.holder == holder || held->second.wrapped == key.wrapped) continue;
    return absl::AbortedError(
        StrCat("key '", key.key_id, "' is being made or destroyed by a round of partition ", held->second.holder));
  }
  for (const KeyRecord& key : keys)
    held_.try_emplace(key.key_id, Hold{key.wrapped, holder});
  return absl::OkStatus();
}

void KafkaKeys::Release(uint32_t holder) {
  const std::lock_guard lock(mutex_);
  std::erase_if(held_, [&](const auto& held) { return held.second.holder == holder; });
}

std::set<uint32_t> KafkaKeys::PlacesOf(const KeyRecord& key, uint32_t partition) const {
  std::set<uint32_t> places = {partition};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key.key_id);
  if (key.wrapped.empty() && found != entries_.end()) {
    for (const auto& [place, wrapped] : found->second.made)
      places.insert(place);
  }
  return places;
}

// ------------------------------------------------------------------------------------------------ owners

std::string KafkaOwners::ClaimKey(uint32_t partition) { return StrCat("partition/", partition); }

absl::Status KafkaOwners::Apply(uint32_t partition, const KafkaIn& in) {
  if (in.stamp.kind == KafkaKind::kFormat) {
    const std::lock_guard lock(mutex_);
    format_ = std::string(in.value);
    return absl::OkStatus();
  }
  if (in.stamp.kind == KafkaKind::kCopy) {
    const std::lock_guard lock(mutex_);
    copying_ = in.value == kCopyBegun;
    return absl::OkStatus();
  }
  if (in.stamp.kind != KafkaKind::kClaim) {
    return absl::DataLossError(StrCat("topic ", topic(), " partition ", partition, " offset ", in.offset,
                                      ": expected a claim, found something else"));
  }
  Put(partition, {in.stamp.term, in.stamp.sequence, std::string(in.value)});
  return absl::OkStatus();
}

void KafkaOwners::Drop(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  claims_.erase(partition);
}

void KafkaOwners::Put(uint32_t partition, const Claim& claim) {
  const std::lock_guard lock(mutex_);
  if (claim.term > claims_[partition].term) claims_[partition] = claim;
}

KafkaOwners::Claim KafkaOwners::Last(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = claims_.find(partition);
  return found == claims_.end() ? Claim() : found->second;
}

bool KafkaOwners::copying() const {
  const std::lock_guard lock(mutex_);
  return copying_;
}

std::string KafkaOwners::format() const {
  const std::lock_guard lock(mutex_);
  return format_;
}

}  // namespace caseward

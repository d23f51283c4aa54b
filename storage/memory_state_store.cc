#include "storage/memory_state_store.h"

#include <algorithm>

#include "engine/base/check.h"

namespace caseward {

class MemoryStateStore::Snapshot final : public StateReader {
 public:
  Snapshot(const MemoryStateStore& store, uint64_t at) : store_(store), at_(at) {}
  ~Snapshot() override {
    const std::lock_guard lock(store_.mutex_);
    store_.views_.erase(store_.views_.find(at_));
  }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override { return store_.GetAt(key, at_); }
  absl::Status Scan(std::string_view prefix, std::string_view start,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const override {
    store_.ScanAt(prefix, start, at_, entry);
    return absl::OkStatus();
  }

 private:
  const MemoryStateStore& store_;
  const uint64_t at_;
};

MemoryStateStore::~MemoryStateStore() { CHECK(views_.empty()); }

const std::string* MemoryStateStore::Find(const Versions& versions, uint64_t at) {
  for (auto value = versions.rbegin(); value != versions.rend(); ++value) {
    if (value->at <= at) return value->bytes ? &*value->bytes : nullptr;
  }
  return nullptr;
}

std::optional<std::string> MemoryStateStore::GetAt(std::string_view key, uint64_t at) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  const std::string* value = Find(found->second, at);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

void MemoryStateStore::ScanAt(std::string_view prefix, std::string_view start, uint64_t at,
                              absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const {
  std::string next(std::max(prefix, start));
  while (true) {
    std::string key;
    std::string value;
    {
      const std::lock_guard lock(mutex_);
      auto it = values_.lower_bound(next);
      const std::string* found = nullptr;
      for (; it != values_.end() && std::string_view(it->first).starts_with(prefix); ++it) {
        if ((found = Find(it->second, at)) != nullptr) break;
      }
      if (found == nullptr) return;
      key = it->first;
      value = *found;
    }
    if (!entry(key, value)) return;  // outside the lock: the callee may read on
    next = key + '\0';
  }
}

absl::StatusOr<std::optional<std::string>> MemoryStateStore::Get(std::string_view key) const {
  return GetAt(key, UINT64_MAX);
}

absl::Status MemoryStateStore::Scan(std::string_view prefix, std::string_view start,
                                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const {
  return View()->Scan(prefix, start, entry);
}

void MemoryStateStore::Put(const StateBatch::Entry& entry) {
  Versions& versions = values_[entry.key];
  // Keep what a View or a crash could still ask for: the newest value at or before the oldest such moment, and all
  // later.
  const uint64_t oldest = views_.empty() ? flushed_ : std::min(flushed_, *views_.begin());
  const auto newer = std::find_if(versions.begin(), versions.end(), [&](const Value& v) { return v.at > oldest; });
  if (newer - versions.begin() > 1) versions.erase(versions.begin(), newer - 1);
  if (!versions.empty() && versions.back().at == now_) versions.pop_back();  // the last write of a batch wins
  versions.push_back({now_, entry.value});
}

absl::Status MemoryStateStore::Write(const StateBatch& batch) {
  const std::lock_guard lock(mutex_);
  if (!write_fault_.ok()) return write_fault_;
  ++now_;
  for (const StateBatch::Entry& entry : batch.entries())
    Put(entry);
  return absl::OkStatus();
}

std::unique_ptr<StateReader> MemoryStateStore::View() const {
  const std::lock_guard lock(mutex_);
  views_.insert(now_);
  return std::make_unique<Snapshot>(*this, now_);
}

void MemoryStateStore::Flush() {
  const std::lock_guard lock(mutex_);
  flushed_ = now_;
}

size_t MemoryStateStore::unflushed() const {
  const std::lock_guard lock(mutex_);
  return now_ - flushed_;
}

void MemoryStateStore::Crash(size_t lost) {
  const std::lock_guard lock(mutex_);
  CHECK(views_.empty());
  now_ -= std::min<uint64_t>(lost, now_ - flushed_);
  flushed_ = now_;  // what is left had reached the disk
  for (auto it = values_.begin(); it != values_.end();) {
    Versions& versions = it->second;
    while (!versions.empty() && versions.back().at > now_)
      versions.pop_back();
    it = versions.empty() || !versions.back().bytes ? values_.erase(it) : std::next(it);
  }
}

void MemoryStateStore::Reopen(size_t lost) {
  Crash(lost);
  FailWrites(absl::OkStatus());
}

void MemoryStateStore::Drop() {
  const std::lock_guard lock(mutex_);
  CHECK(views_.empty());
  values_.clear();
  flushed_ = now_;
}

void MemoryStateStore::FailWrites(absl::Status status) {
  const std::lock_guard lock(mutex_);
  write_fault_ = std::move(status);
}

}  // namespace caseward

// A bounded cache by name, least recently used first out (law L10). Entries stay where they are until Trim, so pointers
// to them hold through a round. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/base/text.h"

namespace caseward {

template <typename Value>
class BoundedCache {
 public:
  struct Entry {
    std::string key;
    Value value;

   private:
    friend class BoundedCache;
    Entry* newer = nullptr;
    Entry* older = nullptr;
  };

  explicit BoundedCache(size_t max) : max_(max) {}

  // Null if it is not held. Counts as use.
  Entry* Find(std::string_view key) {
    const auto found = entries_.find(AbslText(key));
    if (found == entries_.end()) return nullptr;
    Entry* entry = found->second.get();
    if (entry != newest_) {
      Unlink(entry);
      LinkNewest(entry);
    }
    return entry;
  }
  // The key must not be held.
  Entry* Add(std::string_view key, Value value) {
    auto made = std::make_unique<Entry>();
    Entry* entry = made.get();
    entry->key = std::string(key);
    entry->value = std::move(value);
    LinkNewest(entry);
    entries_.emplace(entry->key, std::move(made));
    return entry;
  }
  // Forgets the oldest entries beyond the bound.
  void Trim() {
    while (entries_.size() > max_) {
      Entry* entry = oldest_;
      Unlink(entry);
      entries_.erase(entries_.find(entry->key));
    }
  }
  template <typename Visit>
  void ForEach(Visit visit) {
    for (auto& [key, entry] : entries_)
      visit(*entry);
  }
  size_t size() const { return entries_.size(); }

 private:
  void Unlink(Entry* entry) {
    (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
    (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
    entry->newer = entry->older = nullptr;
  }
  void LinkNewest(Entry* entry) {
    entry->older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = entry;
    newest_ = entry;
  }

  const size_t max_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> entries_;
  Entry* newest_ = nullptr;
  Entry* oldest_ = nullptr;
};

}  // namespace caseward

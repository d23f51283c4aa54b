// The state store's twin in memory. Keeps versions of each value, which gives Views for nothing and lets a test crash
// the process: the newest batches vanish from the end, as they do when a machine loses power before RocksDB has
// flushed.
//
// Threads   any. A View must not outlive the store.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/port/state_store.h"

namespace caseward {

class MemoryStateStore final : public StateStore {
 public:
  MemoryStateStore() = default;
  ~MemoryStateStore() override;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, std::string_view start,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const override;
  absl::Status Write(const StateBatch& batch) override;
  std::unique_ptr<StateReader> View() const override;

  // What is written now survives every crash.
  void Flush();
  // Batches written since the last Flush: what a crash can take.
  size_t unflushed() const;
  // Crashes: the newest `lost` of the unflushed batches never happened (all of them, if `lost` is more). No View is
  // held.
  void Crash(size_t lost);
  // Deletes everything, as an operator does to rebuild from the log. No View is held.
  void Drop();
  // Writes fail with `status` until it is set to OK again, or the store is reopened: a full or broken disk.
  void FailWrites(absl::Status status);
  // Closes and opens again, as a store on a disk does: the newest `lost` of the unflushed batches are gone, and writes
  // go on. No View is held.
  void Reopen(size_t lost);

 private:
  class Snapshot;
  struct Value {
    uint64_t at = 0;  // the batch that wrote it
    std::optional<std::string> bytes;
  };
  using Versions = std::vector<Value>;

  // mutex_ held: the value of a key as of batch `at`; nullptr if absent.
  static const std::string* Find(const Versions& versions, uint64_t at);
  std::optional<std::string> GetAt(std::string_view key, uint64_t at) const;
  void ScanAt(std::string_view prefix, std::string_view start, uint64_t at,
              absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const;
  void Put(const StateBatch::Entry& entry);

  mutable std::mutex mutex_;
  std::map<std::string, Versions, std::less<>> values_;
  uint64_t now_ = 0;      // batches written
  uint64_t flushed_ = 0;  // batches a crash cannot take
  mutable std::multiset<uint64_t> views_;
  absl::Status write_fault_;
};

}  // namespace caseward

// State: what Evolve has made of the log so far (hop 4, apply). A map from bytes to bytes in key order, written one
// whole batch at a time. Lost state is no loss: it is rebuilt from the log (law L1).
//
// Threads   Write from one thread a partition (keys of partitions do not overlap); everything else from any thread.
// Failure   absl::Status; a corrupt block is DATA_LOSS, names the store, and is never skipped. Absence is not a fault.
//
// Contract for implementers (tests/contract/storage/state_store_contract_test.cc):
//   must      make a batch visible and durable as a whole or not at all, in the order of the calls (law L3);
//   may       lose the newest batches in a crash, but only from the end: what is left is some earlier moment;
//   must      give a View that does not change while it is held.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caseward {

// Puts and deletes of one round, in order; the last write of a key wins.
class StateBatch {
 public:
  struct Entry {
    std::string key;
    std::optional<std::string> value;  // nullopt: delete
  };
  void Put(std::string key, std::string value) { entries_.push_back({std::move(key), std::move(value)}); }
  void Delete(std::string key) { entries_.push_back({std::move(key), std::nullopt}); }
  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }

 private:
  std::vector<Entry> entries_;
};

// Reads: what decisions and readers get (reads and writes are different types).
class StateReader {
 public:
  virtual ~StateReader() = default;
  // The value, or nullopt if the key is absent.
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const = 0;
  // Calls `entry(key, value)` in key order for each key that begins with `prefix` and is not less than `start`; stops
  // when it returns false. The views live only during the call.
  virtual absl::Status Scan(std::string_view prefix, std::string_view start,
                            absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const = 0;
};

class StateStore : public StateReader {
 public:
  virtual absl::Status Write(const StateBatch& batch) = 0;
  // A consistent view of this moment.
  virtual std::unique_ptr<StateReader> View() const = 0;
};

}  // namespace caseward

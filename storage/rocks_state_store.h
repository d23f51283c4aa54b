// State on RocksDB: one column family, no write-ahead log. The event log is the truth, so nothing is synced a round: a
// crash loses what was not flushed, always from the end, and replaying the log's tail makes it again (laws L1 and L3).
// Flushed by bytes (64 MiB) and by time (30 s), so the tail stays short. Deleting the folder is a clean rebuild.
//
// A background error (full disk, I/O error) stops RocksDB: Write answers UNAVAILABLE from then on, and reads may. The
// way back is Reopen: what had been flushed is there, the owner reads its position and replays from it. If Reopen fails
// with DATA_LOSS, delete the folder and rebuild.
//
// Threads   as the port says; Reopen and MaybeFlush from one thread at a time each. Views are released before the
//           store goes, and hold Reopen off while they live.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "engine/port/state_store.h"

namespace caseward {

inline constexpr int kStateFormatVersion = 3;

class RocksStateStore final : public StateStore {
 public:
  struct Options {
    std::string path;
    size_t cache_bytes = 256u << 20;
    size_t flush_bytes = 64u << 20;
    absl::Duration flush_interval = absl::Seconds(30);
  };

  // Makes the folder if there is none. FAILED_PRECONDITION: in use, or another format version. DATA_LOSS: damaged; the
  // message names the file.
  static absl::StatusOr<std::unique_ptr<RocksStateStore>> Open(const Options& options);
  ~RocksStateStore() override;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, std::string_view start,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const override;
  absl::Status Write(const StateBatch& batch) override;
  std::unique_ptr<StateReader> View() const override;

  // Starts a flush if the interval has passed since the last one and something was written; does not wait for it.
  absl::Status MaybeFlush(absl::Time now);
  // Flushes and waits.
  absl::Status Flush();
  // Closes and opens again; see above. UNAVAILABLE if that is not possible now: the store then answers nothing, and
  // Reopen may be tried again.
  absl::Status Reopen();
  // Copies the state as it is now into the new folder `target`, while it runs.
  absl::Status Checkpoint(const std::string& target);

 private:
  class Impl;
  class Snapshot;
  explicit RocksStateStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward

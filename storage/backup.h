// A backup of a data folder: the same folders, made by checkpoints while the node runs, and a BACKUP file, written
// last, that says how many records of each partition it holds. Restoring reads every one of them before it says yes.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "storage/data_folder.h"

namespace caseward {

struct BackupSource {
  const std::string& path;
  const std::string& master_key_path;
  const DataFormat& format;
  EmbeddedEventLog& log;
  RocksStateStore& state;
};

// Both refuse a `target` that exists and is not empty (FAILED_PRECONDITION).
absl::StatusOr<BackupReport> WriteBackup(const BackupSource& source, const std::string& target, bool with_keys);
absl::StatusOr<BackupReport> RestoreBackup(const std::string& backup, const std::string& target);

}  // namespace caseward

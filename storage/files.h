// Files outside RocksDB that must not be lost, or read by others: the master key, a folder's FORMAT, a backup's copies.
// Written whole and synced, folder included, before the call returns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caseward {

enum class FileMode { kSecret, kPublic };  // 0600, 0644

// Writes a file that does not exist yet; ALREADY_EXISTS otherwise.
absl::Status WriteNewFile(const std::string& path, std::string_view content, FileMode mode);
// NOT_FOUND if there is none.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);
// As ReadSmallFile; FAILED_PRECONDITION if every user of the machine may read or write it.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);
absl::Status SyncFile(const std::string& path);
absl::Status SyncFolder(const std::string& path);

bool Exists(const std::string& path);
// Names of the regular files in a folder.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder);
// Copies the files of `from` (a flat folder) whose name `wanted` accepts into `to`, which is made if need be.
absl::Status CopyFolder(const std::string& from, const std::string& to,
                        absl::FunctionRef<bool(std::string_view)> wanted);
// FAILED_PRECONDITION unless `path` is missing or an empty folder.
absl::Status CheckAbsentOrEmpty(const std::string& path);
absl::Status MakeFolder(const std::string& path);

}  // namespace caseward

// What the log and the state store share about RocksDB. RocksDB's own headers stay out of ours.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace rocksdb {
class Cache;
class DB;
class Status;
struct BlockBasedTableOptions;
struct Options;
}  // namespace rocksdb

namespace caseward {

// RocksDB's verdict as ours, `where` in front. Damage is DATA_LOSS and keeps RocksDB's naming of the file; everything
// else the disk refuses is UNAVAILABLE.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view where);
// As FromRocks, for opening the folder `path`: also FAILED_PRECONDITION "in use", and DATA_LOSS for a missing file.
absl::Status FromRocksOpen(const rocksdb::Status& status, const std::string& path);

// Settings both stores start from: strict about damage, quiet, never more than two background threads, and no recovery
// on its own after a failed write (what became of it is for the store to find out).
void SetCommonOptions(rocksdb::Options& options);
// Blocks of `block_bytes` from `cache`, a Bloom filter and an index in parts, checksums by CRC-32C.
rocksdb::BlockBasedTableOptions TableOptions(std::shared_ptr<rocksdb::Cache> cache, size_t block_bytes);

// Copies the database as it is now into the new folder `target`: hard links where that works, so it is quick.
absl::Status CheckpointDb(rocksdb::DB& db, const std::string& target);

}  // namespace caseward

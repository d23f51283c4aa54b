#include "storage/rocks_common.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>

#include "engine/base/text.h"

namespace caseward {
namespace {

// RocksDB tells its story in a text file, LOG, and where asserts are compiled in (as in Debian's library) the second
// line that a full disk refuses ends the process. What matters of the story comes back as a Status, so it is told to
// nobody.
class SilentLogger final : public rocksdb::Logger {
 public:
  SilentLogger() : rocksdb::Logger(rocksdb::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*values*/) override {}
};

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, std::string_view where) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = StrCat(where, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsInvalidArgument() || status.IsNotSupported()) return absl::FailedPreconditionError(message);
  return absl::UnavailableError(message);
}

absl::Status FromRocksOpen(const rocksdb::Status& status, const std::string& path) {
  if (status.IsIOError() && status.ToString().find("/LOCK: ") != std::string::npos) {
    return absl::FailedPreconditionError(StrCat("data folder ", path, " is in use by another process"));
  }
  if (status.IsPathNotFound() && status.ToString().find(".sst") != std::string::npos) {
    return absl::DataLossError(StrCat(path, ": a file is missing: ", status.ToString()));
  }
  return FromRocks(status, StrCat("cannot open ", path));
}

void SetCommonOptions(rocksdb::Options& options) {
  options.paranoid_checks = true;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.info_log = std::make_shared<SilentLogger>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_bgerror_resume_count = 0;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 64u << 20;
  options.max_write_buffer_number = 4;
  options.level0_file_num_compaction_trigger = 6;
}

rocksdb::BlockBasedTableOptions TableOptions(std::shared_ptr<rocksdb::Cache> cache, size_t block_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.block_size = block_bytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.checksum = rocksdb::kCRC32c;
  table.format_version = 5;
  // Counted against the cache, so that memory stays bounded however large the store grows; and cut into small parts.
  // The filter of a whole file takes most of a megabyte: of several million cases each lookup read one anew, because a
  // shard of the cache held none of them.
  table.cache_index_and_filter_blocks = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 4 << 10;
  table.pin_top_level_index_and_filter = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

absl::Status CheckpointDb(rocksdb::DB& db, const std::string& target) {
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&db, &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(target);
  return FromRocks(status, StrCat("copying to ", target));
}

}  // namespace caseward

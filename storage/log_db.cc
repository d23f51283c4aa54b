#include "storage/log_db.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/log_keys.h"
#include "storage/rocks_common.h"

namespace caseward {
namespace {

using log_keys::InboxKey;
using log_keys::InboxSender;
using log_keys::RecordKey;

std::string_view View(const rocksdb::Slice& s) { return {s.data(), s.size()}; }
rocksdb::Slice Slice(std::string_view s) { return {s.data(), s.size()}; }

constexpr size_t kInboxKeyTail = 12;  // sequence (8) ‖ n (4), after the sender's prefix

rocksdb::Options MakeOptions(bool create) {
  rocksdb::Options options;
  SetCommonOptions(options);
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  // A write torn by a crash was never acknowledged and is dropped; damage before the end refuses to open.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_total_wal_size = 128u << 20;  // the family of keys seldom fills a buffer and must not hold old files back
  options.allow_concurrent_memtable_write = false;  // one writer
  options.enable_write_thread_adaptive_yield = false;
  return options;
}

// Records come in order and are hardly ever deleted, so merging whole runs writes least.
rocksdb::ColumnFamilyOptions RecordOptions(const rocksdb::Options& base, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options(base);
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache, 16u << 10)));
  return options;
}
rocksdb::ColumnFamilyOptions KeyOptions(const rocksdb::Options& base, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options(base);
  options.write_buffer_size = 8u << 20;
  options.compression = rocksdb::kNoCompression;  // wrapped keys are random bytes
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache, 4u << 10)));
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogDb>> LogDb::Open(const std::string& path, Mode mode, bool create) {
  const rocksdb::Options options = MakeOptions(create);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(64u << 20);
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, RecordOptions(options, cache)},
      {log_keys::kKeysFamily, KeyOptions(options, cache)},
  };
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = mode == Mode::kReadWrite
                                     ? rocksdb::DB::Open(options, path, descriptors, &families, &db)
                                     : rocksdb::DB::OpenForReadOnly(options, path, descriptors, &families, &db);
  if (!status.ok()) return FromRocksOpen(status, path);
  return std::unique_ptr<LogDb>(new LogDb(path, std::unique_ptr<rocksdb::DB>(db), std::move(families)));
}

LogDb::LogDb(std::string path, std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> families)
    : path_(std::move(path)),
      db_(std::move(db)),
      main_(families.at(0)),
      keys_(families.at(1)),
      batch_(std::make_unique<rocksdb::WriteBatch>()) {}

LogDb::~LogDb() {
  db_->DestroyColumnFamilyHandle(keys_);
  db_->DestroyColumnFamilyHandle(main_);
}

absl::StatusOr<std::optional<LogFormat>> LogDb::ReadFormat() const {
  std::string text;
  const rocksdb::Status status = db_->Get({}, main_, log_keys::kFormat, &text);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return FromRocks(status, path_);
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  LogFormat out;
  if (parts.size() < 2 || parts[0] != "caseward-log" || !absl::SimpleAtoi(parts[1], &out.version)) {
    return absl::DataLossError(StrCat(path_, ": expected the log's format, found ", text.size(), " other bytes"));
  }
  if (out.version != kLogFormatVersion) return out;  // the rest may mean anything
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[2], &out.partitions) || out.partitions == 0) {
    return absl::DataLossError(StrCat(path_, ": the log's format record is cut short"));
  }
  out.log_id = parts[3];
  return out;
}

void LogDb::PutFormat(const LogFormat& format) {
  CHECK(batch_
            ->Put(main_, log_keys::kFormat,
                  StrCat("caseward-log ", format.version, " ", format.partitions, " ", format.log_id))
            .ok());
}

absl::StatusOr<PartitionHead> LogDb::ReadHead(uint32_t partition) const {
  PartitionHead head;
  std::string term;
  rocksdb::Status status = db_->Get({}, main_, log_keys::Term(partition), &term);
  if (!status.ok() && !status.IsNotFound()) return FromRocks(status, StrCat(path_, " partition ", partition));
  if (status.ok()) {
    if (term.size() < 8) return absl::DataLossError(StrCat(path_, " partition ", partition, ": the term is cut short"));
    head.term = ReadBig64(term);
    head.owner = term.substr(8);
  }
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, main_));
  it->SeekForPrev(RecordKey(partition, UINT64_MAX));
  if (!it->status().ok()) return FromRocks(it->status(), StrCat(path_, " partition ", partition, " at its end"));
  const std::string first = RecordKey(partition, 0);
  if (it->Valid() && it->key().size() == first.size() && it->key().compare(first) >= 0) {
    head.next = ReadBig64(View(it->key()).substr(first.size() - 8)) + 1;
  }
  return head;
}

absl::Status LogDb::ReadRecords(uint32_t partition, uint64_t from, uint64_t end,
                                absl::FunctionRef<bool(uint64_t, std::string_view)> record) const {
  if (from == end) return absl::OkStatus();
  const std::string bound = RecordKey(partition, end);
  const rocksdb::Slice upper(bound);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;  // replay and subscribers read once
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, main_));
  it->Seek(RecordKey(partition, from));
  for (uint64_t sequence = from; sequence < end; ++sequence, it->Next()) {
    const std::string where = StrCat("log partition ", partition, " sequence ", sequence);
    if (!it->Valid() && !it->status().ok()) return FromRocks(it->status(), where);
    if (!it->Valid() || View(it->key()) != RecordKey(partition, sequence)) {
      return absl::DataLossError(StrCat(where, ": the record is missing"));
    }
    const absl::StatusOr<std::string_view> bytes = OpenFrame(partition, sequence, View(it->value()));
    if (!bytes.ok()) return bytes.status();
    if (!record(sequence, *bytes)) break;
  }
  return absl::OkStatus();
}

absl::Status LogDb::ReadSender(uint32_t partition, InboxCursor& after, bool from_first, size_t limit,
                               std::vector<InboundMessage>& out) const {
  const std::string sender = InboxSender(partition, after.from_partition);
  const std::string bound = InboxSender(partition, after.from_partition + 1);
  const rocksdb::Slice upper(bound);
  rocksdb::ReadOptions options;
  if (after.from_partition < 0xffff) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, main_));
  std::string start = InboxKey(partition, after.from_partition, after.from_sequence, after.n);
  if (!from_first) start += '\0';  // the key after it
  for (it->Seek(start); limit > 0 && it->Valid() && it->key().starts_with(sender); it->Next(), --limit) {
    const std::string_view tail = View(it->key()).substr(sender.size());
    if (tail.size() != kInboxKeyTail) {
      return absl::DataLossError(StrCat(path_, ": a malformed message in the inbox of partition ", partition));
    }
    after.from_sequence = ReadBig64(tail);
    after.n = ReadBig32(tail.substr(8));
    out.push_back({after.from_partition, after.from_sequence, after.n, it->value().ToString()});
  }
  return FromRocks(it->status(), StrCat(path_, ": inbox of partition ", partition));
}

absl::StatusOr<std::vector<InboundMessage>> LogDb::ReadInbox(uint32_t partition, uint32_t partitions,
                                                             const std::vector<InboxCursor>& cursors,
                                                             size_t limit) const {
  std::vector<InboundMessage> out;
  std::map<uint32_t, InboxCursor> after;
  for (const InboxCursor& cursor : cursors)
    after[cursor.from_partition] = cursor;
  // First a share of each sender's, so that a busy one does not starve the others; then whatever still fits.
  const size_t share = std::max<size_t>(1, limit / partitions);
  for (const bool shared : {true, false}) {
    for (uint32_t from = 0; from < partitions && out.size() < limit; ++from) {
      const bool from_first = !after.contains(from);
      InboxCursor cursor = from_first ? InboxCursor{from, 0, 0} : after[from];
      const size_t before = out.size();
      const size_t most = shared ? std::min(share, limit - before) : limit - before;
      if (absl::Status s = ReadSender(partition, cursor, from_first, most, out); !s.ok()) return s;
      if (out.size() > before) after[from] = cursor;
    }
  }
  return out;
}

absl::StatusOr<std::optional<std::string>> LogDb::ReadStoredKey(std::string_view key_id) const {
  std::string wrapped;
  const rocksdb::Status status = db_->Get({}, keys_, Slice(key_id), &wrapped);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return FromRocks(status, StrCat(path_, ": key record '", key_id, "'"));
  return wrapped;
}

absl::Status LogDb::ReadKeys(std::string_view prefix,
                             absl::FunctionRef<bool(std::string_view, std::string_view)> key) const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, keys_));
  for (it->Seek(Slice(prefix)); it->Valid() && it->key().starts_with(Slice(prefix)); it->Next()) {
    if (!it->value().empty() && !key(View(it->key()), View(it->value()))) break;
  }
  return FromRocks(it->status(), StrCat(path_, ": key records"));
}

absl::Status LogDb::ReadStoredKeys(absl::FunctionRef<bool(std::string_view, std::string_view)> key) const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, keys_));
  for (it->SeekToFirst(); it->Valid() && key(View(it->key()), View(it->value())); it->Next()) {
  }
  return FromRocks(it->status(), StrCat(path_, ": key records"));
}

// Adding to a batch in memory does not fail.

void LogDb::PutTerm(uint32_t partition, uint64_t term, std::string_view owner) {
  std::string value;
  AppendBig64(term, value);
  value += owner;
  CHECK(batch_->Put(main_, log_keys::Term(partition), value).ok());
}

void LogDb::PutRecord(uint32_t partition, uint64_t sequence, std::string_view record) {
  const std::string key = RecordKey(partition, sequence);
  const std::string header = FrameHeader(partition, sequence, record);
  const rocksdb::Slice key_part(key);
  const rocksdb::Slice value_parts[] = {header, Slice(record)};
  CHECK(batch_->Put(main_, rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2)).ok());
}

void LogDb::PutMessage(uint32_t from_partition, const OutboundMessage& m) {
  CHECK(batch_->Put(main_, InboxKey(m.to_partition, from_partition, m.from_sequence, m.n), m.command).ok());
}

void LogDb::PutKey(const KeyRecord& key) {
  CHECK(batch_->Put(keys_, key.key_id, key.wrapped).ok());
  if (key.wrapped.empty()) CHECK(batch_->Put(main_, log_keys::kScrub, "1").ok());
}

void LogDb::DropMessages(uint32_t partition, const std::vector<InboxCursor>& cursors) {
  for (const InboxCursor& cursor : cursors) {
    const std::string last = InboxKey(partition, cursor.from_partition, cursor.from_sequence, cursor.n);
    std::string& dropped = dropped_[{partition, cursor.from_partition}];
    if (dropped.empty()) dropped = InboxSender(partition, cursor.from_partition);
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, main_));
    for (it->Seek(dropped); it->Valid() && it->key().compare(last) <= 0; it->Next()) {
      CHECK(batch_->Delete(main_, it->key()).ok());
    }
    dropped = std::max(dropped, last);
  }
}

size_t LogDb::batch_bytes() const { return batch_->GetDataSize(); }
bool LogDb::batch_empty() const { return batch_->Count() == 0; }

absl::Status LogDb::Commit(bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = db_->Write(options, batch_.get());
  batch_->Clear();
  return FromRocks(status, StrCat(path_, ": writing"));
}

absl::Status LogDb::ScrubIfNeeded() {
  std::string mark;
  rocksdb::Status status = db_->Get({}, main_, log_keys::kScrub, &mark);
  if (status.IsNotFound()) return absl::OkStatus();
  // Flushing both families lets go of the write-ahead log that held the keys; compaction rewrites their tables without
  // the overwritten versions.
  if (status.ok()) status = db_->Flush({}, std::vector<rocksdb::ColumnFamilyHandle*>{main_, keys_});
  if (status.ok()) {
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    status = db_->CompactRange(options, keys_, nullptr, nullptr);
  }
  if (status.ok()) status = db_->Delete({}, main_, log_keys::kScrub);
  return FromRocks(status, StrCat(path_, ": scrubbing destroyed keys"));
}

absl::Status LogDb::Checkpoint(const std::string& target) const { return CheckpointDb(*db_, target); }

}  // namespace caseward

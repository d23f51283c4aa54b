#include "storage/rocks_state_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "engine/base/text.h"
#include "storage/files.h"
#include "storage/gate.h"
#include "storage/rocks_common.h"

namespace caseward {
namespace {

constexpr std::string_view kFormatPrefix = "caseward-state ";

rocksdb::Slice SliceOf(std::string_view s) { return {s.data(), s.size()}; }
std::string_view AsView(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

rocksdb::Options MakeOptions(const RocksStateStore::Options& ours) {
  rocksdb::Options options;
  SetCommonOptions(options);
  options.create_if_missing = true;
  options.write_buffer_size = ours.flush_bytes;
  options.level_compaction_dynamic_level_bytes = true;
  // Most lookups of rules are for keys that are not there; ask the memtable's filter before its list.
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.memtable_whole_key_filtering = true;
  options.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(TableOptions(rocksdb::NewLRUCache(ours.cache_bytes), 8u << 10)));
  return options;
}

// The format version lies in a file beside RocksDB's own, so that it can be read whatever RocksDB made of the rest.
absl::Status CheckFormat(const std::filesystem::path& folder) {
  const std::string path = (folder / "STATE_FORMAT").string();
  const absl::StatusOr<std::string> text = ReadSmallFile(path);
  if (absl::IsNotFound(text.status())) {
    if (Exists((folder / "CURRENT").string())) {
      return absl::FailedPreconditionError(
          StrCat(folder.string(), " holds no Caseward state; delete it to rebuild it from the log"));
    }
    return WriteNewFile(path, StrCat(kFormatPrefix, kStateFormatVersion, "\n"), FileMode::kPublic);
  }
  if (!text.ok()) return text.status();
  int version = 0;
  if (!std::string_view(*text).starts_with(kFormatPrefix) ||
      !absl::SimpleAtoi(AbslText(std::string_view(*text).substr(kFormatPrefix.size())), &version)) {
    return absl::DataLossError(
        StrCat(path, ": expected a format version; delete the folder to rebuild it from the log"));
  }
  if (version == kStateFormatVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("state ", folder.string(), " has format version ", version,
                                              "; this program reads version ", kStateFormatVersion,
                                              "; delete the folder to rebuild it from the log"));
}

}  // namespace

class RocksStateStore::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}

  absl::Status OpenDb() {
    std::error_code error;
    std::filesystem::create_directories(options_.path, error);
    if (error) return absl::UnavailableError(StrCat("cannot create ", options_.path, ": ", error.message()));
    if (absl::Status s = CheckFormat(options_.path); !s.ok()) return s;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(MakeOptions(options_), options_.path, &db);
    db_.reset(db);
    return FromRocksOpen(status, options_.path);
  }

  absl::Status Reopen() {
    if (!gate_.Shut(kReadersLeaveWithin)) {
      return absl::UnavailableError(StrCat("state ", options_.path, " cannot be reopened while it is being read"));
    }
    db_.reset();
    closed_ = OpenDb();
    if (!closed_.ok()) db_.reset();
    gate_.Open();
    return closed_;
  }

  absl::StatusOr<std::optional<std::string>> Get(const rocksdb::Snapshot* snapshot, std::string_view key) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    std::string value;
    const rocksdb::Status status = db_->Get(options, SliceOf(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return FromRocks(status, options_.path);
    return value;
  }

  absl::Status Scan(const rocksdb::Snapshot* snapshot, std::string_view prefix, std::string_view start,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    // The first key after all with the prefix lets RocksDB stop before it walks over what is deleted beyond them.
    std::string after(prefix);
    while (!after.empty() && after.back() == '\xff')
      after.pop_back();
    if (!after.empty()) after.back() = static_cast<char>(after.back() + 1);
    const rocksdb::Slice upper(after);
    if (!after.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    for (it->Seek(SliceOf(std::max(prefix, start))); it->Valid() && it->key().starts_with(SliceOf(prefix));
         it->Next()) {
      if (!entry(AsView(it->key()), AsView(it->value()))) break;
    }
    return FromRocks(it->status(), options_.path);
  }

  absl::Status Write(const StateBatch& batch) {
    // Kept for its buffer: a batch a round, always about as large as the last.
    thread_local rocksdb::WriteBatch out;
    out.Clear();
    for (const StateBatch::Entry& e : batch.entries()) {
      const rocksdb::Status added = e.value ? out.Put(e.key, *e.value) : out.Delete(e.key);
      if (!added.ok()) return FromRocks(added, options_.path);
    }
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    // RocksDB counts every comparison of two keys, by thread, unless the thread says not to.
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    const rocksdb::Status status = db_->Write(options, &out);
    dirty_.store(true, std::memory_order_relaxed);
    return FromRocks(status, options_.path);
  }

  absl::Status MaybeFlush(absl::Time now) {
    const std::lock_guard lock(flush_mutex_);
    if (last_flush_ == absl::InfinitePast()) last_flush_ = now;
    if (now - last_flush_ < options_.flush_interval) return absl::OkStatus();
    last_flush_ = now;
    if (!dirty_.exchange(false)) return absl::OkStatus();
    rocksdb::FlushOptions flush;
    flush.wait = false;
    flush.allow_write_stall = true;  // do not make the caller wait for a quiet moment either
    return FromRocks(db_->Flush(flush), options_.path);
  }

  absl::Status Flush() { return FromRocks(db_->Flush({}), options_.path); }

  // Runs `use` while no reopening takes the database away.
  template <typename Fn>
  auto Using(Fn use) -> decltype(use()) {
    const Gate::Use inside(gate_);
    if (db_ == nullptr) return closed_;
    return use();
  }

  Gate& gate() { return gate_; }
  rocksdb::DB* db() const { return db_.get(); }
  const absl::Status& closed() const { return closed_; }

 private:
  const Options options_;
  Gate gate_;
  std::unique_ptr<rocksdb::DB> db_;
  absl::Status closed_;  // why db_ is null
  std::atomic<bool> dirty_ = false;
  std::mutex flush_mutex_;
  absl::Time last_flush_ = absl::InfinitePast();
};

class RocksStateStore::Snapshot final : public StateReader {
 public:
  explicit Snapshot(Impl& impl)
      : impl_(impl), use_(impl.gate()), snapshot_(impl.db() == nullptr ? nullptr : impl.db()->GetSnapshot()) {}
  ~Snapshot() override {
    if (snapshot_ != nullptr) impl_.db()->ReleaseSnapshot(snapshot_);
  }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    if (snapshot_ == nullptr) return impl_.closed();
    return impl_.Get(snapshot_, key);
  }
  absl::Status Scan(std::string_view prefix, std::string_view start,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const override {
    if (snapshot_ == nullptr) return impl_.closed();
    return impl_.Scan(snapshot_, prefix, start, entry);
  }

 private:
  Impl& impl_;
  const Gate::Use use_;
  const rocksdb::Snapshot* const snapshot_;
};

RocksStateStore::RocksStateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksStateStore::~RocksStateStore() = default;

absl::StatusOr<std::unique_ptr<RocksStateStore>> RocksStateStore::Open(const Options& options) {
  auto impl = std::make_unique<Impl>(options);
  if (absl::Status s = impl->OpenDb(); !s.ok()) return s;
  return std::unique_ptr<RocksStateStore>(new RocksStateStore(std::move(impl)));
}

absl::StatusOr<std::optional<std::string>> RocksStateStore::Get(std::string_view key) const {
  return impl_->Using([&] { return impl_->Get(nullptr, key); });
}
absl::Status RocksStateStore::Scan(std::string_view prefix, std::string_view start,
                                   absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const {
  return impl_->Using([&] { return impl_->Scan(nullptr, prefix, start, entry); });
}
absl::Status RocksStateStore::Write(const StateBatch& batch) {
  return impl_->Using([&] { return impl_->Write(batch); });
}
std::unique_ptr<StateReader> RocksStateStore::View() const { return std::make_unique<Snapshot>(*impl_); }
absl::Status RocksStateStore::MaybeFlush(absl::Time now) {
  return impl_->Using([&] { return impl_->MaybeFlush(now); });
}
absl::Status RocksStateStore::Flush() {
  return impl_->Using([&] { return impl_->Flush(); });
}
absl::Status RocksStateStore::Reopen() { return impl_->Reopen(); }
absl::Status RocksStateStore::Checkpoint(const std::string& target) {
  return impl_->Using([&] { return CheckpointDb(*impl_->db(), target); });
}

}  // namespace caseward

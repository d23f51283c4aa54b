#include "services/offline.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/text.h"
#include "engine/partition/apply.h"
#include "engine/partition/merkle.h"
#include "engine/partition/records.h"
#include "google/protobuf/arena.h"
#include "storage/data_folder.h"
#include "storage/kafka/kafka_properties.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

constexpr size_t kChunkRecords = 2048;
constexpr size_t kChunkBytes = 4 << 20;
constexpr size_t kTellEvery = 1024;

absl::StatusOr<std::unique_ptr<DataFolder>> OpenExisting(const OfflineFolder& folder, bool drop_state) {
  DataFolderOptions options;
  options.path = folder.data;
  options.master_key_path = folder.master_key_path;
  options.create = false;
  options.drop_state = drop_state;
  options.kafka_bootstrap = folder.kafka;
  if (!folder.kafka_config.empty()) {
    absl::StatusOr<std::map<std::string, std::string>> properties = ReadKafkaProperties(folder.kafka_config);
    if (!properties.ok()) return properties.status();
    options.kafka_client = *std::move(properties);
  }
  return DataFolder::Open(options);
}

absl::StatusOr<uint64_t> RecordsOf(EventLog& log) {
  uint64_t records = 0;
  for (uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const absl::StatusOr<uint64_t> end = log.End(partition);
    if (!end.ok()) return end.status();
    records += *end;
  }
  return records;
}

// Tells progress now and then, over all partitions. Any thread.
class Counter {
 public:
  Counter(uint64_t of, const OfflineProgress& tell) : of_(of), tell_(tell) {}
  void Add(uint64_t n) {
    const uint64_t before = done_.fetch_add(n, std::memory_order_relaxed);
    if (!tell_ || before / kTellEvery == (before + n) / kTellEvery) return;
    const std::lock_guard lock(telling_);
    tell_(done_.load(std::memory_order_relaxed), of_);  // read under the lock, so that it only grows
  }

 private:
  std::atomic<uint64_t> done_ = 0;
  const uint64_t of_;
  std::mutex telling_;
  const OfflineProgress& tell_;
};

// Runs `work` for each partition, a few at a time, and returns what came of each; the first fault, by number, if any
// failed. Partitions share no keys, so they need not wait for one another.
template <typename Result, typename Work>
absl::StatusOr<std::vector<Result>> EachPartition(uint32_t partitions, Work work) {
  std::vector<absl::StatusOr<Result>> results(partitions, absl::UnknownError("not run"));
  std::atomic<uint32_t> next = 0;
  const auto run = [&] {
    for (uint32_t partition = next++; partition < partitions; partition = next++)
      results[partition] = work(partition);
  };
  std::vector<std::thread> others(std::min(partitions, std::max(1U, std::thread::hardware_concurrency())) - 1);
  for (std::thread& thread : others)
    thread = std::thread(run);
  run();
  for (std::thread& thread : others)
    thread.join();
  std::vector<Result> done;
  for (absl::StatusOr<Result>& result : results) {
    if (!result.ok()) return result.status();
    done.push_back(*std::move(result));
  }
  return done;
}

// Applies to state what the log has and state has not; what is stale is skipped, as the loop does.
absl::StatusOr<v1::PartitionDigest> CatchUp(DataFolder& folder, uint32_t partition, Counter& counter) {
  Applier applier(partition, PartitionLimits{}, {.store = folder.state(), .hasher = MachineHasher()});
  if (absl::Status s = applier.Restore(); !s.ok()) return s;
  counter.Add(applier.next_in_log());
  const auto write = [&] {
    absl::Status written = folder.state().Write(applier.EndBatch());
    if (written.ok()) applier.BatchWritten();
    return written;
  };
  google::protobuf::Arena arena;
  size_t records = 0;
  size_t bytes = 0;
  absl::Status status;
  const absl::Status read =
      folder.log().ReadFrom(partition, applier.next_in_log(), [&](uint64_t at, std::string_view raw) {
        auto& decision = *google::protobuf::Arena::CreateMessage<v1::Decision>(&arena);
        status = ParseRecord(raw, partition, at, decision);
        if (!status.ok()) return false;
        const absl::StatusOr<Applier::Order> order = applier.CheckOrder(decision);
        status = order.status();
        if (!status.ok()) return false;
        if (*order == Applier::Order::kStale) {
          applier.Skip();
        } else {
          status = applier.Apply(decision, raw);
        }
        bytes += raw.size();
        counter.Add(1);
        if (status.ok() && (++records % kChunkRecords == 0 || bytes >= kChunkBytes)) {
          status = write();
          bytes = 0;
          arena.Reset();
        }
        return status.ok();
      });
  if (!status.ok()) return status;
  if (!read.ok()) return read;
  if (records > 0) {
    if (absl::Status s = write(); !s.ok()) return s;
  }
  v1::PartitionDigest digest;
  digest.mutable_position()->set_log_id(folder.format().log_id);
  digest.mutable_position()->set_partition(partition);
  digest.mutable_position()->set_sequence(applier.meta().applied_sequence());
  digest.set_digest(applier.digest().Bytes());
  digest.set_tree_size(applier.merkle().size());
  digest.set_merkle_root(std::string(AsBytes(applier.merkle().Root(MachineHasher()))));
  return digest;
}

absl::StatusOr<std::vector<v1::PartitionDigest>> DigestFolder(const OfflineFolder& where, bool drop_state,
                                                              const OfflineProgress& progress) {
  auto folder = OpenExisting(where, drop_state);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<uint64_t> of = RecordsOf((*folder)->log());
  if (!of.ok()) return of.status();
  Counter counter(*of, progress);
  absl::StatusOr<std::vector<v1::PartitionDigest>> digests = EachPartition<v1::PartitionDigest>(
      (*folder)->log().partitions(), [&](uint32_t partition) { return CatchUp(**folder, partition, counter); });
  if (!digests.ok()) return digests.status();
  if (absl::Status s = (*folder)->state().Flush(); !s.ok()) return s;
  return digests;
}

// One partition's records, from the first to the last, with every head that was signed on the way.
class Verification {
 public:
  Verification(DataFolder& folder, uint32_t partition) : folder_(folder), partition_(partition) {}

  absl::StatusOr<VerifiedPartition> Run(Counter& counter) {
    absl::Status status;
    const absl::Status read = folder_.log().ReadFrom(partition_, 0, [&](uint64_t at, std::string_view raw) {
      status = Check(at, raw);
      counter.Add(1);
      return status.ok();
    });
    if (!status.ok()) return status;
    if (!read.ok()) return read;
    result_.partition = partition_;
    result_.merkle_root = std::string(AsBytes(tree_.Root(MachineHasher())));
    return result_;
  }

 private:
  absl::Status Check(uint64_t at, std::string_view raw) {
    v1::Decision decision;
    if (absl::Status s = ParseRecord(raw, partition_, at, decision); !s.ok()) return s;
    for (const v1::Event& event : decision.accepted().events()) {
      if (!event.has_head_signed()) continue;
      if (absl::Status s = CheckHead(event.head_signed(), at); !s.ok()) return s;
    }
    const bool stale = decision.term() < term_;
    if (stale) return absl::OkStatus();
    if (decision.sequence() != tree_.size()) {
      return absl::DataLossError(StrCat("log partition ", partition_, " record ", at, ": expected sequence ",
                                        tree_.size(), ", found ", decision.sequence()));
    }
    term_ = decision.term();
    tree_.Append(MachineHasher(), raw);
    roots_[tree_.size()] = std::string(AsBytes(tree_.Root(MachineHasher())));
    while (roots_.size() > kRootsKept)
      roots_.erase(roots_.begin());
    ++result_.records;
    return absl::OkStatus();
  }

  absl::Status CheckHead(const v1::HeadSigned& head, uint64_t at) {
    const auto bad = [&](std::string_view what) {
      return absl::DataLossError(StrCat("log partition ", partition_, " record ", at, ": the signed head of ",
                                        head.tree_size(), " records ", what));
    };
    const auto root = roots_.find(head.tree_size());
    if (root == roots_.end()) return bad("is not of the records just before it");
    if (root->second != head.root()) return bad("does not fit them: a record was altered, dropped or moved");
    const std::string bytes = HeadBytes(folder_.format().log_id, partition_, head.tree_size(), head.root());
    const absl::Status verified = folder_.vault().Verify(head.key_id(), bytes, head.signature());
    if (!verified.ok()) return bad(StrCat("has a bad signature: ", StdText(verified.message())));
    ++result_.heads;
    return absl::OkStatus();
  }

  // A head is signed over the records before its own round; a round is far smaller than this.
  static constexpr size_t kRootsKept = 8192;

  DataFolder& folder_;
  const uint32_t partition_;
  MerkleFrontier tree_;
  uint64_t term_ = 0;
  std::map<uint64_t, std::string> roots_;
  VerifiedPartition result_;
};

}  // namespace

absl::StatusOr<std::vector<v1::PartitionDigest>> DigestData(const OfflineFolder& folder,
                                                            const OfflineProgress& progress) {
  return DigestFolder(folder, false, progress);
}

absl::StatusOr<std::vector<v1::PartitionDigest>> RebuildData(const OfflineFolder& folder,
                                                             const OfflineProgress& progress) {
  return DigestFolder(folder, true, progress);
}

absl::StatusOr<std::vector<VerifiedPartition>> VerifyData(const OfflineFolder& where, const OfflineProgress& progress) {
  auto folder = OpenExisting(where, false);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<uint64_t> of = RecordsOf((*folder)->log());
  if (!of.ok()) return of.status();
  Counter counter(*of, progress);
  return EachPartition<VerifiedPartition>((*folder)->log().partitions(), [&](uint32_t partition) {
    return Verification(**folder, partition).Run(counter);
  });
}

absl::StatusOr<std::string> RestoreData(const std::string& backup, const std::string& data) {
  const absl::StatusOr<BackupReport> report = DataFolder::Restore(backup, data);
  if (!report.ok()) return report.status();
  return report->note;
}

const Hasher& MachineHasher() {
  static const OpensslHasher* const kHasher = new OpensslHasher;
  return *kHasher;
}

}  // namespace caseward

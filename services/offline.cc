#include "services/offline.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/partition/apply.h"
#include "engine/partition/merkle.h"
#include "engine/partition/records.h"
#include "engine/partition/same_history.h"
#include "google/protobuf/arena.h"
#include "services/offline_tools.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

constexpr size_t kChunkRecords = 2048;
constexpr size_t kChunkBytes = 4 << 20;

// Applies to state what the log has and state has not; what is stale is skipped, as the loop does.
absl::StatusOr<v1::PartitionDigest> CatchUp(DataFolder& folder, uint32_t partition, OfflineCounter& counter) {
  Applier applier(partition, PartitionLimits{}, {.store = folder.state(), .hasher = MachineHasher()});
  if (absl::Status s = applier.Restore(); !s.ok()) return s;
  if (absl::Status s = CheckSameHistory(folder.log(), partition, applier); !s.ok()) return s;
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
  auto folder = OpenOffline(where, drop_state);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<uint64_t> of = RecordsOf((*folder)->log());
  if (!of.ok()) return of.status();
  OfflineCounter counter(*of, progress);
  absl::StatusOr<std::vector<v1::PartitionDigest>> digests = EachPartition<v1::PartitionDigest>(
      (*folder)->log().partitions(), [&](uint32_t partition) { return CatchUp(**folder, partition, counter); });
  if (!digests.ok()) return digests.status();
  if (absl::Status s = (*folder)->state().Flush(); !s.ok()) return s;
  return digests;
}

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
  auto folder = OpenOffline(where, false);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<uint64_t> of = RecordsOf((*folder)->log());
  if (!of.ok()) return of.status();
  OfflineCounter counter(*of, progress);
  return EachPartition<VerifiedPartition>((*folder)->log().partitions(), [&](uint32_t partition) {
    return VerifyPartition({(*folder)->log(), (*folder)->vault(), (*folder)->format().log_id}, partition,
                           [&] { counter.Add(1); });
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

#include "services/offline_tools.h"

#include <map>

#include "engine/base/text.h"
#include "engine/partition/merkle.h"
#include "engine/partition/records.h"
#include "storage/kafka/kafka_properties.h"

namespace caseward {
namespace {

// One partition's records, from the first to the last, with every head that was signed on the way.
class Verification {
 public:
  Verification(const LogToVerify& what, uint32_t partition) : what_(what), partition_(partition) {}

  absl::StatusOr<VerifiedPartition> Run(absl::FunctionRef<void()> counted) {
    absl::Status status;
    const absl::Status read = what_.log.ReadFrom(partition_, 0, [&](uint64_t at, std::string_view raw) {
      status = Check(at, raw);
      counted();
      return status.ok();
    });
    if (!status.ok()) return status;
    if (!read.ok()) return read;
    result_.partition = partition_;
    result_.term = term_;
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
    const std::string bytes = HeadBytes(what_.log_id, partition_, head.tree_size(), head.root());
    const absl::Status verified = what_.vault.Verify(head.key_id(), bytes, head.signature());
    if (!verified.ok()) return bad(StrCat("has a bad signature: ", StdText(verified.message())));
    ++result_.heads;
    return absl::OkStatus();
  }

  // A head is signed over the records before its own round; a round is far smaller than this.
  static constexpr size_t kRootsKept = 8192;

  const LogToVerify& what_;
  const uint32_t partition_;
  MerkleFrontier tree_;
  uint64_t term_ = 0;
  std::map<uint64_t, std::string> roots_;
  VerifiedPartition result_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DataFolder>> OpenOffline(const OfflineFolder& folder, bool drop_state) {
  DataFolderOptions options;
  options.path = folder.data;
  options.master_key_path = folder.master_key_path;
  options.create = false;
  options.read_only = true;
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

absl::StatusOr<VerifiedPartition> VerifyPartition(const LogToVerify& what, uint32_t partition,
                                                  absl::FunctionRef<void()> read) {
  return Verification(what, partition).Run(read);
}

}  // namespace caseward

// What can be done with a data folder that no server uses: verify its log, digest its state, rebuild the state from the
// log, restore a backup. Wiring, like services/wiring.h: the only other place that hands storage to something else.
//
// None of these claims a partition or appends a record: the log is only read, so a digest taken before a rebuild and
// one taken after it are of the same position (law L1).
//
// A master key that is kept apart from the data folder is named by its file, as for `serve`; empty: in the folder.
//
// Failure   FAILED_PRECONDITION: the folder is in use or of another version. DATA_LOSS: names the partition and the
// record.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "caseward/v1/other_services.pb.h"
#include "engine/port/hasher.h"

namespace caseward {

struct OfflineFolder {
  std::string data;
  std::string master_key_path{};
  // Of a log in Kafka: its brokers, empty for where the folder last reached them; and a file of properties of the
  // connection (storage/kafka/kafka_properties.h), empty for none.
  std::string kafka{};
  std::string kafka_config{};
};

// Records done, of all.
using OfflineProgress = std::function<void(uint64_t done, uint64_t of)>;

// Position, digest of the state and root of the record tree, by partition. Replays first what state has not applied.
absl::StatusOr<std::vector<v1::PartitionDigest>> DigestData(const OfflineFolder& folder,
                                                            const OfflineProgress& progress = nullptr);

// Deletes the state, replays the whole log, and gives the digest of what came out.
absl::StatusOr<std::vector<v1::PartitionDigest>> RebuildData(const OfflineFolder& folder,
                                                             const OfflineProgress& progress = nullptr);

struct VerifiedPartition {
  uint32_t partition = 0;
  uint64_t records = 0;
  std::string merkle_root;
  // Signed heads in the log, every one of which fits the records before it.
  uint64_t heads = 0;
  // The highest in its records.
  uint64_t term = 0;
};
// Reads every record: none missing, none altered, none out of order, every signed head good (law L14).
absl::StatusOr<std::vector<VerifiedPartition>> VerifyData(const OfflineFolder& folder,
                                                          const OfflineProgress& progress = nullptr);

// Copies a backup into the new folder `data`, every record checked. Returns what the operator must still do; may be
// empty.
absl::StatusOr<std::string> RestoreData(const std::string& backup, const std::string& data);

// SHA-256 of this machine's library, for whoever checks proofs or runs worked examples.
const Hasher& MachineHasher();

}  // namespace caseward

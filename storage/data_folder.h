// One node's data on disk, opened as a whole:
//
//   <data>/FORMAT   version, log id, number of partitions; there from the moment the folder is complete
//   <data>/LOCK     held while a process uses the folder
//   <data>/log/     the embedded log: the truth; or, where the truth is in Kafka,
//   <data>/KAFKA    the brokers it was last reached at
//   <data>/MOVED    where an embedded log was copied to; nothing may be appended here any more
//   <data>/state/   what was made of it; may be deleted to be rebuilt
//   <data>/keys/    master.key (unless it is kept elsewhere), head-signing.key, head-<id>.pub
//
// Lifetime  partitions, services and whoever else uses the ports go first.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/port/delivery_marks.h"
#include "engine/port/partition_group.h"
#include "storage/embedded_event_log.h"
#include "storage/kafka/kafka_config.h"
#include "storage/local_key_vault.h"
#include "storage/rocks_state_store.h"

namespace caseward {

inline constexpr int kDataFormatVersion = 1;

// Names the format of a data folder or a backup, at its top; without it a folder is not one.
inline constexpr char kFormatFile[] = "FORMAT";

// What FORMAT says.
struct DataFormat {
  int version = kDataFormatVersion;
  std::string log_id;
  uint32_t partitions = 0;
  std::string kafka_prefix;  // of the log's topics; empty: the log is embedded
};

struct DataFolderOptions {
  std::string path;
  // For a new folder; for one that exists, 0 means whatever it was made with.
  uint32_t partitions = 0;
  bool create = true;
  // The log is in Kafka, reached so; its partitions, log id and `create` are set from here. A folder that was made with
  // a log in Kafka and is opened without this reaches it where it was last.
  std::optional<KafkaOptions> kafka;
  // Of a log in Kafka, however it is reached. Without it this process claims no partition.
  KafkaFeedOptions kafka_feed;
  // Without it: the brokers, if they are elsewhere now, and properties of the connection, which no folder remembers,
  // for a password may be among them.
  std::string kafka_bootstrap{};
  std::map<std::string, std::string> kafka_client{};
  // Nothing will be appended: one whose log was moved away opens too.
  bool read_only = false;
  // Deletes the state first, so that it is rebuilt from the log.
  bool drop_state = false;
  // Empty: <data>/keys/master.key, made at first start.
  std::string master_key_path;
  size_t state_cache_bytes = 256u << 20;
};

// What a backup holds, and what it does not.
struct BackupReport {
  std::string log_id;
  std::vector<uint64_t> ends;  // by partition: records in the backup's log
  bool with_keys = false;
  std::string note;  // what the operator must keep besides; empty if nothing
};

class DataFolder {
 public:
  // FAILED_PRECONDITION: in use, of another version, or a folder with other things in it. NOT_FOUND: there is none and
  // `create` is not set. Otherwise what the log, the state or the vault says.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(const DataFolderOptions& options);
  ~DataFolder();

  const DataFormat& format() const;
  EventLog& log();
  // log(), if it is embedded; else null.
  EmbeddedEventLog* embedded();
  RocksStateStore& state();
  LocalKeyVault& vault();
  // Of a log that several nodes can share; null: this one is alone.
  PartitionGroup* group();
  DeliveryMarks* marks();

  // From now on nothing may be appended here: the log is at `place`, which the refusal will name. To be called before
  // anybody may append there. FAILED_PRECONDITION: it was moved to another place before.
  absl::Status MarkMoved(const std::string& place);
  // Empty: it was not moved.
  absl::StatusOr<std::string> MovedTo() const;

  // Copies everything into the new folder `target` while the node runs. State first, then the log, so the log is never
  // behind. On the same disk tables are shared by hard links, so name a folder on another one. The master key goes
  // along only `with_keys`: who finds log and key together can read every word. A backup keeps keys that are destroyed
  // later, so an erasure is complete when the backups from before it are gone. FAILED_PRECONDITION: the log is in
  // Kafka, and is backed up there.
  absl::StatusOr<BackupReport> CreateBackup(const std::string& target, bool with_keys);

  // Copies a backup into the new folder `target`, ready to Open, after every record of it was checked.
  static absl::StatusOr<BackupReport> Restore(const std::string& backup, const std::string& target);

 private:
  class Impl;
  explicit DataFolder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// For Open, backup and restore: the text of FORMAT.
std::string WriteDataFormat(const DataFormat& format);
absl::StatusOr<DataFormat> ReadDataFormat(const std::string& path);

}  // namespace caseward

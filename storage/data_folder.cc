#include "storage/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "storage/backup.h"
#include "storage/crypto.h"
#include "storage/files.h"
#include "storage/kafka/kafka_event_log.h"
#include "storage/kafka/kafka_group.h"
#include "storage/kafka/kafka_marks.h"

namespace caseward {
namespace {

namespace fs = std::filesystem;

// While a folder is being made its FORMAT has this name, so that a crash half way is told from a log that was lost.
constexpr char kFormatInTheMaking[] = "FORMAT.making";
constexpr char kKafka[] = "KAFKA";
constexpr char kMoved[] = "MOVED";
constexpr char kKeys[] = "keys";

// Holds a folder's LOCK until it goes.
class FolderLock {
 public:
  static absl::StatusOr<FolderLock> Take(const std::string& folder) {
    const std::string path = (fs::path(folder) / "LOCK").string();
    FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.fd_ < 0) return absl::ErrnoToStatus(errno, StrCat("cannot open ", path));
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return absl::ErrnoToStatus(errno, StrCat("cannot lock ", path));
    return absl::FailedPreconditionError(StrCat("data folder ", folder, " is in use by another process"));
  }
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

std::string NewLogId() {
  std::string bytes(16, '\0');
  return crypto::RandomBytes(bytes.data(), bytes.size()).ok() ? crypto::ToHex(bytes) : "";
}

// Keys may be there first: a folder for a log that was moved to Kafka needs those it had.
bool IsNew(const std::string& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() != kKeys || !entry.is_directory()) return false;
  }
  return !error || error == std::errc::no_such_file_or_directory;
}

absl::StatusOr<std::string> ReadMoved(const std::string& folder) {
  const absl::StatusOr<std::string> place = ReadSmallFile((fs::path(folder) / kMoved).string());
  if (absl::IsNotFound(place.status())) return std::string();
  if (!place.ok()) return place.status();
  return std::string(absl::StripAsciiWhitespace(*place));
}

// Two histories of one log id could never be merged.
absl::Status CheckNotMoved(const std::string& folder) {
  const absl::StatusOr<std::string> place = ReadMoved(folder);
  if (!place.ok()) return place.status();
  if (place->empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("the log of data folder ", folder, " was copied to ", *place,
             ", and goes on there: serve a new folder with --kafka. Only if nothing was ever recorded there, delete ",
             (fs::path(folder) / kMoved).string(), " to go on here"));
}

// A log that is in Kafka already is joined as it is.
absl::Status JoinKafka(KafkaOptions kafka, uint32_t partitions, DataFormat& format) {
  format.kafka_prefix = kafka.prefix;
  kafka.partitions = partitions;
  kafka.log_id = "";
  kafka.create = false;
  const absl::StatusOr<std::unique_ptr<KafkaEventLog>> log = KafkaEventLog::Open(kafka);
  if (absl::IsNotFound(log.status())) return absl::OkStatus();
  if (!log.ok()) return log.status();
  format.log_id = (*log)->log_id();
  format.partitions = (*log)->partitions();
  return absl::OkStatus();
}

// How to reach the log that a folder of `format` belongs to; nullopt: it is in the folder.
absl::StatusOr<std::optional<KafkaOptions>> KafkaOf(const DataFolderOptions& options, const DataFormat& format) {
  const fs::path place = fs::path(options.path) / kKafka;
  if (format.kafka_prefix.empty()) {
    if (!options.kafka && options.kafka_bootstrap.empty() && options.kafka_client.empty()) return std::nullopt;
    return absl::FailedPreconditionError(
        StrCat("data folder ", options.path, " has an embedded log: expected one whose log is in Kafka, or a new one"));
  }
  std::optional<KafkaOptions> kafka = options.kafka;
  if (!kafka) {
    absl::StatusOr<std::string> bootstrap = options.kafka_bootstrap;
    if (bootstrap->empty()) bootstrap = ReadSmallFile(place.string());
    if (!bootstrap.ok()) {
      return absl::FailedPreconditionError(
          StrCat("the log of data folder ", options.path,
                 " is in Kafka, and nothing says where: name the broker with --kafka"));
    }
    kafka.emplace();
    kafka->bootstrap = std::string(absl::StripAsciiWhitespace(*bootstrap));
    kafka->prefix = format.kafka_prefix;
    kafka->client = options.kafka_client;
  } else if (kafka->prefix != format.kafka_prefix) {
    return absl::FailedPreconditionError(StrCat("data folder ", options.path, " belongs to topics ",
                                                format.kafka_prefix, ".*; expected ", kafka->prefix, ".*"));
  }
  kafka->partitions = format.partitions;
  kafka->log_id = format.log_id;
  return kafka;
}

// The format of a folder that is complete, or of one whose making was interrupted; or a new one, written down as in the
// making.
absl::StatusOr<DataFormat> FindOrBegin(const DataFolderOptions& options, bool& complete) {
  const fs::path folder = options.path;
  complete = Exists((folder / kFormatFile).string());
  if (complete) return ReadDataFormat((folder / kFormatFile).string());
  if (Exists((folder / kFormatInTheMaking).string())) return ReadDataFormat((folder / kFormatInTheMaking).string());
  if (!IsNew(options.path)) {
    return absl::FailedPreconditionError(
        StrCat(options.path, " is not a Caseward data folder: it holds files, but no FORMAT"));
  }
  if (!options.create) return absl::NotFoundError(StrCat("there is no Caseward data folder at ", options.path));
  DataFormat format;
  format.partitions = options.partitions == 0 ? 8 : options.partitions;
  if (options.kafka) {
    if (absl::Status s = JoinKafka(*options.kafka, options.partitions, format); !s.ok()) return s;
  }
  if (format.log_id.empty()) format.log_id = NewLogId();
  if (format.log_id.empty()) return absl::UnavailableError("this machine gives no random bytes");
  if (absl::Status s = MakeFolder(options.path); !s.ok()) return s;
  const absl::Status written =
      WriteNewFile((folder / kFormatInTheMaking).string(), WriteDataFormat(format), FileMode::kPublic);
  if (!written.ok()) return written;
  return format;
}

absl::StatusOr<std::unique_ptr<LocalKeyVault>> OpenVault(EventLog& log, const DataFolderOptions& options) {
  const std::string keys = (fs::path(options.path) / "keys").string();
  if (absl::Status s = MakeFolder(keys); !s.ok()) return s;
  const bool ours = options.master_key_path.empty();
  const std::string path = ours ? (fs::path(keys) / "master.key").string() : options.master_key_path;
  KeyVaultOptions vault_options;
  vault_options.signing_folder = keys;
  vault_options.shared = options.kafka.has_value();
  absl::StatusOr<std::unique_ptr<LocalKeyVault>> vault = LocalKeyVault::Open(log, path, vault_options);
  if (!ours || !absl::IsNotFound(vault.status())) return vault;
  if (absl::Status s = CreateMasterKeyFile(path); !s.ok()) return s;
  return LocalKeyVault::Open(log, path, vault_options);
}

}  // namespace

std::string WriteDataFormat(const DataFormat& format) {
  const std::string kafka = format.kafka_prefix.empty() ? "" : StrCat("kafka ", format.kafka_prefix, "\n");
  return StrCat("caseward-data ", format.version, "\nlog ", format.log_id, "\npartitions ", format.partitions, "\n",
                kafka);
}

absl::StatusOr<DataFormat> ReadDataFormat(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSmallFile(path);
  if (!text.ok()) return text.status();
  DataFormat out;
  out.version = 0;
  for (const auto line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> word = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    bool good = true;
    if (word.first == "caseward-data") good = absl::SimpleAtoi(word.second, &out.version);
    if (word.first == "log") out.log_id = word.second;
    if (word.first == "kafka") out.kafka_prefix = word.second;
    if (word.first == "partitions") good = absl::SimpleAtoi(word.second, &out.partitions);
    if (!good) return absl::DataLossError(StrCat(path, ": expected a number after '", word.first, "'"));
  }
  if (out.version == 0) return absl::FailedPreconditionError(StrCat(path, " does not describe a Caseward data folder"));
  if (out.version != kDataFormatVersion) {
    return absl::FailedPreconditionError(StrCat(path, ": the folder has format version ", out.version,
                                                "; this program reads version ", kDataFormatVersion));
  }
  if (out.log_id.empty() || out.partitions == 0) return absl::DataLossError(StrCat(path, " is cut short"));
  return out;
}

class DataFolder::Impl {
 public:
  Impl(FolderLock lock, DataFormat format) : lock_(std::move(lock)), format_(std::move(format)) {}

  absl::Status Start(const DataFolderOptions& options, bool complete) {
    const fs::path folder = options.path;
    path_ = options.path;
    master_key_path_ =
        options.master_key_path.empty() ? (folder / "keys" / "master.key").string() : options.master_key_path;

    if (absl::Status s = OpenLog(options, complete); !s.ok()) return s;

    absl::StatusOr<std::unique_ptr<LocalKeyVault>> vault = OpenVault(*log_, options);
    if (!vault.ok()) return vault.status();
    vault_ = *std::move(vault);

    RocksStateStore::Options state_options;
    state_options.path = (folder / "state").string();
    state_options.cache_bytes = options.state_cache_bytes;
    std::error_code error;
    if (options.drop_state) fs::remove_all(state_options.path, error);
    if (error) return absl::UnavailableError(StrCat("cannot delete ", state_options.path, ": ", error.message()));
    absl::StatusOr<std::unique_ptr<RocksStateStore>> state = RocksStateStore::Open(state_options);
    if (!state.ok()) return state.status();
    state_ = *std::move(state);

    if (!complete) fs::rename(folder / kFormatInTheMaking, folder / kFormatFile, error);
    if (error) return absl::UnavailableError(StrCat("cannot complete ", options.path, ": ", error.message()));
    return SyncFolder(options.path);
  }

  const std::string& path() const { return path_; }
  const std::string& master_key_path() const { return master_key_path_; }
  const DataFormat& format() const { return format_; }
  EventLog& log() { return *log_; }
  EmbeddedEventLog* embedded() { return embedded_; }
  RocksStateStore& state() { return *state_; }
  LocalKeyVault& vault() { return *vault_; }
  PartitionGroup* group() { return group_.get(); }
  DeliveryMarks* marks() { return marks_.get(); }

 private:
  absl::Status OpenLog(const DataFolderOptions& options, bool complete) {
    absl::StatusOr<std::optional<KafkaOptions>> kafka = KafkaOf(options, format_);
    if (!kafka.ok()) return kafka.status();
    if (*kafka) (*kafka)->feed = options.kafka_feed;
    return *kafka ? OpenKafka(**kafka, complete) : OpenEmbedded(complete);
  }

  absl::Status OpenKafka(KafkaOptions kafka, bool complete) {
    kafka.create = !complete;
    absl::StatusOr<std::unique_ptr<KafkaEventLog>> log = KafkaEventLog::Open(kafka);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    group_ = std::make_unique<KafkaGroup>(kafka);
    marks_ = std::make_unique<KafkaMarks>(kafka);
    const std::string place = (fs::path(path_) / kKafka).string();
    std::error_code ignored;
    fs::remove(place, ignored);
    return WriteNewFile(place, kafka.bootstrap + "\n", FileMode::kPublic);
  }

  absl::Status OpenEmbedded(bool complete) {
    const fs::path folder = fs::path(path_) / "log";
    if (complete && !Exists((folder / "CURRENT").string())) {
      return absl::DataLossError(
          StrCat("data folder ", path_, " has lost its log: ", folder.string(), " is missing; restore a backup"));
    }
    EmbeddedEventLog::Options log_options;
    log_options.path = folder.string();
    log_options.partitions = format_.partitions;
    log_options.log_id = format_.log_id;
    log_options.create = !complete;
    absl::StatusOr<std::unique_ptr<EmbeddedEventLog>> log = EmbeddedEventLog::Open(log_options);
    if (!log.ok()) return log.status();
    embedded_ = log->get();
    log_ = *std::move(log);
    return absl::OkStatus();
  }

  const FolderLock lock_;
  const DataFormat format_;
  std::string path_;
  std::string master_key_path_;
  std::unique_ptr<EventLog> log_;
  EmbeddedEventLog* embedded_ = nullptr;  // log_, if it is one
  std::unique_ptr<PartitionGroup> group_;
  std::unique_ptr<DeliveryMarks> marks_;
  std::unique_ptr<RocksStateStore> state_;
  std::unique_ptr<LocalKeyVault> vault_;
};

DataFolder::DataFolder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataFolder::~DataFolder() = default;

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(const DataFolderOptions& options) {
  bool complete = false;
  absl::StatusOr<DataFormat> format = FindOrBegin(options, complete);
  if (!format.ok()) return format.status();
  if (!options.read_only) {
    if (absl::Status s = CheckNotMoved(options.path); !s.ok()) return s;
  }
  if (options.partitions != 0 && options.partitions != format->partitions) {
    return absl::FailedPreconditionError(StrCat("data folder ", options.path, " has ", format->partitions,
                                                " partitions, fixed when it was made; ", options.partitions,
                                                " were asked for"));
  }
  absl::StatusOr<FolderLock> lock = FolderLock::Take(options.path);
  if (!lock.ok()) return lock.status();
  auto impl = std::make_unique<Impl>(*std::move(lock), *std::move(format));
  if (absl::Status s = impl->Start(options, complete); !s.ok()) return s;
  return std::unique_ptr<DataFolder>(new DataFolder(std::move(impl)));
}

const DataFormat& DataFolder::format() const { return impl_->format(); }
EventLog& DataFolder::log() { return impl_->log(); }
EmbeddedEventLog* DataFolder::embedded() { return impl_->embedded(); }
RocksStateStore& DataFolder::state() { return impl_->state(); }
LocalKeyVault& DataFolder::vault() { return impl_->vault(); }
PartitionGroup* DataFolder::group() { return impl_->group(); }
DeliveryMarks* DataFolder::marks() { return impl_->marks(); }

absl::Status DataFolder::MarkMoved(const std::string& place) {
  const absl::StatusOr<std::string> before = MovedTo();
  if (!before.ok()) return before.status();
  if (*before == place) return absl::OkStatus();
  if (!before->empty()) {
    return absl::FailedPreconditionError(
        StrCat("the log of data folder ", impl_->path(), " was copied to ", *before, " before; expected ", place));
  }
  return WriteNewFile((fs::path(impl_->path()) / kMoved).string(), place + "\n", FileMode::kPublic);
}

absl::StatusOr<std::string> DataFolder::MovedTo() const { return ReadMoved(impl_->path()); }

absl::StatusOr<BackupReport> DataFolder::CreateBackup(const std::string& target, bool with_keys) {
  if (impl_->embedded() == nullptr) {
    return absl::FailedPreconditionError(StrCat("the log of data folder ", impl_->path(),
                                                " is in Kafka: back up its topics there, and the keys beside"));
  }
  return WriteBackup({impl_->path(), impl_->master_key_path(), impl_->format(), *impl_->embedded(), impl_->state()},
                     target, with_keys);
}

absl::StatusOr<BackupReport> DataFolder::Restore(const std::string& backup, const std::string& target) {
  return RestoreBackup(backup, target);
}

}  // namespace caseward

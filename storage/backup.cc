#include "storage/backup.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "storage/files.h"
#include "storage/log_db.h"

namespace caseward {
namespace {

namespace fs = std::filesystem;

constexpr char kBackup[] = "BACKUP";
constexpr char kMasterKey[] = "master.key";
constexpr int kBackupVersion = 1;

std::string Under(const std::string& folder, std::string_view name) {
  return (fs::path(folder) / fs::path(name)).string();
}

bool AnyFile(std::string_view) { return true; }
bool IsPublicKey(std::string_view name) { return name.ends_with(".pub"); }

std::string Note(const BackupReport& report, const std::string& master_key_path) {
  if (report.with_keys) return "";
  return StrCat("The master key is not in this backup. Keep ", master_key_path,
                " in another safe place: without it the personal words in the backup cannot be read.");
}

// Reads the whole log in `folder`; the number of records of each partition, or the first thing that is wrong.
absl::StatusOr<std::vector<uint64_t>> VerifyLog(const std::string& folder, uint32_t partitions, bool every_record) {
  const absl::StatusOr<std::unique_ptr<LogDb>> db = LogDb::Open(folder, LogDb::Mode::kReadOnly, false);
  if (!db.ok()) return db.status();
  std::vector<uint64_t> ends;
  for (uint32_t partition = 0; partition < partitions; ++partition) {
    const absl::StatusOr<PartitionHead> head = (*db)->ReadHead(partition);
    if (!head.ok()) return head.status();
    ends.push_back(head->next);
    if (!every_record) continue;
    const absl::Status read =
        (*db)->ReadRecords(partition, 0, head->next, [](uint64_t, std::string_view) { return true; });
    if (!read.ok()) return read;
  }
  return ends;
}

absl::StatusOr<BackupReport> ReadReport(const std::string& backup) {
  const absl::StatusOr<std::string> text = ReadSmallFile(Under(backup, kBackup));
  if (absl::IsNotFound(text.status())) {
    return absl::FailedPreconditionError(StrCat(backup, " is no complete backup: it has no file named ", kBackup));
  }
  if (!text.ok()) return text.status();
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  int version = 0;
  if (lines.empty() ||
      !absl::SimpleAtoi(AbslText(std::string_view(lines[0]).substr(lines[0].rfind(' ') + 1)), &version)) {
    return absl::DataLossError(StrCat(Under(backup, kBackup), " cannot be read"));
  }
  if (version != kBackupVersion) {
    return absl::FailedPreconditionError(
        StrCat(backup, " is a backup of version ", version, "; this program reads version ", kBackupVersion));
  }
  BackupReport out;
  if (lines.size() != 4) return absl::DataLossError(StrCat(Under(backup, kBackup), " is cut short"));
  out.log_id = lines[1];
  out.with_keys = lines[2] == "keys";
  for (const auto end : absl::StrSplit(lines[3], ' ')) {
    out.ends.emplace_back();
    if (!absl::SimpleAtoi(end, &out.ends.back())) {
      return absl::DataLossError(StrCat(Under(backup, kBackup), ": expected a number of records"));
    }
  }
  return out;
}

// RocksDB's own copy of its folder leaves our format file behind.
absl::Status CopyStateFormat(const std::string& from, const std::string& to) {
  return CopyFolder(from, to, [](std::string_view name) { return name == "STATE_FORMAT"; });
}

absl::StatusOr<BackupReport> CheckAndCopy(const std::string& backup, const std::string& target) {
  absl::StatusOr<BackupReport> report = ReadReport(backup);
  if (!report.ok()) return report;
  const absl::StatusOr<DataFormat> format = ReadDataFormat(Under(backup, kFormatFile));
  if (!format.ok()) return format.status();
  for (const std::string_view part : {"log", "state", "keys"}) {
    if (absl::Status s = CopyFolder(Under(backup, part), Under(target, part), AnyFile); !s.ok()) return s;
  }
  // What was copied is checked, not what it was copied from.
  const absl::StatusOr<std::vector<uint64_t>> ends = VerifyLog(Under(target, "log"), format->partitions, true);
  if (!ends.ok()) return ends.status();
  if (*ends != report->ends || format->log_id != report->log_id) {
    return absl::DataLossError(StrCat("backup ", backup, ": expected ", absl::StrJoin(report->ends, " "),
                                      " records by partition, found ", absl::StrJoin(*ends, " ")));
  }
  RocksStateStore::Options state;
  state.path = Under(target, "state");
  if (const auto opened = RocksStateStore::Open(state); !opened.ok()) return opened.status();
  const absl::Status written = WriteNewFile(Under(target, kFormatFile), WriteDataFormat(*format), FileMode::kPublic);
  if (!written.ok()) return written;
  report->note = Note(*report, "the master key of the node it came from");
  if (!report->with_keys) report->note += StrCat(" Put it at ", Under(target, "keys/master.key"), " before starting.");
  return report;
}

}  // namespace

absl::StatusOr<BackupReport> WriteBackup(const BackupSource& source, const std::string& target, bool with_keys) {
  if (absl::Status s = CheckAbsentOrEmpty(target); !s.ok()) return s;
  if (absl::Status s = MakeFolder(target); !s.ok()) return s;
  if (absl::Status s = source.state.Checkpoint(Under(target, "state")); !s.ok()) return s;
  if (absl::Status s = CopyStateFormat(Under(source.path, "state"), Under(target, "state")); !s.ok()) return s;
  if (absl::Status s = source.log.Checkpoint(Under(target, "log")); !s.ok()) return s;
  const std::string keys = Under(target, "keys");
  if (absl::Status s = CopyFolder(Under(source.path, "keys"), keys, IsPublicKey); !s.ok()) return s;
  if (with_keys) {
    const absl::StatusOr<std::string> key = ReadSecretFile(source.master_key_path);
    if (!key.ok()) return key.status();
    if (absl::Status s = WriteNewFile(Under(keys, kMasterKey), *key, FileMode::kSecret); !s.ok()) return s;
  }
  const absl::StatusOr<std::vector<uint64_t>> ends = VerifyLog(Under(target, "log"), source.format.partitions, false);
  if (!ends.ok()) return ends.status();

  BackupReport report{source.format.log_id, *ends, with_keys, ""};
  report.note = Note(report, source.master_key_path);
  if (absl::Status s = WriteNewFile(Under(target, kFormatFile), WriteDataFormat(source.format), FileMode::kPublic);
      !s.ok()) {
    return s;
  }
  const std::string text = StrCat("caseward-backup ", kBackupVersion, "\n", report.log_id, "\n",
                                  with_keys ? "keys" : "no-keys", "\n", absl::StrJoin(report.ends, " "), "\n");
  if (absl::Status s = WriteNewFile(Under(target, kBackup), text, FileMode::kPublic); !s.ok()) return s;
  return report;
}

absl::StatusOr<BackupReport> RestoreBackup(const std::string& backup, const std::string& target) {
  if (absl::Status s = CheckAbsentOrEmpty(target); !s.ok()) return s;
  absl::StatusOr<BackupReport> report = CheckAndCopy(backup, target);
  if (report.ok()) return report;
  std::error_code ignored;
  fs::remove_all(target, ignored);  // no half of a data folder stays behind
  return report;
}

}  // namespace caseward

#include "storage/data_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/temp_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <future>
#include <map>
#include <thread>

namespace caseward {
namespace {

using testing::HasSubstr;
using Strings = std::vector<std::string>;

class Folder : public testing::Test {
 protected:
  DataFolderOptions At(const std::string& path) {
    DataFolderOptions options;
    options.path = path;
    options.partitions = 2;
    options.state_cache_bytes = 1 << 20;
    return options;
  }
  void Open(const std::string& path) { Open(At(path)); }
  void Open(const DataFolderOptions& options) {
    folder_.reset();
    auto opened = DataFolder::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    folder_ = *std::move(opened);
  }
  absl::Status TryOpen(const std::string& path) { return DataFolder::Open(At(path)).status(); }

  // One decision as the loop makes it: words sealed, appended, then applied.
  void Decide(uint64_t term, const std::string& words) {
    const uint64_t sequence = *folder_->log().End(0);
    Round round{term, sequence, {}, {}, {}};
    const SealedWords sealed = folder_->vault().Seal(words, {"r" + std::to_string(sequence % 5)}, round.keys).value();
    round.records.push_back(sealed.key_id + "\n" + sealed.sealed);
    std::promise<AppendResult> promise;
    folder_->log().AppendRound(0, round, [&](AppendResult result) { promise.set_value(std::move(result)); });
    ASSERT_EQ(promise.get_future().get().kind, AppendResult::Kind::kCommitted);
    StateBatch batch;
    batch.Put("applied", std::to_string(sequence));
    batch.Put("s" + std::to_string(100'000 + sequence), round.records[0]);
    ASSERT_TRUE(folder_->state().Write(batch).ok());
  }
  void DecideMany(int n) {
    const uint64_t term = *folder_->log().Claim(0, "test");
    for (int i = 0; i < n; ++i)
      Decide(term, "words " + std::to_string(i));
  }
  Strings Records() {
    Strings out;
    const absl::Status read = folder_->log().ReadFrom(0, 0, [&](uint64_t, std::string_view bytes) {
      out.emplace_back(bytes);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return out;
  }
  std::map<std::string, std::string> State() {
    std::map<std::string, std::string> out;
    const absl::Status read = folder_->state().Scan("", "", [&](std::string_view key, std::string_view value) {
      out.emplace(key, value);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return out;
  }
  std::string WordsOf(const std::string& record) {
    const size_t end = record.find('\n');
    return folder_->vault().Open(record.substr(0, end), record.substr(end + 1)).value_or("unreadable");
  }

  TempFolder temp_;
  const std::string data_ = temp_ / "data";
  const std::string backup_ = temp_ / "backup";
  const std::string target_ = temp_ / "restored";
  std::unique_ptr<DataFolder> folder_;
};

TEST_F(Folder, IsMadeOnceAndFoundAgain) {
  Open(data_);
  const std::string log_id = folder_->format().log_id;
  EXPECT_EQ(log_id.size(), 32u);
  DecideMany(3);
  const Strings records = Records();

  DataFolderOptions options;
  options.path = data_;
  options.create = false;
  Open(options);

  EXPECT_EQ(folder_->format().log_id, log_id);
  EXPECT_EQ(folder_->format().partitions, 2u);
  EXPECT_EQ(Records(), records);
  EXPECT_EQ(WordsOf(records[2]), "words 2");
  EXPECT_EQ(State().at("applied"), "2");
}

TEST_F(Folder, InUseIsRefusedByName) {
  Open(data_);
  const absl::Status refused = TryOpen(data_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(std::string(refused.message()), "data folder " + data_ + " is in use by another process");
}

TEST_F(Folder, AnotherVersionIsRefusedNamingBoth) {
  Open(data_);
  folder_.reset();
  WriteBytes(data_ + "/FORMAT", "caseward-data 3\nlog x\npartitions 2\n");
  const absl::Status refused = TryOpen(data_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.ToString(), HasSubstr("format version 3; this program reads version 1"));
  for (const char* bad : {"", "caseward-data x\n", "caseward-data 1\n", "hello\n"}) {
    WriteBytes(data_ + "/FORMAT", bad);
    EXPECT_FALSE(TryOpen(data_).ok()) << bad;
  }
}

TEST_F(Folder, AFolderOfOtherThingsIsLeftAlone) {
  std::filesystem::create_directories(data_);
  WriteBytes(data_ + "/letter.txt", "dear");
  const absl::Status refused = TryOpen(data_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.ToString(), HasSubstr("is not a Caseward data folder"));
  EXPECT_EQ(FilesEnding(data_, "").size(), 1u);
}

TEST_F(Folder, NoneIsMadeUnlessAskedFor) {
  DataFolderOptions options = At(data_);
  options.create = false;
  EXPECT_TRUE(absl::IsNotFound(DataFolder::Open(options).status()));
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(Folder, AnotherNumberOfPartitionsIsRefused) {
  Open(data_);
  folder_.reset();
  DataFolderOptions options = At(data_);
  options.partitions = 4;
  EXPECT_TRUE(absl::IsFailedPrecondition(DataFolder::Open(options).status()));
}

TEST_F(Folder, ALostLogIsNotReplacedByAnEmptyOne) {
  Open(data_);
  DecideMany(1);
  folder_.reset();
  std::filesystem::remove_all(data_ + "/log");
  const absl::Status lost = TryOpen(data_);
  EXPECT_TRUE(absl::IsDataLoss(lost)) << lost;
  EXPECT_THAT(lost.ToString(), HasSubstr("has lost its log"));
}

TEST_F(Folder, AFirstStartCutShortIsFinishedByTheNext) {
  Open(data_);
  const std::string log_id = folder_->format().log_id;
  folder_.reset();
  std::filesystem::rename(data_ + "/FORMAT", data_ + "/FORMAT.making");
  std::filesystem::remove_all(data_ + "/log");
  std::filesystem::remove_all(data_ + "/state");

  Open(data_);
  EXPECT_EQ(folder_->format().log_id, log_id);
  DecideMany(1);
  Open(data_);
  EXPECT_EQ(Records().size(), 1u);
}

TEST_F(Folder, ALostMasterKeyIsNotReplaced) {
  Open(data_);
  DecideMany(1);
  folder_.reset();
  std::filesystem::remove(data_ + "/keys/master.key");
  const absl::Status lost = TryOpen(data_);
  EXPECT_TRUE(absl::IsFailedPrecondition(lost)) << lost;
  EXPECT_THAT(lost.ToString(), HasSubstr("is lost"));
  EXPECT_FALSE(std::filesystem::exists(data_ + "/keys/master.key"));
}

TEST_F(Folder, TheMasterKeyMayLieElsewhereButThenIsNotMadeHere) {
  DataFolderOptions options = At(data_);
  options.master_key_path = temp_ / "safe.key";
  EXPECT_TRUE(absl::IsNotFound(DataFolder::Open(options).status()));
  ASSERT_TRUE(CreateMasterKeyFile(options.master_key_path).ok());
  Open(options);
  DecideMany(1);
  EXPECT_FALSE(std::filesystem::exists(data_ + "/keys/master.key"));
  EXPECT_TRUE(std::filesystem::exists(data_ + "/keys/head-signing.key"));
  Open(options);
  EXPECT_EQ(WordsOf(Records()[0]), "words 0");
}

TEST_F(Folder, L1_StateCanBeDroppedToBeRebuilt) {
  Open(data_);
  DecideMany(2);
  DataFolderOptions options = At(data_);
  options.drop_state = true;
  Open(options);
  EXPECT_TRUE(State().empty());
  EXPECT_EQ(Records().size(), 2u);
}

// ---- backup and restore

TEST_F(Folder, ABackupTakenWhileItWritesRestoresToOneMoment) {
  Open(data_);
  DecideMany(20);
  std::thread writer([&] { DecideMany(200); });
  while (*folder_->log().End(0) < 60)
    std::this_thread::yield();
  const absl::StatusOr<BackupReport> made = folder_->CreateBackup(backup_, /*with_keys=*/true);
  writer.join();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->note, "");
  const Strings all = Records();
  const std::map<std::string, std::string> whole_state = State();

  const absl::StatusOr<BackupReport> restored = DataFolder::Restore(backup_, target_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->ends, made->ends);

  const std::string log_id = folder_->format().log_id;
  Open(target_);
  EXPECT_EQ(folder_->format().log_id, log_id);
  const Strings records = Records();
  EXPECT_EQ(records.size(), made->ends[0]);
  EXPECT_GE(records.size(), 60u);
  EXPECT_EQ(records, Strings(all.begin(), all.begin() + static_cast<ptrdiff_t>(records.size())));
  EXPECT_EQ(WordsOf(records.back()), WordsOf(all[records.size() - 1]));
  // State is some moment too, and never ahead of the log.
  const std::map<std::string, std::string> state = State();
  const uint64_t applied = std::stoull(state.at("applied"));
  EXPECT_LT(applied, records.size());
  EXPECT_EQ(state.size(), applied + 2);
  for (const auto& [key, value] : state) {
    if (key == "applied") continue;
    EXPECT_EQ(value, whole_state.at(key));
  }
  DecideMany(1);  // and it goes on from there
}

TEST_F(Folder, ABackupWithoutKeysSaysWhatToKeepAndHoldsNoSecret) {
  Open(data_);
  DecideMany(1);
  const std::string secret = ReadBytes(data_ + "/keys/master.key").substr(0, 64);
  const auto made = folder_->CreateBackup(backup_, /*with_keys=*/false);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->note, HasSubstr(data_ + "/keys/master.key"));
  EXPECT_FALSE(AnyFileHolds(backup_, secret));
  EXPECT_FALSE(std::filesystem::exists(backup_ + "/keys/head-signing.key"));

  const auto restored = DataFolder::Restore(backup_, target_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_THAT(restored->note, HasSubstr(target_ + "/keys/master.key"));
  EXPECT_THAT(TryOpen(target_).ToString(), HasSubstr("is lost"));

  std::filesystem::copy(data_ + "/keys/master.key", target_ + "/keys/master.key");
  Open(target_);
  EXPECT_EQ(WordsOf(Records()[0]), "words 0");
}

TEST_F(Folder, AMasterKeyInABackupStaysPrivate) {
  Open(data_);
  ASSERT_TRUE(folder_->CreateBackup(backup_, true).ok());
  ASSERT_TRUE(DataFolder::Restore(backup_, target_).ok());
  for (const std::string& folder : {backup_, target_}) {
    struct stat about {};
    ASSERT_EQ(::stat((folder + "/keys/master.key").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
  }
}

TEST_F(Folder, L14_HeadsSignedBeforeABackupAreVerifiableAfterIt) {
  Open(data_);
  const std::string id = folder_->vault().signing_key_id();
  const std::string signature = folder_->vault().Sign("head").value();
  ASSERT_TRUE(folder_->CreateBackup(backup_, true).ok());
  ASSERT_TRUE(DataFolder::Restore(backup_, target_).ok());
  Open(target_);
  EXPECT_NE(folder_->vault().signing_key_id(), id) << "the secret half stays where it was";
  EXPECT_TRUE(folder_->vault().Verify(id, "head", signature).ok());
}

TEST_F(Folder, BackupAndRestoreWriteOverNothing) {
  Open(data_);
  std::filesystem::create_directories(backup_);
  WriteBytes(backup_ + "/precious", "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(folder_->CreateBackup(backup_, true).status()));
  std::filesystem::remove(backup_ + "/precious");
  ASSERT_TRUE(folder_->CreateBackup(backup_, true).ok()) << "an empty folder is welcome";
  EXPECT_TRUE(absl::IsFailedPrecondition(folder_->CreateBackup(backup_, true).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(DataFolder::Restore(backup_, data_).status()));
}

TEST_F(Folder, AnIncompleteOrForeignBackupIsRefused) {
  Open(data_);
  DecideMany(1);
  ASSERT_TRUE(folder_->CreateBackup(backup_, true).ok());
  const std::string good = ReadBytes(backup_ + "/BACKUP");

  WriteBytes(backup_ + "/BACKUP", "caseward-backup 5\n");
  EXPECT_THAT(DataFolder::Restore(backup_, target_).status().ToString(),
              HasSubstr("version 5; this program reads version 1"));
  WriteBytes(backup_ + "/BACKUP", good.substr(0, good.size() / 2));
  EXPECT_TRUE(absl::IsDataLoss(DataFolder::Restore(backup_, target_).status()));
  std::filesystem::remove(backup_ + "/BACKUP");
  EXPECT_TRUE(absl::IsFailedPrecondition(DataFolder::Restore(backup_, target_).status()));
  EXPECT_FALSE(DataFolder::Restore(temp_ / "nowhere", target_).ok());
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(Folder, ADamagedBackupIsRefusedAndLeavesNoHalfFolder) {
  Open(data_);
  DecideMany(50);
  ASSERT_TRUE(folder_->CreateBackup(backup_, true).ok());
  folder_.reset();
  for (const char* part : {"log", "state"}) {
    const auto tables = FilesEnding(backup_ + "/" + part, ".sst");
    ASSERT_FALSE(tables.empty()) << part;
    const auto table = *std::max_element(tables.begin(), tables.end(), [](const auto& a, const auto& b) {
      return std::filesystem::file_size(a) < std::filesystem::file_size(b);
    });
    const std::string whole = ReadBytes(table);
    std::filesystem::remove(table);  // it is shared by hard link with the folder it came from
    WriteBytes(table, whole.substr(0, whole.size() - 1));
    const absl::Status damaged = DataFolder::Restore(backup_, target_).status();
    EXPECT_TRUE(absl::IsDataLoss(damaged)) << part << ": " << damaged;
    EXPECT_FALSE(std::filesystem::exists(target_));
    WriteBytes(table, whole);
  }
}

TEST_F(Folder, WithAnEmbeddedLogIsRefusedWhereOneInKafkaIsAskedFor) {
  Open(data_);
  folder_.reset();
  DataFolderOptions options = At(data_);
  options.kafka.emplace();
  options.kafka->bootstrap = "127.0.0.1:1";
  const absl::Status refused = DataFolder::Open(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), testing::HasSubstr("has an embedded log"));
}

TEST_F(Folder, WhoseLogIsInKafkaRemembersWhichAndAsksWhere) {
  DataFormat format;
  format.log_id = "abc";
  format.partitions = 2;
  format.kafka_prefix = "caseward";
  std::filesystem::create_directories(data_);
  WriteBytes(data_ + "/FORMAT", WriteDataFormat(format));

  const absl::StatusOr<DataFormat> again = ReadDataFormat(data_ + "/FORMAT");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->kafka_prefix, "caseward");
  const absl::Status refused = TryOpen(data_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), testing::HasSubstr("--kafka"));
}

}  // namespace
}  // namespace caseward

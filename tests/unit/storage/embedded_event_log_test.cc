// What only the embedded log can suffer: damage to its files, another process, another version, a disk that fails.
#include "storage/embedded_event_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/log_keys.h"
#include "tests/support/damage.h"
#include "tests/support/temp_folder.h"

#include <rocksdb/db.h>

#include <functional>
#include <future>
#include <random>
#include <thread>

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = AppendResult::Kind;
using Strings = std::vector<std::string>;

EmbeddedEventLog::Options LogAt(const std::string& path) {
  EmbeddedEventLog::Options options;
  options.path = path;
  options.partitions = 2;
  options.log_id = "the-log";
  options.create = true;
  return options;
}

// A log's RocksDB opened behind its back.
class RawLog {
 public:
  explicit RawLog(const std::string& path) {
    const std::vector<rocksdb::ColumnFamilyDescriptor> families = {{"default", {}}, {log_keys::kKeysFamily, {}}};
    EXPECT_TRUE(rocksdb::DB::Open({}, path, families, &handles_, &db_).ok());
  }
  ~RawLog() {
    for (auto* handle : handles_)
      db_->DestroyColumnFamilyHandle(handle);
    delete db_;
  }
  std::string Get(const std::string& key) {
    std::string value;
    EXPECT_TRUE(db_->Get({}, key, &value).ok());
    return value;
  }
  void Put(const std::string& key, const std::string& value) { EXPECT_TRUE(db_->Put({}, key, value).ok()); }
  void PutKey(const std::string& id, const std::string& value) {
    EXPECT_TRUE(db_->Put({}, handles_[1], id, value).ok());
  }
  void Delete(const std::string& key) { EXPECT_TRUE(db_->Delete({}, key).ok()); }
  void Flush() { EXPECT_TRUE(db_->Flush({}, handles_).ok()); }

 private:
  rocksdb::DB* db_ = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

class EmbeddedLog : public testing::Test {
 protected:
  void Open() { Open(LogAt(path_)); }
  void Open(const EmbeddedEventLog::Options& options) {
    log_.reset();
    auto opened = EmbeddedEventLog::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }
  absl::Status TryOpen(const std::string& path) { return EmbeddedEventLog::Open(LogAt(path)).status(); }
  AppendResult Append(uint32_t partition, Round round) {
    std::promise<AppendResult> promise;
    log_->AppendRound(partition, std::move(round), [&](AppendResult result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  // Claims and commits `records`.
  void Commit(uint32_t partition, Strings records, std::vector<KeyRecord> keys = {}) {
    const uint64_t term = *log_->Claim(partition, "test");
    const AppendResult result =
        Append(partition, {term, *log_->End(partition), std::move(records), {}, std::move(keys)});
    ASSERT_EQ(result.kind, Kind::kCommitted) << result.why;
  }
  static absl::Status ReadAll(EventLog& log, uint32_t partition, Strings& out) {
    return log.ReadFrom(partition, 0, [&](uint64_t, std::string_view bytes) {
      out.emplace_back(bytes);
      return true;
    });
  }
  Strings Records(uint32_t partition) {
    Strings out;
    const absl::Status status = ReadAll(*log_, partition, out);
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  TempFolder folder_;
  const std::string path_ = folder_ / "log";
  std::unique_ptr<EmbeddedEventLog> log_;
};

// ---- who may open it

TEST_F(EmbeddedLog, AFolderInUseIsRefusedByName) {
  Open();
  const absl::Status refused = TryOpen(path_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(refused.message(), "data folder " + path_ + " is in use by another process");
}

TEST_F(EmbeddedLog, AnotherFormatVersionIsRefusedNamingBoth) {
  Open();
  log_.reset();
  RawLog(path_).Put(log_keys::kFormat, "caseward-log 7 whatever comes then");
  const absl::Status refused = TryOpen(path_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("format version 7; this program reads version 1"));
}

TEST_F(EmbeddedLog, AnotherLogOrNumberOfPartitionsIsRefused) {
  Open();
  log_.reset();
  EmbeddedEventLog::Options other = LogAt(path_);
  other.partitions = 3;
  EXPECT_TRUE(absl::IsFailedPrecondition(EmbeddedEventLog::Open(other).status()));
  other = LogAt(path_);
  other.log_id = "another";
  EXPECT_TRUE(absl::IsFailedPrecondition(EmbeddedEventLog::Open(other).status()));
  other.log_id = "";
  other.partitions = 0;
  Open(other);
  EXPECT_EQ(log_->log_id(), "the-log");
  EXPECT_EQ(log_->partitions(), 2u);
}

TEST_F(EmbeddedLog, NoLogIsMadeUnlessAskedFor) {
  EmbeddedEventLog::Options options = LogAt(path_);
  options.create = false;
  EXPECT_TRUE(absl::IsNotFound(EmbeddedEventLog::Open(options).status()));
  options.create = true;
  options.partitions = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(EmbeddedEventLog::Open(options).status()));
}

// ---- damage

TEST_F(EmbeddedLog, ARecordAlteredUnderRocksDbsOwnChecksumsIsNamed) {
  for (const size_t bit : {3u, 35u, 70u}) {  // in the checksum, the length, the bytes
    Open();
    Commit(1, {"first", "second", "third"});
    const uint64_t altered = *log_->End(1) - 2;
    log_.reset();
    {
      RawLog raw(path_);
      std::string frame = raw.Get(log_keys::RecordKey(1, altered));
      frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ (1 << (bit % 8)));
      raw.Put(log_keys::RecordKey(1, altered), frame);
    }
    Open();
    Strings seen;
    const absl::Status read = ReadAll(*log_, 1, seen);
    EXPECT_TRUE(absl::IsDataLoss(read)) << read;
    EXPECT_THAT(read.message(), HasSubstr("partition 1 sequence " + std::to_string(altered)));
    EXPECT_EQ(seen.size(), altered) << "all before it, nothing after it";
    log_.reset();
    std::filesystem::remove_all(path_);
  }
}

TEST_F(EmbeddedLog, AMissingRecordIsNamed) {
  Open();
  Commit(0, {"a", "b", "c"});
  log_.reset();
  RawLog(path_).Delete(log_keys::RecordKey(0, 1));
  Open();
  Strings seen;
  const absl::Status read = ReadAll(*log_, 0, seen);
  EXPECT_TRUE(absl::IsDataLoss(read)) << read;
  EXPECT_THAT(read.message(), HasSubstr("partition 0 sequence 1: the record is missing"));
  EXPECT_THAT(seen, ElementsAre("a"));
}

TEST_F(EmbeddedLog, ABitFlippedAnywhereInATableIsFoundOrHarmless) {
  Open();
  Strings records;
  for (int i = 0; i < 300; ++i)
    records.push_back("record " + std::to_string(i * 7919) + " of a partition");
  Commit(0, records);
  log_.reset();
  RawLog(path_).Flush();
  const auto tables = FilesEnding(path_, ".sst");
  ASSERT_FALSE(tables.empty());
  // The records' table is the largest.
  const auto table = *std::max_element(tables.begin(), tables.end(), [](const auto& a, const auto& b) {
    return std::filesystem::file_size(a) < std::filesystem::file_size(b);
  });

  int named = 0;
  constexpr int kPlaces = 60;
  for (size_t place = 0; place < kPlaces; ++place) {
    const size_t bit = std::filesystem::file_size(table) * 8 / kPlaces * place + place % 8;
    FlipBit(table, bit);
    const auto opened = EmbeddedEventLog::Open(LogAt(path_));
    Strings seen;
    const absl::Status outcome = opened.ok() ? ReadAll(**opened, 0, seen) : opened.status();
    if (outcome.ok()) {
      EXPECT_EQ(seen, records) << "bit " << bit << " was neither found nor harmless";
    } else {
      EXPECT_TRUE(absl::IsDataLoss(outcome)) << outcome;
      ++named;
    }
    FlipBit(table, bit);
  }
  EXPECT_GT(named, kPlaces / 2);
}

TEST_F(EmbeddedLog, ACutTableIsRefusedByName) {
  Open();
  Commit(0, Strings(100, "a record"));
  log_.reset();
  RawLog(path_).Flush();
  const auto table = FilesEnding(path_, ".sst").back();
  CutEnd(table, 10);
  const absl::Status cut = TryOpen(path_);
  EXPECT_TRUE(absl::IsDataLoss(cut)) << cut;
  EXPECT_THAT(cut.ToString(), HasSubstr(table.filename().string()));

  std::filesystem::remove(table);
  const absl::Status missing = TryOpen(path_);
  EXPECT_TRUE(absl::IsDataLoss(missing)) << missing;
  EXPECT_THAT(missing.ToString(), HasSubstr(table.stem().string()));
}

class CrashedLog : public EmbeddedLog {
 protected:
  // The files as a kill leaves them: records in the write-ahead log alone.
  void Crash() {
    Open();
    for (const char* record : {"a", "b", "c"})
      Commit(0, {record});
    CopyTree(path_, image_);
    wal_ = FilesEnding(image_, ".log").back();
    ASSERT_GT(std::filesystem::file_size(wal_), 0u);
  }
  const std::string image_ = folder_ / "image";
  std::filesystem::path wal_;
};

TEST_F(CrashedLog, L5_WhatWasAcknowledgedOutlivesAKill) {
  Crash();
  Open(LogAt(image_));
  EXPECT_THAT(Records(0), ElementsAre("a", "b", "c"));
}

TEST_F(CrashedLog, ABitFlippedAnywhereInTheWriteAheadLogRefusesToOpen) {
  Crash();
  const size_t bits = std::filesystem::file_size(wal_) * 8;
  for (size_t bit = 0; bit < bits; bit += 53) {
    const std::string damaged = folder_ / "damaged";
    CopyTree(image_, damaged);
    FlipBit(FilesEnding(damaged, ".log").back(), bit);
    EXPECT_TRUE(absl::IsDataLoss(TryOpen(damaged))) << bit;
    std::filesystem::remove_all(damaged);
  }
}

TEST_F(CrashedLog, AnAcknowledgedEndThatWasCutOffRefusesToOpenUntilTheLossIsAccepted) {
  Crash();
  CutEnd(wal_, 3);

  const absl::Status cut = TryOpen(image_);
  EXPECT_TRUE(absl::IsDataLoss(cut)) << cut;
  EXPECT_THAT(cut.message(),
              HasSubstr("partition 0 ends at sequence 2, but everything before 3 had been acknowledged"));

  std::filesystem::remove(image_ + "/ACKED");
  Open(LogAt(image_));
  EXPECT_THAT(Records(0), ElementsAre("a", "b"));
}

TEST_F(CrashedLog, ALostWriteAheadLogRefusesToOpen) {
  Crash();
  std::filesystem::remove(wal_);
  EXPECT_FALSE(TryOpen(image_).ok());
}

TEST_F(CrashedLog, AnEndThatWasTornBeforeAnyoneWasToldIsDropped) {
  Open();
  Commit(0, {"a"});
  const std::string told = ReadBytes(path_ + "/ACKED");
  Commit(0, {"b"});
  CopyTree(path_, image_);
  WriteBytes(image_ + "/ACKED", told);
  CutEnd(FilesEnding(image_, ".log").back(), 3);

  Open(LogAt(image_));
  EXPECT_THAT(Records(0), ElementsAre("a"));
  Commit(0, {"c"});
  EXPECT_THAT(Records(0), ElementsAre("a", "c"));
}

// ---- destroyed keys

TEST_F(EmbeddedLog, L11_TheBytesOfADestroyedKeyAreNowhereInTheFolder) {
  const std::string wrapped = "wrapped-key-that-must-go-0123456789";
  const std::string kept = "wrapped-key-that-must-stay-987654321";
  Open();
  Commit(0, {"a"}, {{"s/r1", wrapped}, {"s/r2", kept}});
  ASSERT_TRUE(AnyFileHolds(path_, wrapped));
  // Once from the write-ahead log, once from a table.
  log_.reset();
  RawLog(path_).Flush();
  Open();
  ASSERT_TRUE(AnyFileHolds(path_, wrapped));

  Commit(0, {"erased"}, {{"s/r1", ""}});

  EXPECT_FALSE(AnyFileHolds(path_, wrapped)) << "when the round is answered, not some time later";
  EXPECT_TRUE(AnyFileHolds(path_, kept));
  EXPECT_EQ(*log_->ReadKey("s/r1"), std::nullopt);
  Commit(1, {"b"}, {{"s/r3", wrapped + "3"}});
  Commit(1, {"erased"}, {{"s/r3", ""}});
  EXPECT_FALSE(AnyFileHolds(path_, wrapped));
}

TEST_F(EmbeddedLog, L11_AScrubCutShortByACrashIsFinishedAtTheNextOpen) {
  const std::string wrapped = "wrapped-key-that-must-go-0123456789";
  Open();
  Commit(0, {"a"}, {{"s/r1", wrapped}});
  log_.reset();
  {
    RawLog raw(path_);
    raw.Flush();
    raw.PutKey("s/r1", "");
    raw.Put(log_keys::kScrub, "1");
  }
  ASSERT_TRUE(AnyFileHolds(path_, wrapped));
  Open();
  EXPECT_FALSE(AnyFileHolds(path_, wrapped));
}

// ---- bounds

TEST_F(EmbeddedLog, L10_AFullQueueAbortsByNameAndLosesNothing) {
  EmbeddedEventLog::Options options = LogAt(path_);
  options.max_queued_rounds = 2;
  Open(options);
  const uint64_t term = *log_->Claim(0, "test");
  std::promise<void> entered;
  std::promise<void> release;
  log_->AppendRound(0, {term, 0, {"a"}, {}, {}}, [&](AppendResult) {
    entered.set_value();
    release.get_future().wait();  // the writer stands still
  });
  entered.get_future().wait();

  std::vector<std::promise<AppendResult>> answers(3);
  for (uint64_t i = 0; i < 3; ++i) {
    log_->AppendRound(0, {term, 1 + i, {"b"}, {}, {}}, [&, i](AppendResult r) { answers[i].set_value(std::move(r)); });
  }
  const AppendResult refused = answers[2].get_future().get();
  EXPECT_EQ(refused.kind, Kind::kAborted);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.why)) << refused.why;
  release.set_value();
  EXPECT_EQ(answers[0].get_future().get().kind, Kind::kCommitted);
  EXPECT_EQ(answers[1].get_future().get().kind, Kind::kCommitted);
  EXPECT_EQ(Append(0, {term, 3, {"c"}, {}, {}}).kind, Kind::kCommitted);
}

// ---- who writes

TEST_F(EmbeddedLog, ACallerThatMayBlockIsAnsweredOnItsOwnThread) {
  Open();
  const uint64_t term = *log_->Claim(0, "test");
  // Who has just answered the claim may be the writer for a moment more, and then takes the round along.
  uint64_t written = 0;
  std::thread::id answered;
  while (answered != std::this_thread::get_id()) {
    ASSERT_LT(written, 1000u);
    std::promise<std::thread::id> by;
    log_->AppendRound(
        0, {.term = term, .first_sequence = written, .records = {"a"}, .messages = {}, .keys = {}, .may_block = true},
        [&](AppendResult) { by.set_value(std::this_thread::get_id()); });
    answered = by.get_future().get();
    ++written;
  }
  EXPECT_EQ(*log_->End(0), written);
}

TEST_F(EmbeddedLog, RoundsThatComeWhileACallerWritesAreWrittenAfterIt) {
  Open();
  const uint64_t term = *log_->Claim(0, "test");
  const uint64_t other = *log_->Claim(1, "test");
  std::promise<void> entered;
  std::promise<void> release;
  std::thread caller([&] {
    log_->AppendRound(
        0, {.term = term, .first_sequence = 0, .records = {"a"}, .messages = {}, .keys = {}, .may_block = true},
        [&](AppendResult) {
          entered.set_value();
          release.get_future().wait();  // it has written, and still is the writer
        });
  });
  entered.get_future().wait();
  std::promise<std::thread::id> by;
  log_->AppendRound(
      1, {.term = other, .first_sequence = 0, .records = {"b"}, .messages = {}, .keys = {}, .may_block = true},
      [&](AppendResult) { by.set_value(std::this_thread::get_id()); });
  std::future<std::thread::id> answered = by.get_future();
  EXPECT_EQ(answered.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  const std::thread::id callers = caller.get_id();
  release.set_value();
  const std::thread::id writers = answered.get();
  EXPECT_NE(writers, std::this_thread::get_id());
  EXPECT_NE(writers, callers);
  caller.join();
  EXPECT_EQ(*log_->Claim(0, "next"), term + 1);
}

TEST_F(EmbeddedLog, ACallerThatMayBlockDoesNotWaitForAnErasure) {
  Open();
  Commit(0, {"a"}, {{"k", "wrapped"}});
  const uint64_t term = *log_->Claim(0, "test");
  std::promise<std::thread::id> by;
  log_->AppendRound(
      0, {.term = term, .first_sequence = 1, .records = {"b"}, .messages = {}, .keys = {{"k", ""}}, .may_block = true},
      [&](AppendResult) { by.set_value(std::this_thread::get_id()); });
  EXPECT_NE(by.get_future().get(), std::this_thread::get_id());
}

// ---- copies

TEST_F(EmbeddedLog, ACopyTakenWhileItRunsIsSomeMomentOfIt) {
  Open();
  const uint64_t term = *log_->Claim(0, "test");
  std::thread writer([&] {
    for (uint64_t i = 0; i < 300; ++i) {
      EXPECT_EQ(Append(0, {term, i, {"r" + std::to_string(i)}, {{1, i, 0, "m"}}, {}}).kind, Kind::kCommitted);
    }
  });
  while (*log_->End(0) < 50)
    std::this_thread::yield();
  const uint64_t before = *log_->End(0);
  const absl::Status copied = log_->Checkpoint(folder_ / "copy");
  const uint64_t after = *log_->End(0);
  writer.join();
  ASSERT_TRUE(copied.ok()) << copied;

  const Strings all = Records(0);
  Open(LogAt(folder_ / "copy"));
  const Strings copy = Records(0);
  EXPECT_GE(copy.size(), before);
  EXPECT_LE(copy.size(), after);
  EXPECT_EQ(copy, Strings(all.begin(), all.begin() + static_cast<ptrdiff_t>(copy.size())));
  EXPECT_EQ(log_->ReadInbox(1, {}, 1000)->size(), copy.size());
}

// ---- a disk that fails

// Appends until the disk refuses, and checks what the contract says of that moment and after it; `worsen` makes sure
// that not even small files can be written, `mend` makes the disk well.
class FailingDisk : public EmbeddedLog {
 protected:
  void RunIntoTheFault(std::function<void()> worsen, std::function<void()> mend) {
    terms_ = {*log_->Claim(0, "test"), *log_->Claim(1, "test")};
    std::string record(40'000, 'r');
    std::mt19937 random(1);  // so that it does not compress
    for (char& c : record)
      c = static_cast<char>(random());
    AppendResult result;
    uint64_t committed = 0;
    for (; committed < 10'000; ++committed) {
      result = Append(0, {terms_[0], committed, {record}, {}, {}});
      if (result.kind != Kind::kCommitted) break;
    }
    ASSERT_EQ(result.kind, Kind::kUnknown) << result.why;
    EXPECT_TRUE(absl::IsUnavailable(result.why)) << result.why;

    // No partition's rounds are taken, reads go on.
    for (uint32_t partition = 0; partition < 2; ++partition) {
      const uint64_t end = *log_->End(partition);
      const AppendResult refused = Append(partition, {terms_[partition], end, {"x"}, {}, {}});
      EXPECT_EQ(refused.kind, Kind::kAborted);
      EXPECT_TRUE(absl::IsUnavailable(refused.why)) << refused.why;
    }
    EXPECT_EQ(*log_->End(0), committed);
    EXPECT_EQ(Records(0).size(), committed);

    worsen();
    // While the disk is broken nobody gets a new term, and reads still go on.
    EXPECT_TRUE(absl::IsUnavailable(log_->Claim(0, "heir").status()));
    EXPECT_EQ(Records(0).size(), committed);
    EXPECT_TRUE(absl::IsUnavailable(log_->Claim(1, "heir").status()));

    mend();
    const absl::StatusOr<uint64_t> term = log_->Claim(0, "heir");
    ASSERT_TRUE(term.ok()) << term.status();
    const uint64_t end = *log_->End(0);
    EXPECT_THAT(end, testing::AnyOf(committed, committed + 1)) << "the unknown round is there whole, or not";
    EXPECT_EQ(Append(0, {terms_[0], end, {"zombie"}, {}, {}}).kind, Kind::kAborted);
    EXPECT_EQ(Append(0, {*term, end, {"after"}, {}, {}}).kind, Kind::kCommitted);
    // The other partition had no round in doubt: its term holds.
    EXPECT_EQ(Append(1, {terms_[1], 0, {"other"}, {}, {}}).kind, Kind::kCommitted);
    const std::string path = open_path_;
    Open(LogAt(path));
    EXPECT_EQ(Records(0).size(), end + 1);
    EXPECT_THAT(Records(1), ElementsAre("other"));
  }
  void OpenAt(const std::string& path) {
    open_path_ = path;
    Open(LogAt(path));
  }
  std::string open_path_;
  std::vector<uint64_t> terms_;
};

TEST_F(FailingDisk, AFullDiskStopsRoundsNotReadsAndTheLogRecovers) {
  TinyDisk disk(folder_ / "disk", 24);
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk; the next test breaks the disk another way";
  OpenAt(folder_ / "disk/log");
  disk.Fill();
  // Closing gives back what RocksDB had set aside, which may be enough to go on; take that chance away too.
  std::unique_ptr<FileSizeLimit> limit;
  RunIntoTheFault([&] { limit = std::make_unique<FileSizeLimit>(10); },
                  [&] {
                    limit.reset();
                    disk.Free();
                  });
  log_.reset();
}

TEST_F(FailingDisk, AWriteErrorStopsRoundsNotReadsAndTheLogRecovers) {
  OpenAt(path_);
  auto limit = std::make_unique<FileSizeLimit>(200'000);
  RunIntoTheFault(
      [&] {
        limit.reset();
        limit = std::make_unique<FileSizeLimit>(10);
      },
      [&] { limit.reset(); });
}

}  // namespace
}  // namespace caseward

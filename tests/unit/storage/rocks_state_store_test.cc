// What only the state on disk can suffer: damage, another process, another version, a full disk.
#include "storage/rocks_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/temp_folder.h"

#include <chrono>
#include <functional>
#include <random>
#include <thread>

namespace caseward {
namespace {

using testing::HasSubstr;

class RocksState : public testing::Test {
 protected:
  absl::Status TryOpen() { return RocksStateStore::Open(options_).status(); }
  void Open() {
    store_.reset();
    auto opened = RocksStateStore::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  absl::Status Put(const std::string& key, const std::string& value) {
    StateBatch batch;
    batch.Put(key, value);
    return store_->Write(batch);
  }
  std::optional<std::string> Get(const std::string& key) {
    const auto value = store_->Get(key);
    EXPECT_TRUE(value.ok()) << value.status();
    return value.value_or(std::nullopt);
  }
  // A store of `n` entries in tables, closed.
  void Fill(int n) {
    Open();
    for (int i = 0; i < n; ++i)
      ASSERT_TRUE(Put("key " + std::to_string(1000 + i), "value " + std::to_string(i * 7919)).ok());
    ASSERT_TRUE(store_->Flush().ok());
    store_.reset();
  }
  std::vector<std::filesystem::path> Tables() { return FilesEnding(options_.path, ".sst"); }

  TempFolder folder_;
  RocksStateStore::Options options_{.path = folder_ / "state", .cache_bytes = 1 << 20};
  std::unique_ptr<RocksStateStore> store_;
};

TEST_F(RocksState, AFolderInUseIsRefusedByName) {
  Open();
  const absl::Status refused = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.ToString(), HasSubstr("data folder " + options_.path + " is in use by another process"));
}

TEST_F(RocksState, AnotherFormatVersionIsRefusedNamingBoth) {
  Fill(1);
  WriteBytes(options_.path + "/STATE_FORMAT", "caseward-state 9\n");
  const absl::Status refused = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.ToString(), HasSubstr("format version 9; this program reads version 3"));

  WriteBytes(options_.path + "/STATE_FORMAT", "?");
  EXPECT_TRUE(absl::IsDataLoss(TryOpen()));
  std::filesystem::remove(options_.path + "/STATE_FORMAT");
  EXPECT_TRUE(absl::IsFailedPrecondition(TryOpen()));
}

TEST_F(RocksState, L1_DeletingTheFolderIsACleanRebuild) {
  Fill(10);
  std::filesystem::remove_all(options_.path);
  Open();
  EXPECT_EQ(Get("key 1001"), std::nullopt);
}

TEST_F(RocksState, ABitFlippedAnywhereInATableIsNamedByFileOrHarmless) {
  Fill(300);
  const auto table = Tables().back();
  int named = 0;
  constexpr int kPlaces = 60;
  for (size_t place = 0; place < kPlaces; ++place) {
    const size_t bit = std::filesystem::file_size(table) * 8 / kPlaces * place + place % 8;
    FlipBit(table, bit);
    const auto opened = RocksStateStore::Open(options_);
    absl::Status outcome = opened.status();
    int seen = 0;
    if (opened.ok()) outcome = (*opened)->Scan("", "", [&](std::string_view, std::string_view) { return ++seen > 0; });
    if (outcome.ok()) {
      EXPECT_EQ(seen, 300) << "bit " << bit << " was neither found nor harmless";
    } else {
      EXPECT_TRUE(absl::IsDataLoss(outcome)) << outcome;
      EXPECT_THAT(outcome.ToString(), HasSubstr(table.filename().string()));
      ++named;
    }
    FlipBit(table, bit);
  }
  EXPECT_GT(named, kPlaces / 2);
}

TEST_F(RocksState, ACutTableIsRefusedByName) {
  Fill(100);
  CutEnd(Tables().back(), 10);
  const absl::Status cut = TryOpen();
  EXPECT_TRUE(absl::IsDataLoss(cut)) << cut;
  EXPECT_THAT(cut.ToString(), HasSubstr(Tables().back().filename().string()));
}

TEST_F(RocksState, TheTailIsFlushedByTime) {
  Open();
  const absl::Time start = absl::FromUnixSeconds(1'000'000);
  ASSERT_TRUE(store_->MaybeFlush(start).ok());
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_TRUE(store_->MaybeFlush(start + absl::Seconds(29)).ok());
  EXPECT_TRUE(Tables().empty());

  ASSERT_TRUE(store_->MaybeFlush(start + absl::Seconds(31)).ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (Tables().empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(Tables().size(), 1u);

  ASSERT_TRUE(store_->MaybeFlush(start + absl::Seconds(62)).ok());
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(Tables().size(), 1u) << "nothing was written since";
}

TEST_F(RocksState, TheTailIsFlushedByBytes) {
  options_.flush_bytes = 1 << 20;
  Open();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int i = 0; Tables().empty() && std::chrono::steady_clock::now() < deadline; ++i) {
    ASSERT_TRUE(Put("k" + std::to_string(i), std::string(10'000, 'v')).ok());
  }
  EXPECT_FALSE(Tables().empty());
}

TEST_F(RocksState, AFullDiskIsUnavailableAndReopenLeadsBack) {
  TinyDisk disk(folder_ / "disk", 24);
  std::unique_ptr<FileSizeLimit> limit;
  if (disk.mounted()) options_.path = folder_ / "disk/state";
  Open();
  ASSERT_TRUE(Put("safe", "1").ok());
  ASSERT_TRUE(store_->Flush().ok());
  if (disk.mounted()) disk.Fill();
  limit = std::make_unique<FileSizeLimit>(10);  // where no disk may be mounted, and where closing frees a little

  ASSERT_TRUE(Put("lost", "2").ok()) << "in memory still";
  EXPECT_TRUE(absl::IsUnavailable(store_->Flush()));
  const absl::Status refused = Put("later", "3");
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_EQ(Get("safe"), "1") << "reads go on";

  EXPECT_TRUE(absl::IsUnavailable(store_->Reopen())) << "nothing has changed";
  EXPECT_TRUE(absl::IsUnavailable(store_->Get("safe").status()));
  EXPECT_TRUE(absl::IsUnavailable(store_->View()->Get("safe").status()));
  EXPECT_TRUE(absl::IsUnavailable(Put("later", "3")));

  limit.reset();
  if (disk.mounted()) disk.Free();
  ASSERT_TRUE(store_->Reopen().ok());
  EXPECT_EQ(Get("safe"), "1");
  EXPECT_EQ(Get("lost"), std::nullopt) << "some earlier moment: the owner replays from there";
  ASSERT_TRUE(Put("later", "3").ok());
  Open();
  EXPECT_EQ(Get("later"), "3");
  store_.reset();
}

TEST_F(RocksState, ACopyTakenWhileItRunsIsSomeMomentOfIt) {
  Open();
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 1; i <= 3000; ++i) {
      StateBatch batch;
      batch.Put("n", std::to_string(i));
      batch.Put("k" + std::to_string(10'000 + i), "x");
      EXPECT_TRUE(store_->Write(batch).ok());
      written = i;
    }
  });
  while (written < 500)
    std::this_thread::yield();
  const absl::Status copied = store_->Checkpoint(folder_ / "copy");
  writer.join();
  ASSERT_TRUE(copied.ok()) << copied;

  store_.reset();
  options_.path = folder_ / "copy";
  std::filesystem::copy(folder_ / "state/STATE_FORMAT", folder_ / "copy/STATE_FORMAT");
  Open();
  const int n = std::stoi(Get("n").value_or("0"));
  EXPECT_GE(n, 500);
  int seen = 0;
  EXPECT_TRUE(store_->Scan("k", "", [&](std::string_view, std::string_view) { return ++seen > 0; }).ok());
  EXPECT_EQ(seen, n);
}

}  // namespace
}  // namespace caseward

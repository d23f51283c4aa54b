// A backup taken while the program is under load, restored elsewhere: one moment of every partition, with everything
// that was acknowledged before it was asked for, and state that a rebuild from the log gives again (law L1).
#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "services/offline.h"
#include "tests/support/program_under_test.h"

namespace caseward::test {
namespace {

void WaitForAcknowledged(Ledger& ledger, size_t enough) {
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    {
      std::lock_guard lock(ledger.mutex);
      if (ledger.acknowledged.size() >= enough) return;
    }
    std::this_thread::yield();
  }
  FAIL() << "expected " << enough << " acknowledged commands in time";
}

TEST(Backup, UnderLoadIsRestoredToAnEqualDigest) {
  const TempFolder folder;
  Program program(folder / "data");
  ASSERT_TRUE(program.serving());
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(program));
  Ledger ledger;
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&, c] { Load(program, "b" + std::to_string(c), ledger); });
  WaitForAcknowledged(ledger, 200);
  std::map<std::string, Acknowledged> before;
  {
    std::lock_guard lock(ledger.mutex);
    before = ledger.acknowledged;
  }

  v1::CreateBackupRequest request;
  request.set_folder(folder / "backup");
  v1::CreateBackupResponse backup;
  const auto admin = v1::AdminService::NewStub(program.Connect());
  const grpc::Status status = admin->CreateBackup(Served::As(kAdmin).get(), request, &backup);
  WaitForAcknowledged(ledger, before.size() + 50);  // the load went on
  program.Kill();
  for (std::thread& client : clients)
    client.join();
  ASSERT_TRUE(status.ok()) << status.error_message();

  const std::string data = folder / "restored";
  const auto restored = RestoreData(request.folder(), data);
  ASSERT_TRUE(restored.ok()) << restored.status();
  // A backup never holds the master key: it is kept apart, and put back by hand.
  std::filesystem::copy(folder / "data/keys/master.key", data + "/keys/master.key");
  const auto as_copied = DigestData({.data = data});
  const auto rebuilt = RebuildData({.data = data});
  ASSERT_TRUE(as_copied.ok() && rebuilt.ok()) << as_copied.status() << rebuilt.status();
  ASSERT_EQ(as_copied->size(), static_cast<size_t>(backup.partitions_size()));
  for (size_t p = 0; p < as_copied->size(); ++p) {
    const v1::PartitionDigest& said = backup.partitions(static_cast<int>(p));
    EXPECT_EQ((*as_copied)[p].SerializeAsString(), (*rebuilt)[p].SerializeAsString()) << "law L1, partition " << p;
    EXPECT_EQ((*rebuilt)[p].tree_size(), said.tree_size()) << "partition " << p;
    // Where the server had gone on by then, its answer has no root of the copied moment.
    if (!said.merkle_root().empty()) {
      EXPECT_EQ((*rebuilt)[p].merkle_root(), said.merkle_root()) << "partition " << p;
    }
    EXPECT_EQ((*rebuilt)[p].position().sequence(), said.position().sequence()) << "partition " << p;
  }
  for (const auto& [id, outcome] : before) {
    EXPECT_LE(outcome.sequence, (*rebuilt)[outcome.partition].position().sequence())
        << id << " was acknowledged before the backup and is not in it";
  }
}

}  // namespace
}  // namespace caseward::test

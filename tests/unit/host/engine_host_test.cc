// The host over the twins of log and store: what it does when the disk under the state is full.
#include "services/host/engine_host.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "storage/local_key_vault.h"
#include "storage/memory_event_log.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/support/host_calls.h"
#include "tests/support/simple_pack.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests

class EngineHostTest : public testing::Test {
 protected:
  static constexpr uint32_t kPartitions = 4;

  void Open() {
    HostOptions options;
    options.loop_threads = 2;
    options.log_id = "test-log";
    options.reopen_interval = absl::Milliseconds(5);
    options.reopen_state = [this]() -> absl::Status {
      ++tries_;
      if (full_) return absl::UnavailableError("the disk is full");
      store_.Reopen(/*lost=*/5);
      return absl::OkStatus();
    };
    auto opened = EngineHost::Open(std::move(options), {log_, store_, *vault_, hasher_, observer_});
    ASSERT_TRUE(opened.ok()) << opened.status();
    host_ = *std::move(opened);
    ASSERT_TRUE(Do(PublishSimpleCalendar("calendar"), Administrator()).ok());
    ASSERT_TRUE(Do(PublishSimplePack("pack"), Administrator()).ok());
  }

  Answer Do(const v1::Command& command, const v1::Actor& actor) { return Ask(*host_, hasher_, command, actor); }
  // As a client does: the same id again, until it is answered.
  Answer Insist(const v1::Command& command, const v1::Actor& actor) {
    const absl::Time deadline = absl::Now() + absl::FromChrono(kPatience);
    Answer outcome = Do(command, actor);
    while (absl::IsUnavailable(outcome.status()) && absl::Now() < deadline)
      outcome = Do(command, actor);
    return outcome;
  }

  MemoryEventLog log_{kPartitions};
  MemoryStateStore store_;
  std::unique_ptr<LocalKeyVault> vault_ = MakeSeededKeyVault(log_, 7);
  OpensslHasher hasher_;
  Observer observer_;
  std::atomic<bool> full_ = false;
  std::atomic<int> tries_ = 0;
  std::unique_ptr<EngineHost> host_;
};

TEST_F(EngineHostTest, L3_AFullDiskIsWaitedForAndNothingIsLost) {
  Open();
  const v1::Actor officer = Staff("olu", "officer");
  std::vector<v1::Outcome> before;
  for (int i = 0; i < 20; ++i) {  // in all partitions
    auto outcome = Do(Report("r" + std::to_string(i)), officer);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    before.push_back(*std::move(outcome));
  }
  full_ = true;
  store_.FailWrites(absl::UnavailableError("the disk is full"));

  EXPECT_TRUE(absl::IsUnavailable(Do(Report("late"), officer).status()));
  const absl::Time deadline = absl::Now() + absl::FromChrono(kPatience);
  while (tries_ < 3 && absl::Now() < deadline) {
    EXPECT_TRUE(absl::IsUnavailable(Do(Report("late"), officer).status()));
  }
  EXPECT_GE(tries_, 3) << "tried again and again";
  full_ = false;

  const auto late = Insist(Report("late"), officer);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_TRUE(late->has_accepted());
  EXPECT_TRUE(late->replayed()) << "it was durable when the state was not";
  for (int i = 0; i < 20; ++i) {
    const auto again = Insist(Report("r" + std::to_string(i)), officer);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->replayed());
    EXPECT_EQ(again->stream(), before[static_cast<size_t>(i)].stream());
  }
  for (uint32_t p = 0; p < kPartitions; ++p)
    EXPECT_EQ(host_->partition(p).view().condition, "SERVING") << p;
}

TEST_F(EngineHostTest, StopsWhileTheDiskIsFull) {
  Open();
  full_ = true;
  store_.FailWrites(absl::UnavailableError("the disk is full"));
  EXPECT_TRUE(absl::IsUnavailable(Do(Report("r1"), Staff("olu", "officer")).status()));

  host_->Stop();

  EXPECT_TRUE(absl::IsUnavailable(Do(Report("r2"), Staff("olu", "officer")).status()));
}

}  // namespace
}  // namespace caseward

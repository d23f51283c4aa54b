// A running engine for tests of its threads: the host's loops over the embedded log with its writer thread, and the
// state's twin in memory, so that the thread sanitizer sees both sides of every hand-over. The clock is the machine's,
// moved on by the test.
//
// Threads   Ask and Send from any thread; Start and Stop from the test's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/partition/routing.h"
#include "gtest/gtest.h"
#include "services/host/engine_host.h"
#include "storage/embedded_event_log.h"
#include "storage/local_key_vault.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/support/host_calls.h"
#include "tests/support/simple_pack.h"
#include "tests/support/temp_folder.h"

namespace caseward::test {

inline constexpr uint32_t kPartitions = 4;

class RunningEngine {
 public:
  RunningEngine() {
    EmbeddedEventLog::Options options;
    options.path = folder_ / "log";
    options.partitions = kPartitions;
    options.log_id = "threads";
    options.create = true;
    auto opened = EmbeddedEventLog::Open(options);
    CHECK(opened.ok());
    log_ = *std::move(opened);
    vault_ = MakeSeededKeyVault(*log_, 7);
    Start();
    CHECK(Ask(PublishSimpleCalendar("calendar"), Administrator())->has_accepted());
    CHECK(Ask(PublishSimplePack("pack"), Administrator())->has_accepted());
  }

  void Start() {
    HostOptions options;
    options.log_id = "threads";
    options.clock = [this] {
      const absl::Duration ahead = absl::Minutes(minutes_ahead_.load());
      return TimeReading{absl::Now() + ahead,
                         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()) + ahead};
    };
    options.flush = [this](TimeReading) { ++flushes_; };
    options.flush_interval = absl::Milliseconds(20);
    auto opened = EngineHost::Open(std::move(options), {*log_, *store_, *vault_, hasher_, observer_});
    CHECK(opened.ok());
    host_ = *std::move(opened);
  }
  void Stop() { host_.reset(); }
  // A new process: nothing but the log survives.
  void RestartFromTheLog() {
    Stop();
    store_ = std::make_unique<MemoryStateStore>();
    Start();
  }

  EngineHost& host() { return *host_; }
  MemoryStateStore& store() { return *store_; }
  int flushes() const { return flushes_; }
  void MoveOn(absl::Duration by) { minutes_ahead_ += absl::ToInt64Minutes(by); }

  uint32_t PartitionOf(const v1::Command& command, const v1::Actor& actor) const {
    const absl::StatusOr<Route> route = RouteCommand(hasher_, command, actor.id(), kPartitions);
    CHECK(route.ok());
    return route->partition.value_or(0);
  }
  std::future<Answer> Send(const v1::Command& command, const v1::Actor& actor) {
    return test::Send(*host_, hasher_, command, actor);
  }
  Answer Ask(const v1::Command& command, const v1::Actor& actor) { return test::Ask(*host_, hasher_, command, actor); }
  // By partition: the sequence, and the digest of the state at it.
  std::vector<std::pair<uint64_t, std::string>> Digests() const {
    std::vector<std::pair<uint64_t, std::string>> digests;
    for (uint32_t n = 0; n < kPartitions; ++n) {
      const auto meta = PartitionReader(n, *store_).Meta();
      CHECK(meta.ok() && meta->has_value());
      digests.emplace_back((*meta)->applied_sequence(), (*meta)->digest());
    }
    return digests;
  }

 private:
  TempFolder folder_;
  std::atomic<int64_t> minutes_ahead_ = 0;
  std::atomic<int> flushes_ = 0;
  OpensslHasher hasher_;
  Observer observer_;
  std::unique_ptr<EmbeddedEventLog> log_;
  std::unique_ptr<LocalKeyVault> vault_;
  std::unique_ptr<MemoryStateStore> store_ = std::make_unique<MemoryStateStore>();
  std::unique_ptr<EngineHost> host_;  // last: uses all of the above
};

}  // namespace caseward::test

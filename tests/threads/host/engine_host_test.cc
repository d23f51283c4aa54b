// The host's promises under many threads. Run in every build, and under the thread sanitizer (tools/test.sh threads).
#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "running_engine.h"

namespace caseward::test {
namespace {

constexpr int kCallers = 6;
constexpr int kCasesEach = 12;

// Runs `body(n)` on `threads` threads and waits for all.
void OnThreads(int threads, const std::function<void(int)>& body) {
  std::vector<std::thread> running;
  for (int n = 0; n < threads; ++n)
    running.emplace_back([&body, n] { body(n); });
  for (std::thread& thread : running)
    thread.join();
}

// Reported, triaged, contacted, noted; the case's id. Words go through the vault each time.
std::string LiveThroughACase(RunningEngine& engine, const std::string& name, const v1::Actor& actor) {
  const auto reported = engine.Ask(Report(absl::StrCat(name, "-r"), "they shouted at me"), actor);
  EXPECT_TRUE(reported.ok() && reported->has_accepted()) << reported.status();
  if (!reported.ok()) return "";
  const std::string id = reported->stream();
  for (const v1::Command& command : {Triage(absl::StrCat(name, "-t"), id), Contact(absl::StrCat(name, "-c"), id),
                                     Note(absl::StrCat(name, "-n"), id, "afraid to go out")}) {
    const auto outcome = engine.Ask(command, actor);
    EXPECT_TRUE(outcome.ok() && outcome->has_accepted()) << outcome.status();
  }
  return id;
}

// Reads in every way there is, until told to end.
void ReadUntil(const std::atomic<bool>& done, RunningEngine& engine) {
  while (!done) {
    for (uint32_t n = 0; n < kPartitions; ++n) {
      Partition& partition = engine.host().partition(n);
      const PartitionView view = partition.view();
      EXPECT_EQ(view.condition, "SERVING") << view.why;
      const auto shown = engine.store().View();
      const auto listed = PartitionReader(n, *shown).ListCases("", [&](v1::CaseState&& state) {
        EXPECT_LE(state.version(), 4u);
        return true;
      });
      EXPECT_TRUE(listed.ok()) << listed;
      auto passed = std::make_shared<std::promise<absl::Status>>();
      auto future = passed->get_future();
      const absl::Status asked = partition.Barrier([passed](absl::Status status) { passed->set_value(status); });
      EXPECT_TRUE(asked.ok()) << asked;
      EXPECT_TRUE(!asked.ok() || future.get().ok());
    }
    EXPECT_NE(engine.host().directory().Now(), nullptr);
  }
}

TEST(EngineHostThreads, CallersAndReadersOfManyThreadsAreAllAnswered) {
  RunningEngine engine;
  std::atomic<bool> done = false;
  std::thread reader([&] { ReadUntil(done, engine); });

  std::mutex mutex;
  std::set<std::string> cases;
  OnThreads(kCallers, [&](int caller) {
    const v1::Actor actor = Staff(absl::StrCat("olu", caller), "officer");
    for (int i = 0; i < kCasesEach; ++i) {
      const std::string id = LiveThroughACase(engine, absl::StrCat("c", caller, "-", i), actor);
      std::lock_guard lock(mutex);
      cases.insert(id);
    }
  });
  done = true;
  reader.join();

  EXPECT_EQ(cases.size(), size_t{kCallers} * kCasesEach);
  const auto live = engine.Digests();
  engine.RestartFromTheLog();
  for (uint32_t n = 0; n < kPartitions; ++n) {
    // The new owner has added its claim, so the positions differ; the cases may not.
    ASSERT_TRUE(PartitionReader(n, engine.store())
                    .ListCases("",
                               [&](v1::CaseState&& state) {
                                 EXPECT_EQ(cases.erase(state.case_id()), 1u) << state.case_id();
                                 EXPECT_EQ(state.version(), 4u);
                                 return true;
                               })
                    .ok());
    EXPECT_GT(engine.Digests()[n].first, live[n].first);
  }
  EXPECT_TRUE(cases.empty());
  EXPECT_GT(engine.flushes(), 0);
}

TEST(EngineHostThreads, L5_OneCommandOfManyCallersIsDecidedOnce) {
  RunningEngine engine;
  std::mutex mutex;
  std::set<std::string> streams;
  std::atomic<int> first = 0;

  OnThreads(kCallers, [&](int) {
    for (int i = 0; i < kCasesEach; ++i) {
      const auto outcome = engine.Ask(Report(absl::StrCat("same-", i)), Staff("olu", "officer"));
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      if (!outcome->replayed()) ++first;
      std::lock_guard lock(mutex);
      streams.insert(outcome->stream());
    }
  });

  EXPECT_EQ(streams.size(), size_t{kCasesEach});
  EXPECT_EQ(first, kCasesEach);
}

TEST(EngineHostThreads, WatchersComeAndGoWhileTheLoopsRun) {
  RunningEngine engine;
  std::atomic<bool> done = false;
  std::thread comes_and_goes([&] {
    while (!done) {
      int here = 0;  // guarded by the promise that nobody is told once the handle is gone
      const auto watch = engine.host().AddWatcher([&here](uint32_t) { ++here; });
      std::this_thread::yield();
    }
  });
  const auto before = engine.Digests();
  std::atomic<uint32_t> seen = 0;
  const auto stays = engine.host().AddWatcher([&](uint32_t partition) { seen |= 1u << partition; });

  OnThreads(kCallers, [&](int caller) {
    for (int i = 0; i < kCasesEach; ++i)
      LiveThroughACase(engine, absl::StrCat("w", caller, "-", i), Staff("olu", "officer"));
  });
  const auto after = engine.Digests();
  uint32_t applied = 0;  // the partitions that applied something
  for (uint32_t n = 0; n < kPartitions; ++n)
    applied |= before[n].first == after[n].first ? 0 : 1u << n;
  for (const auto until = std::chrono::steady_clock::now() + kPatience;
       (seen & applied) != applied && std::chrono::steady_clock::now() < until;) {
    std::this_thread::yield();
  }
  done = true;
  comes_and_goes.join();

  EXPECT_NE(applied, 0u);
  EXPECT_EQ(seen & applied, applied);
}

// How often the record says that a clock of the case was breached.
int Breaches(RunningEngine& engine, const std::string& case_id) {
  const uint32_t partition = engine.PartitionOf(Review("where", case_id), Administrator());
  int breaches = 0;
  const auto read = PartitionReader(partition, *engine.store().View())
                        .Timeline(case_id, 0, UINT64_MAX, [&](uint64_t at, std::string_view raw) {
                          v1::Decision decision;
                          EXPECT_TRUE(ParseRecord(raw, partition, at, decision).ok());
                          for (const v1::Event& event : decision.accepted().events())
                            breaches += event.has_clock_breached();
                          return true;
                        });
  EXPECT_TRUE(read.ok()) << read;
  return breaches;
}

TEST(EngineHostThreads, ClocksFireOnceWhileCallersCall) {
  RunningEngine engine;
  const v1::Actor actor = Staff("olu", "officer");
  std::vector<std::string> quiet;
  for (int i = 0; i < kCasesEach; ++i)
    quiet.push_back(engine.Ask(Report(absl::StrCat("quiet-", i)), actor)->stream());

  std::thread time([&] {
    for (int i = 0; i < 10; ++i) {
      engine.MoveOn(absl::Hours(1));
      LiveThroughACase(engine, absl::StrCat("t", i), actor);
    }
  });
  OnThreads(2, [&](int caller) {
    for (int i = 0; i < kCasesEach; ++i)
      LiveThroughACase(engine, absl::StrCat("b", caller, "-", i), actor);
  });
  time.join();

  for (const std::string& id : quiet) {
    int breaches = 0;
    for (const auto until = std::chrono::steady_clock::now() + kPatience;
         breaches == 0 && std::chrono::steady_clock::now() < until;) {
      breaches = Breaches(engine, id);
      std::this_thread::yield();
    }
    EXPECT_EQ(breaches, 1) << id;
  }
}

TEST(EngineHostThreads, StoppingAnswersEveryCallerAndLosesNothingAcknowledged) {
  RunningEngine engine;
  std::atomic<int> sent = 0;
  std::mutex mutex;
  std::map<std::string, std::string> acknowledged;  // command → case
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0;; ++i) {
        const std::string command = absl::StrCat("s", caller, "-", i);
        const auto outcome = engine.Ask(Report(command), Staff("olu", "officer"));
        ++sent;
        if (!outcome.ok()) {
          EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
          return;
        }
        std::lock_guard lock(mutex);
        acknowledged[command] = outcome->stream();
      }
    });
  }
  while (sent < 100)
    std::this_thread::yield();

  engine.host().Stop();
  for (std::thread& thread : callers)
    thread.join();
  engine.RestartFromTheLog();

  EXPECT_GE(acknowledged.size(), 50u);
  for (const auto& [command, stream] : acknowledged) {
    const auto again = engine.Ask(Report(command), Staff("olu", "officer"));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->replayed()) << command;
    EXPECT_EQ(again->stream(), stream);
  }
}

}  // namespace
}  // namespace caseward::test

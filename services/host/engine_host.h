// The engine as a running thing: the partitions and the few threads that drive them. The only place where the two
// clocks are read (law L6).
//
//   loop 0: partitions 0, 2, 4, 6 ─┐  each thread calls Step of its partitions in turn; when none
//   loop 1: partitions 1, 3, 5, 7 ─┘  has work it sleeps until a waker, the next timer or one second
//
// A loop that was woken for one thing only lets the log write the round on the loop's own thread: nobody else waits for
// it, and a lone command is answered without waking the log's writer and being woken by it.
//
// Partition 0, the directory, is opened first: every other partition decides under what it says. The rest replay in
// parallel, a thread each loop.
//
// A state store that is UNAVAILABLE (a full disk) is reopened: every loop suspends its partitions and waits; the last
// to come reopens the store; then each begins its partitions again, which replay what the store has lost. Reads that
// ask for a position answer UNAVAILABLE or wait meanwhile.
//
// Lifetime  the ports outlive the host. Stop (or the destructor) ends the loops: what is in flight finishes as far as
//           the log answers, what waits is answered UNAVAILABLE.
// Threads   everything but Open and Stop from any thread. Watchers run on a loop's thread and must not block.
// Failure   Open: the first partition's fault, by number. A partition that stops later says why in its view.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/partition/partition.h"

namespace caseward {

struct HostOptions {
  // 0: the smaller of the number of partitions and two. Each loop takes a core under load.
  size_t loop_threads = 0;
  // What a claim says of this node; where nodes share the log, the endpoint at which the others reach it.
  std::string owner = "caseward";
  // Several nodes share the log: partitions begin as followers, and are owned as Own says.
  bool shared = false;
  std::string log_id;  // for the genesis records of an empty log
  PartitionLimits limits;
  FeedMaker feed;  // for a log that carries the feed; absent: this one does not
  // For a log that has an intake; absent: it stays closed.
  IntakeDoor door;
  // Replaced in tests by a clock of their own.
  std::function<TimeReading()> clock;
  // Called every `flush_interval` on a thread of its own: the moment to make state durable, so that a crash costs a
  // short replay.
  std::function<void(TimeReading)> flush;
  absl::Duration flush_interval = absl::Seconds(1);
  // Called when the state store is UNAVAILABLE, while no loop touches it: reopens it. Called again after a while if it
  // cannot. Absent: the store is taken as it is.
  std::function<absl::Status()> reopen_state;
  absl::Duration reopen_interval = absl::Seconds(1);
};

class EngineHost {
 public:
  struct Ports {
    EventLog& log;
    StateStore& store;
    KeyVault& vault;
    const Hasher& hasher;
    Observer& observer;
  };
  // Told the number of a partition that has applied something. Must not block.
  using Watcher = std::function<void(uint32_t)>;

  // Returns when every partition has committed a round of its own; of a shared log, when every partition has applied
  // what the log held.
  static absl::StatusOr<std::unique_ptr<EngineHost>> Open(HostOptions options, Ports ports);
  ~EngineHost();
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;

  void Stop();

  // Where nodes share the log. Asks the loops to own these partitions, or to give them up.
  void Own(const std::vector<uint32_t>& partitions, bool own);
  // Whether this node is a member of the group that hands partitions out. One that fell out of it (the broker has not
  // answered for a session) owns nothing and knows of nobody who does. True until told otherwise. Any thread.
  void NoteMember(bool member) { member_ = member; }
  bool member() const { return member_; }
  // Until each of them is owned (or is not), at most so long. False: not all are.
  bool WaitUntilOwned(const std::vector<uint32_t>& partitions, bool own, absl::Duration wait) const;

  uint32_t partitions() const { return static_cast<uint32_t>(partitions_.size()); }
  Partition& partition(uint32_t index) { return *partitions_[index]; }
  const DirectoryHub& directory() const { return directory_; }
  const std::string& log_id() const { return log_id_; }
  TimeReading Now() const { return options_.clock(); }

  // Until the returned handle is let go, and not after. A watcher must not add or let go of one.
  class Watch;
  std::unique_ptr<Watch> AddWatcher(Watcher watcher);

 private:
  // Shared with the wakers: the log's thread may still be calling one when the host goes.
  struct Loop : std::enable_shared_from_this<Loop> {
    std::mutex mutex;
    std::condition_variable wake;
    std::atomic<uint32_t> wakes{0};  // since the loop last looked
    uint32_t seen = 0;               // how many there were then; the loop's alone
    std::vector<uint32_t> partitions;
    std::thread thread;
  };

  // Shared with the log, which may still be calling when the host goes.
  struct Following {
    std::mutex mutex;
    EngineHost* host = nullptr;  // guarded by mutex; null: gone, or not open yet
  };

  EngineHost(HostOptions options, Ports ports);
  void StartLoops();
  absl::Status WaitUntilOpen();
  bool OpenPartitions(Loop& loop);
  absl::Status OpenPartition(uint32_t index, Loop& loop);
  bool WaitForDirectory();
  absl::Status WaitUntilServing();
  absl::Status FollowLog();
  void WatchIntake();
  void RunLoop(Loop& loop);
  bool StepAll(Loop& loop, std::optional<absl::Time>& next_timer);
  void Sleep(Loop& loop, std::optional<absl::Time> next_timer);
  void Tell(uint32_t partition);
  void WakeAll();
  void AskToReopen();
  void ReopenState(Loop& loop);
  void ReopenUntilItIs(std::unique_lock<std::mutex>& lock);
  void RunFlush();

  HostOptions options_;
  Ports ports_;
  DirectoryHub directory_;
  std::vector<std::unique_ptr<Partition>> partitions_;  // each written once, by its loop, before Open returns
  std::vector<std::atomic<Partition*>> open_;           // the same, for loops that run while others still open
  std::vector<uint64_t> told_;                          // the sequence watchers know, by partition; its loop's alone
  std::string log_id_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::thread flusher_;
  std::shared_ptr<Following> following_ = std::make_shared<Following>();
  std::atomic<bool> stopping_{false};

  std::mutex opening_mutex_;
  std::condition_variable opening_;
  uint32_t opened_ = 0;           // guarded by opening_mutex_
  bool directory_open_ = false;   // guarded by opening_mutex_
  absl::Status opening_failure_;  // guarded by opening_mutex_

  std::atomic<bool> reopen_wanted_{false};
  std::atomic<bool> member_{true};
  std::mutex reopen_mutex_;
  std::condition_variable reopened_;
  size_t suspended_loops_ = 0;                                 // guarded by reopen_mutex_
  uint64_t reopenings_ = 0;                                    // guarded by reopen_mutex_
  absl::Duration last_reopening_ = -absl::InfiniteDuration();  // monotonic; guarded by reopen_mutex_

  std::mutex watchers_mutex_;
  uint64_t next_watcher_ = 0;             // guarded by watchers_mutex_
  std::map<uint64_t, Watcher> watchers_;  // guarded by watchers_mutex_
  std::atomic<bool> watched_{false};
};

class EngineHost::Watch {
 public:
  Watch(EngineHost& host, uint64_t id) : host_(host), id_(id) {}
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  EngineHost& host_;
  const uint64_t id_;
};

}  // namespace caseward

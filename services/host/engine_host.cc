#include "services/host/engine_host.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr size_t kLoopThreadsDefault = 2;
constexpr absl::Duration kIdleMax = absl::Seconds(1);
// A timer that is due but cannot fire yet (an append is in flight, timers are held) must not make the loop spin.
constexpr absl::Duration kIdleMin = absl::Milliseconds(1);
constexpr absl::Duration kLookAgain = absl::Milliseconds(2);

TimeReading ReadClocks() {
  return {absl::Now(), absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch())};
}

}  // namespace

EngineHost::EngineHost(HostOptions options, Ports ports)
    : options_(std::move(options)), ports_(ports), directory_(Directory::Empty()) {
  if (!options_.clock) {
    options_.clock = ReadClocks;
  }
  const uint32_t partitions = ports_.log.partitions();
  CHECK(partitions > 0);
  partitions_.resize(partitions);
  open_ = std::vector<std::atomic<Partition*>>(partitions);
  told_.resize(partitions);
  const size_t wanted = options_.loop_threads == 0 ? kLoopThreadsDefault : options_.loop_threads;
  const size_t loops = std::min<size_t>(partitions, wanted);
  for (size_t i = 0; i < loops; ++i) {
    loops_.push_back(std::make_shared<Loop>());
  }
  for (uint32_t p = 0; p < partitions; ++p) {
    loops_[p % loops]->partitions.push_back(p);
  }
}

absl::StatusOr<std::unique_ptr<EngineHost>> EngineHost::Open(HostOptions options, Ports ports) {
  auto host = std::unique_ptr<EngineHost>(new EngineHost(std::move(options), ports));
  host->WatchIntake();
  host->StartLoops();
  absl::Status opened = host->WaitUntilOpen();
  if (opened.ok()) {
    opened = host->options_.shared ? host->FollowLog() : host->WaitUntilServing();
  }
  if (!opened.ok()) {
    host->Stop();
    return opened;
  }
  host->log_id_ = host->partition(0).view().position.log_id();
  if (host->log_id_.empty()) {
    host->log_id_ = host->options_.log_id;  // a shared log that nobody has written to yet
  }
  if (host->options_.flush) {
    host->flusher_ = std::thread([raw = host.get()] { raw->RunFlush(); });
  }
  return host;
}

EngineHost::~EngineHost() { Stop(); }

void EngineHost::WakeAll() {
  for (auto& loop : loops_) {
    {
      std::lock_guard lock(loop->mutex);
      ++loop->wakes;
    }
    loop->wake.notify_all();
  }
}

void EngineHost::Stop() {
  {
    std::lock_guard lock(opening_mutex_);
    stopping_ = true;
  }
  opening_.notify_all();
  {
    std::lock_guard lock(following_->mutex);
    following_->host = nullptr;
  }
  { std::lock_guard lock(reopen_mutex_); }  // a loop between its last look and its wait must not miss this
  reopened_.notify_all();
  WakeAll();
  for (auto& loop : loops_) {
    if (loop->thread.joinable()) {
      loop->thread.join();
    }
  }
  if (flusher_.joinable()) {
    flusher_.join();
  }
}

// ------------------------------------------------------------------------------------------------ opening

void EngineHost::StartLoops() {
  for (auto& loop : loops_) {
    loop->thread = std::thread([this, raw = loop.get()] {
      if (OpenPartitions(*raw)) {
        RunLoop(*raw);
      }
      for (const uint32_t p : raw->partitions) {
        if (partitions_[p]) {
          partitions_[p]->Stop();
        }
      }
    });
  }
}

absl::Status EngineHost::WaitUntilOpen() {
  std::unique_lock lock(opening_mutex_);
  opening_.wait(lock, [this] { return opened_ == partitions_.size() || !opening_failure_.ok(); });
  return opening_failure_;
}

// A barrier is passed once the partition has claimed and committed.
absl::Status EngineHost::WaitUntilServing() {
  struct Passed {
    std::mutex mutex;
    std::condition_variable all;
    size_t left = 0;
    absl::Status failure;
  };
  auto passed = std::make_shared<Passed>();
  passed->left = partitions_.size();
  const auto pass = [passed](const absl::Status& status) {
    std::lock_guard lock(passed->mutex);
    passed->failure.Update(status);
    --passed->left;
    passed->all.notify_all();
  };
  for (const auto& partition : partitions_) {
    if (absl::Status asked = partition->Barrier(pass); !asked.ok()) {
      pass(asked);
    }
  }
  std::unique_lock lock(passed->mutex);
  passed->all.wait(lock, [&] { return passed->left == 0; });
  return passed->failure;
}

// The log may call for as long as it lives, which is longer than the host.
absl::Status EngineHost::FollowLog() {
  return ports_.log.Follow([following = following_](uint32_t partition) {
    std::lock_guard lock(following->mutex);
    if (following->host != nullptr) {
      following->host->partition(partition).NoteLog();
    }
  });
}

void EngineHost::WatchIntake() {
  {
    std::lock_guard lock(following_->mutex);
    following_->host = this;
  }
  if (!options_.door) {
    return;
  }
  ports_.log.WatchIntake([following = following_](uint32_t partition) {
    std::lock_guard lock(following->mutex);
    Partition* reader = following->host == nullptr ? nullptr : following->host->open_[partition].load();
    if (reader != nullptr) {
      reader->NoteIntake();
    }
  });
}

void EngineHost::Own(const std::vector<uint32_t>& partitions, bool own) {
  for (const uint32_t p : partitions) {
    if (p < partitions_.size()) {
      partitions_[p]->Own(own);
    }
  }
}

bool EngineHost::WaitUntilOwned(const std::vector<uint32_t>& partitions, bool own, absl::Duration wait) const {
  const auto done = [&](uint32_t p) {
    const PartitionView view = partitions_[p]->view();
    return view.owner == own || view.condition == "STOPPED";
  };
  const absl::Time until = absl::Now() + wait;
  while (!std::all_of(partitions.begin(), partitions.end(), done)) {
    if (absl::Now() > until || stopping_) {
      return false;
    }
    absl::SleepFor(kLookAgain);
  }
  return true;
}

bool EngineHost::OpenPartitions(Loop& loop) {
  for (const uint32_t p : loop.partitions) {
    if (p != 0 && !WaitForDirectory()) {
      return false;
    }
    absl::Status status = OpenPartition(p, loop);
    const bool ok = status.ok();
    {
      std::lock_guard lock(opening_mutex_);
      if (ok) {
        ++opened_;
        directory_open_ = directory_open_ || p == 0;
      } else if (opening_failure_.ok()) {
        opening_failure_ = std::move(status);
      }
    }
    opening_.notify_all();
    if (!ok) {
      return false;
    }
  }
  return true;
}

bool EngineHost::WaitForDirectory() {
  std::unique_lock lock(opening_mutex_);
  opening_.wait(lock, [this] { return directory_open_ || !opening_failure_.ok() || stopping_; });
  return directory_open_ && opening_failure_.ok() && !stopping_;
}

absl::Status EngineHost::OpenPartition(uint32_t index, Loop& loop) {
  PartitionConfig config;
  config.partition = index;
  config.partitions = partitions();
  config.owner = options_.owner;
  config.log_id = options_.log_id;
  config.limits = options_.limits;
  config.shared = options_.shared;
  config.feed = options_.feed;
  config.door = options_.door;
  config.message_sent = [this](uint32_t to) {
    if (Partition* receiver = open_[to].load()) {
      receiver->NoteInbox();
    }
  };
  config.alone = [raw = &loop] { return raw->seen + raw->wakes <= 1; };
  auto opened = Partition::Open(
      config, {ports_.log, ports_.store, ports_.vault, ports_.hasher, directory_, ports_.observer}, options_.clock());
  if (!opened.ok()) {
    return absl::Status(opened.status().code(), StrCat("partition ", index, ": ", opened.status().message()));
  }
  partitions_[index] = *std::move(opened);
  partitions_[index]->SetWaker([shared = loop.shared_from_this()] {
    if (shared->wakes++ == 0) {
      { std::lock_guard lock(shared->mutex); }  // a loop between its last look and its sleep must not miss this
      shared->wake.notify_one();
    }
  });
  open_[index] = partitions_[index].get();
  return absl::OkStatus();
}

// ------------------------------------------------------------------------------------------------ the loops

void EngineHost::RunLoop(Loop& loop) {
  while (!stopping_) {
    loop.seen = loop.wakes.exchange(0);
    if (reopen_wanted_) {
      ReopenState(loop);
      continue;
    }
    std::optional<absl::Time> next_timer;
    if (!StepAll(loop, next_timer)) {
      Sleep(loop, next_timer);
    }
  }
}

bool EngineHost::StepAll(Loop& loop, std::optional<absl::Time>& next_timer) {
  bool worked = false;
  for (const uint32_t p : loop.partitions) {
    const StepResult result = partitions_[p]->Step(options_.clock());
    if (result.state_lost) {
      AskToReopen();
      return true;
    }
    if (result.worked) {
      worked = true;
      if (watched_) {
        Tell(p);
      }
    }
    if (result.next_timer && (!next_timer || *result.next_timer < *next_timer)) {
      next_timer = result.next_timer;
    }
  }
  return worked;
}

// ------------------------------------------------------------------------------------------------ reopening state

void EngineHost::AskToReopen() {
  if (!reopen_wanted_.exchange(true)) {
    WakeAll();
  }
}

void EngineHost::ReopenState(Loop& loop) {
  for (const uint32_t p : loop.partitions) {
    partitions_[p]->SuspendState(absl::OkStatus());
  }
  {
    std::unique_lock lock(reopen_mutex_);
    const uint64_t before = reopenings_;
    if (++suspended_loops_ == loops_.size()) {
      ReopenUntilItIs(lock);
      suspended_loops_ = 0;
      reopen_wanted_ = false;
      ++reopenings_;
      reopened_.notify_all();
    } else {
      reopened_.wait(lock, [&] { return reopenings_ != before || stopping_; });
    }
  }
  if (stopping_) {
    return;
  }
  for (const uint32_t p : loop.partitions) {
    partitions_[p]->BeginAgain(options_.clock());
  }
}

// No loop touches the store now. One try an interval: a disk that is full is not freed by asking.
void EngineHost::ReopenUntilItIs(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    const absl::Duration now = options_.clock().monotonic;
    const absl::Duration wait = last_reopening_ + options_.reopen_interval - now;
    if (wait > absl::ZeroDuration()) {
      reopened_.wait_for(lock, absl::ToChronoNanoseconds(wait), [this] { return stopping_.load(); });
      if (stopping_) {
        return;
      }
    }
    last_reopening_ = options_.clock().monotonic;
    if (!options_.reopen_state || options_.reopen_state().ok()) {
      return;
    }
  }
}

// ------------------------------------------------------------------------------------------------ sleeping and telling

void EngineHost::Sleep(Loop& loop, std::optional<absl::Time> next_timer) {
  absl::Duration wait = kIdleMax;
  if (next_timer) {
    wait = std::clamp(*next_timer - options_.clock().wall, kIdleMin, kIdleMax);
  }
  std::unique_lock lock(loop.mutex);
  loop.wake.wait_for(lock, absl::ToChronoNanoseconds(wait), [&] { return loop.wakes > 0 || stopping_; });
}

void EngineHost::Tell(uint32_t partition) {
  const uint64_t applied = partitions_[partition]->view().position.sequence();
  if (applied == told_[partition]) {
    return;
  }
  told_[partition] = applied;
  std::lock_guard lock(watchers_mutex_);
  for (const auto& [id, watcher] : watchers_) {
    watcher(partition);
  }
}

std::unique_ptr<EngineHost::Watch> EngineHost::AddWatcher(Watcher watcher) {
  std::lock_guard lock(watchers_mutex_);
  const uint64_t id = next_watcher_++;
  watchers_.emplace(id, std::move(watcher));
  watched_ = true;
  return std::make_unique<Watch>(*this, id);
}

EngineHost::Watch::~Watch() {
  std::lock_guard lock(host_.watchers_mutex_);
  host_.watchers_.erase(id_);
  host_.watched_ = !host_.watchers_.empty();
}

void EngineHost::RunFlush() {
  std::unique_lock lock(opening_mutex_);
  while (!stopping_) {
    opening_.wait_for(lock, absl::ToChronoNanoseconds(options_.flush_interval), [this] { return stopping_.load(); });
    lock.unlock();
    options_.flush(options_.clock());
    lock.lock();
  }
}

}  // namespace caseward

// What the offline verbs share: opening a folder, counting what is done, a few partitions at a time, and the proof that
// a partition's records are all there.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "services/offline.h"
#include "storage/data_folder.h"

namespace caseward {

// Nothing will be appended to it.
absl::StatusOr<std::unique_ptr<DataFolder>> OpenOffline(const OfflineFolder& folder, bool drop_state);

// Of all partitions.
absl::StatusOr<uint64_t> RecordsOf(EventLog& log);

// Tells progress now and then, over all partitions. Any thread.
class OfflineCounter {
 public:
  OfflineCounter(uint64_t of, const OfflineProgress& tell) : of_(of), tell_(tell) {}
  void Add(uint64_t n) {
    const uint64_t before = done_.fetch_add(n, std::memory_order_relaxed);
    if (!tell_ || before / kTellEvery == (before + n) / kTellEvery) return;
    const std::lock_guard lock(telling_);
    tell_(done_.load(std::memory_order_relaxed), of_);  // read under the lock, so that it only grows
  }

 private:
  static constexpr uint64_t kTellEvery = 1024;
  std::atomic<uint64_t> done_ = 0;
  const uint64_t of_;
  std::mutex telling_;
  const OfflineProgress& tell_;
};

// Runs `work` for each partition, a few at a time, and returns what came of each; the first fault, by number, if any
// failed. Partitions share no keys, so they need not wait for one another.
template <typename Result, typename Work>
absl::StatusOr<std::vector<Result>> EachPartition(uint32_t partitions, Work work) {
  std::vector<absl::StatusOr<Result>> results(partitions, absl::UnknownError("not run"));
  std::atomic<uint32_t> next = 0;
  const auto run = [&] {
    for (uint32_t partition = next++; partition < partitions; partition = next++)
      results[partition] = work(partition);
  };
  std::vector<std::thread> others(std::min(partitions, std::max(1U, std::thread::hardware_concurrency())) - 1);
  for (std::thread& thread : others)
    thread = std::thread(run);
  run();
  for (std::thread& thread : others)
    thread.join();
  std::vector<Result> done;
  for (absl::StatusOr<Result>& result : results) {
    if (!result.ok()) return result.status();
    done.push_back(*std::move(result));
  }
  return done;
}

// Where the records are, who has signed their heads, and the log's id, which the heads name.
struct LogToVerify {
  EventLog& log;
  const LocalKeyVault& vault;
  const std::string& log_id;
};
// Every record of a partition, from the first to the last, with every head that was signed on the way; `read` is called
// after each. DATA_LOSS names the first record that is missing, altered or out of order, or the head that does not fit.
absl::StatusOr<VerifiedPartition> VerifyPartition(const LogToVerify& what, uint32_t partition,
                                                  absl::FunctionRef<void()> read);

}  // namespace caseward

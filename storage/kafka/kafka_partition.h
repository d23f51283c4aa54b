// One partition of the log in Kafka: its worker, its two lanes, and what is known of its end.
//
//   AppendRound (the loop's thread) ──▶ bounded queue ──▶ worker ──▶ lane A, lane B, lane A ... ──▶ done
//
// Claiming  both lanes are initialised side by side, which fences whoever had them and ends what was open; then
// everything
//           before the high watermark is read; term = highest seen + 1; a claim is committed on one lane, then on the
//           other.
//
// A round   that was never asked to commit is Aborted. One that was asked, and did not hear yes, is Unknown. After
// either
//           the lanes are destroyed and only a Claim leads on. A fenced owner looks for its heir: with a claim of a
//           higher term in the log every round of ours before it is decided, and nothing is unknown any more.
//
// Threads   as the port says; the worker is one thread.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "engine/port/event_log.h"
#include "storage/kafka/kafka_inbox.h"
#include "storage/kafka/kafka_intake.h"
#include "storage/kafka/kafka_lane.h"
#include "storage/kafka/kafka_scan.h"
#include "storage/kafka/kafka_table.h"
#include "storage/kafka/kafka_tail.h"
#include "storage/round_rules.h"

namespace caseward {

// What the partitions of one log share.
struct KafkaShared {
  explicit KafkaShared(KafkaOptions wanted, uint32_t number_of_partitions);

  const KafkaOptions options;
  const uint32_t partitions;
  KafkaReaders readers;
  KafkaKeys keys;
  KafkaOwners owners;
  KafkaInbox inbox;
  KafkaIntake intake;
  std::atomic<bool> followed{false};  // a KafkaFollower runs
};

class KafkaPartition {
 public:
  KafkaPartition(KafkaShared& shared, uint32_t partition);
  // Answers every queued round first.
  ~KafkaPartition();

  // The term is above `above` too.
  absl::StatusOr<uint64_t> Claim(std::string_view owner, uint64_t above = 0);
  void AppendRound(Round round, AppendDone done);
  absl::StatusOr<uint64_t> End();
  absl::Status ReadFrom(uint64_t from, absl::FunctionRef<bool(uint64_t, std::string_view)> record);

  // Gives the lanes back, after the rounds that wait.
  void Release();
  // The same, and forgets all that was read.
  void Forget();
  // The endpoint or name of the newest claim that was seen.
  std::string LastOwner() const;
  // For KafkaFollower: from where another's records are to be read; nullopt while this node claims or owns it.
  std::optional<int64_t> FollowFrom();
  // A record that the follower has read. True if it is new. A fault stays until the next claim.
  bool Followed(const absl::StatusOr<KafkaIn>& in);

 private:
  struct AppendOp {
    Round round;
    AppendDone done;
    size_t bytes = 0;
  };
  struct ClaimOp {
    std::string owner;
    uint64_t above = 0;
    std::promise<absl::StatusOr<uint64_t>>* term = nullptr;
  };
  struct ReleaseOp {
    std::promise<void>* forgotten = nullptr;  // null: only release
  };
  using Op = std::variant<AppendOp, ClaimOp, ReleaseOp>;

  // The worker's thread, and all below it.
  void Work();
  AppendResult Append(const Round& round);
  AppendResult Commit(const Round& round);
  AppendResult Failed(const Round& round, const KafkaLane::Result& result);
  AppendResult AfterHeir(const Round& round, const PartitionHead& before);
  void Committed(const Round& round, const std::vector<KafkaOut>& out, const std::vector<int64_t>& offsets);
  absl::StatusOr<std::vector<KafkaOut>> Lay(const Round& round) const;
  void LayIntake(const Round& round, std::vector<KafkaOut>& out) const;
  absl::StatusOr<uint64_t> MakeClaim(const std::string& owner, uint64_t above);
  absl::Status OpenLanes();
  absl::Status FindFeedEnd();
  absl::Status CommitClaim(KafkaLane& lane, uint64_t term, const std::string& owner);
  void TouchIdleLanes();
  void LoseLanes(absl::Status why);
  void ForgetTail();

  KafkaOut Barrier(uint64_t term) const;
  std::string LaneId(char lane) const;

  KafkaShared& shared_;
  const uint32_t partition_;
  const std::string events_;
  const std::string feed_;
  KafkaTail tail_;
  KafkaScan scan_;
  std::mutex scan_mutex_;                        // one catches up at a time
  absl::Time caught_up_ = absl::InfinitePast();  // guarded by scan_mutex_
  absl::Status followed_;                        // guarded by scan_mutex_: what the follower has met
  std::atomic<bool> others_{true};               // not claimed here: others may append

  // The worker's own.
  PartitionHead head_;
  // Not OK: there are no lanes, claim anew.
  absl::Status broken_ = absl::FailedPreconditionError("the partition is not claimed");
  std::array<std::unique_ptr<KafkaLane>, 2> lanes_;
  size_t turn_ = 0;
  int64_t feed_next_ = 0;  // an item of ours comes to this offset or behind

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Op> queue_;
  size_t queued_rounds_ = 0;
  size_t queued_bytes_ = 0;
  bool stopping_ = false;
  bool held_ = false;  // the tail is the end: nobody else may append

  std::thread worker_;
};

}  // namespace caseward

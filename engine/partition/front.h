// The part of a partition that any thread may touch: the bounded inbox, who waits for what, and what the loop last said
// of itself. One mutex, held for moments, never across a call out.
//
// Threads   any; what is for the loop alone says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "engine/partition/partition.h"
#include "engine/partition/round.h"

namespace caseward {

class Front {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  Front(uint32_t partition, size_t inbox_max) : partition_(partition), inbox_max_(inbox_max) {}

  // ---- any thread
  // RESOURCE_EXHAUSTED at the bound, UNAVAILABLE while the partition takes nothing; else `pending` waits.
  absl::Status Push(Pending pending);
  absl::Status PushBarrier(Done done);
  // Runs `done` at once if the position is applied.
  void WhenApplied(uint64_t sequence, Done done);
  PartitionView view() const;
  bool owner() const { return owner_; }
  void SetWaker(std::function<void()> waker);
  void Wake() const;
  // A message may have come.
  void NoteInbox();
  // The intake may have grown.
  void NoteIntake();
  // The log may have grown.
  void NoteLog();
  void Own(bool own);
  // RESOURCE_EXHAUSTED at the bound.
  void PushResume(Done done);
  // As Push.
  struct Acceptance {
    uint64_t from = 0;
    v1::Actor by;
    Done done;
  };
  absl::Status PushAcceptance(Acceptance acceptance);

  // ---- the loop's thread
  // The longest waiting commands, at most `limit` and about `bytes` of them.
  std::vector<Pending> PopCommands(size_t limit, size_t bytes);
  // Back to where they were: before all that came since.
  void Return(std::vector<Pending> pending);
  std::vector<Done> PopBarriers();
  std::vector<Done> PopResumes();
  std::vector<Acceptance> PopAcceptances();
  // How many commands wait.
  size_t waiting() const;
  bool TakeInboxNote();
  bool TakeIntakeNote();
  bool TakeLogNote();
  bool owner_wanted() const;
  bool idle() const;
  // What the loop says of itself; `open` false: take no more, for the reason given.
  void Publish(PartitionView view, bool open);
  // Those who waited for what is applied now, or, once stopped, everybody.
  std::vector<Done> PopApplied(uint64_t sequence);
  struct Everybody {
    std::vector<Pending> commands;
    std::vector<Done> waiting;
  };
  Everybody PopEverybody();
  // Those whom only an owner can serve: commands and LATEST reads.
  Everybody PopOwners();

 private:
  absl::Status CheckOpen() const;

  const uint32_t partition_;
  const size_t inbox_max_;
  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::deque<Pending> commands_;
  std::vector<Done> barriers_;
  std::vector<Done> resumes_;
  std::vector<Acceptance> acceptances_;
  std::multimap<uint64_t, Done> applied_;
  PartitionView view_;
  bool open_ = true;
  bool has_applied_ = false;
  bool inbox_note_ = true;  // look once at the beginning
  bool intake_note_ = true;
  bool log_note_ = true;
  bool owner_wanted_ = false;
  std::atomic<bool> owner_{false};  // what the view says; not guarded
  std::function<void()> waker_;
};

}  // namespace caseward

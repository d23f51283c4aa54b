// Partitions over the twins of log and store, driven by hand: what tests of the loop are written with. One thread, a
// clock that moves when it is told to, and nothing happens between two calls.
//
//   PartitionWorld world(2);
//   const v1::Outcome reported = world.Must(Report("r1"), Staff("olu", "officer"));
//   world.Advance(absl::Hours(9));
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/intake.pb.h"
#include "engine/directory/directory_hub.h"
#include "engine/partition/partition.h"
#include "engine/partition/reader.h"
#include "storage/local_key_vault.h"
#include "storage/memory_event_log.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/support/simple_pack.h"

namespace caseward::test {

class PartitionWorld {
 public:
  // Opens all partitions and publishes the simple calendar and pack, unless `publish` is false.
  explicit PartitionWorld(uint32_t partitions = 2, PartitionLimits limits = {}, bool publish = true,
                          MemoryEventLog::Delivery delivery = MemoryEventLog::Delivery::kAtOnce);
  ~PartitionWorld();

  // ---- commands: routed, submitted, and driven until everything rests.
  absl::StatusOr<v1::Outcome> Do(const v1::Command& command, const v1::Actor& actor);
  // The same, expecting an outcome; fails the test otherwise.
  v1::Outcome Must(const v1::Command& command, const v1::Actor& actor);
  // Only submits: the answer is kept until Drive.
  struct Waiting {
    bool answered = false;
    absl::StatusOr<v1::Outcome> outcome = absl::UnknownError("not answered");
  };
  std::shared_ptr<Waiting> Submit(const v1::Command& command, const v1::Actor& actor);
  uint32_t PartitionOfCommand(const v1::Command& command, const v1::Actor& actor) const;
  // Steps every open partition until none has anything to do.
  void Drive();

  // ---- time
  TimeReading now() const { return now_; }
  void SetWall(absl::Time wall) { now_.wall = wall; }
  // Moves both clocks, then drives.
  void Advance(absl::Duration by);
  // Moves the wall clock alone.
  void Jump(absl::Duration by) { now_.wall += by; }

  // ---- partitions
  Partition& partition(uint32_t n) { return *nodes_.at(n).partition; }
  bool is_open(uint32_t n) const { return nodes_.at(n).partition != nullptr; }
  // Kills the partition's process: nothing in memory survives, and of its state the newest `lost` batches do not
  // either.
  void Crash(uint32_t n, size_t lost = 0);
  absl::Status Open(uint32_t n);
  void Reopen(uint32_t n, size_t lost = 0);
  // What the host does when the state store is UNAVAILABLE: reopened under a running partition, the last `lost` batches
  // are gone.
  void ReopenState(uint32_t n, size_t lost);

  MemoryEventLog& log() { return log_; }
  MemoryStateStore& store(uint32_t n) { return *nodes_.at(n).store; }
  LocalKeyVault& vault(uint32_t n) { return *nodes_.at(n).vault; }
  DirectoryHub& hub() { return hub_; }
  const Hasher& hasher() const { return hasher_; }
  Observer& observer() { return *observer_; }
  // Instead of one that listens to nothing, from the next Open on; outlives the world.
  void SetObserver(Observer& observer) { observer_ = &observer; }
  PartitionReader Reader(uint32_t n) const { return PartitionReader(n, *nodes_.at(n).store); }
  PartitionConfig Config(uint32_t n) const;

  // ---- commands by topic: put on a partition of the intake, and driven until everything rests. Returns its offset.
  uint64_t Put(uint32_t n, TopicRecord record);
  uint64_t Put(uint32_t n, const v1::Command& command, const v1::Actor& actor);
  // Who opens the door, from the next Open on; null: it is closed.
  void SetDoor(IntakeDoor door) { door_ = std::move(door); }
  // What was published of them.
  std::vector<v1::IntakeOutcome> Outcomes(uint32_t n) const;

  // ---- looking
  v1::CaseState CaseAt(const std::string& case_id) const;
  std::vector<v1::Decision> Records(uint32_t n);
  std::string Digest(uint32_t n) const;
  // The digest of a state rebuilt from the log alone.
  std::string RebuiltDigest(uint32_t n);

 private:
  struct Node {
    std::unique_ptr<MemoryStateStore> store;
    std::unique_ptr<LocalKeyVault> vault;
    std::unique_ptr<Partition> partition;
  };

  const uint32_t partitions_;
  const PartitionLimits limits_;
  TimeReading now_;
  OpensslHasher hasher_;
  Observer silent_;
  Observer* observer_ = &silent_;
  MemoryEventLog log_;
  DirectoryHub hub_{Directory::Empty()};
  IntakeDoor door_;
  std::vector<Node> nodes_;
};

// People whom the tests of partitions know.
v1::Actor Officer();  // olu
v1::Actor Manager();  // mia
// A report by the officer whose case is at home in partition `n`.
v1::Command ReportIn(PartitionWorld& world, uint32_t n, const std::string& name, std::string_view account = "");
// The records that the intake has left in partition `n`, in order.
std::vector<v1::Decision> Taken(PartitionWorld& world, uint32_t n);
// The clock of the case; an empty one if it has none of that id.
v1::ClockState ClockOf(const v1::CaseState& state, const std::string& id);

}  // namespace caseward::test

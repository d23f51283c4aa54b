// The simulator: several partitions over twins of log and store that misbehave, clients that retry, a clock that jumps,
// and every law looked at after every step. One thread; the seed is the only chance; a failure prints the line that
// repeats it.
//
//   submit a command or repeat one ─┐
//   put one on a topic, or nonsense ┤
//   step a partition ───────────────┤   one of these, drawn by the seed   ──▶ look at what is new in log and state:
//   let a round reach the log ──────┤                                         gapless, no text in clear, nothing twice,
//   crash, reopen, a second owner ──┤                                         replay equals live, clocks once, ...
//   a warm follower takes over ─────┤
//   time passes, or jumps ──────────┘
//
// Swarm: each seed also draws which misfortunes there are at all, so that some runs are rough in one way only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/directory/directory_hub.h"
#include "engine/partition/apply.h"
#include "engine/partition/partition.h"
#include "storage/local_key_vault.h"
#include "storage/memory_event_log.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"

namespace caseward::test {

// Thrown by the observer between two hops: the process is gone.
struct CrashNow {};

class CrashingObserver final : public Observer {
 public:
  // Crashes at the n-th hop from now; 0: never.
  void Arm(int hops) { hops_ = hops; }
  void HopBegins(uint32_t, Hop) override { Count(); }
  void HopEnded(uint32_t, Hop, absl::Duration, size_t) override { Count(); }

 private:
  void Count() {
    if (hops_ > 0 && --hops_ == 0) throw CrashNow();
  }
  int hops_ = 0;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed, int steps = 250, size_t trace_lines = 50);
  ~Simulation();

  // True if every law held throughout.
  bool Run();
  // What was wrong, the last steps and the command that repeats it.
  std::string Failure() const;
  // A digest of everything that happened: equal seeds give equal ones.
  std::string Trace() const;

  // What happened, so that a test can tell that the misfortunes do come.
  struct Counts {
    uint64_t commands = 0, accepted = 0, refused = 0, replayed = 0, faults = 0, crashes = 0, zombies = 0, jumps = 0,
             fires = 0, messages = 0, claims = 0, heads = 0, erasures = 0, imports = 0, records = 0, stopped = 0,
             full_disks = 0, takeovers = 0, by_topic = 0, moved = 0, rejected = 0, noted = 0, splits = 0, merges = 0,
             loads = 0, lost_inboxes = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  // Which misfortunes this seed has.
  struct Swarm {
    bool crashes, lost_batches, duplicates, delays, aborts, unknowns, claim_failures, zombies, jumps, references,
        imports, erasures, full_disks, shared, topic, topic_faults, merges, loads, lost_inboxes;
  };
  // One process that owns one partition, or believes that it does, or, where nodes share the log, follows it.
  struct Node {
    uint32_t n = 0;
    std::unique_ptr<MemoryStateStore> store = nullptr;
    std::shared_ptr<bool> alive = nullptr;
    std::unique_ptr<LocalKeyVault> vault = nullptr;
    std::unique_ptr<CrashingObserver> observer = nullptr;
    std::unique_ptr<Partition> partition = nullptr;  // null: down
    uint64_t position = 0;                           // last seen, never goes back while it lives
  };
  // A command as its client knows it.
  struct Asked {
    v1::Command command;
    v1::Actor actor;
    uint32_t partition = 0;
    std::string stream = "";
    std::string resident_id = "";
    bool acknowledged = false;
    v1::Outcome first = {};
  };
  struct ImportedCase {
    std::string case_id;
    absl::Time time;
  };

  // ---- chance
  uint64_t Draw(uint64_t below) { return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_); }
  bool Chance(int percent) { return Draw(100) < static_cast<uint64_t>(percent); }

  // ---- steps (simulation.cc)
  void Step();
  void Finish();
  void OpenNode(Node& node);
  void CloseNode(Node& node, bool is_owner);
  void StepNode(Node& node);
  void ReopenState(Node& node);
  void Crash();
  void LoseInbox(uint32_t n);
  void BeginZombie();
  void TakeOver();
  void Pass();
  void Jump();
  void DeliverOne();
  void Heal();
  void DriveToRest();
  bool StepsAll();
  LogFault DrawFault();
  void Say(std::string what);
  void Fail(std::string what);

  // ---- clients (simulation_clients.cc)
  void SubmitSomething();
  void Send(size_t asked);
  void Ask(v1::Command command, v1::Actor actor);
  v1::Command DrawCommand(v1::Actor& actor);
  v1::Command DrawCaseCommand(const std::string& case_id);
  std::optional<v1::Command> DrawMerge();
  v1::Command DrawSplit(const std::string& id, const std::string& case_id);
  v1::Command DrawImport();
  v1::Command DrawDirectory();
  v1::Command PublishPack();
  std::string NewId() { return "k" + std::to_string(++ids_); }
  std::string Text() { return "CLEARTEXT " + std::to_string(++ids_); }
  void Answered(size_t asked, const absl::StatusOr<v1::Outcome>& answer, const StateReader& shown);

  // ---- clients by topic (simulation_topic.cc), and what must hold of what they sent
  void UseTopic();
  void PutByTopic();
  void CheckTaken(uint32_t n, const v1::Decision& decision);
  void SeeIntake();
  void CheckOutcomes(uint32_t n);

  // ---- laws (simulation_laws.cc)
  void CheckNewRecords();
  void CheckRecord(uint32_t n, const v1::Decision& decision, std::string_view raw);
  void CheckNode(Node& node);
  void CheckAcknowledged(const Asked& asked);
  void CheckAtRest();
  void CheckNoText(uint32_t n);
  void CheckClocks(uint32_t n);
  void CheckNothingHalfDone(uint32_t n);
  void CheckWaiting(uint32_t n);
  void CheckCaseloads();
  void CheckErased();

  const uint64_t seed_;
  const int steps_;
  const size_t trace_lines_;
  std::mt19937_64 random_;
  Swarm swarm_{};
  uint32_t partitions_ = 2;
  PartitionLimits limits_;
  TimeReading now_;
  OpensslHasher hasher_;
  std::unique_ptr<MemoryEventLog> log_;
  DirectoryHub hub_;
  std::vector<Node> owners_;   // by partition
  std::vector<Node> zombies_;  // owned it before; where nodes share the log, also followers that never did
  bool healed_ = false;

  // What clients know.
  uint64_t ids_ = 0;
  std::deque<Asked> asked_;
  std::vector<std::string> cases_;
  std::vector<ImportedCase> imports_;
  std::set<std::string> erased_;

  // What the log has shown, by partition.
  struct Seen {
    uint64_t records = 0;
    uint64_t term = 0;
    absl::Time recorded_at = absl::InfinitePast();
    std::vector<std::string> digests;  // after each record, by replay from nothing, one record a batch
    std::unique_ptr<MemoryStateStore> store;
    std::unique_ptr<Applier> replay;
    std::set<uint64_t> came;   // offsets of the intake that could be read
    std::set<uint64_t> taken;  // and those that a record was left for
    std::set<uint64_t> moved;  // of these, the ones whose outcome comes from elsewhere
    bool transaction = false;  // an outside system's is open
  };
  std::vector<Seen> seen_;
  std::set<std::string> decided_;  // principal and command id
  // Case and clock → edges and due times that fired since the clock last started.
  std::map<std::pair<std::string, std::string>, std::set<std::pair<int, std::string>>> fired_;
  std::set<std::tuple<uint32_t, uint64_t, uint32_t>> sent_, received_;

  Counts counts_;
  std::deque<std::string> trace_;
  uint64_t trace_hash_ = 14695981039346656037ULL;
  std::string failure_;
};

}  // namespace caseward::test

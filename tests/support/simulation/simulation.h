// The simulator: several partitions over twins of log and store that misbehave, clients that retry, a clock that jumps,
// and every law looked at after every step. One thread; the seed is the only chance; a failure prints the line that
// repeats it.
//
//   submit a command or repeat one ─┐
//   put one on a topic, or nonsense ┤
//   step a partition ───────────────┤   one of these,         ──▶ look at what is new in log and state: gapless, no
//   let a round reach the log ──────┤   drawn by the seed         text in clear, nothing twice, replay equals live,
//   crash, reopen, a second owner ──┤   (author.h), or read       refusals say why, clocks once, ...
//   a warm follower takes over ─────┤   from a script (script.h)
//   time passes, or jumps ──────────┘
//
// Whatever is drawn is drawn before it is done, and doing it draws nothing: so a run is its script, which can be kept,
// cut down (shrink.h) and run again. What the runs reached is counted (coverage.h).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
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
#include "tests/support/simulation/coverage.h"
#include "tests/support/simulation/script.h"

namespace caseward::test {

class Author;

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

// How a run is watched.
struct SimulationOptions {
  int steps = 250;          // drawn, if the run is not read from a script
  size_t trace_lines = 50;  // shown when a law is broken
  // Told of each action before it is done.
  std::function<void(const Act&)> on_action = nullptr;
  // A law of the test's own, looked at for each record and the case as it was before it: what is broken; empty:
  // nothing.
  std::function<std::string(const v1::Decision&, const v1::CaseState* before)> law = nullptr;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed, SimulationOptions options = {});
  // Does what the script says instead of drawing.
  explicit Simulation(Script script, SimulationOptions options = {});
  ~Simulation();

  // True if every law held throughout.
  bool Run();
  // What was wrong, the last steps and the command that repeats it.
  std::string Failure() const;
  // Which law was broken, without what differs from run to run; empty: none.
  std::string BrokenLaw() const;
  // A digest of everything that happened: equal seeds give equal ones.
  std::string Trace() const;
  // What was done, and what came of each action.
  const Script& script() const { return script_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const Coverage& coverage() const { return coverage_; }

  // What happened, so that a test can tell that the misfortunes do come.
  struct Counts {
    uint64_t commands = 0, accepted = 0, refused = 0, replayed = 0, faults = 0, crashes = 0, zombies = 0, jumps = 0,
             fires = 0, messages = 0, claims = 0, heads = 0, erasures = 0, imports = 0, records = 0, stopped = 0,
             full_disks = 0, takeovers = 0, by_topic = 0, moved = 0, rejected = 0, noted = 0, splits = 0, merges = 0,
             links = 0, loads = 0, lost_inboxes = 0;
  };
  const Counts& counts() const { return counts_; }

  // ---- what an author may look at: what the log shows, and which processes live
  struct ImportedCase {
    std::string case_id;
    absl::Time time;
  };
  using MessageId = std::tuple<uint32_t, uint64_t, uint32_t>;  // partition, sequence, number
  struct Flight {
    uint32_t from = 0;
    uint32_t to = 0;
    size_t step = 0;  // since when
  };
  uint32_t partitions() const { return partitions_; }
  absl::Time now() const { return now_.wall; }
  const Hasher& hasher() const { return hasher_; }
  const std::vector<std::string>& cases() const { return cases_; }
  const std::vector<std::string>& residents() const { return residents_; }
  const std::vector<ImportedCase>& imports() const { return imports_; }
  const std::vector<std::string>& asked_ids() const { return asked_ids_; }
  // Of one command, by its id: whether a client sent it, was answered, and which case or person it makes.
  bool IsAsked(const std::string& command_id) const { return by_id_.contains(command_id); }
  bool IsAnswered(const std::string& command_id) const {
    return IsAsked(command_id) && asked_[by_id_.at(command_id)].acknowledged;
  }
  const std::string& MadeBy(const std::string& command_id) const { return asked_[by_id_.at(command_id)].stream; }
  // The partition that a client turned to last.
  uint32_t last_asked() const { return asked_.empty() ? 0 : asked_.back().partition; }
  // Sent and not taken yet.
  const std::map<MessageId, Flight>& in_flight() const { return in_flight_; }
  // As the log has them; null: there is none. Good until the next action.
  const v1::CaseState* CaseOf(const std::string& case_id);
  const v1::ResidentState* ResidentOf(const std::string& resident_id);
  size_t olds() const { return olds_.size(); }
  // Of the owner, old 0, or of the old-th that owned or follows.
  bool IsDown(uint64_t n, uint64_t old) const { return NodeAt(n, old) == nullptr || !NodeAt(n, old)->partition; }
  bool HasLostState(uint64_t n, uint64_t old) const { return NodeAt(n, old) != nullptr && NodeAt(n, old)->state_lost; }
  bool InTransaction(uint32_t n) const { return seen_[n].transaction; }

 private:
  // One process that owns one partition, or believes that it does, or, where nodes share the log, follows it.
  struct Node {
    uint32_t n = 0;
    std::unique_ptr<MemoryStateStore> store = nullptr;
    std::shared_ptr<bool> alive = nullptr;
    std::unique_ptr<LocalKeyVault> vault = nullptr;
    std::unique_ptr<CrashingObserver> observer = nullptr;
    std::unique_ptr<Partition> partition = nullptr;  // null: down
    uint64_t position = 0;                           // last seen, never goes back while it lives
    bool state_lost = false;
    size_t reached = 0, lost = 0;  // what it leaves when it dies between two hops
  };
  // A command as its client knows it.
  struct Asked {
    v1::Command command;
    v1::Actor actor;
    uint32_t partition = 0;
    std::string stream = "";
    std::string resident_id = "";
    size_t step = 0;  // when it was first asked
    bool acknowledged = false;
    v1::Outcome first = {};
  };

  Simulation(std::unique_ptr<Author> author, Script script, SimulationOptions options);

  // ---- steps (simulation.cc)
  void Prepare();
  void Do(const Act& action);
  void Finish();
  void OpenNode(Node& node);
  void CloseNode(Node& node, bool is_owner, size_t reached);
  void StepNode(Node& node, bool look);
  void ReopenState(Node& node, size_t lost);
  void Heal();
  void DriveToRest();
  bool StepsAll();
  // nullptr: there is none.
  const Node* NodeAt(uint64_t n, uint64_t old) const;
  Node* NodeAt(uint64_t n, uint64_t old);
  void Struck(Misfortune misfortune, uint32_t n);
  void Say(std::string what);
  void Fail(std::string law, const std::string& what);

  // ---- misfortunes (misfortunes.cc)
  bool DoMisfortune(const Act& action);
  void Die(const Act& action);
  void Crash(const Act& action);
  void LoseInbox(uint32_t n);
  void BeginSecondOwner(uint32_t n);
  void TakeOver(uint32_t n, bool warm, bool told);
  LogFault TakeFault(uint32_t n);

  // ---- clients (clients.cc)
  bool DoClients(const Act& action);
  // Remembers it, and where it belongs; nullptr: nowhere, which fails.
  Asked* Remember(const Act& action);
  void Send(size_t asked, bool stale);
  void Ask(v1::Command command, v1::Actor actor);
  void Answered(size_t asked, const absl::StatusOr<v1::Outcome>& answer, const StateReader& shown);
  void Learn(const Asked& asked, const std::string& stream);

  // ---- clients by topic (topic.cc), and what must hold of what they sent
  void PutOnTopic(uint32_t topic, const Asked& asked);
  void PutNonsense(uint32_t topic, bool sender);
  void Transact(uint32_t topic, bool commit);
  void CheckTaken(uint32_t n, const v1::Decision& decision);
  void SeeIntake();
  void CheckOutcomes(uint32_t n);

  // ---- laws (laws.cc: each record; laws_at_rest.cc: everything, once all is well)
  void CheckNewRecords();
  void CheckRecord(uint32_t n, const v1::Decision& decision, std::string_view raw);
  void CheckWho(const std::string& where, const v1::Decision& decision);
  void CheckTimes(uint32_t n, const std::string& where, const v1::Decision& decision);
  void CheckRefusal(const std::string& where, const v1::Decision& decision);
  void CheckMessages(uint32_t n, const std::string& where, const v1::Decision& decision);
  void ReplayRecord(uint32_t n, const v1::Decision& decision, std::string_view raw);
  void CountRecord(uint32_t n, const v1::Decision& decision, const v1::CaseState* before);
  std::string PhaseBefore(uint32_t n, const v1::Decision& decision, const v1::CaseState* before);
  const v1::CaseState* CaseIn(uint32_t n, const std::string& case_id);
  void CheckNode(Node& node);
  void CheckAcknowledged(const Asked& asked);
  void CheckAtRest();
  void CheckNoText(uint32_t n);
  void CheckClocks(uint32_t n);
  void CheckNothingHalfDone(uint32_t n);
  void CheckSplitsAndLinks(uint32_t n);
  void CheckWaiting(uint32_t n);
  void CheckCaseloads();
  void CheckErased();

  SimulationOptions options_;
  Script script_;
  std::unique_ptr<Author> author_;  // null: the script says what is done
  std::vector<std::string> notes_;
  uint32_t partitions_ = 2;
  PartitionLimits limits_;
  TimeReading now_;
  OpensslHasher hasher_;
  std::unique_ptr<MemoryEventLog> log_;
  DirectoryHub hub_;
  std::vector<Node> owners_;  // by partition
  std::vector<Node> olds_;    // owned it before; where nodes share the log, also followers that never did
  std::map<uint32_t, LogFault> planned_;
  bool healed_ = false;
  uint64_t opened_ = 0;
  size_t step_ = 0;

  // What clients know.
  std::deque<Asked> asked_;
  std::vector<std::string> asked_ids_;
  std::map<std::string, size_t> by_id_;
  std::vector<std::string> cases_;
  std::vector<std::string> residents_;
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
    std::set<uint64_t> came;                              // offsets of the intake that could be read
    std::set<uint64_t> taken;                             // and those that a record was left for
    std::set<uint64_t> moved;                             // of these, the ones whose outcome comes from elsewhere
    bool transaction = false;                             // an outside system's is open
    std::optional<std::pair<size_t, Misfortune>> struck;  // last
    size_t record_step = 0;                               // of the last record
  };
  std::vector<Seen> seen_;
  bool intake_changed_ = false;    // more may lie on the topics than came so far
  std::set<std::string> decided_;  // principal and command id
  // Case and clock → edges and due times that fired since the clock last started.
  std::map<std::pair<std::string, std::string>, std::set<std::pair<int, std::string>>> fired_;
  std::map<MessageId, Flight> in_flight_;
  std::set<MessageId> sent_, received_;

  Counts counts_;
  Coverage coverage_;
  std::deque<std::string> trace_;
  std::string note_;  // what came of the action that is being done
  uint64_t trace_hash_ = 14695981039346656037ULL;
  std::string law_;
  std::string failure_;
};

}  // namespace caseward::test

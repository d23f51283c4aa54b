#include "tests/support/simulation/simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "tests/support/england_and_wales.h"
#include "tests/support/intake_door.h"
#include "tests/support/simulation/author.h"

namespace caseward::test {

Simulation::Simulation(uint64_t seed, SimulationOptions options)
    : Simulation(std::make_unique<Author>(seed), Script(), std::move(options)) {}

Simulation::Simulation(Script script, SimulationOptions options)
    : Simulation(nullptr, std::move(script), std::move(options)) {}

Simulation::Simulation(std::unique_ptr<Author> author, Script script, SimulationOptions options)
    : options_(std::move(options)),
      script_(author ? author->Begin() : std::move(script)),
      author_(std::move(author)),
      now_{.wall = At("2026-03-02T09:00:00Z"), .monotonic = absl::Hours(1)},
      hub_(Directory::Empty()) {
  const Mix& mix = script_.mix;
  partitions_ = static_cast<uint32_t>(mix.partitions);
  limits_.inbox_max = static_cast<size_t>(mix.inbox_max);
  limits_.round_commands_max = static_cast<size_t>(mix.round_max);
  limits_.cached_cases_max = static_cast<size_t>(mix.cached_cases);
  limits_.cached_lines_max = static_cast<size_t>(mix.cached_lines);
  limits_.command_ids_kept = absl::Hours(mix.ids_kept_hours);
  limits_.intake_idle = absl::Seconds(mix.intake_idle_seconds);
  log_ = std::make_unique<MemoryEventLog>(
      partitions_, mix.delays != 0 ? MemoryEventLog::Delivery::kWhenTold : MemoryEventLog::Delivery::kAtOnce);
  log_->faults().Otherwise([this](uint32_t n) { return TakeFault(n); });
  log_->WatchIntake([this](uint32_t n) {
    if (n < owners_.size() && owners_[n].partition) owners_[n].partition->NoteIntake();
  });
  for (uint32_t n = 0; n < partitions_; ++n) {
    owners_.push_back({.n = n, .store = std::make_unique<MemoryStateStore>()});
    Seen& seen = seen_.emplace_back();
    seen.store = std::make_unique<MemoryStateStore>();
    seen.replay = std::make_unique<Applier>(n, limits_, Applier::Ports{.store = *seen.store, .hasher = hasher_});
  }
}

// A run that broke a law leaves questions open; their answers have nobody to go to.
Simulation::~Simulation() {
  for (std::vector<Node>* nodes : {&owners_, &olds_}) {
    for (Node& node : *nodes) {
      if (node.alive) *node.alive = false;
    }
  }
}

// The beginning is calm: the partitions are there, and the directory knows what the clients speak of.
void Simulation::Prepare() {
  healed_ = true;
  for (Node& node : owners_)
    OpenNode(node);
  DriveToRest();
  // As many at a time as the smallest inbox takes.
  constexpr size_t kAtOnce = 3;
  std::vector<Asking> entries = FirstEntries(script_);
  for (size_t i = 0; i < entries.size(); ++i) {
    Ask(std::move(entries[i].command), std::move(entries[i].actor));
    if ((i + 1) % kAtOnce == 0) DriveToRest();
  }
  DriveToRest();
  for (const Asked& asked : asked_) {
    if (asked.first.has_accepted()) continue;
    Fail("prepare", StrCat("the directory does not take ", asked.command.ShortDebugString().substr(0, 200), ": ",
                           asked.first.refusal().say()));
  }
  asked_ids_.clear();
  healed_ = false;
}

bool Simulation::Run() {
  Prepare();
  const size_t steps = author_ ? static_cast<size_t>(options_.steps) : script_.actions.size();
  for (step_ = 1; step_ <= steps && failure_.empty(); ++step_) {
    if (author_) script_.actions.push_back(author_->Next(*this));
    note_.clear();
    if (options_.on_action) options_.on_action(script_.actions[step_ - 1]);
    Do(script_.actions[step_ - 1]);
    CheckNewRecords();
    notes_.push_back(note_);
  }
  if (failure_.empty()) Finish();
  return failure_.empty();
}

void Simulation::Do(const Act& action) {
  const std::array<int64_t, 4>& numbers = action.numbers;
  if (DoClients(action) || DoMisfortune(action)) return;
  Node* node = NodeAt(static_cast<uint64_t>(numbers[0]), static_cast<uint64_t>(numbers[1]));
  switch (action.kind) {
    case Act::Kind::kStep:
      if (node != nullptr && node->partition) StepNode(*node, numbers[2] != 0);
      break;
    case Act::Kind::kOpen:
      if (node != nullptr && !node->partition) OpenNode(*node);
      break;
    case Act::Kind::kReopen:
      if (node != nullptr && node->partition && node->state_lost) ReopenState(*node, static_cast<size_t>(numbers[2]));
      break;
    case Act::Kind::kDeliver:
      if (numbers[0] >= partitions_) break;
      log_->Deliver(static_cast<uint32_t>(numbers[0]));
      if (numbers[1] != 0) log_->DeliverLate(static_cast<uint32_t>(numbers[0]));
      break;
    case Act::Kind::kPass:
      now_.wall += absl::Milliseconds(numbers[0]);
      now_.monotonic += absl::Milliseconds(numbers[0]);
      Say(StrCat("time passes: ", StdText(absl::FormatDuration(absl::Milliseconds(numbers[0])))));
      break;
    case Act::Kind::kSend:
    case Act::Kind::kAgain:
    case Act::Kind::kPut:
    case Act::Kind::kPutAgain:
    case Act::Kind::kNonsense:
    case Act::Kind::kTransaction:
    case Act::Kind::kExpire:
    case Act::Kind::kTopics:
    case Act::Kind::kJump:
    case Act::Kind::kFault:
    case Act::Kind::kDie:
    case Act::Kind::kCrash:
    case Act::Kind::kLoseInbox:
    case Act::Kind::kClaimFails:
    case Act::Kind::kDiskFull:
    case Act::Kind::kSecondOwner:
    case Act::Kind::kTakeOver: break;
  }
}

const Simulation::Node* Simulation::NodeAt(uint64_t n, uint64_t old) const {
  if (old > 0) return old <= olds_.size() ? &olds_[old - 1] : nullptr;
  return n < owners_.size() ? &owners_[n] : nullptr;
}

Simulation::Node* Simulation::NodeAt(uint64_t n, uint64_t old) {
  return const_cast<Node*>(std::as_const(*this).NodeAt(n, old));
}

const v1::CaseState* Simulation::CaseIn(uint32_t n, const std::string& case_id) {
  const absl::StatusOr<const v1::CaseState*> found = seen_[n].replay->FindCase(case_id);
  if (!found.ok()) Fail("replay", found.status().ToString());
  return found.ok() ? *found : nullptr;
}

const v1::CaseState* Simulation::CaseOf(const std::string& case_id) {
  const absl::StatusOr<CaseId> id = CaseId::Parse(case_id);
  return id.ok() && id->partition() < partitions_ ? CaseIn(id->partition(), case_id) : nullptr;
}

const v1::ResidentState* Simulation::ResidentOf(const std::string& resident_id) {
  const absl::StatusOr<ResidentId> id = ResidentId::Parse(resident_id);
  if (!id.ok() || id->partition() >= partitions_) return nullptr;
  const absl::StatusOr<const v1::ResidentState*> found = seen_[id->partition()].replay->FindResident(resident_id);
  if (!found.ok()) Fail("replay", found.status().ToString());
  return found.ok() ? *found : nullptr;
}

void Simulation::OpenNode(Node& node) {
  node.alive = std::make_shared<bool>(true);
  node.vault = MakeSeededKeyVault(*log_, script_.seed * 10'000 + ++opened_);
  node.observer = std::make_unique<CrashingObserver>();
  node.position = 0;
  node.state_lost = false;
  node.store->FailWrites(absl::OkStatus());  // a new process finds room again
  PartitionConfig config;
  config.partition = node.n;
  config.partitions = partitions_;
  config.owner = StrCat("node-", opened_);
  config.log_id = "sim-log";
  config.limits = limits_;
  config.shared = script_.mix.shared != 0;
  config.door = TestDoor;
  config.message_sent = [this](uint32_t to) {
    if (to < owners_.size() && owners_[to].partition) owners_[to].partition->NoteInbox();
  };
  absl::StatusOr<std::unique_ptr<Partition>> opened = Partition::Open(std::move(config),
                                                                      {.log = *log_,
                                                                       .store = *node.store,
                                                                       .vault = *node.vault,
                                                                       .hasher = hasher_,
                                                                       .directory = hub_,
                                                                       .observer = *node.observer},
                                                                      now_);
  ++counts_.claims;
  if (opened.ok()) {
    node.partition = *std::move(opened);
    if (script_.mix.shared != 0) node.partition->Own(&node == &owners_[node.n]);
    CheckNode(node);
  } else if (absl::IsUnavailable(opened.status())) {
    *node.alive = false;  // the log could not be reached: opened again later
    Struck(Misfortune::kClaimFailed, node.n);
    node.vault.reset();
  } else {
    Fail("open", StrCat("partition ", node.n, " cannot be opened: ", opened.status().ToString()));
  }
}

// The process dies. What it had not written is gone; what the log had not got, too, but for `reached` of its rounds.
void Simulation::CloseNode(Node& node, bool is_owner, size_t reached) {
  if (node.alive) *node.alive = false;
  const PartitionView view = node.partition ? node.partition->view() : PartitionView();
  node.partition.reset();
  node.vault.reset();
  node.state_lost = false;
  // One that only follows has no round of its own there, and its term is another's.
  const bool shared = script_.mix.shared != 0;
  if (!is_owner || (shared && !view.owner)) return;
  log_->CrashOwner(node.n, reached, shared ? std::optional(view.term) : std::nullopt);
}

void Simulation::StepNode(Node& node, bool look) {
  if (script_.mix.shared != 0 && look) node.partition->NoteLog();
  try {
    node.state_lost = node.partition->Step(now_).state_lost;
  } catch (const CrashNow&) {
    ++counts_.crashes;
    Struck(Misfortune::kCrash, node.n);
    Say(StrCat("partition ", node.n, " dies between two hops"));
    node.observer->Arm(0);
    CloseNode(node, &node == &owners_[node.n], node.reached);
    node.store->Crash(node.lost);
    return;
  }
  CheckNode(node);
}

// There is room again: the state is reopened, at some earlier moment of itself, while the process lives on.
void Simulation::ReopenState(Node& node, size_t lost) {
  ++counts_.full_disks;
  Say(StrCat("partition ", node.n, "'s state is reopened"));
  node.partition->SuspendState(absl::OkStatus());
  node.store->Reopen(lost);
  node.state_lost = false;
  node.position = 0;
  node.partition->BeginAgain(now_);
}

void Simulation::Heal() {
  healed_ = true;
  planned_.clear();
  log_->FailIntake(absl::OkStatus());
  for (uint32_t n = 0; n < partitions_; ++n) {
    if (seen_[n].transaction) Transact(n, (script_.seed + n) % 2 == 0);
    if (owners_[n].partition) owners_[n].partition->NoteIntake();
  }
  for (Node& old : olds_)
    CloseNode(old, false, 0);
  olds_.clear();
  for (Node& node : owners_) {
    if (node.observer) node.observer->Arm(0);
    if (node.partition && script_.mix.shared != 0) node.partition->Own(true);
    node.store->FailWrites(absl::OkStatus());
  }
}

bool Simulation::StepsAll() {
  bool worked = false;
  for (uint32_t n = 0; n < partitions_; ++n) {
    while (log_->Deliver(n))
      worked = true;
    Node& node = owners_[n];
    if (!node.partition) {
      OpenNode(node);
      worked = true;
    } else if (node.partition->view().condition == "STOPPED") {
      // A round of another owner's came between: reopened, as an operator would.
      ++counts_.stopped;
      CloseNode(node, true, script_.seed % 2);
      OpenNode(node);
      worked = true;
    }
    if (!node.partition) continue;
    const StepResult result = node.partition->Step(now_);
    if (result.state_lost) ReopenState(node, script_.seed % 4);
    worked = result.worked || result.state_lost || worked;
    CheckNode(node);
  }
  return worked;
}

void Simulation::DriveToRest() {
  for (int turn = 0; turn < 5000 && failure_.empty(); ++turn) {
    const bool worked = StepsAll();
    CheckNewRecords();
    const bool waits = std::any_of(owners_.begin(), owners_.end(), [](const Node& node) {
      if (!node.partition || node.partition->view().inbox > 0) return true;
      const std::string condition = node.partition->view().condition;
      return condition == "RECOVERING" || condition == "FOLLOWING";
    });
    if (!worked && !waits) return;
    // Who tries again after a while is given the while.
    const absl::Duration by = worked ? absl::Milliseconds(1) : absl::Seconds(1);
    now_.wall += by;
    now_.monotonic += by;
  }
  if (!failure_.empty()) return;
  std::string how;
  for (const Node& node : owners_) {
    const PartitionView view = node.partition ? node.partition->view() : PartitionView();
    how += StrCat("; partition ", node.n, " is ", view.condition, " (", view.why, "), ", view.inbox, " wait");
  }
  Fail("rest", StrCat("the partitions never came to rest", how));
}

// Everything is well again: what was asked is answered, what was sent arrives, what is due fires.
void Simulation::Finish() {
  Say("all is well again");
  Heal();
  DriveToRest();
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    v1::Command confirm;
    confirm.set_command_id(StrCat("confirm-", n));
    confirm.mutable_confirm_time();
    asked_.push_back({.command = confirm, .actor = Administrator(), .partition = n, .step = step_});
    Send(asked_.size() - 1, false);
  }
  DriveToRest();
  // Clients ask again for what they never heard about.
  const size_t all = asked_.size();
  for (int tries = 0; tries < 3; ++tries) {
    size_t sent = 0;
    for (size_t i = 0; i < all && failure_.empty(); ++i) {
      if (asked_[i].acknowledged) continue;
      Send(i, false);
      if (++sent % limits_.inbox_max == 0) DriveToRest();
    }
    DriveToRest();
  }
  now_.wall += absl::Seconds(120);
  now_.monotonic += absl::Seconds(120);
  DriveToRest();
  if (failure_.empty()) CheckAtRest();
}

void Simulation::Say(std::string what) {
  for (const char c : what)
    trace_hash_ = (trace_hash_ ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  note_ += StrCat(FormatInstant(now_.wall), "  ", what, "\n");
  trace_.push_back(StrCat(FormatInstant(now_.wall), "  ", what));
  if (trace_.size() > options_.trace_lines) trace_.pop_front();
}

void Simulation::Fail(std::string law, const std::string& what) {
  if (!failure_.empty()) return;
  failure_ = StrCat(law, ": ", what);
  law_ = std::move(law);
}

std::string Simulation::BrokenLaw() const { return law_; }

std::string Simulation::Trace() const { return StrCat(trace_hash_); }

std::string Simulation::Failure() const {
  return StrCat("SEED ", script_.seed, ": ", failure_, "\nmix ", script_.mix.Text(), "\nthe last steps:\n  ",
                StdText(absl::StrJoin(trace_, "\n  ")),
                author_ ? StrCat("\nrun again: caseward_sim --seed ", script_.seed, " --steps ", options_.steps, "\n")
                        : StrCat("\nread from a script of ", script_.actions.size(), " actions\n"));
}

}  // namespace caseward::test

#include "tests/support/simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "tests/support/england_and_wales.h"
#include "tests/support/intake_door.h"
#include "tests/support/simple_pack.h"

namespace caseward::test {

Simulation::Simulation(uint64_t seed, int steps, size_t trace_lines)
    : seed_(seed),
      steps_(steps),
      trace_lines_(trace_lines),
      random_(seed),
      now_{.wall = At("2026-03-02T09:00:00Z"), .monotonic = absl::Hours(1)},
      hub_(Directory::Empty()) {
  swarm_ = {.crashes = Chance(60),
            .lost_batches = Chance(60),
            .duplicates = Chance(70),
            .delays = Chance(60),
            .aborts = Chance(40),
            .unknowns = Chance(40),
            .claim_failures = Chance(20),
            .zombies = Chance(40),
            .jumps = Chance(30),
            .references = Chance(60),
            .imports = Chance(40),
            .erasures = Chance(30),
            .full_disks = Chance(30),
            .shared = Chance(50),
            .topic = Chance(60),
            .topic_faults = Chance(40),
            .merges = Chance(40),
            .loads = Chance(50),
            .lost_inboxes = Chance(30)};
  partitions_ = 2 + static_cast<uint32_t>(Draw(3));
  limits_.inbox_max = Chance(20) ? 3 : 64;
  limits_.round_commands_max = Chance(30) ? 1 + Draw(4) : 64;
  limits_.cached_cases_max = Chance(30) ? 2 : 100;
  limits_.cached_lines_max = Chance(30) ? 5 : 1000;
  limits_.command_ids_kept = Chance(20) ? absl::Hours(24) : absl::Hours(24) * 400;
  log_ = std::make_unique<MemoryEventLog>(
      partitions_, swarm_.delays ? MemoryEventLog::Delivery::kWhenTold : MemoryEventLog::Delivery::kAtOnce);
  log_->faults().Otherwise([this](uint32_t) { return DrawFault(); });
  log_->WatchIntake([this](uint32_t n) {
    if (n < owners_.size() && owners_[n].partition) owners_[n].partition->NoteIntake();
  });
  limits_.intake_idle = Chance(50) ? absl::Seconds(30) : absl::Hours(1);
  healed_ = true;  // the beginning is calm
  for (uint32_t n = 0; n < partitions_; ++n) {
    owners_.push_back({.n = n, .store = std::make_unique<MemoryStateStore>()});
    Seen& seen = seen_.emplace_back();
    seen.store = std::make_unique<MemoryStateStore>();
    seen.replay = std::make_unique<Applier>(n, limits_, Applier::Ports{.store = *seen.store, .hasher = hasher_});
  }
  for (Node& node : owners_)
    OpenNode(node);
  DriveToRest();
  Ask(PublishSimpleCalendar(NewId()), Administrator());
  Ask(PublishPack(), Administrator());
  DriveToRest();
  healed_ = false;
}

// A run that broke a law leaves questions open; their answers have nobody to go to.
Simulation::~Simulation() {
  for (std::vector<Node>* nodes : {&owners_, &zombies_}) {
    for (Node& node : *nodes) {
      if (node.alive) *node.alive = false;
    }
  }
}

bool Simulation::Run() {
  for (int step = 0; step < steps_ && failure_.empty(); ++step)
    Step();
  if (failure_.empty()) Finish();
  return failure_.empty();
}

void Simulation::Step() {
  const uint64_t what = Draw(100);
  if (what < 38) {
    swarm_.topic&& Chance(40) ? UseTopic() : SubmitSomething();
  } else if (what < 72) {
    StepNode(owners_[Draw(owners_.size())]);
  } else if (what < 82) {
    DeliverOne();
  } else if (what < 90) {
    Pass();
  } else if (what < 93) {
    if (!zombies_.empty()) StepNode(zombies_[Draw(zombies_.size())]);
  } else if (what < 95) {
    if (swarm_.jumps) Jump();
  } else if (what < 97) {
    if (swarm_.shared) {
      TakeOver();
    } else if (swarm_.zombies) {
      BeginZombie();
    }
  } else {
    if (swarm_.crashes) Crash();
  }
  CheckNewRecords();
}

LogFault Simulation::DrawFault() {
  if (healed_) return LogFault::kNone;
  if (swarm_.aborts && Chance(8)) return LogFault::kAborted;
  if (swarm_.unknowns && Chance(8)) {
    constexpr LogFault kUnknowns[] = {LogFault::kUnknownVisible, LogFault::kUnknownLost, LogFault::kUnknownLate};
    return kUnknowns[Draw(3)];
  }
  return LogFault::kNone;
}

void Simulation::OpenNode(Node& node) {
  node.alive = std::make_shared<bool>(true);
  node.vault = MakeSeededKeyVault(*log_, seed_ + ++ids_);
  node.observer = std::make_unique<CrashingObserver>();
  node.position = 0;
  node.store->FailWrites(absl::OkStatus());  // a new process finds room again
  PartitionConfig config;
  config.partition = node.n;
  config.partitions = partitions_;
  config.owner = StrCat("node-", ids_);
  config.log_id = "sim-log";
  config.limits = limits_;
  config.shared = swarm_.shared;
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
    if (swarm_.shared) node.partition->Own(&node == &owners_[node.n]);
    CheckNode(node);
  } else if (absl::IsUnavailable(opened.status())) {
    *node.alive = false;  // the log could not be reached: opened again later
    node.vault.reset();
  } else {
    Fail(StrCat("partition ", node.n, " cannot be opened: ", opened.status().ToString()));
  }
}

// The process dies. What it had not written is gone; what the log had not got, too.
void Simulation::CloseNode(Node& node, bool is_owner) {
  if (node.alive) *node.alive = false;
  const PartitionView view = node.partition ? node.partition->view() : PartitionView();
  node.partition.reset();
  node.vault.reset();
  // One that only follows has no round of its own there, and its term is another's.
  if (!is_owner || (swarm_.shared && !view.owner)) return;
  log_->CrashOwner(node.n, Draw(2), swarm_.shared ? std::optional(view.term) : std::nullopt);
}

void Simulation::StepNode(Node& node) {
  if (!node.partition) {
    if (healed_ || Chance(50)) OpenNode(node);
    return;
  }
  if (swarm_.shared && Chance(50)) node.partition->NoteLog();
  if (swarm_.full_disks && !healed_ && Chance(8)) {
    Say(StrCat("partition ", node.n, "'s state can no longer be written"));
    node.store->FailWrites(absl::UnavailableError("the disk is full"));
  }
  try {
    if (node.partition->Step(now_).state_lost && Chance(30)) ReopenState(node);
  } catch (const CrashNow&) {
    ++counts_.crashes;
    Say(StrCat("partition ", node.n, " dies between two hops"));
    node.observer->Arm(0);
    CloseNode(node, &node == &owners_[node.n]);
    node.store->Crash(swarm_.lost_batches ? Draw(4) : 0);
    return;
  }
  CheckNode(node);
}

// There is room again: the state is reopened, at some earlier moment of itself, while the process lives on.
void Simulation::ReopenState(Node& node) {
  ++counts_.full_disks;
  Say(StrCat("partition ", node.n, "'s state is reopened"));
  node.partition->SuspendState(absl::OkStatus());
  node.store->Reopen(Draw(4));
  node.position = 0;
  node.partition->BeginAgain(now_);
}

void Simulation::Crash() {
  Node& node = owners_[Draw(owners_.size())];
  if (!node.partition) return;
  if (Chance(50)) {
    node.observer->Arm(1 + static_cast<int>(Draw(8)));
    return;
  }
  ++counts_.crashes;
  Say(StrCat("partition ", node.n, " dies"));
  CloseNode(node, true);
  if (Chance(10)) {
    node.store->Drop();  // an operator deletes the state
  } else {
    node.store->Crash(swarm_.lost_batches ? Draw(4) : 0);
  }
  if (Chance(30)) node.store->Flush();
  if (swarm_.claim_failures && Chance(30)) log_->faults().NextClaimFails(node.n);
  if (swarm_.lost_inboxes && Chance(50)) LoseInbox(node.n);
}

// Somebody empties the inbox of a partition while nobody owns it.
void Simulation::LoseInbox(uint32_t n) {
  const bool another = std::any_of(zombies_.begin(), zombies_.end(),
                                   [&](const Node& node) { return node.n == n && node.partition != nullptr; });
  if (another) return;
  ++counts_.lost_inboxes;
  Say(StrCat("the inbox of partition ", n, " is emptied"));
  log_->LoseInbox(n);
}

// Another process takes the partition, and the one before does not know yet.
void Simulation::BeginZombie() {
  if (zombies_.size() >= 3) {
    CloseNode(zombies_.front(), false);
    zombies_.erase(zombies_.begin());
  }
  const auto n = static_cast<uint32_t>(Draw(partitions_));
  if (!owners_[n].partition) return;
  ++counts_.zombies;
  Say(StrCat("partition ", n, " gets a second owner"));
  Node next{.n = n, .store = std::make_unique<MemoryStateStore>()};  // a new node: it replays all
  zombies_.push_back(std::exchange(owners_[n], std::move(next)));
  OpenNode(owners_[n]);
}

// Somebody else is asked to own the partition: a follower that is warm, or a new node. The owner before is told at
// once, or finds out by being fenced.
void Simulation::TakeOver() {
  const auto n = static_cast<uint32_t>(Draw(partitions_));
  if (!owners_[n].partition) return;
  const auto warm =
      std::find_if(zombies_.begin(), zombies_.end(), [&](const Node& node) { return node.n == n && node.partition; });
  Node next{.n = n, .store = std::make_unique<MemoryStateStore>()};
  if (warm != zombies_.end() && Chance(80)) {
    next = std::move(*warm);
    zombies_.erase(warm);
  } else {
    if (zombies_.size() >= 4) {
      CloseNode(zombies_.front(), false);
      zombies_.erase(zombies_.begin());
    }
    OpenNode(next);
    if (!next.partition) return;
  }
  ++counts_.takeovers;
  Say(StrCat("partition ", n, " is taken over"));
  Node before = std::exchange(owners_[n], std::move(next));
  owners_[n].partition->Own(true);
  if (Chance(60)) before.partition->Own(false);
  zombies_.push_back(std::move(before));
}

void Simulation::Pass() {
  constexpr absl::Duration kSteps[] = {absl::Milliseconds(1), absl::Seconds(1), absl::Seconds(70),
                                       absl::Minutes(40),     absl::Hours(3),   absl::Hours(30)};
  const absl::Duration by = kSteps[Draw(6)];
  now_.wall += by;
  now_.monotonic += by;
  Say(StrCat("time passes: ", StdText(absl::FormatDuration(by))));
}

void Simulation::Jump() {
  const absl::Duration by = absl::Minutes(static_cast<int64_t>(Draw(240)) - 120);
  now_.wall += by;
  ++counts_.jumps;
  Say(StrCat("the wall clock jumps: ", StdText(absl::FormatDuration(by))));
}

void Simulation::DeliverOne() {
  const auto n = static_cast<uint32_t>(Draw(partitions_));
  log_->Deliver(n);
  if (Chance(30)) log_->DeliverLate(n);
}

void Simulation::Heal() {
  healed_ = true;
  log_->FailIntake(absl::OkStatus());
  for (uint32_t n = 0; n < partitions_; ++n) {
    if (std::exchange(seen_[n].transaction, false)) log_->EndIntakeTransaction(n, Chance(50));
    if (owners_[n].partition) owners_[n].partition->NoteIntake();
  }
  for (Node& zombie : zombies_)
    CloseNode(zombie, false);
  zombies_.clear();
  for (Node& node : owners_) {
    if (node.observer) node.observer->Arm(0);
    if (node.partition && swarm_.shared) node.partition->Own(true);
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
      // A round of a zombie's came between: reopened, as an operator would.
      ++counts_.stopped;
      CloseNode(node, true);
      OpenNode(node);
      worked = true;
    }
    if (!node.partition) continue;
    const StepResult result = node.partition->Step(now_);
    if (result.state_lost) ReopenState(node);
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
  Fail(StrCat("the partitions never came to rest", how));
}

// Everything is well again: what was asked is answered, what was sent arrives, what is due fires.
void Simulation::Finish() {
  Say("all is well again");
  Heal();
  DriveToRest();
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    v1::Command confirm;
    confirm.set_command_id(NewId());
    confirm.mutable_confirm_time();
    asked_.push_back({.command = confirm, .actor = Administrator(), .partition = n});
    Send(asked_.size() - 1);
  }
  DriveToRest();
  // Clients ask again for what they never heard about.
  const size_t all = asked_.size();
  for (size_t i = 0; i < all && failure_.empty(); ++i) {
    for (int tries = 0; tries < 3 && !asked_[i].acknowledged && failure_.empty(); ++tries) {
      Send(i);
      DriveToRest();
    }
  }
  now_.wall += absl::Seconds(120);
  now_.monotonic += absl::Seconds(120);
  DriveToRest();
  if (failure_.empty()) CheckAtRest();
}

void Simulation::Say(std::string what) {
  for (const char c : what)
    trace_hash_ = (trace_hash_ ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  trace_.push_back(StrCat(FormatInstant(now_.wall), "  ", what));
  if (trace_.size() > trace_lines_) trace_.pop_front();
}

void Simulation::Fail(std::string what) {
  if (failure_.empty()) failure_ = std::move(what);
}

std::string Simulation::Trace() const { return StrCat(trace_hash_); }

std::string Simulation::Failure() const {
  return StrCat("SEED ", seed_, ": ", failure_, "\nthe last steps:\n  ", StdText(absl::StrJoin(trace_, "\n  ")),
                "\nrun again: caseward_sim --seed ", seed_, " --count 1 --steps ", steps_, "\n");
}

}  // namespace caseward::test

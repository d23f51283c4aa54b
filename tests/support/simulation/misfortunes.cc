// What goes wrong in the simulator: processes die, rounds get lost, disks fill, clocks jump, and somebody else takes
// over.
#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "tests/support/simulation/simulation.h"

namespace caseward::test {

bool Simulation::DoMisfortune(const Act& action) {
  const auto n = static_cast<uint32_t>(action.numbers[0]);
  const bool here = action.numbers[0] >= 0 && n < partitions_;
  switch (action.kind) {
    case Act::Kind::kJump:
      ++counts_.jumps;
      now_.wall += absl::Milliseconds(action.numbers[0]);
      for (uint32_t all = 0; all < partitions_; ++all)
        Struck(Misfortune::kJumped, all);
      Say(StrCat("the wall clock jumps: ", StdText(absl::FormatDuration(absl::Milliseconds(action.numbers[0])))));
      return true;
    case Act::Kind::kFault:
      if (here) planned_[n] = static_cast<LogFault>(action.numbers[1]);
      return true;
    case Act::Kind::kDie:
      if (here) Die(action);
      return true;
    case Act::Kind::kCrash:
      if (here) Crash(action);
      return true;
    case Act::Kind::kLoseInbox:
      if (here) LoseInbox(n);
      return true;
    case Act::Kind::kClaimFails:
      if (here) log_->faults().NextClaimFails(n);
      return true;
    case Act::Kind::kDiskFull:
      if (Node* node = NodeAt(n, static_cast<uint64_t>(action.numbers[1])); node != nullptr && node->partition) {
        Say(StrCat("partition ", node->n, "'s state can no longer be written"));
        Struck(Misfortune::kDiskFull, node->n);
        node->store->FailWrites(absl::UnavailableError("the disk is full"));
      }
      return true;
    case Act::Kind::kSecondOwner:
      if (here && script_.mix.shared == 0) BeginSecondOwner(n);
      return true;
    case Act::Kind::kTakeOver:
      if (here && script_.mix.shared != 0) TakeOver(n, action.numbers[1] != 0, action.numbers[2] != 0);
      return true;
    case Act::Kind::kSend:
    case Act::Kind::kAgain:
    case Act::Kind::kPut:
    case Act::Kind::kPutAgain:
    case Act::Kind::kNonsense:
    case Act::Kind::kTransaction:
    case Act::Kind::kExpire:
    case Act::Kind::kTopics:
    case Act::Kind::kStep:
    case Act::Kind::kOpen:
    case Act::Kind::kDeliver:
    case Act::Kind::kPass:
    case Act::Kind::kReopen: return false;
  }
  return false;
}

LogFault Simulation::TakeFault(uint32_t n) {
  const auto planned = planned_.find(n);
  if (healed_ || planned == planned_.end()) return LogFault::kNone;
  const LogFault fault = planned->second;
  planned_.erase(planned);
  if (fault != LogFault::kNone) {
    Struck(fault == LogFault::kAborted ? Misfortune::kAborted : Misfortune::kUnknown, n);
    Say(StrCat("a round of partition ", n, fault == LogFault::kAborted ? " is aborted" : " is of unknown fate"));
  }
  return fault;
}

// Between two hops of one of its next turns.
void Simulation::Die(const Act& action) {
  Node& node = owners_[static_cast<size_t>(action.numbers[0])];
  if (!node.partition) return;
  node.observer->Arm(static_cast<int>(action.numbers[1]));
  node.reached = static_cast<size_t>(action.numbers[2]);
  node.lost = static_cast<size_t>(action.numbers[3]);
}

void Simulation::Crash(const Act& action) {
  Node& node = owners_[static_cast<size_t>(action.numbers[0])];
  if (!node.partition) return;
  ++counts_.crashes;
  const bool dropped = action.numbers[1] == 2;
  Struck(dropped ? Misfortune::kDropped : Misfortune::kCrash, node.n);
  Say(StrCat("partition ", node.n, " dies", dropped ? ", and its state is deleted" : ""));
  CloseNode(node, true, static_cast<size_t>(action.numbers[2]));
  if (dropped) {
    node.store->Drop();
  } else {
    node.store->Crash(static_cast<size_t>(action.numbers[3]));
  }
  if (action.numbers[1] == 1) node.store->Flush();
}

void Simulation::LoseInbox(uint32_t n) {
  const bool owned = owners_[n].partition != nullptr || std::any_of(olds_.begin(), olds_.end(), [&](const Node& node) {
                       return node.n == n && node.partition != nullptr;
                     });
  if (owned) return;
  ++counts_.lost_inboxes;
  Struck(Misfortune::kInboxLost, n);
  Say(StrCat("the inbox of partition ", n, " is emptied"));
  log_->LoseInbox(n);
}

// Another process takes the partition, and the one before does not know yet.
void Simulation::BeginSecondOwner(uint32_t n) {
  if (!owners_[n].partition) return;
  if (olds_.size() >= 3) {
    CloseNode(olds_.front(), false, 0);
    olds_.erase(olds_.begin());
  }
  ++counts_.zombies;
  Struck(Misfortune::kSecondOwner, n);
  Say(StrCat("partition ", n, " gets a second owner"));
  Node next{.n = n, .store = std::make_unique<MemoryStateStore>()};  // a new node: it replays all
  olds_.push_back(std::exchange(owners_[n], std::move(next)));
  OpenNode(owners_[n]);
}

// Somebody else is asked to own the partition: a follower that is warm, or a new node. The owner before is told at
// once, or finds out by being fenced.
void Simulation::TakeOver(uint32_t n, bool warm, bool told) {
  if (!owners_[n].partition) return;
  const auto follower =
      std::find_if(olds_.begin(), olds_.end(), [&](const Node& node) { return node.n == n && node.partition; });
  Node next{.n = n, .store = std::make_unique<MemoryStateStore>()};
  if (follower != olds_.end() && warm) {
    next = std::move(*follower);
    olds_.erase(follower);
  } else {
    if (olds_.size() >= 4) {
      CloseNode(olds_.front(), false, 0);
      olds_.erase(olds_.begin());
    }
    OpenNode(next);
    if (!next.partition) return;
  }
  ++counts_.takeovers;
  Struck(Misfortune::kTakenOver, n);
  Say(StrCat("partition ", n, " is taken over"));
  Node before = std::exchange(owners_[n], std::move(next));
  owners_[n].partition->Own(true);
  if (told) before.partition->Own(false);
  olds_.push_back(std::move(before));
}

void Simulation::Struck(Misfortune misfortune, uint32_t n) { seen_[n].struck = std::pair(step_, misfortune); }

}  // namespace caseward::test

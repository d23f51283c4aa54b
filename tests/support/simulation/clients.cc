// The simulator's clients: what they ask, ask again, are told, and hold the engine to.
#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "engine/partition/routing.h"
#include "tests/support/simulation/simulation.h"

namespace caseward::test {

bool Simulation::DoClients(const Act& action) {
  const auto known = by_id_.find(action.command_id);
  const auto topic = static_cast<uint32_t>(action.numbers[action.kind == Act::Kind::kPut ? 1 : 0]);
  switch (action.kind) {
    case Act::Kind::kSend:
      if (Remember(action) != nullptr) Send(by_id_.at(action.command.command_id()), action.numbers[1] != 0);
      return true;
    case Act::Kind::kAgain:
      if (known != by_id_.end()) Send(known->second, action.numbers[0] != 0);
      return true;
    case Act::Kind::kPut:
      if (const Asked* asked = Remember(action)) PutOnTopic(topic, *asked);
      return true;
    case Act::Kind::kPutAgain:
      if (known != by_id_.end()) PutOnTopic(topic, asked_[known->second]);
      return true;
    case Act::Kind::kNonsense: PutNonsense(topic, action.numbers[1] != 0); return true;
    case Act::Kind::kTransaction: Transact(topic, action.numbers[1] != 0); return true;
    case Act::Kind::kExpire:
      // Retention takes what was taken.
      if (topic < partitions_) log_->ExpireIntake(topic, seen_[topic].replay->meta().intake_offset());
      return true;
    case Act::Kind::kTopics:
      Say(StrCat("the topics ", action.numbers[0] != 0 ? "cannot be read" : "can be read"));
      if (action.numbers[0] != 0) {
        for (uint32_t n = 0; n < partitions_; ++n)
          Struck(Misfortune::kTopicsAway, n);
      }
      log_->FailIntake(action.numbers[0] != 0 ? absl::UnavailableError("no broker answers") : absl::OkStatus());
      return true;
    case Act::Kind::kStep:
    case Act::Kind::kOpen:
    case Act::Kind::kDeliver:
    case Act::Kind::kPass:
    case Act::Kind::kReopen:
    case Act::Kind::kJump:
    case Act::Kind::kFault:
    case Act::Kind::kDie:
    case Act::Kind::kCrash:
    case Act::Kind::kLoseInbox:
    case Act::Kind::kClaimFails:
    case Act::Kind::kDiskFull:
    case Act::Kind::kSecondOwner:
    case Act::Kind::kTakeOver: return false;
  }
  return false;
}

Simulation::Asked* Simulation::Remember(const Act& action) {
  const std::string& id = action.command.command_id();
  if (const auto known = by_id_.find(id); known != by_id_.end()) return &asked_[known->second];
  const absl::StatusOr<Route> route = RouteCommand(hasher_, action.command, action.actor.id(), partitions_);
  if (!route.ok()) {
    Fail("route", StrCat("a command that goes nowhere: ", route.status().ToString()));
    return nullptr;
  }
  by_id_.emplace(id, asked_.size());
  asked_ids_.push_back(id);
  Asked& asked = asked_.emplace_back();
  asked.partition = route->partition.value_or(static_cast<uint32_t>(action.numbers[0]) % partitions_);
  asked.stream = route->stream;
  asked.resident_id = route->resident_id;
  asked.command = action.command;
  asked.actor = action.actor;
  asked.step = step_;
  return &asked;
}

void Simulation::Ask(v1::Command command, v1::Actor actor) {
  Do({.kind = Act::Kind::kSend, .actor = std::move(actor), .command = std::move(command)});
}

void Simulation::Send(size_t index, bool stale) {
  const Asked& asked = asked_[index];
  Node* to = &owners_[asked.partition];
  if (stale) {
    const auto old =
        std::find_if(olds_.begin(), olds_.end(), [&](const Node& node) { return node.n == asked.partition; });
    if (old != olds_.end()) to = &*old;
  }
  if (!to->partition) return;
  ++counts_.commands;
  Say(StrCat("send ", asked.command.command_id(), " to partition ", asked.partition,
             to == &owners_[asked.partition] ? "" : " (one that owned it)", ": ",
             asked.command.ShortDebugString().substr(0, 100)));
  const absl::Status taken = to->partition->Submit(
      {.command = asked.command,
       .actor = asked.actor,
       .reply = [this, index, alive = to->alive, store = to->store.get()](absl::StatusOr<v1::Outcome> answer) {
         if (*alive) Answered(index, answer, *store);  // nobody hears a dead process
       }});
  if (!taken.ok()) {
    ++counts_.faults;
    if (absl::IsInvalidArgument(taken)) {
      Fail("submit", StrCat("a well-formed command was not taken: ", taken.ToString()));
    }
  }
}

void Simulation::Answered(size_t index, const absl::StatusOr<v1::Outcome>& answer, const StateReader& shown) {
  Asked& asked = asked_[index];
  if (!answer.ok()) {
    ++counts_.faults;
    Say(StrCat("answer to ", asked.command.command_id(), ": ", answer.status().ToString()));
    const bool known = absl::IsUnavailable(answer.status()) || absl::IsNotFound(answer.status()) ||
                       absl::IsResourceExhausted(answer.status()) || absl::IsAlreadyExists(answer.status());
    if (!known) Fail("answer", StrCat("an answer that no client understands: ", answer.status().ToString()));
    // With ids kept for a day only, an old retry may find its case there and its id gone.
    if (absl::IsAlreadyExists(answer.status()) &&
        answer.status().message().find("C-retry-expired") == absl::string_view::npos) {
      Fail("L5 other", StrCat("a retry was taken for another command: ", answer.status().ToString()));
    }
    if (absl::IsAlreadyExists(answer.status()) || absl::IsNotFound(answer.status())) asked.acknowledged = true;
    return;
  }
  Say(StrCat("answer to ", asked.command.command_id(), ": ",
             answer->has_accepted() ? "accepted" : answer->refusal().rule(),
             answer->replayed() ? " (first outcome)" : "", " at ", answer->position().sequence()));
  const bool counted = answer->refusal().repeats() > 0;
  (answer->replayed() ? counts_.replayed : answer->has_accepted() ? counts_.accepted : counts_.refused) += 1;
  const bool ids_are_short = limits_.command_ids_kept < absl::Hours(48);
  if (asked.acknowledged && !counted && !ids_are_short && asked.first.ByteSizeLong() > 0) {
    v1::Outcome again = *answer;
    again.set_replayed(asked.first.replayed());
    if (DeterministicBytes(again) != DeterministicBytes(asked.first)) {
      Fail("L5 twice", StrCat(asked.command.command_id(), " was answered twice, differently: ",
                              asked.first.ShortDebugString(), " then ", answer->ShortDebugString()));
    }
  }
  if (!asked.acknowledged && !counted) asked.first = *answer;
  asked.acknowledged = true;
  if (counted) return;
  CheckAcknowledged(asked);
  if (!answer->has_accepted()) return;
  // L9: whoever is answered sees it.
  const PartitionReader reader(asked.partition, shown);
  if (KindOf(answer->stream()) == StreamKind::kCase) {
    const absl::StatusOr<std::optional<v1::CaseState>> state = reader.GetCase(answer->stream());
    if (!state.ok() || !state->has_value() || (*state)->version() < answer->version()) {
      Fail("L9", StrCat(asked.command.command_id(), " is answered, but its case does not show it"));
    }
  }
}

// What clients know from then on, whichever way it was asked.
void Simulation::Learn(const Asked& asked, const std::string& stream) {
  const auto note = [](std::vector<std::string>& list, const std::string& one) {
    if (one.empty() || std::find(list.begin(), list.end(), one) != list.end()) return false;
    list.push_back(one);
    return true;
  };
  if (asked.command.has_report_case()) {
    note(residents_, asked.resident_id);
    if (note(cases_, stream) && asked.command.importing()) {
      imports_.push_back({.case_id = stream, .time = ToTime(asked.command.occurred_at())});
      ++counts_.imports;
    }
  } else if (asked.command.has_register_resident()) {
    note(residents_, asked.resident_id);
  } else if (asked.command.has_erase_resident()) {
    ++counts_.erasures;
  } else if (asked.command.has_finish_import()) {
    std::erase_if(imports_, [&](const ImportedCase& c) { return c.case_id == stream; });
  } else if (asked.command.importing() && asked.command.has_occurred_at()) {
    for (ImportedCase& import : imports_) {
      if (import.case_id == stream) import.time = std::max(import.time, ToTime(asked.command.occurred_at()));
    }
  }
}

}  // namespace caseward::test

// The laws of each record, looked at as soon as it shows in the log; and of each node, after each of its turns.
#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "engine/partition/sealing.h"
#include "engine/policy/verbs.h"
#include "tests/support/simulation/simulation.h"

namespace caseward::test {
namespace {

// What binds the organisation or is adverse to a person: never SYSTEM (law L12).
bool IsForPeople(const v1::Command& command) {
  return command.has_sign_off() || command.has_close_case() || command.has_withdraw_case() ||
         command.has_refer_case() || command.has_split_case() || command.has_share_information() ||
         command.has_cease_clock() || command.has_extend_clock() || command.has_cancel_action() ||
         command.has_merge_resident() || command.has_erase_resident();
}

std::string PhaseOf(const v1::CaseState& state) {
  if (state.importing()) return "importing";
  switch (state.phase()) {
    case v1::PHASE_REPORTED: return "reported";
    case v1::PHASE_OPEN: return "open";
    case v1::PHASE_CLOSING: return "closing";
    case v1::PHASE_CLOSED: return "closed";
    case v1::PHASE_WITHDRAWN: return "withdrawn";
    case v1::PHASE_UNSPECIFIED:
    case v1::Phase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Phase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "none";
}

// Which message a decision took: its command's id ends with the number that it had in the sender's record.
std::tuple<uint32_t, uint64_t, uint32_t> MessageOf(const v1::Decision& decision) {
  const std::string& id = decision.command().command_id();
  const auto number = static_cast<uint32_t>(std::stoul(id.substr(id.rfind('-') + 1)));
  return {decision.cause().partition(), decision.cause().sequence(), number};
}

std::string PhaseOf(const v1::ResidentState& state) {
  if (state.erased()) return "erased";
  if (!state.merged_into().empty()) return "merged";
  return state.merging_into().empty() ? "known" : "merging";
}

}  // namespace

void Simulation::CheckNewRecords() {
  SeeIntake();
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    const absl::Status read = log_->ReadFrom(n, seen_[n].records, [&](uint64_t sequence, std::string_view raw) {
      v1::Decision decision;
      const absl::Status parsed = ParseRecord(raw, n, sequence, decision);
      if (!parsed.ok()) {
        Fail("record", parsed.ToString());
      } else {
        CheckRecord(n, decision, raw);
      }
      return failure_.empty();
    });
    if (!read.ok()) Fail("read", read.ToString());
  }
}

void Simulation::CheckRecord(uint32_t n, const v1::Decision& decision, std::string_view raw) {
  Seen& seen = seen_[n];
  const std::string where = StrCat("partition ", n, ", record ", decision.sequence());
  Say(StrCat("log ", n, "/", decision.sequence(), " ", decision.stream(), " ",
             decision.command().verb_case() == Verb::VERB_NOT_SET ? "" : VerbName(decision.command().verb_case()), " ",
             decision.command().command_id(), decision.has_refusal() ? " refused by " : "", decision.refusal().rule()));
  ++counts_.records;
  if (decision.sequence() != seen.records) Fail("L4", StrCat(where, ": expected sequence ", seen.records));
  if (decision.term() < seen.term) Fail("L4", StrCat(where, ": term ", decision.term(), " after ", seen.term));
  if (ToTime(decision.recorded_at()) < seen.recorded_at) {
    Fail("L6", StrCat(where, ": recorded before the one before"));
  }
  if (raw.find("cleartext") != std::string_view::npos || HasText(decision)) {
    Fail("L11", StrCat(where, ": text in clear"));
  }
  seen.term = decision.term();
  seen.recorded_at = ToTime(decision.recorded_at());
  ++seen.records;

  const bool of_case = KindOf(decision.stream()) == StreamKind::kCase;
  const v1::CaseState* before = of_case ? CaseIn(n, decision.stream()) : nullptr;
  CheckWho(where, decision);
  CheckTimes(n, where, decision);
  CheckRefusal(where, decision);
  CheckMessages(n, where, decision);
  CheckTaken(n, decision);
  CountRecord(n, decision, before);
  if (decision.has_cause()) in_flight_.erase(MessageOf(decision));
  if (options_.law) {
    if (const std::string broken = options_.law(decision, before); !broken.empty()) {
      Fail("the test's law", StrCat(where, ": ", broken));
    }
  }
  const uint64_t version = before != nullptr ? before->version() : 0;
  ReplayRecord(n, decision, raw);
  const v1::CaseState* after = of_case ? CaseIn(n, decision.stream()) : nullptr;
  // A version counts accepted facts: neither a refusal nor a clock gives one.
  if (after != nullptr && (decision.has_refusal() || decision.command().has_fire_clock()) &&
      after->version() != version) {
    Fail("L7 version", StrCat(where, ": version ", after->version(), " after ", version));
  }
  seen.record_step = step_;
}

// L5, L12, L13: who asked, and that it was decided once.
void Simulation::CheckWho(const std::string& where, const v1::Decision& decision) {
  const v1::Command& command = decision.command();
  if (decision.actor().kind() == v1::Actor::KIND_SYSTEM) {
    if (decision.has_accepted() && IsForPeople(command)) Fail("L12", StrCat(where, ": SYSTEM decided for a person"));
    return;
  }
  if (command.command_id().empty()) return;
  if (limits_.command_ids_kept > absl::Hours(48) &&
      !decided_.insert(StrCat(decision.actor().id(), " ", where.substr(0, where.find(',')), " ", command.command_id()))
           .second) {
    Fail("L5 twice", StrCat(where, ": ", command.command_id(), " was decided twice"));
  }
  const auto known = by_id_.find(command.command_id());
  if (known == by_id_.end()) return;
  const Asked& asked = asked_[known->second];
  if (DeterministicBytes(decision.actor()) != DeterministicBytes(asked.actor)) {
    Fail("L13", StrCat(where, ": ", decision.actor().ShortDebugString(), " is said to have asked, and it was ",
                       asked.actor.ShortDebugString()));
  }
  if (decision.has_accepted()) Learn(asked, decision.stream());
}

// L8, L14: clocks fire once for a due time, not before it; heads are the roots of what they stand for.
void Simulation::CheckTimes(uint32_t n, const std::string& where, const v1::Decision& decision) {
  const v1::Command& command = decision.command();
  if (command.has_fire_clock()) {
    ++counts_.fires;
    const v1::FireClock& fire = command.fire_clock();
    if (!fired_[{decision.stream(), fire.clock()}].emplace(fire.edge(), FormatInstant(ToTime(fire.due()))).second) {
      Fail("L8 twice",
           StrCat(where, ": clock ", fire.clock(), " of ", decision.stream(), " fired twice for one due time"));
    }
    if (ToTime(fire.due()) > ToTime(decision.recorded_at())) {
      Fail("L8 early", StrCat(where, ": a clock fired too early"));
    }
  }
  for (const v1::Event& event : decision.accepted().events()) {
    if (event.has_clock_started()) fired_.erase({decision.stream(), event.clock_started().clock()});
    if (event.has_resident_erased()) erased_.insert(decision.stream());
  }
  if (!command.has_sign_head()) return;
  ++counts_.heads;
  if (command.sign_head().tree_size() != decision.sequence() ||
      command.sign_head().root() != AsBytes(seen_[n].replay->merkle().Root(hasher_))) {
    Fail("L14", StrCat(where, ": a head that is not the root of all records before it"));
  }
}

// L7: a refusal says by which rule, what was expected, and what would let it through.
void Simulation::CheckRefusal(const std::string& where, const v1::Decision& decision) {
  if (!decision.has_refusal()) return;
  const v1::Refusal& refusal = decision.refusal();
  if (refusal.rule().empty() || refusal.say().empty()) {
    Fail("L7", StrCat(where, ": a refusal that does not say why: ", refusal.ShortDebugString()));
  }
  if (decision.messages_size() > 0 && decision.command().verb_case() != Verb::kOpenSplit &&
      decision.command().verb_case() != Verb::kAcceptMerge) {
    Fail("L7 sends", StrCat(where, ": a refusal that sends a message"));
  }
}

// L3: a message arrives once.
void Simulation::CheckMessages(uint32_t n, const std::string& where, const v1::Decision& decision) {
  for (int i = 0; i < decision.messages_size(); ++i) {
    const MessageId id{n, decision.sequence(), static_cast<uint32_t>(i)};
    sent_.insert(id);
    // The receiver's log may have been looked at first.
    if (!received_.contains(id)) {
      in_flight_[id] = {.from = n, .to = decision.messages(i).to_partition(), .step = step_};
    }
  }
  if (!decision.has_cause()) return;
  ++counts_.messages;
  if (!received_.insert(MessageOf(decision)).second) {
    Fail("L3 twice", StrCat(where, ": message ", decision.command().command_id(), " was taken twice"));
  }
}

// Replay from nothing, a record at a time.
void Simulation::ReplayRecord(uint32_t n, const v1::Decision& decision, std::string_view raw) {
  Seen& seen = seen_[n];
  const absl::StatusOr<Applier::Order> order = seen.replay->CheckOrder(decision);
  if (!order.ok()) return Fail("replay", order.status().ToString());
  if (absl::Status s = seen.replay->Apply(decision, raw); !s.ok()) return Fail("replay", s.ToString());
  if (absl::Status s = seen.store->Write(seen.replay->EndBatch()); !s.ok()) return Fail("replay", s.ToString());
  seen.replay->BatchWritten();
  seen.digests.push_back(seen.replay->digest().Bytes());
}

std::string Simulation::PhaseBefore(uint32_t n, const v1::Decision& decision, const v1::CaseState* before) {
  switch (KindOf(decision.stream())) {
    case StreamKind::kCase: return before != nullptr ? PhaseOf(*before) : "none";
    case StreamKind::kResident: {
      const absl::StatusOr<const v1::ResidentState*> state = seen_[n].replay->FindResident(decision.stream());
      return state.ok() && *state != nullptr ? PhaseOf(**state) : "none";
    }
    case StreamKind::kDirectory:
    case StreamKind::kPartition:
    case StreamKind::kReference:
    case StreamKind::kCaseload:
    case StreamKind::kNone: break;
  }
  return "-";
}

// Called before the record is replayed: its phase is that which the decision met.
void Simulation::CountRecord(uint32_t n, const v1::Decision& decision, const v1::CaseState* before) {
  const v1::Command& command = decision.command();
  if (command.verb_case() == Verb::VERB_NOT_SET || (!decision.has_accepted() && !decision.has_refusal())) return;
  size_t since = seen_[n].record_step;
  std::optional<std::pair<size_t, Misfortune>> struck = seen_[n].struck;
  if (const auto known = by_id_.find(command.command_id()); known != by_id_.end()) since = asked_[known->second].step;
  if (decision.has_cause()) {
    const auto sent = in_flight_.find(MessageOf(decision));
    if (sent != in_flight_.end()) {
      since = sent->second.step;
      const auto& sender = seen_[sent->second.from].struck;
      if (sender && (!struck || sender->first > struck->first)) struck = sender;
    }
  }
  const bool hit = struck && struck->first > 0 && struck->first >= since;
  coverage_.Count(VerbName(command.verb_case()), PhaseBefore(n, decision, before),
                  decision.has_accepted() ? Coverage::Result::kAccepted : Coverage::Result::kRefused,
                  hit ? struck->second : Misfortune::kCalm);
}

// A node's state is what the log says at its position, and its position never goes back.
void Simulation::CheckNode(Node& node) {
  CheckNewRecords();
  const absl::StatusOr<std::optional<v1::PartitionMeta>> meta = PartitionReader(node.n, *node.store).Meta();
  if (!meta.ok()) return Fail("state", meta.status().ToString());
  if (!meta->has_value()) return;
  const uint64_t position = (*meta)->applied_sequence();
  if (position < node.position) {
    Fail("L3 back", StrCat("partition ", node.n, " went back from ", node.position, " to ", position));
  }
  node.position = position;
  const Seen& seen = seen_[node.n];
  if (position >= seen.digests.size()) {
    return Fail("L3 ahead", StrCat("partition ", node.n, " shows ", position, ", the log does not"));
  }
  if ((*meta)->digest() != seen.digests[position]) {
    Fail("L1", StrCat("partition ", node.n, " at ", position, ": the state is not what replay gives"));
  }
  if (!node.partition) return;
  const PartitionView view = node.partition->view();
  if (view.position.sequence() > position) {
    Fail("L3 view",
         StrCat("partition ", node.n, " says it is at ", view.position.sequence(), ", its state is at ", position));
  }
  // What an aborted round gives back waits again, beside what came meanwhile.
  const size_t most = limits_.inbox_max + 2 * limits_.round_commands_max;
  if (view.inbox > most) {
    Fail("L10", StrCat("partition ", node.n, " holds ", view.inbox, " commands, at most ", most, " can wait"));
  }
}

// What a client was told is what the log says (law L5).
void Simulation::CheckAcknowledged(const Asked& asked) {
  const v1::Outcome& outcome = asked.first;
  if (outcome.ByteSizeLong() == 0) return;
  bool found = false;
  const absl::Status read =
      log_->ReadFrom(asked.partition, outcome.position().sequence(), [&](uint64_t sequence, std::string_view raw) {
        v1::Decision decision;
        if (!ParseRecord(raw, asked.partition, sequence, decision).ok()) return false;
        v1::Outcome told = OutcomeOf(decision, "sim-log");
        told.set_replayed(outcome.replayed());
        found = DeterministicBytes(told) == DeterministicBytes(outcome);
        return false;
      });
  if (!read.ok() || !found) {
    Fail("L5 lost", StrCat(asked.command.command_id(),
                           " was acknowledged, and the log does not say so: ", outcome.ShortDebugString()));
  }
}

}  // namespace caseward::test

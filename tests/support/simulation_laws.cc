// The laws, looked at after every step (what is new) and at rest (everything).
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/partition/case_index.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "engine/partition/sealing.h"
#include "tests/support/simulation.h"

namespace caseward::test {

void Simulation::CheckNewRecords() {
  SeeIntake();
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    const absl::Status read = log_->ReadFrom(n, seen_[n].records, [&](uint64_t sequence, std::string_view raw) {
      v1::Decision decision;
      const absl::Status parsed = ParseRecord(raw, n, sequence, decision);
      if (!parsed.ok()) {
        Fail(parsed.ToString());
      } else {
        CheckRecord(n, decision, raw);
      }
      return failure_.empty();
    });
    if (!read.ok()) Fail(read.ToString());
  }
}

void Simulation::CheckRecord(uint32_t n, const v1::Decision& decision, std::string_view raw) {
  Seen& seen = seen_[n];
  const std::string where = StrCat("partition ", n, ", record ", decision.sequence());
  Say(StrCat("log ", n, "/", decision.sequence(), " ", decision.stream(), " ", decision.command().command_id()));
  ++counts_.records;
  if (decision.sequence() != seen.records) Fail(StrCat("L4: ", where, ": expected sequence ", seen.records));
  if (decision.term() < seen.term) Fail(StrCat("L4: ", where, ": term ", decision.term(), " after ", seen.term));
  if (ToTime(decision.recorded_at()) < seen.recorded_at)
    Fail(StrCat("L6: ", where, ": recorded before the one before"));
  if (raw.find("CLEARTEXT") != std::string_view::npos || HasText(decision))
    Fail(StrCat("L11: ", where, ": text in clear"));
  seen.term = decision.term();
  seen.recorded_at = ToTime(decision.recorded_at());
  ++seen.records;

  const v1::Command& command = decision.command();
  const bool by_system = decision.actor().kind() == v1::Actor::KIND_SYSTEM;
  if (by_system && (command.has_sign_off() || command.has_close_case() || command.has_withdraw_case())) {
    Fail(StrCat("L12: ", where, ": SYSTEM decided for a person"));
  }
  if (!by_system && limits_.command_ids_kept > absl::Hours(48) &&
      !decided_.insert(StrCat(decision.actor().id(), " ", n, " ", command.command_id())).second) {
    Fail(StrCat("L5: ", where, ": ", command.command_id(), " was decided twice"));
  }
  if (command.has_fire_clock()) {
    ++counts_.fires;
    const v1::FireClock& fire = command.fire_clock();
    if (!fired_[{decision.stream(), fire.clock()}].emplace(fire.edge(), FormatInstant(ToTime(fire.due()))).second) {
      Fail(StrCat("L8: ", where, ": clock ", fire.clock(), " of ", decision.stream(), " fired twice for one due time"));
    }
    if (ToTime(fire.due()) > ToTime(decision.recorded_at())) Fail(StrCat("L8: ", where, ": a clock fired too early"));
  }
  for (const v1::Event& event : decision.accepted().events()) {
    if (event.has_clock_started()) fired_.erase({decision.stream(), event.clock_started().clock()});
  }
  if (command.has_sign_head()) {
    ++counts_.heads;
    if (command.sign_head().tree_size() != decision.sequence() ||
        command.sign_head().root() != AsBytes(seen.replay->merkle().Root(hasher_))) {
      Fail(StrCat("L14: ", where, ": a head that is not the root of all records before it"));
    }
  }
  for (int i = 0; i < decision.messages_size(); ++i)
    sent_.emplace(n, decision.sequence(), static_cast<uint32_t>(i));
  if (decision.has_cause()) {
    ++counts_.messages;
    const std::string& id = command.command_id();
    const auto number = static_cast<uint32_t>(std::stoul(id.substr(id.rfind('-') + 1)));
    if (!received_.emplace(decision.cause().partition(), decision.cause().sequence(), number).second) {
      Fail(StrCat("L3: ", where, ": message ", id, " was taken twice"));
    }
  }

  CheckTaken(n, decision);

  // Replay from nothing, a record at a time.
  const absl::StatusOr<Applier::Order> order = seen.replay->CheckOrder(decision);
  if (!order.ok()) return Fail(order.status().ToString());
  if (absl::Status s = seen.replay->Apply(decision, raw); !s.ok()) return Fail(s.ToString());
  if (absl::Status s = seen.store->Write(seen.replay->EndBatch()); !s.ok()) return Fail(s.ToString());
  seen.replay->BatchWritten();
  seen.digests.push_back(seen.replay->digest().Bytes());
}

// A node's state is what the log says at its position, and its position never goes back.
void Simulation::CheckNode(Node& node) {
  CheckNewRecords();
  const absl::StatusOr<std::optional<v1::PartitionMeta>> meta = PartitionReader(node.n, *node.store).Meta();
  if (!meta.ok()) return Fail(meta.status().ToString());
  if (!meta->has_value()) return;
  const uint64_t position = (*meta)->applied_sequence();
  if (position < node.position) Fail(StrCat("partition ", node.n, " went back from ", node.position, " to ", position));
  node.position = position;
  const Seen& seen = seen_[node.n];
  if (position >= seen.digests.size())
    return Fail(StrCat("L3: partition ", node.n, " shows ", position, ", the log does not"));
  if ((*meta)->digest() != seen.digests[position]) {
    Fail(StrCat("L1: partition ", node.n, " at ", position, ": the state is not what replay gives"));
  }
  if (node.partition && node.partition->view().position.sequence() > position) {
    Fail(StrCat("L3: partition ", node.n, " says it is at ", node.partition->view().position.sequence(),
                ", its state is at ", position));
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
    Fail(StrCat("L5: ", asked.command.command_id(),
                " was acknowledged, and the log does not say so: ", outcome.ShortDebugString()));
  }
}

void Simulation::CheckAtRest() {
  for (const Asked& asked : asked_) {
    if (!asked.acknowledged) Fail(StrCat("nobody ever answered ", asked.command.command_id(), ", though all is well"));
    if (asked.acknowledged) CheckAcknowledged(asked);
  }
  if (sent_ != received_) {
    Fail(StrCat("messages: ", sent_.size(), " sent, ", received_.size(), " received, though all is well"));
  }
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    if (owners_[n].position + 1 != seen_[n].records) Fail(StrCat("partition ", n, " has not applied all of its log"));
    const std::string condition = owners_[n].partition->view().condition;
    if (condition != "SERVING") Fail(StrCat("partition ", n, " is ", condition, ", though all is well"));
    CheckNoText(n);
    CheckClocks(n);
    CheckOutcomes(n);
    CheckNothingHalfDone(n);
    CheckWaiting(n);
  }
  CheckErased();
  CheckCaseloads();
}

void Simulation::CheckNoText(uint32_t n) {
  const absl::Status scanned = owners_[n].store->Scan("", "", [&](std::string_view key, std::string_view value) {
    if (key.find("CLEARTEXT") != key.npos || value.find("CLEARTEXT") != value.npos) Fail("L11: text in clear in state");
    return true;
  });
  if (!scanned.ok()) Fail(scanned.ToString());
}

// L8: nothing that is due is left. And the timers in state are those of its cases, no more and no less.
void Simulation::CheckClocks(uint32_t n) {
  const PartitionReader reader(n, *owners_[n].store);
  std::set<std::string> expected;
  absl::Status listed = reader.ListCases("", [&](v1::CaseState&& state) {
    for (const keys::Timer& timer : TimersOf(state)) {
      expected.insert(keys::TimerKey(n, timer));
      if (timer.due <= now_.wall)
        Fail(StrCat("L8: clock ", timer.clock, " of ", timer.case_id, " is due and has not fired"));
    }
    return true;
  });
  std::set<std::string> found;
  if (listed.ok()) {
    listed = reader.ListTimers(absl::InfiniteFuture(), std::nullopt, [&](const keys::Timer& timer) {
      found.insert(keys::TimerKey(n, timer));
      return true;
    });
  }
  if (!listed.ok()) Fail(listed.ToString());
  if (expected != found) Fail(StrCat("partition ", n, ": timers in state are not those of its cases"));
}

// What takes two steps has taken both, whatever crashed between them: both cases of a split, both entries of a merge.
void Simulation::CheckNothingHalfDone(uint32_t n) {
  const PartitionReader reader(n, *owners_[n].store);
  std::map<std::string, std::string> survivors;  // by who was merged
  absl::Status read = reader.ListCases("", [&](v1::CaseState&& state) {
    for (const v1::SplitState& split : state.splits()) {
      if (split.status() == v1::SplitState::STATUS_HALF_DONE) {
        Fail(StrCat("split: ", state.case_id(), " still waits for ", split.new_case_id()));
      }
      if (split.status() == v1::SplitState::STATUS_DONE) ++counts_.splits;
    }
    return true;
  });
  if (!read.ok()) return Fail(read.ToString());
  read = owners_[n].store->Scan(keys::ResidentPrefix(n), "", [&](std::string_view, std::string_view value) {
    v1::ResidentState resident;
    if (!resident.ParseFromArray(value.data(), static_cast<int>(value.size()))) Fail("a resident that cannot be read");
    if (!resident.merging_into().empty()) Fail(StrCat("merge: ", resident.resident_id(), " is still half done"));
    if (!resident.merged_into().empty()) ++counts_.merges;
    if (!resident.merged_into().empty() && !resident.merged_from().empty()) {
      Fail(StrCat("merge: ", resident.resident_id(), " is a link of a chain"));
    }
    if (!resident.merged_into().empty()) survivors.emplace(resident.resident_id(), resident.merged_into());
    return true;
  });
  if (!read.ok()) return Fail(read.ToString());
  // Every case of one who was merged, whenever it was reported, leads to the entry that goes on.
  read = reader.ListCases("", [&](v1::CaseState&& state) {
    const auto merged = survivors.find(state.main_resident_id());
    if (merged != survivors.end() && state.survivor_id() != merged->second) {
      Fail(StrCat("merge: ", state.case_id(), " does not point to ", merged->second));
    }
    return true;
  });
  if (!read.ok()) Fail(read.ToString());
}

// What waits for others in the index is what the cases say, no more and no less.
void Simulation::CheckWaiting(uint32_t n) {
  std::map<std::string, std::string> expected;
  const absl::Status listed = PartitionReader(n, *owners_[n].store).ListCases("", [&](v1::CaseState&& state) {
    for (const WaitingEntry& entry : WaitingOf(state))
      expected.emplace(keys::Waiting(n, entry.what, entry.order), DeterministicBytes(entry.state));
    return true;
  });
  if (!listed.ok()) return Fail(listed.ToString());
  std::map<std::string, std::string> found;
  for (const std::string& what :
       {std::string(kWaitsForSignature), WaitsForTaker("olu"), WaitsForTaker("ben"), WaitsForTaker("cat")}) {
    const absl::Status scanned =
        owners_[n].store->Scan(keys::WaitingPrefix(n, what), "", [&](std::string_view key, std::string_view value) {
          found.emplace(key, value);
          return true;
        });
    if (!scanned.ok()) return Fail(scanned.ToString());
  }
  if (expected != found) Fail(StrCat("partition ", n, ": what waits in state is not what its cases say"));
}

// What everybody carries is what their open cases weigh, over all partitions, and the directory's snapshot says the
// same.
void Simulation::CheckCaseloads() {
  struct Sum {
    uint32_t load = 0, cases = 0;
    bool operator==(const Sum&) const = default;
  };
  std::map<std::string, Sum> expected;
  for (uint32_t n = 0; n < partitions_; ++n) {
    const absl::Status listed = PartitionReader(n, *owners_[n].store).ListCases("", [&](v1::CaseState&& state) {
      const bool counts = swarm_.loads && !state.importing() && !ListedOwner(state).empty();
      if (state.load_owner() != (counts ? state.owner() : "") || (state.load_weight() > 0) != counts) {
        Fail(StrCat("R-67: ", state.case_id(), " counts as ", state.load_weight(), " of ", state.load_owner()));
      }
      if (!counts) return true;
      expected[state.load_owner()].load += state.load_weight();
      ++expected[state.load_owner()].cases;
      return true;
    });
    if (!listed.ok()) return Fail(listed.ToString());
  }
  const absl::StatusOr<std::vector<v1::CaseloadState>> kept = PartitionReader(0, *owners_[0].store).Caseloads();
  if (!kept.ok()) return Fail(kept.status().ToString());
  std::map<std::string, Sum> found;
  for (const v1::CaseloadState& caseload : *kept) {
    counts_.loads += caseload.sequence() > 0 ? 1 : 0;
    if (hub_.Now()->LoadOf(caseload.staff_id()).load != caseload.load()) {
      Fail(StrCat("R-67: the directory says another load of ", caseload.staff_id(), " than its state"));
    }
    if (caseload.cases() > 0) found[caseload.staff_id()] = {caseload.load(), caseload.cases()};
  }
  if (found != expected) Fail("R-67: what people carry is not what their cases weigh");
}

// L11: after an erasure the words are gone, everywhere.
void Simulation::CheckErased() {
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    const absl::Status read = log_->ReadFrom(n, 0, [&](uint64_t sequence, std::string_view raw) {
      v1::Decision decision;
      if (!ParseRecord(raw, n, sequence, decision).ok()) return false;
      const absl::Status opened = ForEachWords(decision, [&](v1::Words& words) -> absl::Status {
        if (words.sealed().empty()) return absl::OkStatus();
        const bool erased = erased_.contains(words.key_id());
        const absl::StatusOr<std::string> text = owners_[n].vault->Open(words.key_id(), words.sealed());
        if (erased && text.ok()) return absl::InternalError("words of an erased person can be read");
        if (!erased && !absl::IsNotFound(text.status()) && !text.ok()) return text.status();
        if (!erased && text.ok() && text->find("CLEARTEXT") == std::string::npos)
          return absl::InternalError("other words");
        return absl::OkStatus();
      });
      if (!opened.ok()) Fail(StrCat("L11: partition ", n, ", record ", sequence, ": ", opened.ToString()));
      return failure_.empty();
    });
    if (!read.ok()) Fail(read.ToString());
  }
}

}  // namespace caseward::test

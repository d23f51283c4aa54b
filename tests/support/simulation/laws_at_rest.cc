// The laws of everything, once all is well again: what was asked is answered, what was sent has arrived, what is due
// has fired, nothing is half done, and what was erased is gone.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/partition/case_index.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "engine/partition/sealing.h"
#include "tests/support/simulation/simulation.h"

namespace caseward::test {

void Simulation::CheckAtRest() {
  for (const Asked& asked : asked_) {
    if (!asked.acknowledged)
      Fail("unanswered", StrCat("nobody ever answered ", asked.command.command_id(), ", though all is well"));
    if (asked.acknowledged) CheckAcknowledged(asked);
  }
  if (sent_ != received_) {
    Fail("L3 message",
         StrCat("messages: ", sent_.size(), " sent, ", received_.size(), " received, though all is well"));
  }
  for (uint32_t n = 0; n < partitions_ && failure_.empty(); ++n) {
    if (owners_[n].position + 1 != seen_[n].records)
      Fail("rest", StrCat("partition ", n, " has not applied all of its log"));
    const std::string condition = owners_[n].partition->view().condition;
    if (condition != "SERVING") Fail("rest", StrCat("partition ", n, " is ", condition, ", though all is well"));
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
    if (key.find("cleartext") != key.npos || value.find("cleartext") != value.npos)
      Fail("L11", "text in clear in state");
    return true;
  });
  if (!scanned.ok()) Fail("state", scanned.ToString());
}

// L8: nothing that is due is left. And the timers in state are those of its cases, no more and no less.
void Simulation::CheckClocks(uint32_t n) {
  const PartitionReader reader(n, *owners_[n].store);
  std::set<std::string> expected;
  absl::Status listed = reader.ListCases("", [&](v1::CaseState&& state) {
    for (const keys::Timer& timer : TimersOf(state)) {
      expected.insert(keys::TimerKey(n, timer));
      if (timer.due <= now_.wall)
        Fail("L8 left", StrCat("clock ", timer.clock, " of ", timer.case_id, " is due and has not fired"));
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
  if (!listed.ok()) Fail("state", listed.ToString());
  if (expected != found) Fail("timers", StrCat("partition ", n, ": timers in state are not those of its cases"));
}

// What takes two steps has taken both, whatever crashed between them: both cases of a split or a link, both entries of
// a merge.
void Simulation::CheckNothingHalfDone(uint32_t n) {
  CheckSplitsAndLinks(n);
  const PartitionReader reader(n, *owners_[n].store);
  std::map<std::string, std::string> survivors;  // by who was merged
  absl::Status read = reader.ListResidents([&](const v1::ResidentState& resident) {
    const std::string& id = resident.resident_id();
    if (!resident.merging_into().empty()) Fail("merge", StrCat(id, " is still half done"));
    if (!resident.merged_into().empty()) {
      ++counts_.merges;
      survivors.emplace(id, resident.merged_into());
      if (!resident.merged_from().empty()) Fail("merge chain", StrCat(id, " is a link of a chain"));
      const v1::ResidentState* survivor = ResidentOf(resident.merged_into());
      if (survivor == nullptr || std::find(survivor->merged_from().begin(), survivor->merged_from().end(), id) ==
                                     survivor->merged_from().end()) {
        Fail("merge sides", StrCat(resident.merged_into(), " does not know that ", id, " was merged into it"));
      }
    }
    return true;
  });
  if (!read.ok()) return Fail("state", read.ToString());
  // Every case of one who was merged, whenever it was reported, leads to the entry that goes on.
  read = reader.ListCases("", [&](v1::CaseState&& state) {
    const auto merged = survivors.find(state.main_resident_id());
    if (merged != survivors.end() && state.survivor_id() != merged->second) {
      Fail("merge case", StrCat(state.case_id(), " does not point to ", merged->second));
    }
    return true;
  });
  if (!read.ok()) Fail("state", read.ToString());
}

void Simulation::CheckSplitsAndLinks(uint32_t n) {
  const PartitionReader reader(n, *owners_[n].store);
  const absl::Status read = reader.ListCases("", [&](v1::CaseState&& state) {
    for (const v1::SplitState& split : state.splits()) {
      const std::string& other = split.new_case_id();
      if (split.status() == v1::SplitState::STATUS_HALF_DONE) {
        Fail("split", StrCat(state.case_id(), " still waits for ", other));
      }
      const bool done = split.status() == v1::SplitState::STATUS_DONE;
      counts_.splits += done ? 1 : 0;
      const v1::CaseState* made = CaseOf(other);
      if (done != (made != nullptr && made->split_from() == state.case_id())) {
        Fail("split sides", StrCat(state.case_id(), " and ", other, " do not agree on their split"));
      }
    }
    for (const v1::CaseLinkState& link : state.links()) {
      const v1::CaseState* other = CaseOf(link.other_case_id());
      if (other == nullptr) continue;
      ++counts_.links;
      const auto& back = other->links();
      const bool mutual = std::any_of(back.begin(), back.end(), [&](const v1::CaseLinkState& one) {
        return one.other_case_id() == state.case_id();
      });
      if (!link.confirmed() || !mutual) {
        Fail("link", StrCat(state.case_id(), " and ", link.other_case_id(), " do not agree on their link"));
      }
    }
    return true;
  });
  if (!read.ok()) Fail("state", read.ToString());
}

// What waits for others in the index is what the cases say, no more and no less.
void Simulation::CheckWaiting(uint32_t n) {
  std::map<std::string, std::string> expected;
  const absl::Status listed = PartitionReader(n, *owners_[n].store).ListCases("", [&](v1::CaseState&& state) {
    for (const WaitingEntry& entry : WaitingOf(state))
      expected.emplace(keys::Waiting(n, entry.what, entry.order), DeterministicBytes(entry.state));
    return true;
  });
  if (!listed.ok()) return Fail("state", listed.ToString());
  std::map<std::string, std::string> found;
  std::set<std::string> whats;
  for (const Asked& asked : asked_) {
    if (asked.command.has_hand_over_case()) whats.insert(WaitsForTaker(asked.command.hand_over_case().to()));
  }
  whats.insert(std::string(kWaitsForSignature));
  for (const std::string& what : whats) {
    const absl::Status scanned =
        owners_[n].store->Scan(keys::WaitingPrefix(n, what), "", [&](std::string_view key, std::string_view value) {
          found.emplace(key, value);
          return true;
        });
    if (!scanned.ok()) return Fail("state", scanned.ToString());
  }
  if (expected != found) Fail("R-66", StrCat("partition ", n, ": what waits in state is not what its cases say"));
}

// What everybody carries is what their open cases weigh, over all partitions, and the directory's snapshot says the
// same.
void Simulation::CheckCaseloads() {
  struct Sum {
    uint32_t load = 0, cases = 0;
    bool operator==(const Sum&) const = default;
  };
  std::map<std::string, Sum> expected;
  const bool weighs = script_.mix.loads != 0 || script_.mix.year != 0;  // the pack does
  for (uint32_t n = 0; n < partitions_; ++n) {
    const absl::Status listed = PartitionReader(n, *owners_[n].store).ListCases("", [&](v1::CaseState&& state) {
      const bool counts = weighs && !state.importing() && !ListedOwner(state).empty();
      if (state.load_owner() != (counts ? state.owner() : "") || (state.load_weight() > 0) != counts) {
        Fail("R-67 case", StrCat(state.case_id(), " counts as ", state.load_weight(), " of ", state.load_owner()));
      }
      if (!counts) return true;
      expected[state.load_owner()].load += state.load_weight();
      ++expected[state.load_owner()].cases;
      return true;
    });
    if (!listed.ok()) return Fail("state", listed.ToString());
  }
  const absl::StatusOr<std::vector<v1::CaseloadState>> kept = PartitionReader(0, *owners_[0].store).Caseloads();
  if (!kept.ok()) return Fail("state", kept.status().ToString());
  std::map<std::string, Sum> found;
  for (const v1::CaseloadState& caseload : *kept) {
    counts_.loads += caseload.sequence() > 0 ? 1 : 0;
    if (hub_.Now()->LoadOf(caseload.staff_id()).load != caseload.load()) {
      Fail("R-67 snapshot", StrCat("the directory says another load of ", caseload.staff_id(), " than its state"));
    }
    if (caseload.cases() > 0) found[caseload.staff_id()] = {caseload.load(), caseload.cases()};
  }
  if (found != expected) Fail("R-67", "what people carry is not what their cases weigh");
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
        if (!erased && text.ok() && text->find("cleartext") == std::string::npos)
          return absl::InternalError("other words");
        return absl::OkStatus();
      });
      if (!opened.ok()) Fail("L11 erased", StrCat("partition ", n, ", record ", sequence, ": ", opened.ToString()));
      return failure_.empty();
    });
    if (!read.ok()) Fail("state", read.ToString());
  }
}

}  // namespace caseward::test

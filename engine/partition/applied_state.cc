// Reading side of the applier: the books and the cache of decoded state.
#include <utility>

#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/apply.h"
#include "engine/partition/fact_lines.h"
#include "engine/partition/records.h"

namespace caseward {

Applier::Applier(uint32_t partition, const PartitionLimits& limits, Ports ports)
    : partition_(partition),
      limits_(limits),
      ports_(ports),
      writer_(ports.hasher),
      marks_(partition, limits.command_ids_kept, ports.store),
      cases_(limits.cached_cases_max),
      residents_(limits.cached_cases_max) {}

absl::Status Applier::Restore() {
  const absl::StatusOr<std::optional<std::string>> stored = ports_.store.Get(keys::Meta(partition_));
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return absl::OkStatus();
  if (!meta_.ParseFromString(**stored) || !merkle_.Load(meta_) || !writer_.digest().Load(meta_.digest())) {
    return absl::DataLossError(
        StrCat("partition ", partition_,
               ": the state's books cannot be read; delete the state folder to rebuild it from the log"));
  }
  if (meta_.format() > kRecordFormat || meta_.partition() != partition_) {
    return absl::FailedPreconditionError(StrCat("partition ", partition_,
                                                ": expected state of this partition, format 1 to ", kRecordFormat,
                                                "; found partition ", meta_.partition(), ", format ", meta_.format()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Applier::Order> Applier::CheckOrder(const v1::Decision& decision) const {
  if (meta_.has_applied() && decision.term() < meta_.term()) return Order::kStale;
  const uint64_t expected = next_sequence();
  if (decision.sequence() != expected) {
    return absl::DataLossError(
        StrCat("partition ", partition_, ": ", decision.sequence() < expected ? "a repeat" : "a gap",
               " in the log: expected sequence ", expected, ", found ", decision.sequence(), " of term ",
               decision.term(), "; see docs/operating.md, \"A partition has stopped\""));
  }
  if (expected == 0 && !decision.has_genesis()) {
    return absl::DataLossError(
        StrCat("partition ", partition_, ": expected the genesis record at sequence 0, found another"));
  }
  if (expected != 0 && decision.has_genesis()) {
    return absl::DataLossError(StrCat("partition ", partition_, ": a second genesis record, at sequence ", expected));
  }
  return Order::kNext;
}

absl::Time Applier::last_recorded_at() const {
  return meta_.has_last_recorded_at() ? ToTime(meta_.last_recorded_at()) : absl::InfinitePast();
}

absl::StatusOr<Applier::CaseCache::Entry*> Applier::LoadCase(std::string_view case_id) {
  if (CaseCache::Entry* held = cases_.Find(case_id)) return held;
  const std::string key = keys::Case(partition_, case_id);
  absl::StatusOr<std::optional<std::string>> stored = ports_.store.Get(key);
  if (!stored.ok()) return stored.status();
  CaseEntry entry;
  if (stored->has_value()) {
    if (!entry.state.emplace().ParseFromString(**stored)) {
      return absl::DataLossError(StrCat("partition ", partition_, ": the state of case ", case_id, " cannot be read"));
    }
    entry.written = EntryHash(ports_.hasher, key, **stored);
  }
  return cases_.Add(case_id, std::move(entry));
}

absl::StatusOr<Applier::ResidentCache::Entry*> Applier::LoadResident(std::string_view resident_id) {
  if (ResidentCache::Entry* held = residents_.Find(resident_id)) return held;
  const std::string key = keys::Resident(partition_, resident_id);
  absl::StatusOr<std::optional<std::string>> stored = ports_.store.Get(key);
  if (!stored.ok()) return stored.status();
  ResidentEntry entry;
  if (stored->has_value()) {
    if (!entry.state.emplace().ParseFromString(**stored)) {
      return absl::DataLossError(
          StrCat("partition ", partition_, ": the state of resident ", resident_id, " cannot be read"));
    }
    entry.written = EntryHash(ports_.hasher, key, **stored);
  }
  return residents_.Add(resident_id, std::move(entry));
}

absl::StatusOr<const v1::CaseState*> Applier::FindCase(std::string_view case_id) {
  const absl::StatusOr<CaseCache::Entry*> entry = LoadCase(case_id);
  if (!entry.ok()) return entry.status();
  CaseEntry& found = (*entry)->value;
  if (found.state) return &*found.state;
  // Somebody is about to decide on a case that is not there: it has no lines, so the first rule that counts need not
  // look. A replay and a copy decide nothing, and keep none.
  if (!found.lines) found.lines.emplace();
  return nullptr;
}

absl::StatusOr<const v1::ResidentState*> Applier::FindResident(std::string_view resident_id) {
  const absl::StatusOr<ResidentCache::Entry*> entry = LoadResident(resident_id);
  if (!entry.ok()) return entry.status();
  return (*entry)->value.state ? &*(*entry)->value.state : nullptr;
}

absl::StatusOr<v1::ReferenceState> Applier::FindReference(const v1::ExternalReference& reference) const {
  const absl::StatusOr<std::optional<std::string>> stored =
      ports_.store.Get(keys::Reference(partition_, reference.system(), reference.value()));
  if (!stored.ok()) return stored.status();
  v1::ReferenceState state;
  if (stored->has_value() && !state.ParseFromString(**stored)) {
    return absl::DataLossError(StrCat("partition ", partition_, ": a reference's state cannot be read"));
  }
  return state;
}

absl::StatusOr<const std::vector<v1::FactLineRecord>*> Applier::Lines(std::string_view case_id) {
  const absl::StatusOr<CaseCache::Entry*> entry = LoadCase(case_id);
  if (!entry.ok()) return entry.status();
  std::optional<std::vector<v1::FactLineRecord>>& lines = (*entry)->value.lines;
  if (!lines) {
    CHECK(!(*entry)->value.dirty);  // the store would lack what the batch in the making adds
    absl::StatusOr<std::vector<v1::FactLineRecord>> read = ReadLines(partition_, ports_.store, case_id);
    if (!read.ok()) return read.status();
    lines_held_ += read->size();
    lines = *std::move(read);
  }
  return &*lines;
}

// Lines are read again when a condition counts; few cases do, so they are dropped all at once when there are many.
void Applier::BoundLines() {
  if (lines_held_ <= limits_.cached_lines_max) return;
  cases_.ForEach([](CaseCache::Entry& entry) { entry.value.lines.reset(); });
  lines_held_ = 0;
}

absl::StatusOr<std::optional<v1::CommandMarkRecord>> Applier::FindMark(std::string_view principal,
                                                                       std::string_view command_id) const {
  const absl::StatusOr<std::optional<std::string>> stored =
      ports_.store.Get(keys::CommandMark(partition_, principal, command_id));
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return std::nullopt;
  v1::CommandMarkRecord mark;
  if (!mark.ParseFromString(**stored)) {
    return absl::DataLossError(StrCat("partition ", partition_, ": a command mark cannot be read"));
  }
  return mark;
}

absl::StatusOr<std::string> Applier::ReadHistory(std::string_view stream, uint64_t sequence) const {
  absl::StatusOr<std::optional<std::string>> raw = ports_.store.Get(keys::History(partition_, stream, sequence));
  if (!raw.ok()) return raw.status();
  if (!raw->has_value()) {
    return absl::DataLossError(
        StrCat("partition ", partition_, ": record ", sequence, " of ", stream, " is not in state"));
  }
  return **std::move(raw);
}

}  // namespace caseward

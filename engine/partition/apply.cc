#include "engine/partition/apply.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/evolve.h"
#include "engine/directory/caseload.h"
#include "engine/partition/case_index.h"
#include "engine/partition/fact_lines.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/records.h"
#include "engine/residents/resident.h"

namespace caseward {

absl::Status Applier::Apply(const v1::Decision& decision, std::string_view raw) {
  CHECK(decision.sequence() == next_sequence());
  if (decision.has_accepted()) {
    if (absl::Status s = ApplyToStream(decision); !s.ok()) return s;
  }
  if (!decision.stream().empty()) {
    writer_.PutNew(keys::History(partition_, decision.stream(), decision.sequence()), std::string(raw));
  }
  marks_.Add(decision, writer_);
  if (absl::Status s = marks_.Prune(ToTime(decision.recorded_at()), writer_); !s.ok()) return s;
  merkle_.Append(ports_.hasher, raw);
  ApplyToBooks(decision);
  return absl::OkStatus();
}

absl::Status Applier::ApplyToStream(const v1::Decision& decision) {
  switch (KindOf(decision.stream())) {
    case StreamKind::kCase: return ApplyToCase(decision);
    case StreamKind::kResident: return ApplyToResident(decision);
    case StreamKind::kReference: return ApplyToReference(decision);
    case StreamKind::kCaseload: return ApplyToCaseload(decision);
    case StreamKind::kDirectory:  // its history is its state
    case StreamKind::kPartition:  // see ApplyToBooks
    case StreamKind::kNone: return absl::OkStatus();
  }
  CHECK(false);
}

absl::Status Applier::ApplyToCase(const v1::Decision& decision) {
  const auto& events = decision.accepted().events();
  if (std::none_of(events.begin(), events.end(), IsCaseEvent)) return absl::OkStatus();
  const absl::StatusOr<CaseCache::Entry*> loaded = LoadCase(decision.stream());
  if (!loaded.ok()) return loaded.status();
  CaseEntry& entry = (*loaded)->value;
  if (!entry.dirty) {
    entry.dirty = true;
    dirty_cases_.push_back(*loaded);
    if (entry.state) {
      entry.stored_timers = TimersOf(*entry.state);
      entry.stored_owner = ListedOwner(*entry.state);
      entry.stored_waiting = WaitingEntries(*entry.state);
    }
  }
  if (!entry.state) entry.state.emplace().set_case_id(decision.stream());
  if (absl::Status s = EvolveCase(*entry.state, decision); !s.ok()) return s;
  if (entry.lines) {
    entry.lines->push_back(*LineOf(decision));
    ++lines_held_;
  }

  for (const v1::Event& event : events) {
    if (!event.has_case_reported()) continue;
    const std::string& resident_id = event.case_reported().main_resident_id();
    const absl::StatusOr<ResidentCache::Entry*> resident = LoadResident(resident_id);
    if (!resident.ok()) return resident.status();
    ResidentEntry& known = (*resident)->value;
    if (!std::exchange(known.dirty, true)) dirty_residents_.push_back(*resident);
    if (!known.state) known.state.emplace();
    AddCase(*known.state, resident_id, decision.stream());
  }
  return absl::OkStatus();
}

absl::Status Applier::ApplyToResident(const v1::Decision& decision) {
  const absl::StatusOr<ResidentCache::Entry*> loaded = LoadResident(decision.stream());
  if (!loaded.ok()) return loaded.status();
  ResidentEntry& entry = (*loaded)->value;
  if (!std::exchange(entry.dirty, true)) dirty_residents_.push_back(*loaded);
  if (!entry.state) entry.state.emplace().set_resident_id(decision.stream());
  for (const v1::Event& event : decision.accepted().events()) {
    if (IsCaseEvent(event)) EvolveResident(*entry.state, event, ToTime(decision.recorded_at()));
  }
  return absl::OkStatus();
}

absl::Status Applier::ApplyToReference(const v1::Decision& decision) {
  for (const v1::Event& event : decision.accepted().events()) {
    if (!event.has_reference_claimed()) continue;
    const v1::ReferenceClaimed& claimed = event.reference_claimed();
    const std::string key = keys::Reference(partition_, claimed.reference().system(), claimed.reference().value());
    auto at = references_.find(key);
    if (at == references_.end()) {
      const absl::StatusOr<std::optional<std::string>> stored = ports_.store.Get(key);
      if (!stored.ok()) return stored.status();
      ReferenceEntry entry;
      if (stored->has_value()) {
        if (!entry.state.ParseFromString(**stored)) {
          return absl::DataLossError(StrCat("partition ", partition_, ": a reference's state cannot be read"));
        }
        entry.written = EntryHash(ports_.hasher, key, **stored);
      }
      at = references_.emplace(key, std::move(entry)).first;
    }
    v1::ReferenceState& state = at->second.state;
    *state.mutable_reference() = claimed.reference();
    const auto& ids = state.case_ids();
    if (std::find(ids.begin(), ids.end(), claimed.case_id()) == ids.end()) state.add_case_ids(claimed.case_id());
  }
  return absl::OkStatus();
}

absl::Status Applier::ApplyToCaseload(const v1::Decision& decision) {
  const std::string key =
      keys::Caseload(partition_, std::string_view(decision.stream()).substr(kCaseloadStreams.size()));
  auto at = caseloads_.find(key);
  if (at == caseloads_.end()) {
    const absl::StatusOr<std::optional<std::string>> stored = ports_.store.Get(key);
    if (!stored.ok()) return stored.status();
    CaseloadEntry entry;
    if (stored->has_value()) {
      if (!entry.state.ParseFromString(**stored)) {
        return absl::DataLossError(StrCat("partition ", partition_, ": a caseload cannot be read"));
      }
      entry.written = EntryHash(ports_.hasher, key, **stored);
    }
    at = caseloads_.emplace(key, std::move(entry)).first;
  }
  for (const v1::Event& event : decision.accepted().events())
    EvolveCaseload(at->second.state, event, decision.sequence());
  return absl::OkStatus();
}

// The index of what waits, as it should be for this state.
std::map<std::string, std::string> Applier::WaitingEntries(const v1::CaseState& state) const {
  std::map<std::string, std::string> entries;
  for (const WaitingEntry& entry : WaitingOf(state))
    entries.emplace(keys::Waiting(partition_, entry.what, entry.order), DeterministicBytes(entry.state));
  return entries;
}

void Applier::ApplyToBooks(const v1::Decision& decision) {
  meta_.set_has_applied(true);
  meta_.set_applied_sequence(decision.sequence());
  meta_.set_term(std::max(meta_.term(), decision.term()));
  meta_.set_directory_sequence(std::max(meta_.directory_sequence(), decision.directory_sequence()));
  *meta_.mutable_last_recorded_at() = decision.recorded_at();
  ApplyIntake(decision, meta_);
  if (decision.has_cause()) NoteInbox(decision);
  NoteSent(decision);
  if (decision.has_genesis()) {
    meta_.set_format(kRecordFormat);
    meta_.set_partition(partition_);
    meta_.set_log_id(decision.genesis().log_id());
    *meta_.mutable_head_signed_at() = decision.recorded_at();
  }
  for (const v1::Event& event : decision.accepted().events()) {
    if (!event.has_head_signed()) continue;
    meta_.set_head_signed_size(event.head_signed().tree_size());
    *meta_.mutable_head_signed_at() = decision.recorded_at();
  }
}

// A message's command id is "<partition>-<sequence>-<n>" of its sender.
void Applier::NoteInbox(const v1::Decision& decision) {
  const std::vector<absl::string_view> parts = absl::StrSplit(decision.command().command_id(), '-');
  uint32_t n = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[2], &n)) return;
  const v1::Position& cause = decision.cause();
  v1::InboxMark* mark = nullptr;
  for (v1::InboxMark& known : *meta_.mutable_inbox()) {
    if (known.from_partition() == cause.partition()) mark = &known;
  }
  if (mark == nullptr) {
    mark = meta_.add_inbox();
    mark->set_from_partition(cause.partition());
  }
  mark->set_from_sequence(cause.sequence());
  mark->set_n(n);
}

void Applier::NoteSent(const v1::Decision& decision) {
  for (int n = 0; n < decision.messages_size(); ++n) {
    v1::InboxMark& mark = sent_[decision.messages(n).to_partition()];
    mark.set_from_partition(partition_);
    mark.set_from_sequence(decision.sequence());
    mark.set_n(static_cast<uint32_t>(n));
  }
}

void Applier::WriteCase(CaseCache::Entry& entry) {
  CaseEntry& value = entry.value;
  const v1::CaseState& state = *value.state;
  value.written = writer_.Put(keys::Case(partition_, entry.key), DeterministicBytes(state), value.written);

  const auto same = [](const keys::Timer& a, const keys::Timer& b) {
    return a.due == b.due && a.clock == b.clock && a.edge == b.edge;
  };
  const auto holds = [&](const std::vector<keys::Timer>& timers, const keys::Timer& timer) {
    return std::any_of(timers.begin(), timers.end(), [&](const keys::Timer& t) { return same(t, timer); });
  };
  const std::vector<keys::Timer> timers = TimersOf(state);
  for (const keys::Timer& old : value.stored_timers) {
    if (!holds(timers, old)) writer_.Delete(keys::TimerKey(partition_, old), "");
  }
  for (const keys::Timer& timer : timers) {
    if (holds(value.stored_timers, timer)) continue;
    std::string key = keys::TimerKey(partition_, timer);
    timer_bound_ = std::min(timer_bound_, timer.due);
    if (key < timers_from_) timers_from_ = key;
    writer_.PutNew(std::move(key), "");
  }

  const std::string owner = ListedOwner(state);
  if (owner != value.stored_owner) {
    if (!value.stored_owner.empty()) writer_.Delete(keys::Owner(partition_, value.stored_owner, entry.key), "");
    if (!owner.empty()) writer_.PutNew(keys::Owner(partition_, owner, entry.key), "");
  }

  const std::map<std::string, std::string> waiting = WaitingEntries(state);
  for (const auto& [key, held] : value.stored_waiting) {
    const auto now = waiting.find(key);
    if (now == waiting.end() || now->second != held) writer_.Delete(key, held);
  }
  for (const auto& [key, holds_now] : waiting) {
    const auto before = value.stored_waiting.find(key);
    if (before == value.stored_waiting.end() || before->second != holds_now) writer_.PutNew(key, holds_now);
  }
  value.dirty = false;
  value.stored_timers.clear();
  value.stored_owner.clear();
  value.stored_waiting.clear();
}

void Applier::WriteResident(ResidentCache::Entry& entry) {
  ResidentEntry& value = entry.value;
  value.written = writer_.Put(keys::Resident(partition_, entry.key), DeterministicBytes(*value.state), value.written);
  value.dirty = false;
}

const StateBatch& Applier::EndBatch() {
  for (CaseCache::Entry* entry : dirty_cases_)
    WriteCase(*entry);
  for (ResidentCache::Entry* entry : dirty_residents_)
    WriteResident(*entry);
  for (auto& [key, entry] : references_)
    writer_.Put(key, DeterministicBytes(entry.state), entry.written);
  for (auto& [key, entry] : caseloads_)
    writer_.Put(key, DeterministicBytes(entry.state), entry.written);
  for (const auto& [receiver, mark] : sent_)
    writer_.PutMeta(keys::Sent(partition_, receiver), DeterministicBytes(mark));
  dirty_cases_.clear();
  dirty_residents_.clear();
  references_.clear();
  caseloads_.clear();
  sent_.clear();
  merkle_.Store(meta_);
  meta_.set_digest(writer_.digest().Bytes());
  writer_.PutMeta(keys::Meta(partition_), DeterministicBytes(meta_));
  return writer_.batch();
}

void Applier::BatchWritten() {
  writer_.Clear();
  marks_.BatchWritten();
  BoundLines();
  cases_.Trim();
  residents_.Trim();
}

}  // namespace caseward

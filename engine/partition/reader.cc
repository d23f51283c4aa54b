#include "engine/partition/reader.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/fact_lines.h"
#include "engine/partition/records.h"

namespace caseward {
namespace {

// The value of `key` as a message; nullopt: absent.
template <typename M>
absl::StatusOr<std::optional<M>> GetMessage(const StateReader& state, std::string_view key, std::string_view what) {
  const absl::StatusOr<std::optional<std::string>> value = state.Get(key);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return std::nullopt;
  std::optional<M> message(std::in_place);
  if (!message->ParseFromString(**value)) return absl::DataLossError(StrCat("state: ", what, " cannot be read"));
  return message;
}

uint64_t SequenceAtEnd(std::string_view key) {
  uint64_t sequence = 0;
  for (const char c : key.substr(key.size() - 8))
    sequence = sequence << 8 | static_cast<uint8_t>(c);
  return sequence;
}

}  // namespace

absl::Status PartitionReader::Unreadable(std::string_view what) const {
  return absl::DataLossError(StrCat("partition ", partition_, ": ", what, " cannot be read from state"));
}

absl::StatusOr<std::optional<v1::PartitionMeta>> PartitionReader::Meta() const {
  return GetMessage<v1::PartitionMeta>(state_, keys::Meta(partition_), "the books of a partition");
}

absl::StatusOr<std::optional<v1::CaseState>> PartitionReader::GetCase(std::string_view case_id) const {
  return GetMessage<v1::CaseState>(state_, keys::Case(partition_, case_id), "a case");
}

absl::StatusOr<std::optional<v1::ResidentState>> PartitionReader::GetResident(std::string_view resident_id) const {
  return GetMessage<v1::ResidentState>(state_, keys::Resident(partition_, resident_id), "a resident");
}

absl::Status PartitionReader::Timeline(std::string_view stream, uint64_t from, uint64_t to,
                                       absl::FunctionRef<bool(uint64_t, std::string_view)> record) const {
  return state_.Scan(keys::HistoryPrefix(partition_, stream), keys::History(partition_, stream, from),
                     [&](std::string_view key, std::string_view raw) {
                       const uint64_t sequence = SequenceAtEnd(key);
                       return sequence < to && record(sequence, raw);
                     });
}

absl::StatusOr<std::optional<v1::CaseState>> PartitionReader::CaseAsOf(std::string_view case_id,
                                                                       absl::Time time) const {
  v1::CaseState state;
  bool reported = false;
  absl::Status status;
  const absl::Status scanned = Timeline(case_id, 0, UINT64_MAX, [&](uint64_t sequence, std::string_view raw) {
    v1::Decision decision;
    status = ParseRecord(raw, partition_, sequence, decision);
    if (!status.ok() || ToTime(decision.recorded_at()) > time) return false;
    if (!decision.has_accepted()) return true;
    if (!reported) state.set_case_id(std::string(case_id));
    reported = true;
    status = EvolveCase(state, decision);
    return status.ok();
  });
  if (!scanned.ok()) return scanned;
  if (!status.ok()) return status;
  if (!reported) return std::nullopt;
  return state;
}

absl::Status PartitionReader::ListCases(std::string_view start, absl::FunctionRef<bool(v1::CaseState&&)> visit) const {
  bool good = true;
  const absl::Status scanned = state_.Scan(keys::CasePrefix(partition_), keys::Case(partition_, start),
                                           [&](std::string_view, std::string_view value) {
                                             v1::CaseState state;
                                             good = state.ParseFromArray(value.data(), static_cast<int>(value.size()));
                                             return good && visit(std::move(state));
                                           });
  if (!scanned.ok()) return scanned;
  return good ? absl::OkStatus() : Unreadable("a case");
}

absl::Status PartitionReader::ListResidents(absl::FunctionRef<bool(const v1::ResidentState&)> visit) const {
  bool good = true;
  v1::ResidentState resident;
  const absl::Status scanned =
      state_.Scan(keys::ResidentPrefix(partition_), "", [&](std::string_view, std::string_view value) {
        good = resident.ParseFromArray(value.data(), static_cast<int>(value.size()));
        return good && visit(resident);
      });
  if (!scanned.ok()) return scanned;
  return good ? absl::OkStatus() : Unreadable("a resident");
}

absl::Status PartitionReader::ListTimers(absl::Time before, const std::optional<keys::Timer>& start,
                                         absl::FunctionRef<bool(const keys::Timer&)> visit) const {
  std::string from;
  if (start) from = keys::TimerKey(partition_, *start) + std::string(1, '\0');
  bool good = true;
  const absl::Status scanned =
      state_.Scan(keys::TimerPrefix(partition_), from, [&](std::string_view key, std::string_view) {
        const std::optional<keys::Timer> timer = keys::ParseTimer(key);
        good = timer.has_value();
        return good && timer->due < before && visit(*timer);
      });
  if (!scanned.ok()) return scanned;
  return good ? absl::OkStatus() : Unreadable("a timer");
}

absl::StatusOr<std::vector<std::string>> PartitionReader::OwnerCases(std::string_view owner) const {
  std::vector<std::string> cases;
  const std::string prefix = keys::OwnerPrefix(partition_, owner);
  const absl::Status scanned = state_.Scan(prefix, "", [&](std::string_view key, std::string_view) {
    cases.emplace_back(key.substr(prefix.size()));
    return true;
  });
  if (!scanned.ok()) return scanned;
  return cases;
}

absl::Status PartitionReader::ListWaiting(
    std::string_view what, std::string_view after,
    absl::FunctionRef<bool(std::string_view, const v1::WaitingState&)> visit) const {
  const std::string prefix = keys::WaitingPrefix(partition_, what);
  const std::string from = after.empty() ? std::string() : StrCat(prefix, after, std::string_view("\0", 1));
  bool good = true;
  v1::WaitingState state;
  const absl::Status scanned = state_.Scan(prefix, from, [&](std::string_view key, std::string_view value) {
    good = state.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return good && visit(key.substr(prefix.size()), state);
  });
  if (!scanned.ok()) return scanned;
  return good ? absl::OkStatus() : Unreadable("what waits");
}

absl::StatusOr<std::vector<v1::CaseloadState>> PartitionReader::Caseloads() const {
  std::vector<v1::CaseloadState> caseloads;
  bool good = true;
  const absl::Status scanned =
      state_.Scan(keys::CaseloadPrefix(partition_), "", [&](std::string_view, std::string_view value) {
        good = caseloads.emplace_back().ParseFromArray(value.data(), static_cast<int>(value.size()));
        return good;
      });
  if (!scanned.ok()) return scanned;
  if (!good) return Unreadable("a caseload");
  return caseloads;
}

absl::StatusOr<std::vector<std::string>> PartitionReader::ResolveReference(
    const v1::ExternalReference& reference) const {
  absl::StatusOr<std::optional<v1::ReferenceState>> state = GetMessage<v1::ReferenceState>(
      state_, keys::Reference(partition_, reference.system(), reference.value()), "a reference");
  if (!state.ok()) return state.status();
  if (!state->has_value()) return std::vector<std::string>();
  return std::vector<std::string>((*state)->case_ids().begin(), (*state)->case_ids().end());
}

absl::StatusOr<std::optional<v1::Outcome>> PartitionReader::FirstOutcome(std::string_view principal,
                                                                         std::string_view command_id) const {
  const absl::StatusOr<std::optional<v1::CommandMarkRecord>> mark =
      GetMessage<v1::CommandMarkRecord>(state_, keys::CommandMark(partition_, principal, command_id), "a command mark");
  if (!mark.ok()) return mark.status();
  if (!mark->has_value()) return std::nullopt;
  const absl::StatusOr<std::optional<std::string>> raw =
      state_.Get(keys::History(partition_, (*mark)->stream(), (*mark)->sequence()));
  if (!raw.ok()) return raw.status();
  if (!raw->has_value()) return Unreadable(StrCat("record ", (*mark)->sequence(), " of a stream"));
  v1::Decision decision;
  if (absl::Status s = ParseRecord(**raw, partition_, (*mark)->sequence(), decision); !s.ok()) return s;
  const absl::StatusOr<std::optional<v1::PartitionMeta>> meta = Meta();
  if (!meta.ok()) return meta.status();
  v1::Outcome outcome = OutcomeOf(decision, meta->has_value() ? (*meta)->log_id() : "");
  outcome.set_replayed(true);
  return outcome;
}

void PartitionReader::Lines::NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const {
  if (!lines_) {
    absl::StatusOr<std::vector<v1::FactLineRecord>> read = ReadLines(partition_, state_, case_id_);
    status_ = read.status();
    lines_ = read.ok() ? *std::move(read) : std::vector<v1::FactLineRecord>();
  }
  for (size_t i = lines_->size(); i-- > 0;) {
    const v1::FactLineRecord& record = (*lines_)[i];
    for (int e = record.events_size(); e-- > 0;) {
      const v1::Event& event = record.events(e);
      if (!line({.event = &event,
                 .occurred_at = ToTime(event.occurred_at()),
                 .recorded_at = ToTime(record.recorded_at()),
                 .person = record.actor_id()})) {
        return;
      }
    }
  }
}

}  // namespace caseward

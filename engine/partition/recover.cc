// Beginning and beginning again: replaying the log into state, claiming the partition, and finding out what became of a
// round whose answer never came or was no.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/loop.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "engine/partition/same_history.h"
#include "google/protobuf/arena.h"

namespace caseward {
namespace {

// One write batch of a replay.
constexpr size_t kChunkRecords = 2048;
constexpr size_t kChunkBytes = 4 << 20;
constexpr uint64_t kEverything = std::numeric_limits<uint64_t>::max();

}  // namespace

absl::StatusOr<std::unique_ptr<Partition>> Partition::Open(PartitionConfig config, Ports ports, TimeReading now) {
  auto loop = std::make_unique<PartitionLoop>(std::move(config), ports);
  if (absl::Status s = loop->Begin(now); !s.ok()) return s;
  return loop;
}

absl::Status PartitionLoop::Begin(TimeReading now) {
  if (config_.partition >= config_.partitions || config_.partitions != ports_.log.partitions()) {
    return absl::FailedPreconditionError(StrCat("expected partition ", config_.partition, " of ", config_.partitions,
                                                ", the log has ", ports_.log.partitions(), " partitions"));
  }
  const auto catch_up = [this]() -> absl::Status {
    absl::Status log_fault;
    absl::Status state_fault = ReplayTail(
        kEverything, [](const v1::Decision&) {}, log_fault);
    return state_fault.ok() ? log_fault : state_fault;
  };
  if (absl::Status s = applier_->Restore(); !s.ok()) return s;
  if (absl::Status s = CheckLog(); !s.ok()) return s;
  if (absl::Status s = catch_up(); !s.ok()) return s;
  if (owner_) {
    const absl::StatusOr<uint64_t> term = ports_.log.Claim(config_.partition, config_.owner);
    if (!term.ok()) return term.status();
    term_ = *term;
    owed_.Begin();
    // What an owner before had in flight is visible now, or never.
    if (absl::Status s = catch_up(); !s.ok()) return s;
  }
  if (applier_->next_sequence() > 0) config_.log_id = applier_->meta().log_id();
  if (config_.log_id.empty()) return absl::InvalidArgumentError("expected a log id for a new log, found none");
  if (absl::Status s = RebuildDirectory(); !s.ok()) return s;
  guard_.Begin(now, applier_->last_recorded_at());
  inbox_at_ = now.monotonic;
  intake_at_ = now.monotonic;
  PublishView();
  return absl::OkStatus();
}

// The state, the configuration and the log belong together.
absl::Status PartitionLoop::CheckLog() {
  if (absl::Status s = CheckSameHistory(ports_.log, config_.partition, *applier_); !s.ok()) return s;
  const absl::StatusOr<uint64_t> end = ports_.log.End(config_.partition);
  if (!end.ok()) return end.status();
  if (*end == 0) return absl::OkStatus();
  absl::Status status;
  v1::Decision first;
  const absl::Status read = ports_.log.ReadFrom(config_.partition, 0, [&](uint64_t sequence, std::string_view raw) {
    status = ParseRecord(raw, config_.partition, sequence, first);
    return false;
  });
  if (!read.ok()) return read;
  if (!status.ok()) return status;
  if (!first.has_genesis()) {
    return absl::DataLossError(
        StrCat("log partition ", config_.partition, ": expected the genesis record at 0, found another"));
  }
  const std::string& log_id = first.genesis().log_id();
  if (!config_.log_id.empty() && config_.log_id != log_id) {
    return absl::FailedPreconditionError(
        StrCat("partition ", config_.partition, ": expected log ", config_.log_id, ", this is log ", log_id));
  }
  if (first.genesis().partitions() != config_.partitions) {
    return absl::FailedPreconditionError(StrCat("partition ", config_.partition, ": expected a log of ",
                                                config_.partitions, " partitions, it was made with ",
                                                first.genesis().partitions()));
  }
  config_.log_id = log_id;
  return absl::OkStatus();
}

absl::Status PartitionLoop::WriteBatch() {
  if (absl::Status s = ports_.store.Write(applier_->EndBatch()); !s.ok()) return s;
  applier_->BatchWritten();
  return absl::OkStatus();
}

absl::Status PartitionLoop::ReplayTail(uint64_t most, absl::FunctionRef<void(const v1::Decision&)> seen,
                                       absl::Status& log_fault) {
  const uint64_t from = applier_->next_in_log();
  const absl::StatusOr<uint64_t> end = ports_.log.End(config_.partition);
  log_fault = end.status();
  if (!end.ok() || from >= *end) return absl::OkStatus();

  google::protobuf::Arena arena;
  uint64_t records = 0;
  size_t bytes = 0;
  absl::Status order;    // what was applied before it stands
  absl::Status applied;  // state cannot go on
  const absl::Status read = ports_.log.ReadFrom(config_.partition, from, [&](uint64_t at, std::string_view raw) {
    auto& decision = *google::protobuf::Arena::CreateMessage<v1::Decision>(&arena);
    order = ParseRecord(raw, config_.partition, at, decision);
    if (!order.ok()) return false;
    const absl::StatusOr<Applier::Order> next = applier_->CheckOrder(decision);
    if (!next.ok()) {
      order = next.status();
      return false;
    }
    if (*next == Applier::Order::kStale) {
      applier_->Skip();
    } else {
      seen(decision);
      applied = applier_->Apply(decision, raw);
      if (!applied.ok()) return false;
    }
    bytes += raw.size();
    if (++records % kChunkRecords == 0 || bytes >= kChunkBytes) {
      applied = WriteBatch();
      if (most == kEverything) ports_.observer.Replaying(config_.partition, at + 1, *end);
      bytes = 0;
      arena.Reset();
    }
    return applied.ok() && records < most;
  });
  if (!applied.ok()) return applied;
  if (records > 0) {
    if (absl::Status s = WriteBatch(); !s.ok()) return s;
    if (most == kEverything) ports_.observer.Replaying(config_.partition, applier_->next_in_log(), *end);
  }
  log_fault = read.ok() ? order : read;
  return absl::OkStatus();
}

// Partition 0's directory, from the history of its streams; what people carry from what state holds of it.
absl::Status PartitionLoop::RebuildDirectory() {
  if (config_.partition != 0) return absl::OkStatus();
  std::vector<v1::Decision> decisions;
  absl::Status status;
  for (const std::string_view streams : kDirectoryStreams) {
    const absl::Status scanned =
        ports_.store.Scan(keys::HistoryOfStreams(0, streams), "", [&](std::string_view, std::string_view raw) {
          status = ParseRecord(raw, 0, 0, decisions.emplace_back());
          return status.ok();
        });
    if (!scanned.ok()) return scanned;
    if (!status.ok()) return status;
  }
  std::sort(decisions.begin(), decisions.end(),
            [](const v1::Decision& a, const v1::Decision& b) { return a.sequence() < b.sequence(); });
  std::shared_ptr<const Directory> directory = Directory::Empty();
  for (const v1::Decision& decision : decisions) {
    for (const v1::Event& event : decision.accepted().events()) {
      directory = directory->With(event, ToTime(decision.recorded_at()), decision.actor(), decision.sequence());
    }
  }
  const absl::StatusOr<std::vector<v1::CaseloadState>> caseloads = PartitionReader(0, ports_.store).Caseloads();
  if (!caseloads.ok()) return caseloads.status();
  for (const v1::CaseloadState& caseload : *caseloads)
    directory = directory->WithCaseload(caseload);
  SetOwnDirectory(std::move(directory));
  return absl::OkStatus();
}

void PartitionLoop::SetOwnDirectory(std::shared_ptr<const Directory> directory) {
  own_directory_ = std::move(directory);
  // An owner that was overtaken must not take the others back.
  if (own_directory_->sequence() >= ports_.directory.Now()->sequence()) ports_.directory.Publish(own_directory_);
}

void PartitionLoop::Reclaim(TimeReading now) {
  const absl::StatusOr<uint64_t> term = ports_.log.Claim(config_.partition, config_.owner);
  if (!term.ok()) {
    ClaimAgain(term.status(), now);
    retry_at_ = now.monotonic + kRetryEvery;
    // Nobody can say what became of them; the log will, to whoever asks again with the same id.
    if (in_doubt_) {
      FailAll(*in_doubt_,
              absl::UnavailableError(StrCat("the outcome is not known yet; ask again with the same command id: ",
                                            StdText(term.status().message()))));
    }
    if (absl::IsFailedPrecondition(term.status())) {
      config_.shared ? Overtaken(term.status(), now) : Halt(term.status());
    } else if (absl::IsDataLoss(term.status())) {
      Halt(term.status());  // what is not there does not come by asking again
    }
    return;
  }
  term_ = *term;
  owed_.Begin();
  prelude_ = true;
  must_claim_ = false;
  late_ = false;
  // What was seen is kept until all of it is applied: a try that fails half way must not hide it from the next.
  absl::Status log_fault;
  absl::Status status = ReplayTail(
      kEverything, [&](const v1::Decision& d) { visible_.emplace(d.sequence(), d.term()); }, log_fault);
  if (status.ok() && log_fault.ok() && (rebuilding_ || !visible_.empty())) status = RebuildDirectory();
  if (!status.ok() || !log_fault.ok()) {
    if (in_doubt_) FailAll(*in_doubt_, absl::UnavailableError("the log cannot be read; ask again later"));
    if (!status.ok()) {
      StateFault(status);
    } else if (absl::IsUnavailable(log_fault)) {
      ClaimAgain(log_fault, now);
      retry_at_ = now.monotonic + kRetryEvery;
    } else {
      Halt(log_fault);
    }
    return;
  }
  rebuilding_ = false;
  PublishView();
  const std::map<uint64_t, uint64_t> visible = std::exchange(visible_, {});
  if (in_doubt_) Resolve(visible);
}

// State was reopened and may be some earlier moment of itself. What was in flight is asked of the log, as after any
// append whose answer never came: the claim that follows settles it.
void PartitionLoop::BeginAgain(TimeReading now) {
  if (stopped_) return;
  if (in_flight_) {
    in_doubt_ = std::move(in_flight_->draft);
    in_flight_.reset();
    slot_->SetWaker({});
    slot_ = std::make_shared<AppendSlot>();  // an answer to the old one comes to nobody
    slot_->SetWaker(waker_);
  }
  state_lost_ = absl::OkStatus();
  rebuilding_ = true;
  must_claim_ = owner_;
  follow_at_ = now.monotonic;
  retry_at_ = now.monotonic;
  blocked_timers_.clear();
  applier_.emplace(config_.partition, config_.limits, Applier::Ports{.store = ports_.store, .hasher = ports_.hasher});
  absl::Status restored = applier_->Restore();
  if (!halted_.ok()) {
    // It stays stopped, and shows what the store holds now.
    rebuilding_ = !restored.ok();
    PublishView();
    return;
  }
  if (restored.ok()) restored = CheckLog();
  if (!restored.ok()) StateFault(restored);
  PublishView();
}

// The log has spoken: a round is there as a whole, or not at all, and a term's owner gives each sequence once.
void PartitionLoop::Resolve(const std::map<uint64_t, uint64_t>& visible) {
  RoundDraft draft = *std::exchange(in_doubt_, std::nullopt);
  bool durable = false;
  if (!draft.decisions.empty()) {
    const v1::Decision& first = draft.decisions.front();
    const auto at = visible.find(first.sequence());
    durable = at != visible.end() && at->second == first.term();
  }
  if (durable) {
    AfterCommit(draft);
    prelude_ = true;  // of the new term
    ReplyAll(draft);
  } else {
    ports_.vault.Forget(draft.round.keys);
    DecideAgain(std::move(draft), log_trouble_);
  }
}

}  // namespace caseward

#include "storage/memory_event_log.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/record_frame.h"

namespace caseward {

MemoryEventLog::MemoryEventLog(uint32_t partitions, Delivery delivery) : delivery_(delivery), parts_(partitions) {
  CHECK(partitions > 0);
}

absl::Status MemoryEventLog::CheckPartition(uint32_t partition) const {
  if (partition < parts_.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("partition ", partition, ": there are only ", parts_.size()));
}

absl::StatusOr<uint64_t> MemoryEventLog::Claim(uint32_t partition, std::string_view owner) {
  const std::lock_guard lock(mutex_);
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  if (faults_.TakeClaimFailure(partition)) {
    return absl::UnavailableError(StrCat("partition ", partition, ": the log cannot be reached"));
  }
  Partition& part = parts_[partition];
  // What is in doubt is decided now, and it is no.
  if (part.late) LeaveTraces(*std::exchange(part.late, std::nullopt));
  part.head.owner = std::string(owner);
  part.head.in_doubt = false;
  return ++part.head.term;
}

void MemoryEventLog::AppendRound(uint32_t partition, Round round, AppendDone done) {
  CHECK(partition < parts_.size());
  if (delivery_ == Delivery::kWhenTold) {
    const std::lock_guard lock(mutex_);
    parts_[partition].waiting.push_back({std::move(round), std::move(done)});
    return;
  }
  AppendResult result;
  {
    const std::lock_guard lock(mutex_);
    result = Judge(partition, round);
  }
  done(std::move(result));
  TellIntake(round);
}

void MemoryEventLog::TellIntake(const Round& round) const {
  if (!grown_) return;
  for (const MovedRecord& moved : round.moves)
    grown_(moved.to_partition);
}

size_t MemoryEventLog::waiting(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return parts_.at(partition).waiting.size();
}

bool MemoryEventLog::Deliver(uint32_t partition) {
  Waiting next;
  AppendResult result;
  {
    const std::lock_guard lock(mutex_);
    std::deque<Waiting>& waiting = parts_.at(partition).waiting;
    if (waiting.empty()) return false;
    next = std::move(waiting.front());
    waiting.pop_front();
    result = Judge(partition, next.round);
  }
  next.done(std::move(result));  // outside the lock: an answered owner may look at the log from another thread
  TellIntake(next.round);
  return true;
}

size_t MemoryEventLog::DeliverAll() {
  size_t delivered = 0;
  for (bool any = true; any;) {
    any = false;
    for (uint32_t partition = 0; partition < partitions(); ++partition) {
      if (Deliver(partition)) {
        any = true;
        ++delivered;
      }
    }
  }
  return delivered;
}

bool MemoryEventLog::DeliverLate(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  Partition& part = parts_.at(partition);
  if (!part.late) return false;
  const Round round = *std::exchange(part.late, std::nullopt);
  MakeVisible(partition, round);
  return true;
}

void MemoryEventLog::CrashOwner(uint32_t partition, size_t reached, std::optional<uint64_t> term) {
  const std::lock_guard lock(mutex_);
  std::deque<Waiting>& waiting = parts_.at(partition).waiting;
  std::deque<Waiting> others;
  for (Waiting& one : waiting) {
    if (term && one.round.term != *term) {
      others.push_back(std::move(one));
    } else if (reached > 0) {
      --reached;
      Judge(partition, one.round);
    }
  }
  waiting = std::move(others);
}

void MemoryEventLog::FlipBit(uint32_t partition, uint64_t sequence, size_t bit) {
  const std::lock_guard lock(mutex_);
  char& byte = parts_.at(partition).frames.at(sequence).at(bit / 8);
  byte = static_cast<char>(byte ^ (1 << (bit % 8)));
}

absl::Status MemoryEventLog::Check(uint32_t partition, const Round& round) const {
  if (absl::Status s = CheckRound(partition, partitions(), parts_[partition].head, round); !s.ok()) return s;
  for (const KeyRecord& key : round.keys) {
    const auto stored = keys_.find(key.key_id);
    if (absl::Status s = CheckKey(key, stored == keys_.end() ? nullptr : &stored->second); !s.ok()) return s;
  }
  return CheckIntakeParts(partition, partitions(), /*has_intake=*/true, round);
}

AppendResult MemoryEventLog::Judge(uint32_t partition, Round& round) {
  using Kind = AppendResult::Kind;
  if (absl::Status s = Check(partition, round); !s.ok()) return {Kind::kAborted, s};
  const auto unknown = [&] {
    parts_[partition].head.in_doubt = true;
    return AppendResult{Kind::kUnknown,
                        absl::UnavailableError(StrCat("partition ", partition, ": no answer to the round at sequence ",
                                                      round.first_sequence))};
  };
  switch (faults_.Take(partition)) {
    case LogFault::kNone: MakeVisible(partition, round); return {Kind::kCommitted, absl::OkStatus()};
    case LogFault::kAborted:
      LeaveTraces(round);
      return {Kind::kAborted, absl::UnavailableError(StrCat("partition ", partition, ": the log took no round"))};
    case LogFault::kUnknownVisible: MakeVisible(partition, round); return unknown();
    case LogFault::kUnknownLost: LeaveTraces(round); return unknown();
    case LogFault::kUnknownLate: parts_[partition].late = round; return unknown();
  }
  CHECK(false);
}

void MemoryEventLog::MakeVisible(uint32_t partition, const Round& round) {
  Partition& part = parts_[partition];
  for (const std::string& record : round.records) {
    AppendFrame(partition, part.head.next++, record, part.frames.emplace_back());
  }
  for (const OutboundMessage& m : round.messages) {
    parts_[m.to_partition].inbox[{partition, m.from_sequence, m.n}] = m.command;
  }
  for (const KeyRecord& key : round.keys)
    keys_[key.key_id] = key.wrapped;
  part.outcomes.insert(part.outcomes.end(), round.outcomes.begin(), round.outcomes.end());
  part.rejects.insert(part.rejects.end(), round.rejects.begin(), round.rejects.end());
  for (const MovedRecord& moved : round.moves) {
    Put(moved.to_partition, moved.record);
    ++parts_[moved.to_partition].intake_end;  // the marker of the transaction
  }
}

void MemoryEventLog::LeaveTraces(const Round& round) {
  for (const MovedRecord& moved : round.moves)
    parts_[moved.to_partition].intake_end += 2;
}

absl::StatusOr<uint64_t> MemoryEventLog::End(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  return parts_[partition].head.next;
}

absl::Status MemoryEventLog::ReadFrom(uint32_t partition, uint64_t from,
                                      absl::FunctionRef<bool(uint64_t, std::string_view)> record) {
  const absl::StatusOr<uint64_t> end = End(partition);
  if (!end.ok()) return end.status();
  if (from > *end) {
    return absl::OutOfRangeError(
        StrCat("log partition ", partition, ": reading from ", from, ", but the end is ", *end));
  }
  for (uint64_t sequence = from; sequence < *end; ++sequence) {
    std::string frame;  // a copy, so that the reader runs outside the lock
    {
      const std::lock_guard lock(mutex_);
      frame = parts_[partition].frames[sequence];
    }
    const absl::StatusOr<std::string_view> bytes = OpenFrame(partition, sequence, frame);
    if (!bytes.ok()) return bytes.status();
    if (!record(sequence, *bytes)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<InboundMessage>> MemoryEventLog::ReadInbox(uint32_t partition,
                                                                      const std::vector<InboxCursor>& cursors,
                                                                      size_t limit) {
  const std::lock_guard lock(mutex_);
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  if (!inbox_fault_.ok()) return inbox_fault_;
  std::map<uint32_t, std::pair<uint64_t, uint32_t>> read;
  for (const InboxCursor& c : cursors)
    read[c.from_partition] = {c.from_sequence, c.n};

  std::map<uint32_t, std::deque<InboundMessage>> by_sender;
  for (const auto& [key, command] : parts_[partition].inbox) {
    const auto& [from, sequence, n] = key;
    const auto cursor = read.find(from);
    if (cursor != read.end() && std::pair(sequence, n) <= cursor->second) continue;
    by_sender[from].push_back({from, sequence, n, command});
  }
  // One of each sender in turn, so that a busy sender does not starve the others.
  std::vector<InboundMessage> out;
  for (bool any = true; any && out.size() < limit;) {
    any = false;
    for (auto& [from, messages] : by_sender) {
      if (messages.empty() || out.size() == limit) continue;
      out.push_back(std::move(messages.front()));
      messages.pop_front();
      any = true;
    }
  }
  return out;
}

void MemoryEventLog::TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) {
  const std::lock_guard lock(mutex_);
  auto& inbox = parts_.at(partition).inbox;
  for (const InboxCursor& c : cursors) {
    inbox.erase(inbox.lower_bound({c.from_partition, 0, 0}),
                inbox.upper_bound({c.from_partition, c.from_sequence, c.n}));
  }
}

absl::StatusOr<IntakeBatch> MemoryEventLog::ReadIntake(uint32_t partition, const IntakeCursor& cursor, size_t limit,
                                                       size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  if (!intake_fault_.ok()) return intake_fault_;
  const Partition& part = parts_[partition];
  if (absl::Status s = CheckIntakeCursor(partition, {part.intake_begin, part.intake_end}, cursor); !s.ok()) return s;
  if (cursor.last && cursor.last->offset >= part.intake_begin) {
    const auto last = part.intake.find(cursor.last->offset);
    const bool there = last != part.intake.end();
    if (!there || last->second.time != cursor.last->time) {
      return AnotherIntake(partition, *cursor.last, there ? std::optional(last->second.time) : std::nullopt);
    }
  }
  IntakeBatch out{.records = {}, .next = cursor.next, .end = part.open_since.value_or(part.intake_end)};
  size_t taken = 0;
  for (auto it = part.intake.lower_bound(cursor.next); it != part.intake.end() && it->first < out.end; ++it) {
    if (out.records.size() == limit || (!out.records.empty() && taken >= bytes)) return out;
    taken += it->second.record.value.size();
    out.next = it->first + 1;
    out.records.push_back(it->second);
  }
  out.next = std::max(out.next, out.end);
  return out;
}

absl::StatusOr<IntakeRange> MemoryEventLog::FindIntake(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  if (!intake_fault_.ok()) return intake_fault_;
  return IntakeRange{parts_[partition].intake_begin, parts_[partition].intake_end};
}

uint64_t MemoryEventLog::PutIntake(uint32_t partition, TopicRecord record) {
  uint64_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    offset = Put(partition, std::move(record));
  }
  if (grown_) grown_(partition);
  return offset;
}

uint64_t MemoryEventLog::Put(uint32_t partition, TopicRecord record) {
  Partition& part = parts_.at(partition);
  const uint64_t offset = part.intake_end++;
  const absl::Time stamp = absl::FromUnixMillis(++intake_stamps_);
  part.intake[offset] = {.offset = offset, .time = stamp, .record = std::move(record)};
  return offset;
}

void MemoryEventLog::BeginIntakeTransaction(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  Partition& part = parts_.at(partition);
  CHECK(!part.open_since);
  part.open_since = part.intake_end;
}

void MemoryEventLog::EndIntakeTransaction(uint32_t partition, bool commit) {
  const std::lock_guard lock(mutex_);
  Partition& part = parts_.at(partition);
  CHECK(part.open_since);
  if (!commit) part.intake.erase(part.intake.lower_bound(*part.open_since), part.intake.end());
  part.open_since.reset();
  ++part.intake_end;
}

void MemoryEventLog::ExpireIntake(uint32_t partition, uint64_t offset) {
  const std::lock_guard lock(mutex_);
  Partition& part = parts_.at(partition);
  part.intake_begin = std::max(part.intake_begin, std::min(offset, part.intake_end));
  part.intake.erase(part.intake.begin(), part.intake.lower_bound(part.intake_begin));
}

void MemoryEventLog::RemakeIntake(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  Partition& part = parts_.at(partition);
  part.intake.clear();
  part.intake_begin = part.intake_end = 0;
  part.open_since.reset();
}

void MemoryEventLog::FailIntake(absl::Status why) {
  const std::lock_guard lock(mutex_);
  intake_fault_ = std::move(why);
}

void MemoryEventLog::FailInbox(absl::Status why) {
  const std::lock_guard lock(mutex_);
  inbox_fault_ = std::move(why);
}

void MemoryEventLog::LoseInbox(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  parts_.at(partition).inbox.clear();
}

std::vector<IntakeRecord> MemoryEventLog::intake(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const Partition& part = parts_.at(partition);
  std::vector<IntakeRecord> out;
  for (const auto& [offset, record] : part.intake) {
    if (offset < part.open_since.value_or(part.intake_end)) out.push_back(record);
  }
  return out;
}

std::vector<TopicRecord> MemoryEventLog::outcomes(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return parts_.at(partition).outcomes;
}

std::vector<TopicRecord> MemoryEventLog::rejects(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return parts_.at(partition).rejects;
}

absl::StatusOr<std::optional<std::string>> MemoryEventLog::ReadKey(std::string_view key_id) {
  const std::lock_guard lock(mutex_);
  const auto key = keys_.find(key_id);
  if (key == keys_.end() || key->second.empty()) return std::nullopt;
  return key->second;
}

absl::Status MemoryEventLog::ReadKeys(std::string_view prefix,
                                      absl::FunctionRef<bool(std::string_view, std::string_view)> key) {
  std::vector<std::pair<std::string, std::string>> found;  // copies, so that the reader runs outside the lock
  {
    const std::lock_guard lock(mutex_);
    for (auto it = keys_.lower_bound(prefix); it != keys_.end() && std::string_view(it->first).starts_with(prefix);
         ++it) {
      if (!it->second.empty()) found.push_back(*it);
    }
  }
  for (const auto& [key_id, wrapped] : found) {
    if (!key(key_id, wrapped)) break;
  }
  return absl::OkStatus();
}

}  // namespace caseward

#include "engine/partition/inbox/owed_messages.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "caseward/v1/decision.pb.h"
#include "engine/base/text.h"
#include "engine/partition/records.h"
#include "engine/partition/state_keys.h"

namespace caseward {
namespace {

// A turn of the loop is bounded.
constexpr uint64_t kRecordsAtOnce = 2048;

// True if the message at `sequence` and `n` is not after the cursor.
bool Taken(const InboxCursor* cursor, uint64_t sequence, uint32_t n) {
  return cursor != nullptr && std::pair(sequence, n) <= std::pair(cursor->from_sequence, cursor->n);
}

// Absent, or what cannot be read: then the log is asked.
template <typename Message>
absl::StatusOr<std::optional<Message>> Stored(const StateReader& view, const std::string& key) {
  const absl::StatusOr<std::optional<std::string>> raw = view.Get(key);
  if (!raw.ok()) return raw.status();
  Message message;
  if (!raw->has_value() || !message.ParseFromString(**raw)) return std::optional<Message>();
  return std::optional<Message>(std::move(message));
}

}  // namespace

OwedMessages::OwedMessages(uint32_t partition, uint32_t partitions, Ports ports)
    : partition_(partition), ports_(ports), senders_(partitions), unsettled_(partitions) {}

void OwedMessages::Begin() {
  std::fill(senders_.begin(), senders_.end(), Sender());
  unsettled_ = senders_.size();
}

absl::Status OwedMessages::Read(const std::vector<InboxCursor>& cursors, size_t limit, std::vector<InboundMessage>& out,
                                bool& more) {
  if (unsettled_ == 0) return absl::OkStatus();
  absl::Status first;
  for (uint32_t from = 0; from < senders_.size(); ++from) {
    Sender& sender = senders_[from];
    if (sender.stage == Stage::kSettled) continue;
    const auto at = std::find_if(cursors.begin(), cursors.end(),
                                 [&](const InboxCursor& cursor) { return cursor.from_partition == from; });
    const InboxCursor* const cursor = at == cursors.end() ? nullptr : &*at;
    absl::Status status = sender.stage == Stage::kNew ? Look(from, cursor) : absl::OkStatus();
    if (status.ok()) status = ReadLog(from, cursor, limit, out);
    first.Update(status);
    if (absl::IsUnavailable(status)) return first;  // whoever is away need not be waited for once a sender
    more = more || (status.ok() && sender.stage != Stage::kSettled);
  }
  return first;
}

// Where in the sender's log something owed may lie. The state is looked at before the log's end, which only grows.
absl::Status OwedMessages::Look(uint32_t from, const InboxCursor* cursor) {
  const std::unique_ptr<StateReader> view = ports_.store.View();
  const auto books = Stored<v1::PartitionMeta>(*view, keys::Meta(from));
  if (!books.ok()) return books.status();
  const auto sent = Stored<v1::InboxMark>(*view, keys::Sent(from, partition_));
  if (!sent.ok()) return sent.status();
  const absl::StatusOr<uint64_t> end = ports_.log.End(from);
  if (!end.ok()) return end.status();

  Sender& sender = senders_[from];
  sender = {.stage = Stage::kOwing, .next = cursor == nullptr ? 0 : cursor->from_sequence, .until = *end};
  const bool known = *books && (*books)->has_applied();
  if (known && (!*sent || Taken(cursor, (*sent)->from_sequence(), (*sent)->n()))) {
    // Records skipped as stale take a place in the log.
    sender.next = std::max(sender.next, (*books)->applied_sequence() + 1 + (*books)->stale_records());
    sender.term = (*books)->term();
  }
  return absl::OkStatus();
}

absl::Status OwedMessages::ReadLog(uint32_t from, const InboxCursor* cursor, size_t limit,
                                   std::vector<InboundMessage>& out) {
  Sender& sender = senders_[from];
  absl::Status status;
  bool owed = false;  // a record at `next` was met whose messages are not all taken
  uint64_t term = sender.term;
  uint64_t records = 0;
  const auto take = [&](uint64_t at, std::string_view raw) {
    if (at >= sender.until || records++ == kRecordsAtOnce) return false;
    v1::Decision decision;
    status = ParseRecord(raw, from, at, decision);
    if (!status.ok()) return false;
    const bool stale = decision.term() < term;  // never applied by its own partition either (law L4)
    term = std::max(term, decision.term());
    for (uint32_t n = 0; !stale && n < static_cast<uint32_t>(decision.messages_size()); ++n) {
      const v1::Message& message = decision.messages(static_cast<int>(n));
      if (message.to_partition() != partition_ || Taken(cursor, decision.sequence(), n)) continue;
      owed = true;
      if (out.size() >= limit) return false;
      out.push_back({from, decision.sequence(), n, DeterministicBytes(message.command())});
    }
    if (!owed) {
      sender.next = at + 1;
      sender.term = term;
    }
    return true;
  };
  if (sender.next < sender.until) {
    const absl::Status read = ports_.log.ReadFrom(from, sender.next, take);
    if (!status.ok()) return status;
    if (!read.ok()) return read;
  }
  if (!owed && sender.next >= sender.until) {
    sender.stage = Stage::kSettled;
    --unsettled_;
  }
  return absl::OkStatus();
}

}  // namespace caseward

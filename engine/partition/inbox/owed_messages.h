// What other partitions sent before this one was claimed and it has not taken: read from their logs, not from the
// inbox.
//
// A message lies in its sender's record and, committed with it, in the receiver's inbox. The record is kept for ever
// (law L1). The inbox may be a topic that keeps a week, and that somebody may empty, or delete and make anew, while no
// node is there to notice: a message on its way would be gone without a word, and the next one would be taken in its
// place. So whoever has claimed a partition first settles with each sender, by the sender's log as it is then:
//
//   the last message that it sent to us ── taken already ──▶ settled: from here on the inbox is enough
//                                       ── not taken ──▶ its log from our cursor on: what it sent to us, in order
//
// Until then nothing of that sender is taken from the inbox, so that nothing overtakes. What is sent after that comes
// to an inbox that is being read, and whatever befalls it is told.
//
// Reads little: as far as this store has the sender's state, one key says what was sent last (state_keys.h, `n`); only
// what the state lacks is looked for in the log. Where the store has nothing of the sender, all of its log is.
//
// Threads   the loop's one. Log and store must outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/port/event_log.h"
#include "engine/port/state_store.h"

namespace caseward {

class OwedMessages {
 public:
  struct Ports {
    EventLog& log;
    const StateStore& store;
  };
  OwedMessages(uint32_t partition, uint32_t partitions, Ports ports);

  // The partition was claimed, or its inbox has shown that it cannot be trusted: nothing is settled.
  void Begin();
  // Whether the inbox is enough for what this sender sends.
  bool Settled(uint32_t sender) const { return sender >= senders_.size() || senders_[sender].stage == Stage::kSettled; }

  // Adds what is owed after `cursors`, each sender's in order, until `out` holds `limit`. `more`: ask again at once. A
  // fault of one sender does not keep the others' from being read; the first is returned.
  absl::Status Read(const std::vector<InboxCursor>& cursors, size_t limit, std::vector<InboundMessage>& out,
                    bool& more);

 private:
  enum class Stage { kNew, kOwing, kSettled };
  struct Sender {
    Stage stage = Stage::kNew;
    uint64_t next = 0;   // in its log: before this nothing is owed
    uint64_t until = 0;  // what lies from here on came after the claim
    uint64_t term = 0;   // highest before `next`, as far as is known
  };

  absl::Status Look(uint32_t from, const InboxCursor* cursor);
  absl::Status ReadLog(uint32_t from, const InboxCursor* cursor, size_t limit, std::vector<InboundMessage>& out);

  const uint32_t partition_;
  const Ports ports_;
  std::vector<Sender> senders_;
  size_t unsettled_ = 0;
};

}  // namespace caseward

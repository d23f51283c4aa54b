// The log: where decisions become durable (hop 3, append) and from where state is rebuilt. The engine's view of an
// embedded RocksDB, of Kafka, and of the simulator's twin alike.
//
//   sequence   0        1        2        3        4
//            genesis  record   record   record    ╎ next round's first_sequence
//            ───────────────committed─────────────▶╎
//
// Lifetime  made by storage/, outlives every partition that uses it.
// Threads   Claim, ReadFrom, ReadInbox and ReadKey may be called from any thread; AppendRound from one thread a
// partition.
//           `done` may run on any thread, also before AppendRound returns; it must not call back into the log.
//           Release from the thread that appends; Follow once, before anybody waits for it.
// Failure   absl::Status for faults; a truncated or altered record is DATA_LOSS and names its partition and sequence.
//
// Contract for implementers (tests/contract/storage/event_log_contract_test.cc):
//   must      make all of a round visible, or none of it: records, messages, keys, feed items, outcomes, rejects and
//             moves alike;
//   must      never make visible a round of a term that another Claim has passed (law L4), however late it arrives;
//   must      refuse a round whose first_sequence is not the next one (FAILED_PRECONDITION, Aborted);
//   must      answer every AppendRound exactly once;
//   must      be durable (synced, or acknowledged by all in-sync replicas) before it answers Committed;
//   may       answer Unknown: then the round may or may not become visible, and no later round of this term will;
//   must      refuse a round that brings another key for an id that has one or whose key was destroyed (ABORTED,
//   Aborted):
//             a data key is never overwritten and never comes back; the same bytes again are no change;
//   must not  interpret or re-serialise a record.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace caseward {

// A message to another partition, appended atomically with the decision that sends it.
struct OutboundMessage {
  uint32_t to_partition = 0;
  uint64_t from_sequence = 0;  // the sending decision
  uint32_t n = 0;              // which of its messages
  std::string command;         // a serialised v1::Command, words sealed
};

// A message as it waits in the receiver's inbox.
struct InboundMessage {
  uint32_t from_partition = 0;
  uint64_t from_sequence = 0;
  uint32_t n = 0;
  std::string command;
};

// A wrapped data key, durable no later than the first record that uses it (law L11). Empty `wrapped`: destroyed, and
// the log must make the former bytes unreadable.
struct KeyRecord {
  std::string key_id;
  std::string wrapped;
};

// An event as other systems may see it: one CloudEvent of the feed. A log whose other readers follow it without this
// program (Kafka) writes the items with the records they tell of, as one; every other log ignores them, because its
// feed is made from the records whenever somebody reads it.
struct FeedItem {
  std::string id;       // "<log id>/<partition>/<sequence>/<index>": its position, the same for ever
  std::string subject;  // the stream: items of one stream keep their order
  std::vector<std::pair<std::string, std::string>> attributes;  // further ones: type, source, time, ...
  std::string body;                                             // a serialised v1::SubscribeResponse
};

// A record of a topic that outside systems write or read, as it came or as they shall read it.
struct TopicRecord {
  std::optional<std::string> key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A record that an outside system has put on a partition of the intake (design §3, "The second door").
struct IntakeRecord {
  uint64_t offset = 0;  // grows along a partition; has gaps
  absl::Time time;      // when the log took it in, by the log's own clock, in milliseconds
  TopicRecord record;
};

// Where the reading of a partition's intake stands: the next offset, and the record that was taken last, by which an
// intake that was made anew is told from the one that was read.
struct IntakeCursor {
  struct Taken {
    uint64_t offset = 0;
    absl::Time time;
  };
  uint64_t next = 0;
  std::optional<Taken> last;
};

struct IntakeBatch {
  std::vector<IntakeRecord> records;  // in order of offset
  uint64_t next = 0;                  // where reading goes on behind them; may have passed offsets that hold nothing
  uint64_t end = 0;                   // of what is known to be there; `next` reaches it when all was read
};

// The offsets that an intake holds: [begin, end).
struct IntakeRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// An intake record that is at home in another partition, sent there as it came.
struct MovedRecord {
  uint32_t to_partition = 0;
  TopicRecord record;
};

// What one turn of the loop appends.
struct Round {
  uint64_t term = 0;
  uint64_t first_sequence = 0;
  std::vector<std::string> records;  // serialised v1::Decision, at first_sequence, +1, +2, ...; may be empty: then the
                                     // round only proves that the term still holds (a barrier for LATEST reads)
  std::vector<OutboundMessage> messages;
  std::vector<KeyRecord> keys;
  std::vector<FeedItem> feed = {};  // of the records, in their order
  // Of what came by topic: what its senders read, what could not be read, and what is at home elsewhere. Only for a log
  // that has an intake.
  std::vector<TopicRecord> outcomes = {};
  std::vector<TopicRecord> rejects = {};
  std::vector<MovedRecord> moves = {};
  bool may_block = false;  // a hint: the caller has nothing else to do, so its own thread may write the round
};

struct AppendResult {
  enum class Kind {
    kCommitted,  // durable and visible
    kAborted,    // not visible, and never will be; `why` says whether trying again can help
    kUnknown,    // claim anew and read what the log says
  };
  Kind kind = Kind::kUnknown;
  absl::Status why;
};
using AppendDone = absl::AnyInvocable<void(AppendResult)>;

// What the inbox's reader has turned into decisions already: the last (sequence, n) of each sender.
struct InboxCursor {
  uint32_t from_partition = 0;
  uint64_t from_sequence = 0;
  uint32_t n = 0;
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Fixed when the log was made.
  virtual uint32_t partitions() const = 0;

  // Becomes the only writer of a partition. Returns the new term, greater than any before. A round in flight of an
  // older term is either visible to a ReadFrom after this returns, or never.
  virtual absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) = 0;

  virtual void AppendRound(uint32_t partition, Round round, AppendDone done) = 0;
  // Gives a partition up: no round of ours will follow, and another's become visible here.
  virtual void Release(uint32_t /*partition*/) {}

  // Calls `grown(partition)`, from a thread of the log's own, when records of other owners have become visible. A log
  // with one owner never does.
  virtual absl::Status Follow(std::function<void(uint32_t)> /*grown*/) { return absl::OkStatus(); }
  // What stopped the partition was mended from outside: forgets what was known of it, so that it is read as it is now.
  // It must be claimed anew. FAILED_PRECONDITION: it is another log.
  virtual absl::Status Recheck(uint32_t /*partition*/) { return absl::OkStatus(); }
  // Who claimed last, in the words of its Claim, as far as is known here: a hint. Empty: nobody, or not known.
  virtual std::string LastOwner(uint32_t /*partition*/) { return ""; }

  // Number of visible records, which is the next sequence.
  virtual absl::StatusOr<uint64_t> End(uint32_t partition) = 0;

  // Calls `record(sequence, bytes)` for each visible record from `from` in order, to the end as it is at the call;
  // stops early when it returns false. OUT_OF_RANGE if `from` is past the end. DATA_LOSS on a missing or altered
  // record.
  virtual absl::Status ReadFrom(uint32_t partition, uint64_t from,
                                absl::FunctionRef<bool(uint64_t, std::string_view)> record) = 0;

  // Messages waiting for `partition` after `cursors` (a sender not named: from its first), in each sender's order, at
  // most `limit`. What was lost between its sender's commit and a claim of `partition` need not be there: whoever
  // claims looks for it in the senders' logs (partition/inbox/owed_messages.h). What is sent after the claim is there.
  virtual absl::StatusOr<std::vector<InboundMessage>> ReadInbox(uint32_t partition,
                                                                const std::vector<InboxCursor>& cursors,
                                                                size_t limit) = 0;
  // Messages up to `cursors` are in the log as decisions and may be dropped. A hint.
  virtual void TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) = 0;

  // ---- the intake: commands that outside systems put on a topic. A log without one holds none and refuses rounds with
  // outcomes, rejects or moves (INVALID_ARGUMENT).
  virtual bool has_intake() const { return false; }
  // Committed records from `cursor` on, at most `limit` and about `bytes` of them but always one, if there is one. What
  // was fetched already is given at once; it never waits for the network. A record before `cursor` may be forgotten.
  // OUT_OF_RANGE: what lies at `cursor` is gone, or never was in this intake, and both are named; it stays so until it
  // is read from another place or rechecked. UNAVAILABLE: it cannot be read now.
  virtual absl::StatusOr<IntakeBatch> ReadIntake(uint32_t partition, const IntakeCursor& /*cursor*/, size_t /*limit*/,
                                                 size_t /*bytes*/) {
    return absl::UnimplementedError("partition " + std::to_string(partition) + ": this log has no intake");
  }
  // Asks the log what is there; may wait for the network.
  virtual absl::StatusOr<IntakeRange> FindIntake(uint32_t partition) {
    return absl::UnimplementedError("partition " + std::to_string(partition) + ": this log has no intake");
  }
  // Calls `grown(partition)`, from a thread of the log's own, when there is more to read than ReadIntake has given, or
  // it has become another matter whether it can be read.
  virtual void WatchIntake(std::function<void(uint32_t)> /*grown*/) {}

  // ---- data keys
  // The wrapped key, or nullopt if there never was one or it was destroyed.
  virtual absl::StatusOr<std::optional<std::string>> ReadKey(std::string_view key_id) = 0;
  // Where several owners share the log, two of them may have made a key for one id in the same moment, and each has
  // sealed words with its own. All of them; the first is the one that ReadKey answers.
  virtual absl::StatusOr<std::vector<std::string>> ReadKeysOf(std::string_view key_id) {
    absl::StatusOr<std::optional<std::string>> key = ReadKey(key_id);
    if (!key.ok()) return key.status();
    return *key ? std::vector<std::string>{**std::move(key)} : std::vector<std::string>();
  }
  // Other owners' keys that were committed before the call are seen after it.
  virtual absl::Status CatchUpKeys() { return absl::OkStatus(); }
  // Calls `key(key_id, wrapped)` in order of id for each key that begins with `prefix` and is not destroyed; stops
  // early when it returns false.
  virtual absl::Status ReadKeys(std::string_view prefix,
                                absl::FunctionRef<bool(std::string_view, std::string_view)> key) = 0;
};

}  // namespace caseward

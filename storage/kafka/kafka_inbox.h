// Messages between partitions as they wait, read from .messages by one thread for all partitions that asked: a
// partition's loop takes them from memory and never waits long for the network.
//
//   sender's round ──(same transaction)──▶ .messages, partition of the receiver ──▶ here ──ReadInbox──▶ receiver's
//   round
//
// The topic is read from its start, which is at most a week ago; what the receiver has turned into decisions already,
// its cursors say, and what the topic has lost before it was claimed, it takes from the senders' logs. A receiver that
// lags keeps at most a bounded number of bytes in memory; the rest waits in Kafka.
//
// Threads   any; one of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/port/event_log.h"
#include "storage/kafka/kafka_reader.h"

namespace caseward {

class KafkaFetchQueue;

class KafkaInbox {
 public:
  KafkaInbox(const KafkaOptions& options, KafkaReaders& readers, uint32_t partitions);
  ~KafkaInbox();

  // As the port has it. Waits a moment for messages that Expect has announced.
  absl::StatusOr<std::vector<InboundMessage>> Read(uint32_t partition, const std::vector<InboxCursor>& cursors,
                                                   size_t limit);
  void Trim(uint32_t partition, const std::vector<InboxCursor>& cursors);
  // The topic was mended: what waits for `partition` is read anew, from its beginning.
  void Forget(uint32_t partition);
  // A message of ours for `partition` was committed at `offset`.
  void Expect(uint32_t partition, int64_t offset);

 private:
  using Place = std::pair<uint64_t, uint32_t>;  // sequence, n
  struct Sender {
    uint64_t term = 0;
    std::optional<Place> trimmed;
    std::map<Place, std::string> waiting;
  };
  struct Box {
    bool wanted = false;   // somebody reads it
    bool restart = false;  // what is being fetched is of no use
    int64_t position = 0;  // everything before was taken
    int64_t expected = 0;  // and everything before this is known to be there
    size_t bytes = 0;
    absl::Status fault;
    std::map<uint32_t, Sender> senders;
  };
  absl::Status Want(uint32_t partition);
  void Run();
  void Steer(KafkaFetchQueue& consumer);
  void Take(uint32_t partition, const KafkaIn& in);

  const KafkaOptions& options_;
  KafkaReaders& readers_;
  const std::string topic_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::vector<Box> boxes_;
  std::thread thread_;  // begins with the first reader
};

}  // namespace caseward

// Commands that outside systems put on .commands, read ahead by one thread for all partitions that asked: a partition's
// loop takes them from memory and never waits for the network.
//
//   Read at a cursor ──▶ box ──▶ thread: is what lies there kept? is it the topic it was? ──▶ fetch ──▶ box ──▶ Read
//
// Nothing here is believed of who wrote a record: it is bytes, a key and headers, and no stamp of ours counts. Only
// what was committed is read, so a sender's open transaction holds back what lies behind it in its partition.
//
// A topic that was made anew is told from the one that was read by the broker's time on the record that was taken last,
// which is looked at again wherever reading begins. One that retention has emptied past it has only its offsets.
//
// Threads   any; one of its own, which calls `grown`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "engine/port/event_log.h"
#include "storage/kafka/kafka_reader.h"

struct rd_kafka_message_s;

namespace caseward {

class KafkaFetchQueue;

class KafkaIntake {
 public:
  KafkaIntake(const KafkaOptions& options, KafkaReaders& readers, uint32_t partitions);
  ~KafkaIntake();

  // As the port has them.
  absl::StatusOr<IntakeBatch> Read(uint32_t partition, const IntakeCursor& cursor, size_t limit, size_t bytes);
  absl::StatusOr<IntakeRange> Find(uint32_t partition);
  void Watch(std::function<void(uint32_t)> grown);
  // Nobody reads it here any more, or it is to be looked at anew.
  void Forget(uint32_t partition);

 private:
  enum class Stage {
    kIdle,   // nobody reads it
    kLook,   // where reading is to begin has not been looked at
    kFetch,  // from `position`, as far as memory allows
    kFault,  // cannot be read on from there
  };
  struct Box {
    Stage stage = Stage::kIdle;
    bool restart = false;   // what is being fetched is of no use
    IntakeCursor begin;     // as asked when it was looked at
    bool prove = false;     // the first record to come is the one that was taken last
    uint64_t base = 0;      // nothing before it is kept here
    uint64_t position = 0;  // everything before was fetched
    uint64_t end = 0;
    std::deque<IntakeRecord> records;
    size_t bytes = 0;
    absl::Status fault;    // of kFault
    absl::Status trouble;  // of the network, for now
    absl::Time look_again = absl::InfinitePast();
  };

  // All but Run and LookAt: mutex_ held.
  void Begin(uint32_t partition, const IntakeCursor& cursor);
  static bool ReadsOn(const Box& box, const IntakeCursor& cursor);
  void Run();
  void LookAt(uint32_t partition, const IntakeCursor& cursor);
  void Steer(KafkaFetchQueue& queue);
  void Take(KafkaFetchQueue& queue, const rd_kafka_message_s& message);
  void TakeRecord(Box& box, const rd_kafka_message_s& message);
  void Prove(uint32_t partition, Box& box, const rd_kafka_message_s* message);
  void Stop(uint32_t partition, absl::Status fault);
  std::vector<uint32_t> ToLookAt();

  const KafkaOptions& options_;
  KafkaReaders& readers_;
  const std::string topic_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::vector<Box> boxes_;
  std::set<uint32_t> news_;  // whom to tell
  std::function<void(uint32_t)> grown_;
  std::thread thread_;  // begins with the first reader
};

}  // namespace caseward

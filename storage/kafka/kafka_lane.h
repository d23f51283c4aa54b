// A lane: one transactional producer of one partition's owner. A partition has two, by turns: while the broker still
// writes the markers of the round before, the next round runs on the other lane.
//
//   Open: init_transactions ──▶ fences whoever had this transactional id, and ends what it had begun
//   Commit: begin ─▶ produce all ─▶ wait for every delivery report ─▶ commit
//
// A lane whose Commit did not end in kCommitted is of no further use: destroy it and claim the partition anew.
//
// Threads   one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/port/event_log.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_stamp.h"

struct rd_kafka_topic_s;

namespace caseward {

// One record to produce. `topic` is a whole name.
struct KafkaOut {
  std::string topic;
  uint32_t partition = 0;
  KafkaStamp stamp;
  std::string key;  // empty: none
  std::string value;
  // One of these instead of stamp, key and value; it outlives the commit.
  const FeedItem* item = nullptr;
  const TopicRecord* plain = nullptr;  // for or from outside systems: no header of ours, as it is
  // Offsets only grow. One that comes to lie before this shows that the topic was made anew under us, or has lost its
  // end: then nothing is committed.
  int64_t at_least = 0;
};

class KafkaLane {
 public:
  // Blocks until the coordinator has answered; UNAVAILABLE if it does not within the connect timeout.
  static absl::StatusOr<std::unique_ptr<KafkaLane>> Open(const KafkaOptions& options, const std::string& id);
  ~KafkaLane();

  struct Result {
    enum class Kind {
      kCommitted,  // the coordinator has written the commit down
      kAborted,    // it was never asked to commit, and will not
      kUnknown,    // it was asked, and did not say yes
    };
    Kind kind = Kind::kAborted;
    bool fenced = false;           // another may have the transactional id, or the coordinator gave the transaction up
    absl::Status why;              // DATA_LOSS: a topic is not what it was; nothing of the round will be visible
    std::vector<int64_t> offsets;  // of each record, if committed
  };
  // `records` is not empty. Takes the transaction timeout at most, twice.
  Result Commit(const std::vector<KafkaOut>& records);

  absl::Time last_commit() const { return last_commit_; }

 private:
  KafkaLane(const KafkaOptions& options, KafkaClient client, std::string id);
  struct Delivery;
  absl::Status MeetTopics();
  absl::Status Produce(const std::vector<KafkaOut>& records, Delivery& delivery);
  absl::Status AwaitDelivery(Delivery& delivery);
  absl::Status Failed(int code, std::string_view what, Result& result) const;

  const KafkaOptions& options_;
  KafkaClient client_;
  std::vector<rd_kafka_topic_s*> topics_;
  const std::string id_;
  absl::Time last_commit_;
};

}  // namespace caseward

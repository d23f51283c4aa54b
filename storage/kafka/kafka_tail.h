// What is known of one partition of .events: how far it was read, the term and the next sequence there, where in Kafka
// some sequences lie, and the newest records themselves.
//
//   offset    0        1      2      3      4        5      6        7      8 ...
//             format   claim  r 0    r 1    control  r 2    aborted  claim  control
//   sequence                  0      1               2
//
// Law L4 does not rest on Kafka's transactions alone: a record or claim of a lower term after a higher one is stale, is
// skipped and counted; a gap or a repeat in the sequence of one term is DATA_LOSS.
//
// Threads   any.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/kafka/kafka_reader.h"

namespace caseward {

// One mark for so many records: a search then reads no more than these.
inline constexpr uint64_t kMarkEvery = 512;

// Follows records of one partition in the order of their offsets and says which of them count.
class KafkaOrder {
 public:
  KafkaOrder() = default;
  KafkaOrder(uint64_t term, uint64_t next) : term_(term), next_(next), known_(true) {}

  enum class Place { kNext, kClaim, kStale, kFormat };
  absl::StatusOr<Place> Take(uint32_t partition, const KafkaIn& in);
  uint64_t term() const { return term_; }
  uint64_t next() const { return next_; }
  // Something was seen that says where the partition stands.
  bool known() const { return known_; }

 private:
  uint64_t term_ = 0;
  uint64_t next_ = 0;
  bool known_ = false;
};

class KafkaTail {
 public:
  KafkaTail(uint32_t partition, size_t recent_bytes) : partition_(partition), recent_bytes_max_(recent_bytes) {}

  struct Head {
    uint64_t term = 0;
    std::string owner;    // of that term, if its claim was seen
    uint64_t next = 0;    // sequence of the next record
    int64_t offset = -1;  // everything before was read; -1: nothing is known yet
    uint64_t stale = 0;
  };
  Head head() const;

  // Begins anew at what a look at the end has found.
  void Begin(const KafkaOrder& order, std::string owner, int64_t offset);
  // Nothing is known any more.
  void Forget();
  // The next committed record, read from Kafka.
  absl::Status Take(const KafkaIn& in);
  // Everything before `offset` was read.
  void Reached(int64_t offset);
  // Our own round committed, at these offsets.
  void Committed(uint64_t first, const std::vector<std::string>& records, const std::vector<int64_t>& offsets);

  struct Mark {
    uint64_t sequence = 0;
    int64_t offset = 0;
    uint64_t term = 0;
  };
  // The nearest marks at or below, and above.
  Mark Floor(uint64_t sequence) const;
  std::optional<Mark> Above(uint64_t sequence) const;
  void Add(const Mark& mark);

  // Calls `record` for those of [from, end) that are held in memory, if `from` is; the sequence it came to.
  uint64_t ReadRecent(uint64_t from, uint64_t end, absl::FunctionRef<bool(uint64_t, std::string_view)> record,
                      bool& stopped) const;

 private:
  void Remember(uint64_t sequence, std::string_view record);

  const uint32_t partition_;
  const size_t recent_bytes_max_;
  mutable std::mutex mutex_;
  KafkaOrder order_;
  std::string owner_;
  int64_t offset_ = -1;
  uint64_t stale_ = 0;
  std::map<uint64_t, Mark> marks_;
  std::deque<std::shared_ptr<const std::string>> recent_;  // the last of them has sequence order_.next() - 1
  size_t recent_bytes_ = 0;
};

}  // namespace caseward

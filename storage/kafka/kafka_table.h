// Small compacted topics, read into memory. Each has as many Kafka partitions as the log, and an owner writes to its
// own one, so that a dead owner's open transaction holds back no other partition's claim.
//
//   KafkaKeys     .keys: wrapped data keys. A destroyed key leaves a mark, because Kafka in time forgets what was
//   deleted,
//                 and a destroyed key must never come back; the mark goes wherever the key lies, so that compaction
//                 takes the former bytes away everywhere.
//   KafkaOwners   .owners: the log's format, whether it is whole, and the last claim of each partition
//
// What they hold does not depend on the order in which Kafka partitions are read.
//
// Threads   any.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/port/event_log.h"
#include "storage/kafka/kafka_reader.h"

namespace caseward {

class KafkaTable {
 public:
  KafkaTable(KafkaReaders& readers, std::string topic) : readers_(readers), topic_(std::move(topic)) {}
  virtual ~KafkaTable() = default;
  const std::string& topic() const { return topic_; }

  // Reads what was committed to one Kafka partition since the last time; `whole`: all there is, waiting for
  // transactions that are still open (after a claim has fenced the partition's lanes there are none).
  absl::Status Refresh(uint32_t partition, bool whole);
  // What this Kafka partition said is read anew, from its beginning.
  void Forget(uint32_t partition);
  // Everything before was read.
  int64_t position(uint32_t partition) const;
  // What a follower has read; what was read before is no news. A record that cannot be is left to the next Refresh,
  // which will name it.
  void Followed(uint32_t partition, const absl::StatusOr<KafkaIn>& in);

 protected:
  virtual absl::Status Apply(uint32_t partition, const KafkaIn& in) = 0;
  virtual void Drop(uint32_t partition) = 0;

 private:
  KafkaReaders& readers_;
  const std::string topic_;
  mutable std::mutex mutex_;
  std::map<uint32_t, int64_t> positions_;
};

class KafkaKeys final : public KafkaTable {
 public:
  using KafkaTable::KafkaTable;

  // As stored: empty for a destroyed one, nullopt for one that never was.
  std::optional<std::string> Get(std::string_view key_id) const;
  // Every one that is not destroyed; the first counts.
  std::vector<std::string> All(std::string_view key_id) const;
  // In order of id, without destroyed ones, until it returns false.
  void ForEach(std::string_view prefix, absl::FunctionRef<bool(std::string_view, std::string_view)> key) const;

  // Keeps two rounds in flight from bringing different bytes for one key: the first holds the id until its round is
  // settled or its partition is claimed anew. ABORTED as CheckKey has it.
  absl::Status Reserve(const std::vector<KeyRecord>& keys, uint32_t holder);
  void Release(uint32_t holder);

  // Where a round of `partition` must write `key`.
  std::set<uint32_t> PlacesOf(const KeyRecord& key, uint32_t partition) const;
  static std::string Encode(const KeyRecord& key);
  void Put(const KeyRecord& key, uint32_t partition);

 protected:
  absl::Status Apply(uint32_t partition, const KafkaIn& in) override;
  void Drop(uint32_t partition) override;

 private:
  struct Entry {
    bool destroyed = false;
    std::map<uint32_t, std::string> made;  // by Kafka partition; the first counts
  };
  struct Hold {
    std::string wrapped;
    uint32_t holder = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Hold, std::less<>> held_;
};

// What .owners says of a log that is brought here, under the key "copy".
inline constexpr char kCopyBegun[] = "begun";
inline constexpr char kCopyDone[] = "done";

class KafkaOwners final : public KafkaTable {
 public:
  using KafkaTable::KafkaTable;

  struct Claim {
    uint64_t term = 0;
    uint64_t next = 0;  // sequence when it claimed
    std::string owner;
  };
  Claim Last(uint32_t partition) const;
  void Put(uint32_t partition, const Claim& claim);
  // The text of the log's format, or empty.
  std::string format() const;
  // The log is being brought here and is not whole.
  bool copying() const;

  static std::string ClaimKey(uint32_t partition);

 protected:
  absl::Status Apply(uint32_t partition, const KafkaIn& in) override;
  void Drop(uint32_t partition) override;

 private:
  mutable std::mutex mutex_;
  std::string format_;
  bool copying_ = false;
  std::map<uint32_t, Claim> claims_;
};

}  // namespace caseward

// What a Kafka record of ours says of itself, in one header named "caseward" (integers big endian):
//
//   version 1 (1) ‖ kind (1) ‖ term (8) ‖ sequence (8) ‖ from partition (4) ‖ n (4)
//
// The value of a record is framed as in the embedded log (record_frame.h), so both hold the same bytes and have the
// same Merkle roots. Kafka's offsets count control records and aborted rounds too, so they name nothing outside
// storage/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caseward {

inline constexpr char kStampHeader[] = "caseward";
// By this header an item of the feed is known.
inline constexpr char kFeedIdHeader[] = "ce_id";

enum class KafkaKind : char {
  kFormat = 'f',   // first in each partition of .events, and in .owners and .keys: what log this is
  kClaim = 'c',    // a new owner: `sequence` is the next one; the value is its name
  kRecord = 'r',   // a record of the log, framed
  kMessage = 'm',  // a message to another partition
  kKey = 'k',      // a wrapped data key
  kBarrier = 'b',  // proof that the term holds
  kFeed = 'e',     // an item of the feed; stands in memory only, for items carry no stamp
  kMark = 'd',     // how far the webhook's receiver was told: the next event, by sequence and number (n)
  kCopy = 'y',     // in .owners: whether a log that was brought here is whole
};

struct KafkaStamp {
  KafkaKind kind = KafkaKind::kRecord;
  uint64_t term = 0;
  uint64_t sequence = 0;
  uint32_t from_partition = 0;
  uint32_t n = 0;
};

std::string EncodeStamp(const KafkaStamp& stamp);
// nullopt: not a stamp of a version this program knows.
std::optional<KafkaStamp> DecodeStamp(std::string_view bytes);

}  // namespace caseward

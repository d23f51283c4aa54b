// Where the embedded log keeps things in its RocksDB, integers big endian so that keys sort by number:
//
//   f                                            format version, log id, number of partitions
//   t ‖ partition (2)                            term (8) ‖ owner
//   r ‖ partition (2) ‖ sequence (8)             a record, framed (record_frame.h)
//   i ‖ to (2) ‖ from (2) ‖ sequence (8) ‖ n (4) a message in `to`'s inbox
//   s                                            destroyed keys are still to be scrubbed from the files
//
// Wrapped data keys have a column family of their own, by key id (an empty value: destroyed), so that scrubbing
// rewrites little.
#pragma once

#include <cstdint>
#include <string>

#include "storage/record_frame.h"

namespace caseward::log_keys {

inline constexpr char kFormat[] = "f";
inline constexpr char kScrub[] = "s";
inline constexpr char kKeysFamily[] = "keys";

inline std::string Term(uint32_t partition) {
  std::string key = "t";
  AppendBig16(partition, key);
  return key;
}
inline std::string RecordKey(uint32_t partition, uint64_t sequence) {
  std::string key = "r";
  AppendBig16(partition, key);
  AppendBig64(sequence, key);
  return key;
}
inline std::string InboxSender(uint32_t to, uint32_t from) {
  std::string key = "i";
  AppendBig16(to, key);
  AppendBig16(from, key);
  return key;
}
inline std::string InboxKey(uint32_t to, uint32_t from, uint64_t sequence, uint32_t n) {
  std::string key = InboxSender(to, from);
  AppendBig64(sequence, key);
  AppendBig32(n, key);
  return key;
}

}  // namespace caseward::log_keys

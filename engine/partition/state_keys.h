// The keys of state: what lies where in the store. Every key begins with its partition (two bytes, big endian) and one
// letter, so that a partition is one range and a kind is one range in it.
//
//   m                         PartitionMeta                        the partition's own books
//   s <case id>               v1::CaseState
//   p <resident id>           v1::ResidentState
//   h <stream> 0 <sequence>   the raw log record                   a stream's history, refusals included
//   c <principal> 0 <id>      v1::CommandMarkRecord                law L5
//   e <recorded_at> <seq>     the key of a `c`                     pruning of command ids, oldest first
//   t <due> <case id> 0 <clock> <edge>   nothing                   timers, due first
//   x <system> 0 <value>      v1::ReferenceState                   claims of references hashed to this partition
//   o <owner> 0 <case id>     nothing                              cases by owner, while not closed
//   w <for what> 0 <order>    v1::WaitingState                     cases that wait for another than their owner
//   b <staff id>              v1::CaseloadState                    what somebody carries (partition 0)
//   n <receiver>              v1::InboxMark                        the last message sent there; as the books, no part
//                                                                  of the digest
//
// `l` was a case's fact lines in format 1.
//
// The directory needs no key of its own: partition 0 reads it back from the history of its streams when it opens.
// Numbers are big endian, so byte order is number order. Times are microseconds, rounded up. A stream, principal or
// reference holds no zero byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"

namespace caseward::keys {

std::string PartitionPrefix(uint32_t partition);
std::string Meta(uint32_t partition);
std::string Case(uint32_t partition, std::string_view case_id);
std::string CasePrefix(uint32_t partition);
std::string Resident(uint32_t partition, std::string_view resident_id);
std::string ResidentPrefix(uint32_t partition);
std::string History(uint32_t partition, std::string_view stream, uint64_t sequence);
std::string HistoryPrefix(uint32_t partition, std::string_view stream);
// The history of every stream whose name begins with `start`.
std::string HistoryOfStreams(uint32_t partition, std::string_view start);
std::string CommandMark(uint32_t partition, std::string_view principal, std::string_view command_id);
std::string Expiry(uint32_t partition, absl::Time recorded_at, uint64_t sequence);
std::string ExpiryPrefix(uint32_t partition);
// The recorded_at of an expiry key; nullopt if it is not one.
std::optional<absl::Time> ParseExpiry(std::string_view key);
struct Timer {
  absl::Time due;
  std::string case_id;
  std::string clock;
  v1::FireClock::Edge edge = v1::FireClock::EDGE_UNSPECIFIED;
};
std::string TimerKey(uint32_t partition, const Timer& timer);
std::string TimerPrefix(uint32_t partition);
// Where timers due at `due` or later begin.
std::string TimersFrom(uint32_t partition, absl::Time due);
// nullopt if `key` is not a timer's.
std::optional<Timer> ParseTimer(std::string_view key);
std::string Reference(uint32_t partition, std::string_view system, std::string_view value);
std::string Owner(uint32_t partition, std::string_view owner, std::string_view case_id);
std::string OwnerPrefix(uint32_t partition, std::string_view owner);
std::string Caseload(uint32_t partition, std::string_view staff_id);
std::string CaseloadPrefix(uint32_t partition);
// The order in which work is listed, over all partitions: P1 first, then by the nearest due time (infinite future: it
// has none), then by id.
struct WorkOrder {
  bool first = false;
  absl::Time due = absl::InfiniteFuture();
  std::string case_id;
};
std::string WorkOrderBytes(const WorkOrder& order);
// nullopt if `bytes` are not one.
std::optional<WorkOrder> ParseWorkOrder(std::string_view bytes);
std::string Waiting(uint32_t partition, std::string_view what, const WorkOrder& order);
std::string WaitingPrefix(uint32_t partition, std::string_view what);
std::string Sent(uint32_t partition, uint32_t receiver);

}  // namespace caseward::keys

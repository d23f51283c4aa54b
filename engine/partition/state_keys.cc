#include "engine/partition/state_keys.h"

#include <limits>

namespace caseward::keys {
namespace {

void Put16(std::string& out, uint32_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}
void Put32(std::string& out, uint32_t value) {
  Put16(out, value >> 16);
  Put16(out, value & 0xffff);
}
void Put64(std::string& out, uint64_t value) {
  Put32(out, static_cast<uint32_t>(value >> 32));
  Put32(out, static_cast<uint32_t>(value));
}
uint64_t Get64(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes.substr(0, 8))
    value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// Microseconds, rounded up so that what is due at a key's time is never due before it; the sign bit is flipped so that
// byte order is time order.
constexpr uint64_t kSignBit = uint64_t{1} << 63;
uint64_t TimeBits(absl::Time t) {
  int64_t micros = absl::ToUnixMicros(t);  // floors
  if (absl::FromUnixMicros(micros) < t && micros < std::numeric_limits<int64_t>::max()) ++micros;
  return static_cast<uint64_t>(micros) ^ kSignBit;
}
absl::Time BitsTime(uint64_t bits) { return absl::FromUnixMicros(static_cast<int64_t>(bits ^ kSignBit)); }

std::string Kind(uint32_t partition, char letter, size_t room = 0) {
  std::string key;
  key.reserve(3 + room);
  Put16(key, partition);
  key.push_back(letter);
  return key;
}
std::string One(uint32_t partition, char letter, std::string_view id) {
  std::string key = Kind(partition, letter, id.size());
  key.append(id);
  return key;
}
// <id> 0, with room for what follows.
std::string Framed(uint32_t partition, char letter, std::string_view id, size_t room) {
  std::string key = Kind(partition, letter, id.size() + 1 + room);
  key.append(id);
  key.push_back('\0');
  return key;
}

}  // namespace

std::string PartitionPrefix(uint32_t partition) {
  std::string key;
  Put16(key, partition);
  return key;
}
std::string Meta(uint32_t partition) { return Kind(partition, 'm'); }
std::string Case(uint32_t partition, std::string_view case_id) { return One(partition, 's', case_id); }
std::string CasePrefix(uint32_t partition) { return Kind(partition, 's'); }
std::string Resident(uint32_t partition, std::string_view resident_id) { return One(partition, 'p', resident_id); }
std::string ResidentPrefix(uint32_t partition) { return Kind(partition, 'p'); }

std::string History(uint32_t partition, std::string_view stream, uint64_t sequence) {
  std::string key = Framed(partition, 'h', stream, 8);
  Put64(key, sequence);
  return key;
}
std::string HistoryPrefix(uint32_t partition, std::string_view stream) { return Framed(partition, 'h', stream, 0); }
std::string HistoryOfStreams(uint32_t partition, std::string_view start) { return One(partition, 'h', start); }

std::string CommandMark(uint32_t partition, std::string_view principal, std::string_view command_id) {
  std::string key = Framed(partition, 'c', principal, command_id.size());
  key.append(command_id);
  return key;
}

std::string Expiry(uint32_t partition, absl::Time recorded_at, uint64_t sequence) {
  std::string key = Kind(partition, 'e', 16);
  Put64(key, TimeBits(recorded_at));
  Put64(key, sequence);
  return key;
}
std::string ExpiryPrefix(uint32_t partition) { return Kind(partition, 'e'); }
std::optional<absl::Time> ParseExpiry(std::string_view key) {
  if (key.size() != 3 + 16) return std::nullopt;
  return BitsTime(Get64(key.substr(3)));
}

std::string TimerKey(uint32_t partition, const Timer& timer) {
  std::string key = TimersFrom(partition, timer.due);
  key.reserve(key.size() + timer.case_id.size() + timer.clock.size() + 2);
  key.append(timer.case_id);
  key.push_back('\0');
  key.append(timer.clock);
  key.push_back(static_cast<char>(timer.edge));
  return key;
}
std::string TimerPrefix(uint32_t partition) { return Kind(partition, 't'); }
std::string TimersFrom(uint32_t partition, absl::Time due) {
  std::string key = Kind(partition, 't', 8);
  Put64(key, TimeBits(due));
  return key;
}
std::optional<Timer> ParseTimer(std::string_view key) {
  constexpr size_t kHead = 3 + 8;
  if (key.size() < kHead + 2) return std::nullopt;
  Timer timer;
  timer.due = BitsTime(Get64(key.substr(3)));
  const std::string_view rest = key.substr(kHead, key.size() - kHead - 1);
  const size_t zero = rest.find('\0');
  if (zero == std::string_view::npos) return std::nullopt;
  timer.case_id = std::string(rest.substr(0, zero));
  timer.clock = std::string(rest.substr(zero + 1));
  const int edge = static_cast<uint8_t>(key.back());
  if (edge != v1::FireClock::EDGE_WARN && edge != v1::FireClock::EDGE_BREACH) return std::nullopt;
  timer.edge = static_cast<v1::FireClock::Edge>(edge);
  return timer;
}

std::string Reference(uint32_t partition, std::string_view system, std::string_view value) {
  std::string key = Framed(partition, 'x', system, value.size());
  key.append(value);
  return key;
}
std::string Owner(uint32_t partition, std::string_view owner, std::string_view case_id) {
  std::string key = Framed(partition, 'o', owner, case_id.size());
  key.append(case_id);
  return key;
}
std::string OwnerPrefix(uint32_t partition, std::string_view owner) { return Framed(partition, 'o', owner, 0); }
std::string Sent(uint32_t partition, uint32_t receiver) {
  std::string key = Kind(partition, 'n', 2);
  Put16(key, receiver);
  return key;
}

std::string Caseload(uint32_t partition, std::string_view staff_id) { return One(partition, 'b', staff_id); }
std::string CaseloadPrefix(uint32_t partition) { return Kind(partition, 'b'); }

constexpr size_t kWorkOrderHead = 1 + 8;
std::string WorkOrderBytes(const WorkOrder& order) {
  std::string bytes;
  bytes.reserve(kWorkOrderHead + order.case_id.size());
  bytes.push_back(order.first ? '1' : '2');
  Put64(bytes, TimeBits(order.due));
  bytes.append(order.case_id);
  return bytes;
}
std::optional<WorkOrder> ParseWorkOrder(std::string_view bytes) {
  if (bytes.size() <= kWorkOrderHead || (bytes[0] != '1' && bytes[0] != '2')) return std::nullopt;
  WorkOrder order = {.first = bytes[0] == '1', .case_id = std::string(bytes.substr(kWorkOrderHead))};
  const uint64_t due = Get64(bytes.substr(1));
  if (due != TimeBits(absl::InfiniteFuture())) order.due = BitsTime(due);
  return order;
}
std::string Waiting(uint32_t partition, std::string_view what, const WorkOrder& order) {
  return WaitingPrefix(partition, what) + WorkOrderBytes(order);
}
std::string WaitingPrefix(uint32_t partition, std::string_view what) { return Framed(partition, 'w', what, 0); }

}  // namespace caseward::keys

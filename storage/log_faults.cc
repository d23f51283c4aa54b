#include "storage/log_faults.h"

#include <utility>

namespace caseward {

void LogFaults::Next(uint32_t partition, LogFault fault) {
  const std::lock_guard lock(mutex_);
  rounds_[partition].push_back(fault);
}

void LogFaults::NextClaimFails(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  ++claims_[partition];
}

void LogFaults::Otherwise(std::function<LogFault(uint32_t)> choose) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::move(choose);
}

LogFault LogFaults::Take(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (auto planned = rounds_.find(partition); planned != rounds_.end() && !planned->second.empty()) {
    const LogFault fault = planned->second.front();
    planned->second.pop_front();
    return fault;
  }
  return otherwise_ ? otherwise_(partition) : LogFault::kNone;
}

bool LogFaults::TakeClaimFailure(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  const auto planned = claims_.find(partition);
  if (planned == claims_.end() || planned->second == 0) return false;
  --planned->second;
  return true;
}

}  // namespace caseward

// A log that misbehaves by plan over one that does not: what `LogFaults` says happens to a round, everything else goes
// to the inner log unchanged. Puts the misfortunes of a broker in front of the embedded log, without a test hook inside
// it.
//
// Lifetime  the inner log outlives it, and every round given to it is answered before it goes.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "storage/forwarding_event_log.h"
#include "storage/log_faults.h"

namespace caseward {

class FaultyEventLog final : public ForwardingEventLog {
 public:
  FaultyEventLog(EventLog& inner, LogFaults& faults) : ForwardingEventLog(inner), faults_(faults) {}

  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override;
  void AppendRound(uint32_t partition, Round round, AppendDone done) override;

  // Lets the round in doubt (kUnknownLate) reach the inner log after all. False if there is none: a Claim came first.
  bool DeliverLate(uint32_t partition);

 private:
  struct Doubt {
    uint64_t term = 0;
    std::unique_ptr<Round> late;
  };
  bool InDoubt(uint32_t partition, uint64_t term);

  LogFaults& faults_;
  std::mutex mutex_;
  std::map<uint32_t, Doubt> doubts_;  // partitions with an unknown outcome, until they are claimed
};

}  // namespace caseward

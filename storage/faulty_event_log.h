// A log that misbehaves by plan over one that does not: what `LogFaults` says happens to a round, everything else goes
// to the inner log unchanged. Puts the misfortunes of a broker in front of the embedded log, without a test hook inside
// it.
//
// Lifetime  the inner log outlives it, and every round given to it is answered before it goes.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "engine/port/event_log.h"
#include "storage/log_faults.h"

namespace caseward {

class FaultyEventLog final : public EventLog {
 public:
  FaultyEventLog(EventLog& inner, LogFaults& faults) : inner_(inner), faults_(faults) {}

  uint32_t partitions() const override { return inner_.partitions(); }
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override;
  void AppendRound(uint32_t partition, Round round, AppendDone done) override;
  absl::StatusOr<uint64_t> End(uint32_t partition) override { return inner_.End(partition); }
  absl::Status ReadFrom(uint32_t partition, uint64_t from,
                        absl::FunctionRef<bool(uint64_t, std::string_view)> record) override {
    return inner_.ReadFrom(partition, from, record);
  }
  absl::StatusOr<std::vector<InboundMessage>> ReadInbox(uint32_t partition, const std::vector<InboxCursor>& cursors,
                                                        size_t limit) override {
    return inner_.ReadInbox(partition, cursors, limit);
  }
  void TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) override {
    inner_.TrimInbox(partition, cursors);
  }
  absl::StatusOr<std::optional<std::string>> ReadKey(std::string_view key_id) override {
    return inner_.ReadKey(key_id);
  }
  absl::Status ReadKeys(std::string_view prefix,
                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) override {
    return inner_.ReadKeys(prefix, key);
  }

  // Lets the round in doubt (kUnknownLate) reach the inner log after all. False if there is none: a Claim came first.
  bool DeliverLate(uint32_t partition);

 private:
  struct Doubt {
    uint64_t term = 0;
    std::unique_ptr<Round> late;
  };
  bool InDoubt(uint32_t partition, uint64_t term);

  EventLog& inner_;
  LogFaults& faults_;
  std::mutex mutex_;
  std::map<uint32_t, Doubt> doubts_;  // partitions with an unknown outcome, until they are claimed
};

}  // namespace caseward

// A log that hands every call to another: what stands in front of a log to watch it or to spoil it overrides the calls
// it cares for, and says nothing of the rest.
//
// Lifetime  the inner log outlives it. Threads and failure are the inner log's.
#pragma once

#include <utility>

#include "engine/port/event_log.h"

namespace caseward {

class ForwardingEventLog : public EventLog {
 public:
  explicit ForwardingEventLog(EventLog& inner) : inner_(inner) {}

  uint32_t partitions() const override { return inner_.partitions(); }
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner) override {
    return inner_.Claim(partition, owner);
  }
  void AppendRound(uint32_t partition, Round round, AppendDone done) override {
    inner_.AppendRound(partition, std::move(round), std::move(done));
  }
  void Release(uint32_t partition) override { inner_.Release(partition); }
  absl::Status Follow(std::function<void(uint32_t)> grown) override { return inner_.Follow(std::move(grown)); }
  absl::Status Recheck(uint32_t partition) override { return inner_.Recheck(partition); }
  std::string LastOwner(uint32_t partition) override { return inner_.LastOwner(partition); }
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
  bool has_intake() const override { return inner_.has_intake(); }
  absl::StatusOr<IntakeBatch> ReadIntake(uint32_t partition, const IntakeCursor& cursor, size_t limit,
                                         size_t bytes) override {
    return inner_.ReadIntake(partition, cursor, limit, bytes);
  }
  absl::StatusOr<IntakeRange> FindIntake(uint32_t partition) override { return inner_.FindIntake(partition); }
  void WatchIntake(std::function<void(uint32_t)> grown) override { inner_.WatchIntake(std::move(grown)); }
  absl::StatusOr<std::optional<std::string>> ReadKey(std::string_view key_id) override {
    return inner_.ReadKey(key_id);
  }
  absl::StatusOr<std::vector<std::string>> ReadKeysOf(std::string_view key_id) override {
    return inner_.ReadKeysOf(key_id);
  }
  absl::Status CatchUpKeys() override { return inner_.CatchUpKeys(); }
  absl::Status ReadKeys(std::string_view prefix,
                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) override {
    return inner_.ReadKeys(prefix, key);
  }

 protected:
  EventLog& inner() { return inner_; }

 private:
  EventLog& inner_;
};

}  // namespace caseward

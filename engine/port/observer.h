// Where the loop tells what it is doing: metrics and logs in services/, crash points in a test's binary. Never asked,
// only told; must not call back. Called on the partition's loop thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"

namespace caseward {

// The six hops, by the names used everywhere (README).
enum class Hop { kSubmit, kDecide, kAppend, kApply, kReply, kPublish };

class Observer {
 public:
  virtual ~Observer() = default;
  // A hop of one round is about to begin, or has ended after `took`. Decide, apply and reply end with a `took` of zero:
  // the loop reads no clock within a step, and who wants their time measures it between the two calls.
  virtual void HopBegins(uint32_t /*partition*/, Hop /*hop*/) {}
  virtual void HopEnded(uint32_t /*partition*/, Hop /*hop*/, absl::Duration /*took*/, size_t /*commands*/) {}
  virtual void Accepted(uint32_t /*partition*/, std::string_view /*verb*/) {}
  virtual void Refused(uint32_t /*partition*/, std::string_view /*rule*/) {}
  virtual void ClockFired(uint32_t /*partition*/, std::string_view /*clock*/, bool /*breach*/,
                          absl::Duration /*late*/) {}
  virtual void Replaying(uint32_t /*partition*/, uint64_t /*done*/, uint64_t /*of*/) {}
  // An intake record has led to a durable decision or note: "decided", "duplicate", "rejected", "moved", "counted",
  // "fault".
  virtual void IntakeTaken(uint32_t /*partition*/, std::string_view /*what*/) {}
  // Messages of `sender` that the inbox did not hold when the partition was claimed were taken from the sender's log.
  virtual void MessagesFromLog(uint32_t /*partition*/, uint32_t /*sender*/, size_t /*messages*/) {}
  // A part of the partition cannot go on while the rest does, and why; or goes on again (`why` empty). `what` is
  // INTAKE_STOPPED, INTAKE_WAITING or MESSAGES_UNREADABLE.
  virtual void Trouble(uint32_t /*partition*/, std::string_view /*what*/, std::string_view /*why*/) {}
  // The partition stopped accepting, holds its timers, or is well again (`why` empty).
  virtual void Condition(uint32_t /*partition*/, std::string_view /*condition*/, std::string_view /*why*/) {}
};

}  // namespace caseward

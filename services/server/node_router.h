// Which node answers: any node takes any call, and what only the owner of a partition can do is asked of the owner.
//
//   command ──▶ this node owns the partition? ──yes──▶ its loop
//                        │ no
//                        └──▶ owner (a hint, from its claim) ──ForwardCommand, mutual TLS──▶ its loop ──▶ outcome
//
//   LATEST  ──▶ owner commits a round, says the position ──▶ this node's copy reaches it ──▶ read here
//
// A hint may be old: a node that is no owner says so, and the caller asks again with the same command id. Nothing is
// forwarded twice.
//
// Threads   any. An answer runs on a gRPC thread or a loop's, and must not block.
// Failure   UNAVAILABLE: no owner is known, or it cannot be reached. RESOURCE_EXHAUSTED: kForwardsMax are under way.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "services/host/engine_host.h"
#include "services/server/node_tls.h"

namespace caseward {

class NodeRouter {
 public:
  // Forwarded calls of one node at a time.
  static constexpr size_t kForwardsMax = 8192;

  // All outlive it. `endpoint`: how the others reach this node.
  NodeRouter(EngineHost& host, EventLog& log, std::string endpoint, NodeTls tls);
  // Waits for the calls under way.
  ~NodeRouter();

  // As Partition::Submit.
  absl::Status Submit(uint32_t partition, Submission submission);
  // As Partition::Barrier; when `done` has OK, this node has applied everything that was acknowledged before the call.
  absl::Status Barrier(uint32_t partition, absl::AnyInvocable<void(absl::Status)> done);

 private:
  struct Peer;
  absl::StatusOr<std::shared_ptr<Peer>> OwnerOf(uint32_t partition);
  absl::Status Begin();
  void End();

  EngineHost& host_;
  EventLog& log_;
  const std::string endpoint_;
  const NodeTls tls_;
  std::mutex mutex_;
  std::condition_variable ended_;
  size_t under_way_ = 0;                                // guarded by mutex_
  bool closing_ = false;                                // guarded by mutex_
  std::map<std::string, std::shared_ptr<Peer>> peers_;  // guarded by mutex_; by endpoint
};

}  // namespace caseward

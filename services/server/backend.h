// What every gRPC service stands on: the running partitions, the ports they read from, who may call, and the bounds.
// One object for all services, made by the wiring; everything in it outlives the server.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/other_services.pb.h"
#include "services/host/engine_host.h"
#include "services/host/references.h"
#include "services/host/worker_pool.h"
#include "services/server/draining.h"
#include "services/server/principal.h"

namespace caseward {

// Bounds of the server (law L10). At a bound the answer is a named error and nothing is lost.
struct ServerLimits {
  int message_bytes_max = 3 << 20;  // one request, with room for the largest pack; more is INVALID_ARGUMENT
  size_t stream_window_max = 1024;  // commands of one SubmitStream without an outcome yet; then it reads no further
  int page_size_default = 100;      // page_size 0
  int page_size_max = 1000;         // a larger one is cut to this
  size_t waiting_reads_max = 4096;  // reads that wait for a position or a round; one more is RESOURCE_EXHAUSTED
  absl::Duration read_wait_max = absl::Seconds(30);  // then DEADLINE_EXCEEDED, if the caller set no shorter deadline
  size_t subscribers_max = 256;                      // Subscribe and ReadLog streams; one more is RESOURCE_EXHAUSTED
  uint64_t subscriber_lag_max = 100'000;             // records behind, once it had caught up; then RESOURCE_EXHAUSTED
  size_t chunk_records_max = 256;                    // records read from the log at once for one stream
  size_t chunk_bytes_max = 1 << 20;
  // Of work that can wait, what one person is shown at once; the rest is counted. OURS.
  uint32_t reminders_max = 10;
  // Closures that wait for a signature: what one page of work looks at in one partition, then the next page goes on.
  size_t waiting_looked_at_max = 2000;
};

class NodeRouter;

struct Backend {
  EngineHost& host;
  EventLog& log;
  StateStore& state;
  KeyVault& vault;
  const Hasher& hasher;
  Observer& observer;
  WorkerPool& workers;
  const Authenticator& authenticator;
  ServerLimits limits;
  std::string version;
  // Roles whose holders may open words; empty: any member of staff.
  std::vector<std::string> words_roles;
  // Copies log and state to a new folder while running and returns, by partition, how many records the copy holds.
  // Empty: not offered.
  std::function<absl::StatusOr<std::vector<uint64_t>>(const std::string& folder)> backup;

  // Null: this node owns every partition.
  NodeRouter* router = nullptr;

  DrainList streams{};
  std::atomic<size_t> waiting_reads{0};
  std::atomic<size_t> subscribers{0};

  ReferenceContext references() const { return {host.partitions(), hasher, state}; }
};

// The partition's owner is asked, here or on another node. As Partition::Submit and Barrier.
absl::Status SubmitTo(Backend& backend, uint32_t partition, Submission submission);
absl::Status BarrierOf(Backend& backend, uint32_t partition, absl::AnyInvocable<void(absl::Status)> done);

}  // namespace caseward

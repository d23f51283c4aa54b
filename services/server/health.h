// What the standard gRPC health service says, kept true to the partitions.
//
//   "", caseward.v1.CaseService   SERVING while every partition takes rounds, its condition SERVING or HOLDING_TIMERS;
//                                 NOT_SERVING while any does not, because a command may be for that one
//   caseward.intake               NOT_SERVING while the intake of a partition that is owned here has stopped or waits
//   caseward.messages             NOT_SERVING while a partition owned here cannot read messages from others
//   the other services            SERVING: they read, and reads go on
//   all                           NOT_SERVING once it is told to stop
//
// Lifetime  host and health service outlive it.
// Threads   one of its own, which looks at the conditions every kHealthEvery.
#pragma once

#include <grpcpp/health_check_service_interface.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "services/host/engine_host.h"

namespace caseward {

// A condition that lasts shorter may go unsaid.
inline constexpr absl::Duration kHealthEvery = absl::Milliseconds(200);

class Health {
 public:
  Health(EngineHost& host, grpc::HealthCheckServiceInterface& service);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // From now on nothing serves. Idempotent.
  void Stop();

 private:
  void Look();
  void Run();

  EngineHost& host_;
  grpc::HealthCheckServiceInterface& service_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace caseward

// The server: the services on an address, with health and reflection beside them.
//
// Lifetime  the backend outlives it. Stop (or the destructor) is graceful: health says NOT_SERVING, streams are asked
//           to end, calls in flight finish, and only what is left after the grace is cancelled. A command cancelled so
//           may still have been recorded; GetOutcome tells.
// Failure   Start: an address that cannot be listened on, or that the way of authenticating forbids.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/server/backend.h"

namespace caseward {

class GrpcServer {
 public:
  // `listen` is "host:port"; port 0 takes a free one.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(Backend& backend, const std::string& listen);
  ~GrpcServer();

  int port() const;
  void Stop(absl::Duration grace);

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward

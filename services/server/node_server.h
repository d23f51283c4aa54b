// NodeService on an address of its own: what the other nodes ask of this one. Mutual TLS; a caller without a
// certificate of the nodes' authority gets no further than the handshake.
//
// Lifetime  the host outlives it; it is stopped before the host.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/host/engine_host.h"
#include "services/server/node_tls.h"

namespace caseward {

class NodeServer {
 public:
  // `listen` is "host:port"; port 0 takes a free one. UNAVAILABLE: it cannot be listened on, or the certificates do not
  // fit each other.
  static absl::StatusOr<std::unique_ptr<NodeServer>> Start(const std::string& listen, const NodeTls& tls,
                                                           int message_bytes_max);
  ~NodeServer();

  // Calls are answered UNAVAILABLE before. (A claim says where this node listens, so it listens before it claims.)
  void Serve(EngineHost& host);
  int port() const;
  void Stop(absl::Duration grace);

 private:
  struct Impl;
  explicit NodeServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward

// The wiring of a serving node: the one place, with main.cc, where storage classes meet service classes.
//
//   DataFolder (log, embedded or in Kafka; state, keys) ─▶ EngineHost (loops) ─▶ GrpcServer, metrics, webhook
//
// On first start it makes the data folder, its master key and the genesis records, and publishes nothing.
//
// Failure   a folder in use or of another version, an address in use or not allowed, a bad webhook: a status that says
//           what was expected and what was found.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/port/observer.h"
#include "services/host/engine_host.h"
#include "services/server/backend.h"

namespace caseward {

// A node among several that share a log in Kafka. `listen` empty: this one is alone.
struct NodeOptions {
  std::string listen;    // "host:port" for the other nodes
  std::string endpoint;  // how they reach it; empty: `listen`, with the port as it is
  std::string certs;     // folder of ca.pem, node.pem, node.key
};

struct ServeOptions {
  std::string data;
  std::string listen = "127.0.0.1:7411";
  std::string metrics;  // "host:port"; empty: none
  std::string auth = "dev";
  std::string webhook_url;          // empty: none
  std::string webhook_secret_file;  // the secret is its text without the line end
  std::string master_key_path;      // empty: in the data folder
  std::string kafka;                // brokers; empty: the log is embedded
  std::string kafka_prefix = "caseward";
  std::string kafka_config;  // file of properties of the connection (storage/kafka/kafka_properties.h)
  NodeOptions node;          // where other nodes share the log
  uint32_t partitions = 0;   // of a new data folder; 0: 8. One that exists keeps what it was made with
  size_t loop_threads = 0;   // 0: see HostOptions
  size_t worker_threads = 2;
  absl::Duration shutdown_grace = absl::Seconds(10);
  std::vector<std::string> words_roles;  // who may open words; empty: any member of staff
  PartitionLimits partition_limits;
  ServerLimits server_limits;
  std::function<TimeReading()> clock;  // for tests; empty: the machine's
  Observer* observer = nullptr;        // for tests: told of the hops, after the metrics; outlives the server
  absl::Duration webhook_backoff_first = absl::Seconds(1);
};

// What a node says of itself once it serves.
struct ServingInfo {
  std::string address;       // "host:port", the port as it is
  std::string node_address;  // how the other nodes reach it; empty: it is alone
  int port = 0;
  int metrics_port = 0;  // 0: none
  std::string log_id;
  uint32_t partitions = 0;
  std::string data;
};

// A node that serves. Stop (or the destructor) is graceful and leaves the state flushed.
class Server {
 public:
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServeOptions& options);
  ~Server();

  const ServingInfo& info() const;
  void Stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Starts a server, calls `ready`, and serves until `stop` is requested.
absl::Status RunServer(const ServeOptions& options, const std::function<void(const ServingInfo&)>& ready,
                       std::stop_token stop);

}  // namespace caseward

// A serving node in this process, put together as services/wiring.cc does it, with the log and the state store watched:
// what went through them can be written again by bare RocksDB.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/bare.h"
#include "caseward/v1/case_service.grpc.pb.h"
#include "engine/partition/partition.h"

namespace caseward::bench {

struct NodeSetup {
  uint32_t partitions = 8;
  const char* pack = "bench/pack.yaml";
  // The log is in Kafka, in topics of this prefix; empty: it is embedded.
  std::string kafka = "";
  std::string kafka_prefix = "";
};

class NodeUnderTest {
 public:
  // A new data folder, or one that was filled before; publishes the calendar and the pack.
  static absl::StatusOr<std::unique_ptr<NodeUnderTest>> Start(const std::string& folder, const NodeSetup& setup = {});
  ~NodeUnderTest();

  v1::CaseService::Stub& stub();
  // Where it listens.
  const std::string& address() const;
  // Submits a command in this process, past gRPC: hops 1 to 5 without the transport. As SubmitCommand.
  absl::Status Submit(v1::Command command, const char* actor, ReplyFn reply);
  // From now on keep what is written; Recorded gives it and stops.
  void Record();
  std::vector<RecordedRound> Recorded();
  // Where the time of the commands since the last call went, as a line of text.
  std::string TakeHops();
  // How late the clocks were that have fired since the last call, in milliseconds.
  std::vector<double> TakeLateness();
  // How many have fired since that call.
  size_t fired() const;
  void Stop();

 private:
  struct Impl;
  explicit NodeUnderTest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The calendar and a pack; the position of what came last.
absl::StatusOr<v1::Position> PublishPolicy(v1::CaseService::Stub& stub, const char* pack = "bench/pack.yaml");
// Submits one command and waits for its outcome.
absl::StatusOr<v1::Outcome> SubmitOne(v1::CaseService::Stub& stub, const v1::Command& command, const char* actor);

}  // namespace caseward::bench

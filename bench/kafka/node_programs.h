// Two nodes on one log in Kafka, each a process of its own, of which one can be killed; and what the group of nodes
// looks like to the broker.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/kafka/broker.h"
#include "caseward/v1/case_service.grpc.pb.h"
#include "caseward/v1/other_services.grpc.pb.h"

namespace caseward::bench {

// A node that serves, killed when this goes.
class NodeProgram {
 public:
  static absl::StatusOr<std::unique_ptr<NodeProgram>> Start(const std::vector<std::string>& arguments,
                                                            const std::string& log_file);
  ~NodeProgram();
  NodeProgram(const NodeProgram&) = delete;
  NodeProgram& operator=(const NodeProgram&) = delete;

  // SIGKILL; it is gone when this returns.
  void Kill();
  v1::CaseService::Stub& cases() { return *cases_; }
  // The partitions it serves as their owner.
  std::vector<uint32_t> Owned();
  // How far its copy of a partition is.
  uint64_t Applied(uint32_t partition);

 private:
  NodeProgram() = default;
  v1::GetStatusResponse Status();

  pid_t pid_ = 0;
  std::unique_ptr<v1::CaseService::Stub> cases_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

class TwoNodes {
 public:
  static constexpr uint32_t kPartitions = 4;
  // How long the group waits for a silent member before it takes it to be dead.
  static constexpr absl::Duration kSession = absl::Seconds(2);

  // Their topics are "<prefix of the run><name>.*". Returns when each owns something, and together they own all.
  static absl::StatusOr<std::unique_ptr<TwoNodes>> Start(const KafkaSettings& settings, const std::string& name);
  ~TwoNodes();

  NodeProgram& node(size_t index) { return *nodes_[index]; }
  absl::Status Restart(size_t index);
  absl::Status WaitUntilShared();
  // Whether the group's coordinator knows that a node is gone.
  bool GroupHasLostOne() const;

 private:
  struct Observer;
  TwoNodes();

  std::string folder_;
  std::string program_;
  std::vector<std::string> arguments_;
  std::array<std::unique_ptr<NodeProgram>, 2> nodes_;
  std::unique_ptr<Observer> observer_;
};

}  // namespace caseward::bench

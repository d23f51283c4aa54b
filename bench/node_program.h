// The program itself as a node: a process of its own, which can be killed, and whose memory is the node's alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
  // SIGTERM; it has finished what was in flight, and is gone, when this returns.
  void Stop();
  pid_t pid() const { return pid_; }
  v1::CaseService::Stub& cases() { return *cases_; }
  // The partitions it serves as their owner.
  std::vector<uint32_t> Owned();
  // How far its copy of a partition is.
  uint64_t Applied(uint32_t partition);

 private:
  NodeProgram() = default;
  v1::GetStatusResponse Status();
  void End(int signal);

  pid_t pid_ = 0;
  std::unique_ptr<v1::CaseService::Stub> cases_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace caseward::bench

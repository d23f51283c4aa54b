// SubmitStream: the case played as an integration would send a morning's work, all cases step by step in blocks, each
// step of a block pipelined.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/node_under_test.h"

namespace caseward::bench {

// One open SubmitStream of one person.
class Pipeline {
 public:
  Pipeline(v1::CaseService::Stub& stub, const char* actor);
  // Sends all, reading outcomes as they come; false if one was not accepted. `outcome` is called in order.
  bool Run(const std::vector<v1::Command>& commands, const std::function<void(size_t, const v1::Outcome&)>& outcome);
  void Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitStreamRequest, v1::SubmitStreamResponse>> stream_;
};

// Plays `cases` cases to their end; commands a second. `run` names the cases, as in play_cases.h.
absl::StatusOr<double> StreamPerSecond(NodeUnderTest& node, const std::string& run, uint64_t cases);

}  // namespace caseward::bench

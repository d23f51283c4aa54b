// Two nodes on one log in Kafka, of which one can be killed; and what the group of nodes looks like to the broker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/kafka/broker.h"
#include "bench/node_program.h"

namespace caseward::bench {

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

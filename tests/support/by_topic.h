// Outside systems that ask by topic, and what they read of it: with stock clients, as any other.
#pragma once

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "caseward/v1/intake.pb.h"
#include "engine/port/event_log.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_config.h"
#include "tests/support/kafka_topic.h"
#include "tests/support/outside_producer.h"
#include "tests/support/patience.h"
#include "tests/support/served.h"
#include "tests/support/small_pack.h"

namespace caseward::test {

inline TopicRecord ByTopic(const v1::Command& command, const std::string& actor = kManager) {
  return {.key = command.command_id(), .value = command.SerializeAsString(), .headers = {{"caseward-actor", actor}}};
}

class OutsideSystem {
 public:
  OutsideSystem(std::string broker, std::string prefix, uint32_t partitions)
      : broker_(std::move(broker)), prefix_(std::move(prefix)), partitions_(partitions), producer_(broker_) {}

  uint64_t Put(uint32_t partition, const TopicRecord& record) {
    return producer_.Put(prefix_ + "." + kCommandsTopic, partition, record);
  }
  // All that was published so far.
  std::vector<v1::IntakeOutcome> Outcomes() const {
    std::vector<v1::IntakeOutcome> out;
    for (uint32_t partition = 0; partition < partitions_; ++partition) {
      for (const SeenMessage& seen : Read(kOutcomesTopic, partition))
        EXPECT_TRUE(out.emplace_back().ParseFromString(seen.value));
    }
    return out;
  }
  std::vector<SeenMessage> Rejects() const {
    std::vector<SeenMessage> out;
    for (uint32_t partition = 0; partition < partitions_; ++partition) {
      for (SeenMessage& seen : Read(kRejectsTopic, partition))
        out.push_back(std::move(seen));
    }
    return out;
  }
  // Once there are so many.
  std::vector<v1::IntakeOutcome> AwaitOutcomes(size_t count) const {
    std::vector<v1::IntakeOutcome> out;
    EXPECT_TRUE(WaitUntil([&] {
      out = Outcomes();
      return out.size() >= count;
    })) << out.size()
        << " of " << count << " outcomes came";
    EXPECT_EQ(out.size(), count);
    return out;
  }
  v1::IntakeOutcome OutcomeOf(const std::string& command_id, size_t of_so_many) const {
    for (v1::IntakeOutcome& outcome : AwaitOutcomes(of_so_many)) {
      if (outcome.command_id() == command_id) return std::move(outcome);
    }
    ADD_FAILURE() << "no outcome of " << command_id;
    return {};
  }

 private:
  std::vector<SeenMessage> Read(const char* topic, uint32_t partition) const {
    TopicReader reader(broker_);
    return reader.ReadAll(prefix_ + "." + topic, static_cast<int32_t>(partition));
  }

  const std::string broker_;
  const std::string prefix_;
  const uint32_t partitions_;
  OutsideProducer producer_;
};

// Puts reports on any partition, some of them twice, and bytes that are none, until it is told to stop.
class LoadByTopic {
 public:
  LoadByTopic(const std::string& broker, const std::string& prefix, uint32_t partitions, int round)
      : thread_([=, this] { Run(OutsideSystem(broker, prefix, partitions), partitions, round); }) {}
  ~LoadByTopic() { Stop(); }
  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  size_t put() const { return put_; }
  bool WaitFor(size_t more) const {
    const size_t enough = put_ + more;
    return WaitUntil([&] { return put_ >= enough; });
  }
  // Read after Stop: the commands, each put once or twice.
  const std::set<std::string>& ids() const { return ids_; }

 private:
  void Run(OutsideSystem outside, uint32_t partitions, int round) {
    std::mt19937_64 chance(static_cast<uint64_t>(round));
    while (!stopping_) {
      const std::string id = "topic-" + std::to_string(round) + "-" + std::to_string(put_);
      const auto anywhere = static_cast<uint32_t>(chance() % partitions);
      if (chance() % 10 == 0) {
        outside.Put(anywhere, {.key = "k", .value = "\xff no command", .headers = {{"caseward-actor", kManager}}});
        ++put_;
        continue;
      }
      ids_.insert(id);
      for (uint64_t times = 1 + (chance() % 8 == 0 ? 1 : 0); times > 0; --times) {
        outside.Put(anywhere, ByTopic(Report(id)));
        ++put_;
      }
    }
  }

  std::atomic<bool> stopping_{false};
  std::atomic<size_t> put_{0};
  std::set<std::string> ids_;
  std::thread thread_;
};

}  // namespace caseward::test

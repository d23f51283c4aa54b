// Several programs on one log in Kafka, which a test loads, kills, pauses and starts anew; and clients that do not give
// up: a command is sent again, to any node, with the same id, until one has answered.
#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/patience.h"
#include "tests/support/program_under_test.h"
#include "tests/support/temp_folder.h"

namespace caseward::test {

// How long the others wait before they take a silent node to be dead. Brokers outside of tests ask for 6 s or more.
inline constexpr std::chrono::milliseconds kSessionTimeout{2000};
inline constexpr uint32_t kNodePartitions = 4;

class Nodes {
 public:
  explicit Nodes(size_t count, std::chrono::milliseconds session = kSessionTimeout) {
    CHECK(std::system(
              (std::string(CASEWARD_SOURCE) + "/deploy/certs/make.sh " + folder_ / "certs" + " 127.0.0.1 >/dev/null")
                  .c_str()) == 0);
    std::ofstream(folder_ / "master.key") << std::string(64, '7') << "\n";
    CHECK(chmod((folder_ / "master.key").c_str(), 0600) == 0);
    std::ofstream(folder_ / "kafka.properties") << "session.timeout.ms=" << session.count() << "\n";
    for (size_t n = 0; n < count; ++n) {
      programs_.emplace_back();
      Start(n);
    }
  }
  size_t count() const { return programs_.size(); }
  const std::string& prefix() const { return prefix_; }
  std::string data(size_t n) const { return folder_ / ("node" + std::to_string(n)); }
  Program& program(size_t n) { return *programs_[n]; }
  bool alive(size_t n) const { return programs_[n] != nullptr; }
  void Start(size_t n) {
    auto program = std::make_unique<Program>(
        data(n), std::vector<std::string>{"--kafka", SharedBroker(), "--kafka-prefix", prefix_, "--kafka-config",
                                          folder_ / "kafka.properties", "--node-listen", "127.0.0.1:0", "--node-certs",
                                          folder_ / "certs/127.0.0.1", "--master-key", folder_ / "master.key"});
    ASSERT_TRUE(program->serving());
    const std::lock_guard lock(mutex_);
    programs_[n] = std::move(program);
  }
  void Kill(size_t n) {
    programs_[n]->Kill();
    const std::lock_guard lock(mutex_);
    programs_[n].reset();
  }
  int Terminate(size_t n) {
    const int exit = programs_[n]->Terminate();
    const std::lock_guard lock(mutex_);
    programs_[n].reset();
    return exit;
  }
  // A channel to some node that is alive, or null.
  std::shared_ptr<grpc::Channel> Any(std::mt19937_64& chance) const {
    const std::lock_guard lock(mutex_);
    const size_t first = chance() % programs_.size();
    for (size_t i = 0; i < programs_.size(); ++i) {
      const auto& program = programs_[(first + i) % programs_.size()];
      if (program != nullptr) return program->Connect();
    }
    return nullptr;
  }

  v1::GetStatusResponse Status(size_t n) const {
    v1::GetStatusResponse response;
    v1::AdminService::NewStub(programs_[n]->Connect())
        ->GetStatus(Served::As(kAdmin).get(), v1::GetStatusRequest(), &response);
    return response;
  }
  std::vector<uint32_t> OwnedBy(size_t n) const {
    std::vector<uint32_t> owned;
    const v1::GetStatusResponse status = Status(n);
    for (const v1::PartitionStatus& one : status.partitions()) {
      if (one.condition() == "SERVING") owned.push_back(one.partition());
    }
    return owned;
  }
  // Until each of these nodes owns at least one partition, and together they own all.
  bool WaitUntilShared(const std::vector<size_t>& among) const {
    return WaitUntil([&] {
      size_t owned = 0;
      bool each = true;
      for (const size_t n : among) {
        const size_t own = OwnedBy(n).size();
        owned += own;
        each = each && own > 0;
      }
      return each && owned == kNodePartitions;
    });
  }
  // Each living node's digests, once all have applied the same.
  std::vector<std::string> DigestsAtRest() const {
    std::vector<std::string> digests;
    WaitUntil([&] {
      digests.clear();
      for (const auto& program : programs_) {
        if (program == nullptr) continue;
        v1::GetDigestResponse response;
        v1::AdminService::NewStub(program->Connect())
            ->GetDigest(Served::As(kAdmin).get(), v1::GetDigestRequest(), &response);
        digests.push_back(response.SerializeAsString());
      }
      return std::set<std::string>(digests.begin(), digests.end()).size() == 1;
    });
    return digests;
  }

 private:
  const TempFolder folder_;
  const std::string prefix_ = NewPrefix();
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Program>> programs_;  // null: dead; changed under mutex_
};

// Sends until somebody answers.
class StubbornClient {
 public:
  StubbornClient(const Nodes& nodes, uint64_t seed) : nodes_(nodes), chance_(seed) {}

  v1::Outcome Must(const v1::Command& command, const char* actor) {
    std::string last = "no node is alive";
    for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
      if (const auto channel = nodes_.Any(chance_); channel != nullptr) {
        grpc::Status status;
        const v1::SubmitResponse response = Send(*v1::CaseService::NewStub(channel), command, actor, &status);
        if (status.ok()) return response.outcome();
        last = status.error_message();
        // What the caller can do nothing about is tried again; anything else is the test's mistake.
        if (status.error_code() != grpc::StatusCode::UNAVAILABLE) break;
      }
      WaitToLookAgain();
    }
    ADD_FAILURE() << command.command_id() << ": " << last;
    return {};
  }

 private:
  const Nodes& nodes_;
  std::mt19937_64 chance_;
};

}  // namespace caseward::test

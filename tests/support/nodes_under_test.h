// Several programs on one log in Kafka, which a test loads, kills, pauses and starts anew; and clients that do not give
// up: a command is sent again, to any node, with the same id, until one has answered.
#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
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

// How one node differs from the others.
struct NodeSetup {
  std::string broker;  // empty: the log's
  std::string data;    // empty: a folder of the test's
  ProgramImage image;
  std::vector<std::string> arguments = {};  // of serve, beyond what all have
};
struct LogSetup {
  std::string broker;  // empty: the shared one
  std::chrono::milliseconds session = kSessionTimeout;
  std::string properties;  // further lines of the connection's file
};

class Nodes {
 public:
  explicit Nodes(size_t count, std::chrono::milliseconds session = kSessionTimeout)
      : Nodes(std::vector<NodeSetup>(count), {.broker = "", .session = session, .properties = ""}) {}
  explicit Nodes(std::vector<NodeSetup> nodes, const LogSetup& log)
      : broker_(log.broker.empty() ? SharedBroker() : log.broker), setups_(std::move(nodes)) {
    CHECK(std::system(
              (std::string(CASEWARD_SOURCE) + "/deploy/certs/make.sh " + folder_ / "certs" + " 127.0.0.1 >/dev/null")
                  .c_str()) == 0);
    std::ofstream(folder_ / "master.key") << std::string(64, '7') << "\n";
    CHECK(chmod((folder_ / "master.key").c_str(), 0600) == 0);
    std::ofstream(folder_ / "kafka.properties") << "session.timeout.ms=" << log.session.count() << "\n"
                                                << log.properties;
    for (size_t n = 0; n < setups_.size(); ++n) {
      programs_.emplace_back();
      Start(n);
    }
  }
  size_t count() const { return programs_.size(); }
  const std::string& prefix() const { return prefix_; }
  const std::string& broker() const { return broker_; }
  std::string data(size_t n) const {
    return setups_[n].data.empty() ? folder_ / ("node" + std::to_string(n)) : setups_[n].data;
  }
  Program& program(size_t n) { return *programs_[n]; }
  bool alive(size_t n) const { return programs_[n] != nullptr; }
  void Start(size_t n) { Start(n, setups_[n].image); }
  void Start(size_t n, const ProgramImage& image) {
    const std::string& broker = setups_[n].broker.empty() ? broker_ : setups_[n].broker;
    std::vector<std::string> arguments = {"--kafka",        broker,
                                          "--kafka-prefix", prefix_,
                                          "--kafka-config", folder_ / "kafka.properties",
                                          "--node-listen",  "127.0.0.1:0",
                                          "--node-certs",   folder_ / "certs/127.0.0.1",
                                          "--master-key",   folder_ / "master.key"};
    arguments.insert(arguments.end(), setups_[n].arguments.begin(), setups_[n].arguments.end());
    auto program = std::make_unique<Program>(data(n), arguments, image);
    ASSERT_TRUE(program->serving());
    const std::lock_guard lock(mutex_);
    programs_[n] = std::move(program);
  }
  void Kill(size_t n) {
    programs_[n]->Kill();
    const std::lock_guard lock(mutex_);
    programs_[n].reset();
  }
  // Waits until it has killed itself.
  int WaitUntilDead(size_t n) {
    const int signal = programs_[n]->WaitUntilDead();
    const std::lock_guard lock(mutex_);
    programs_[n].reset();
    return signal;
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

  // Of a node that did not come up, or is dead: empty.
  v1::GetStatusResponse Status(size_t n) const {
    v1::GetStatusResponse response;
    if (!alive(n)) return response;
    v1::AdminService::NewStub(programs_[n]->Connect())
        ->GetStatus(Served::As(kAdmin).get(), v1::GetStatusRequest(), &response);
    return response;
  }
  v1::PartitionStatus StatusAt(size_t n, uint32_t partition) const {
    const v1::GetStatusResponse status = Status(n);
    for (const v1::PartitionStatus& one : status.partitions()) {
      if (one.partition() == partition) return one;
    }
    return {};
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
  const std::string broker_;
  const std::vector<NodeSetup> setups_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Program>> programs_;  // null: dead; changed under mutex_
};

// How long a client waits for one answer before it asks elsewhere: a node that is paused or cut off gives none.
inline constexpr std::chrono::seconds kImpatience{5};

inline std::unique_ptr<grpc::ClientContext> Impatient(const std::string& actor) {
  auto context = Served::As(actor);
  context->set_deadline(std::chrono::system_clock::now() + kImpatience);
  return context;
}
// What a caller can do nothing about, and tries again. A call that comes while a node's listener closes gets gRPC's own
// CANCELLED (docs/operating.md, "Stop and upgrade").
inline bool IsRetryable(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::CANCELLED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

// Sends until somebody answers.
class StubbornClient {
 public:
  StubbornClient(const Nodes& nodes, uint64_t seed) : nodes_(nodes), chance_(seed) {}

  v1::Outcome Must(const v1::Command& command, const std::string& actor) {
    std::string last = "no node is alive";
    for (const auto until = std::chrono::steady_clock::now() + 2 * kPatience;
         std::chrono::steady_clock::now() < until;) {
      if (const auto channel = nodes_.Any(chance_); channel != nullptr) {
        v1::SubmitRequest request;
        *request.mutable_command() = command;
        v1::SubmitResponse response;
        const auto context = Impatient(actor);
        const grpc::Status status = v1::CaseService::NewStub(channel)->Submit(context.get(), request, &response);
        if (status.ok()) {
          if (actor == kManager) acknowledged_[command.command_id()] = From(response.outcome());
          return response.outcome();
        }
        last = status.error_message();
        if (!IsRetryable(status)) break;
      }
      WaitToLookAgain();
    }
    ADD_FAILURE() << command.command_id() << ": " << last;
    return {};
  }
  // What kManager was told, by command id.
  const std::map<std::string, Acknowledged>& acknowledged() const { return acknowledged_; }

 private:
  const Nodes& nodes_;
  std::mt19937_64 chance_;
  std::map<std::string, Acknowledged> acknowledged_;
};

// A calendar and a pack, published at any of the nodes and known at all of them: until then another partition's owner
// decides upon the directory that it has.
inline void PublishPolicy(const Nodes& nodes) {
  StubbornClient client(nodes, 1);
  uint64_t published = 0;
  for (const v1::Command& command : PublishSmallPack()) {
    const v1::Outcome outcome = client.Must(command, kAdmin);
    ASSERT_TRUE(outcome.has_accepted());
    published = outcome.position().sequence();
  }
  ASSERT_TRUE(WaitUntil([&] {
    for (size_t n = 0; n < nodes.count(); ++n) {
      const v1::GetStatusResponse status = nodes.Status(n);
      if (status.partitions_size() == 0 || status.partitions(0).applied_sequence() < published) return false;
    }
    return true;
  }));
}

// How many faults a test goes through: as many as it says, or CASEWARD_TAKEOVERS for the long run.
inline int Takeovers(int otherwise) {
  const char* const wanted = std::getenv("CASEWARD_TAKEOVERS");
  return wanted == nullptr ? otherwise : std::atoi(wanted);
}

}  // namespace caseward::test

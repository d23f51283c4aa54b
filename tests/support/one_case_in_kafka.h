// One or two nodes with a case that a test asks about while the log is in trouble: what the partition's owner says of
// itself, whether reads go on, and what a caller is told.
#pragma once

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/health_of.h"
#include "tests/support/load_on_nodes.h"

namespace caseward::test {

// What a caller with much patience was told.
struct Told {
  grpc::Status status;
  v1::Outcome outcome;
};

class OneCase {
 public:
  // Publishes the pack, reports a case and waits until nothing follows from it any more.
  explicit OneCase(Nodes& nodes) : nodes_(nodes), client_(nodes, 11) {}
  void Begin() {
    ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes_));
    const v1::Outcome reported = client_.Must(Report("one-report"), kManager);
    id_ = reported.stream();
    partition_ = reported.position().partition();
    ASSERT_FALSE(id_.empty());
    client_.Must(Triage("one-triage", id_), kManager);
    ASSERT_TRUE(WaitUntil([&] {
      const std::vector<uint64_t> before = Applied();
      WaitToLookAgain(kQuiet);
      return Applied() == before;
    }));
  }
  const std::string& id() const { return id_; }
  uint32_t partition() const { return partition_; }
  v1::Command Visited(const std::string& command_id) const { return Visit(command_id, id_, "All was quiet."); }

  // Waits for the answer, whatever it is, at node `n`.
  std::future<Told> Submit(size_t n, const v1::Command& command) {
    return std::async(std::launch::async, [channel = Node(n).Connect(), command] {
      Told told;
      v1::SubmitRequest request;
      *request.mutable_command() = command;
      v1::SubmitResponse response;
      const auto context = Served::As(kManager);
      context->set_deadline(std::chrono::system_clock::now() + 2 * kPatience);
      told.status = v1::CaseService::NewStub(channel)->Submit(context.get(), request, &response);
      told.outcome = response.outcome();
      return told;
    });
  }
  v1::Outcome Must(const v1::Command& command) { return client_.Must(command, kManager); }
  // What kManager was told here, for the checker.
  const std::map<std::string, Acknowledged>& acknowledged() const { return client_.acknowledged(); }

  v1::PartitionStatus StatusAt(size_t n) const { return nodes_.StatusAt(n, partition_); }
  bool WaitForCondition(size_t n, const std::string& condition) const {
    return WaitUntil([&] { return StatusAt(n).condition() == condition; });
  }
  bool WaitForHealth(size_t n, const std::string& health) {
    const auto channel = Node(n).Connect();
    return WaitUntil([&] { return HealthOf(channel, "caseward.v1.CaseService") == health; });
  }
  // A read from the node's own copy, which says at which position.
  void ExpectRead(size_t n) {
    v1::GetCaseRequest request;
    request.set_case_id(id_);
    v1::GetCaseResponse response;
    const auto context = Impatient(kManager);
    const grpc::Status status = v1::CaseService::NewStub(Node(n).Connect())->GetCase(context.get(), request, &response);
    EXPECT_TRUE(status.ok()) << "node " << n << ": " << status.error_message();
    EXPECT_EQ(response.case_().case_id(), id_);
    EXPECT_EQ(response.position().partition(), partition_);
    EXPECT_GT(response.position().sequence(), 0u);
  }

 private:
  // Longer than a partition waits between two looks at its inbox.
  static constexpr std::chrono::milliseconds kQuiet{1500};

  Program& Node(size_t n) const { return nodes_.program(n); }
  std::vector<uint64_t> Applied() const {
    std::vector<uint64_t> applied;
    for (size_t n = 0; n < nodes_.count(); ++n) {
      const v1::GetStatusResponse status = nodes_.Status(n);
      for (const v1::PartitionStatus& one : status.partitions())
        applied.push_back(one.applied_sequence());
    }
    return applied;
  }

  Nodes& nodes_;
  StubbornClient client_;
  std::string id_;
  uint32_t partition_ = 0;
};

}  // namespace caseward::test

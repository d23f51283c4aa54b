// Clients of a few cases and what each of them saw, while nodes die: submits and LATEST reads with the times of their
// calls and answers, to be judged by tests/kafka/linearizable.
#pragma once

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/nodes_under_test.h"

namespace caseward::test {

// One call, as its client saw it. Times in nanoseconds of one clock; without a version nobody knows what came of it.
struct SeenCall {
  int client = 0;
  std::string case_id = "";
  bool submit = false;
  int64_t call = 0;
  int64_t answer = 0;
  std::optional<uint64_t> version = std::nullopt;
};

inline int64_t Nanoseconds() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline Verdict JudgeHistory(const std::vector<SeenCall>& history) {
  const TempFolder folder;
  const std::string path = folder / "history.jsonl";
  std::ofstream out(path);
  for (const SeenCall& seen : history) {
    out << R"({"client": )" << seen.client << R"(, "case": ")" << seen.case_id << R"(", "op": ")"
        << (seen.submit ? "submit" : "read") << R"(", "call": )" << seen.call;
    if (seen.version) out << R"(, "return": )" << seen.answer << R"(, "version": )" << *seen.version;
    out << "}\n";
  }
  out.close();
  EXPECT_TRUE(out.good());
  const std::string tests = std::string(CASEWARD_SOURCE) + "/tests/kafka";
  return RunCommand("judge=$(" + tests + "/go_program.sh linearizable .) && $judge " + path);
}

// Clients that read and write the same few cases, at any node, until they are told to stop. The stubborn send a command
// again until it is answered; the others give up, and then nobody knows what came of it.
class HistoryClients {
 public:
  // Reports and triages the cases first; then the clients begin.
  HistoryClients(const Nodes& nodes, size_t cases, int stubborn, int others) : nodes_(nodes) {
    StubbornClient first(nodes, 11);
    for (size_t i = 0; i < cases; ++i) {
      const std::string id = "h" + std::to_string(i);
      SeenCall report{.submit = true, .call = Nanoseconds()};
      const v1::Outcome reported = first.Must(Report(id + "-report"), kManager);
      cases_.push_back(report.case_id = reported.stream());
      Add(report, reported.version());
      SeenCall triage{.case_id = report.case_id, .submit = true, .call = Nanoseconds()};
      Add(triage, first.Must(Triage(id + "-triage", report.case_id), kManager).version());
    }
    ledger_ = first.acknowledged();
    for (int c = 0; c < stubborn + others; ++c)
      threads_.emplace_back([this, c, stubborn] { Run(c, c < stubborn); });
  }
  ~HistoryClients() { Stop(); }
  // Until so many more calls were answered.
  bool WaitFor(size_t more) const {
    const size_t enough = answered_ + more;
    return WaitUntil([&] { return answered_ >= enough; });
  }
  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_)
      thread.join();
    threads_.clear();
  }
  // After Stop.
  const std::vector<SeenCall>& history() const { return history_; }
  const std::map<std::string, Acknowledged>& ledger() const { return ledger_; }

 private:
  void Run(int client, bool stubborn) {
    std::mt19937_64 chance(static_cast<uint64_t>(client) + 100);
    for (int i = 0; !stopping_; ++i) {
      const std::string& case_id = cases_[chance() % cases_.size()];
      if (chance() % 2 == 0) {
        Read(client, case_id, chance);
      } else {
        Write(client, case_id, "h" + std::to_string(client) + "-" + std::to_string(i), stubborn, chance);
      }
    }
  }
  bool Read(int client, const std::string& case_id, std::mt19937_64& chance) {
    const auto channel = nodes_.Any(chance);
    if (channel == nullptr) return false;
    v1::GetCaseRequest request;
    request.set_case_id(case_id);
    request.mutable_freshness()->set_latest(true);
    v1::GetCaseResponse response;
    const auto context = Impatient(kManager);
    SeenCall seen{.client = client, .case_id = case_id, .call = Nanoseconds()};
    const grpc::Status status = v1::CaseService::NewStub(channel)->GetCase(context.get(), request, &response);
    if (!status.ok()) {
      EXPECT_TRUE(IsRetryable(status)) << status.error_code() << " " << status.error_message();
      return false;
    }
    Add(seen, response.case_().version());
    return true;
  }
  void Write(int client, const std::string& case_id, const std::string& id, bool stubborn, std::mt19937_64& chance) {
    SeenCall seen{.client = client, .case_id = case_id, .submit = true, .call = Nanoseconds()};
    const auto until = std::chrono::steady_clock::now() + kPatience;
    do {
      const auto channel = nodes_.Any(chance);
      if (channel == nullptr) continue;
      v1::SubmitRequest request;
      *request.mutable_command() = Visit(id, case_id, "All was quiet.");
      v1::SubmitResponse response;
      const auto context = Impatient(kManager);
      const grpc::Status status = v1::CaseService::NewStub(channel)->Submit(context.get(), request, &response);
      if (status.ok()) {
        EXPECT_TRUE(response.outcome().has_accepted()) << response.ShortDebugString();
        Add(seen, response.outcome().version());
        const std::lock_guard lock(mutex_);
        ledger_[id] = From(response.outcome());
        return;
      }
      EXPECT_TRUE(IsRetryable(status)) << status.error_code() << " " << status.error_message();
    } while (stubborn && std::chrono::steady_clock::now() < until);
    EXPECT_FALSE(stubborn) << id << " was not answered";
    Add(seen, std::nullopt);
    // Each unknown outcome doubles what the judge must think of: the next only once somebody answers again.
    WaitUntil([&] { return Read(client, case_id, chance); });
  }
  void Add(SeenCall seen, std::optional<uint64_t> version) {
    seen.answer = Nanoseconds();
    seen.version = version;
    if (version) ++answered_;
    const std::lock_guard lock(mutex_);
    history_.push_back(std::move(seen));
  }

  const Nodes& nodes_;
  std::vector<std::string> cases_;  // constant once the clients run
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> answered_{0};
  std::mutex mutex_;
  std::vector<SeenCall> history_;               // guarded by mutex_
  std::map<std::string, Acknowledged> ledger_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace caseward::test

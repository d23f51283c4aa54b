// Clients that keep nodes busy while something happens to them, and remember what they were told.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/nodes_under_test.h"

namespace caseward::test {

// Where an owner kills itself, and what a test of it is called.
struct KilledAt {
  const char* name;
  const char* crash_at;  // as tests/kafka/crash/crashing_node.cc reads it
};
inline void PrintTo(const KilledAt& where, std::ostream* out) { *out << where.name; }

// Reports, triages and visits until it is told to stop.
class LoadOnNodes {
 public:
  LoadOnNodes(const Nodes& nodes, int round) {
    for (int c = 0; c < 4; ++c)
      threads_.emplace_back([&nodes, round, c, this] { Run(nodes, round, c); });
  }
  ~LoadOnNodes() { Stop(); }
  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_)
      thread.join();
    threads_.clear();
  }
  size_t acknowledged() const { return acknowledged_; }
  // Until so many more commands were acknowledged.
  bool WaitFor(size_t more) const {
    const size_t enough = acknowledged_ + more;
    return WaitUntil([&] { return acknowledged_ >= enough; });
  }
  std::map<std::string, Acknowledged> ledger;  // read after Stop

 private:
  void Run(const Nodes& nodes, int round, int c) {
    StubbornClient client(nodes, static_cast<uint64_t>(round * 100 + c));
    for (int i = 0; !stopping_; ++i) {
      const std::string id = "t" + std::to_string(round) + "-" + std::to_string(c) + "-" + std::to_string(i);
      const std::string case_id = Note(client.Must(Report(id + "-report"), kManager), id + "-report").stream;
      if (case_id.empty()) return;
      Note(client.Must(Triage(id + "-triage", case_id), kManager), id + "-triage");
      Note(client.Must(Visit(id + "-visit", case_id, "All was quiet."), kManager), id + "-visit");
    }
  }
  Acknowledged Note(const v1::Outcome& outcome, const std::string& id) {
    EXPECT_TRUE(outcome.has_accepted()) << id << ": " << outcome.ShortDebugString();
    if (!outcome.has_accepted()) return {};  // so the checker is not asked for what nobody promised
    ++acknowledged_;
    const std::lock_guard lock(mutex_);
    return ledger[id] = From(outcome);
  }

  std::atomic<bool> stopping_{false};
  std::atomic<size_t> acknowledged_{0};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace caseward::test

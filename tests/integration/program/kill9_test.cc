// SIGKILL at any moment, again and again: the program itself, loaded, killed and started anew. No acknowledged command
// may be lost, and none may be decided twice (laws L3 and L5). CASEWARD_KILL9_ROUNDS sets the rounds (10; the long run
// is 100) and CASEWARD_KILL9_SEED the moments. Built a second time with its log in Kafka, on a real broker.
#include <cstdlib>
#include <random>
#include <thread>

#include "services/offline.h"
#include "tests/support/program_under_test.h"
#ifdef CASEWARD_ON_KAFKA
#include "tests/support/kafka_broker.h"
#endif

namespace caseward::test {
namespace {

int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

// What tells the program where its log is.
#ifdef CASEWARD_ON_KAFKA
constexpr int kRounds = 4;
std::vector<std::string> LogArguments() {
  static const std::string prefix = NewPrefix();
  return {"--kafka", SharedBroker(), "--kafka-prefix", prefix};
}
#else
constexpr int kRounds = 10;
std::vector<std::string> LogArguments() { return {}; }
#endif

size_t LoadAndKill(Program& program, int round, std::mt19937_64& chance, Ledger& ledger) {
  size_t before = 0;
  {
    std::lock_guard lock(ledger.mutex);
    before = ledger.acknowledged.size();
  }
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] { Load(program, "k" + std::to_string(round) + "-" + std::to_string(c), ledger); });
  }
  const size_t enough = before + 20 + chance() % 200;
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    std::lock_guard lock(ledger.mutex);
    if (ledger.acknowledged.size() >= enough) break;
  }
  program.Kill();
  for (std::thread& client : clients)
    client.join();
  return ledger.acknowledged.size() - before;
}

// Every command sent so far, sent again: the acknowledged ones give the outcome that was acknowledged.
void CheckNoneLost(const Program& program, Ledger& ledger) {
  const auto stub = v1::CaseService::NewStub(program.Connect());
  for (const v1::Command& command : ledger.sent) {
    const auto known = ledger.acknowledged.find(command.command_id());
    grpc::Status status;
    const v1::SubmitResponse again = Send(*stub, command, kManager, &status);
    ASSERT_TRUE(status.ok()) << command.command_id() << ": " << status.error_message();
    if (known != ledger.acknowledged.end()) {
      ASSERT_TRUE(again.outcome().replayed()) << command.command_id() << " was acknowledged, and lost";
      ASSERT_EQ(From(again.outcome()), known->second) << command.command_id();
    }
  }
  ledger.sent.clear();
}

// The log holds each command id of the clients exactly once.
void CheckNoneTwice(const Program& program, const Ledger& ledger) {
  const auto stub = v1::AdminService::NewStub(program.Connect());
  std::map<std::string, int> decided;
  for (uint32_t partition = 0; partition < 4; ++partition) {
    v1::ReadLogRequest request;
    request.set_partition(partition);
    const auto context = Served::As(kAdmin);
    auto stream = stub->ReadLog(context.get(), request);
    for (v1::ReadLogResponse record; stream->Read(&record);) {
      v1::Decision decision;
      ASSERT_TRUE(decision.ParseFromString(record.record()));
      if (decision.actor().id() == "mo") ++decided[decision.command().command_id()];
    }
    ASSERT_TRUE(stream->Finish().ok());
  }
  for (const auto& [id, times] : decided)
    ASSERT_EQ(times, 1) << id << " was decided more than once";
  for (const auto& [id, outcome] : ledger.acknowledged)
    ASSERT_TRUE(decided.contains(id)) << id << " is not in the log";
}

TEST(Kill9, L5_NoAcknowledgedCommandIsLostAndNoneIsDecidedTwice) {
  const int rounds = FromEnvironment("CASEWARD_KILL9_ROUNDS", kRounds);
  const int seed = FromEnvironment("CASEWARD_KILL9_SEED", static_cast<int>(std::random_device{}() % 1'000'000));
  SCOPED_TRACE("CASEWARD_KILL9_SEED=" + std::to_string(seed));
  std::mt19937_64 chance(static_cast<uint64_t>(seed));
  const TempFolder folder;
  const std::string data = folder / "data";
  Ledger ledger;
  {
    const Program first(data, LogArguments());
    ASSERT_TRUE(first.serving());
    ASSERT_NO_FATAL_FAILURE(PublishPolicy(first));
  }  // killed

  for (int round = 0; round < rounds; ++round) {
    Program program(data, LogArguments());
    ASSERT_TRUE(program.serving()) << "round " << round;
    ASSERT_GT(LoadAndKill(program, round, chance, ledger), 0u);
    const Program again(data, LogArguments());
    ASSERT_TRUE(again.serving()) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(CheckNoneLost(again, ledger)) << "round " << round;
  }

  Program last(data, LogArguments());
  ASSERT_TRUE(last.serving());
  ASSERT_NO_FATAL_FAILURE(CheckNoneTwice(last, ledger));
  EXPECT_EQ(last.Terminate(), 0);
  const auto live = DigestData({.data = data});
  const auto rebuilt = RebuildData({.data = data});
  ASSERT_TRUE(live.ok() && rebuilt.ok()) << live.status() << rebuilt.status();
  for (size_t p = 0; p < live->size(); ++p) {
    EXPECT_EQ((*live)[p].SerializeAsString(), (*rebuilt)[p].SerializeAsString()) << "law L1, partition " << p;
  }
  RecordProperty("acknowledged", static_cast<int>(ledger.acknowledged.size()));
}

TEST(Program, AWrongAddressExitsWithOneAndSaysWhy) {
  const TempFolder folder;
  const std::string command = std::string(CASEWARD_PROGRAM) + " serve --data " + (folder / "data") +
                              " --listen 0.0.0.0:0 >" + (folder / "out") + " 2>" + (folder / "err");
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace caseward::test

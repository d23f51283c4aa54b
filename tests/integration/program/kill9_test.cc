// SIGKILL at any moment, again and again: the program itself, loaded, killed and started anew. No acknowledged command
// may be lost, and none may be decided twice (laws L3 and L5). CASEWARD_KILL9_ROUNDS sets the rounds (10; the long run
// is 100) and CASEWARD_KILL9_SEED the moments.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "gtest/gtest.h"
#include "services/offline.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

// The program, serving a data folder on a free port.
class Program {
 public:
  explicit Program(const std::string& data) {
    int out[2];
    CHECK(pipe2(out, O_CLOEXEC) == 0);
    pid_ = fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(out[1], STDOUT_FILENO);
      execl(CASEWARD_PROGRAM, "caseward", "serve", "--data", data.c_str(), "--listen", "127.0.0.1:0", "--partitions",
            "4", "--json", nullptr);
      _exit(127);
    }
    close(out[1]);
    address_ = AddressFrom(out[0]);
    close(out[0]);
  }
  ~Program() { Kill(); }
  void Kill() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }
  // Its exit code after SIGTERM.
  int Terminate() {
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::shared_ptr<grpc::Channel> Connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
  }
  bool serving() const { return !address_.empty(); }

 private:
  // {"address":"127.0.0.1:40001",...} is printed once it serves.
  static std::string AddressFrom(int out) {
    std::string line;
    for (char c = 0; read(out, &c, 1) == 1 && c != '\n';)
      line.push_back(c);
    const std::string key = "\"address\":\"";
    const size_t begin = line.find(key);
    if (begin == std::string::npos) return "";
    const size_t from = begin + key.size();
    return line.substr(from, line.find('"', from) - from);
  }

  pid_t pid_ = 0;
  std::string address_;
};

struct Acknowledged {
  std::string stream;
  uint32_t partition = 0;
  uint64_t sequence = 0;
  bool operator==(const Acknowledged&) const = default;
};

Acknowledged From(const v1::Outcome& outcome) {
  return {outcome.stream(), outcome.position().partition(), outcome.position().sequence()};
}

// What was acknowledged, by command id; and what was sent.
struct Ledger {
  std::mutex mutex;
  std::map<std::string, Acknowledged> acknowledged;
  std::vector<v1::Command> sent;
};

v1::SubmitResponse Send(v1::CaseService::Stub& stub, const v1::Command& command, const char* actor,
                        grpc::Status* status) {
  v1::SubmitRequest request;
  *request.mutable_command() = command;
  v1::SubmitResponse response;
  *status = stub.Submit(Served::As(actor).get(), request, &response);
  return response;
}

// Reports, triages and visits until the program dies.
void Load(const Program& program, const std::string& name, Ledger& ledger) {
  const auto stub = v1::CaseService::NewStub(program.Connect());
  for (int i = 0;; ++i) {
    const std::string id = name + "-" + std::to_string(i);
    std::string case_id;
    for (int step = 0; step < 3; ++step) {
      const v1::Command command = step == 0   ? Report(id + "-report")
                                  : step == 1 ? Triage(id + "-triage", case_id)
                                              : Visit(id + "-visit", case_id, "All was quiet.");
      {
        std::lock_guard lock(ledger.mutex);
        ledger.sent.push_back(command);
      }
      grpc::Status status;
      const v1::SubmitResponse response = Send(*stub, command, kManager, &status);
      if (!status.ok()) return;
      ASSERT_TRUE(response.outcome().has_accepted()) << response.ShortDebugString();
      ASSERT_FALSE(response.outcome().replayed());
      case_id = response.outcome().stream();
      std::lock_guard lock(ledger.mutex);
      ledger.acknowledged[command.command_id()] = From(response.outcome());
    }
  }
}

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
  const int rounds = FromEnvironment("CASEWARD_KILL9_ROUNDS", 10);
  const int seed = FromEnvironment("CASEWARD_KILL9_SEED", static_cast<int>(std::random_device{}() % 1'000'000));
  SCOPED_TRACE("CASEWARD_KILL9_SEED=" + std::to_string(seed));
  std::mt19937_64 chance(static_cast<uint64_t>(seed));
  const TempFolder folder;
  const std::string data = folder / "data";
  Ledger ledger;
  {
    const Program first(data);
    ASSERT_TRUE(first.serving());
    const auto stub = v1::CaseService::NewStub(first.Connect());
    for (const v1::Command& command : PublishSmallPack()) {
      grpc::Status status;
      ASSERT_TRUE(Send(*stub, command, kAdmin, &status).outcome().has_accepted()) << status.error_message();
    }
  }  // killed

  for (int round = 0; round < rounds; ++round) {
    Program program(data);
    ASSERT_TRUE(program.serving()) << "round " << round;
    ASSERT_GT(LoadAndKill(program, round, chance, ledger), 0u);
    const Program again(data);
    ASSERT_TRUE(again.serving()) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(CheckNoneLost(again, ledger)) << "round " << round;
  }

  Program last(data);
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

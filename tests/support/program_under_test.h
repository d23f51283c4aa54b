// The program itself under load: what the tests share that kill it, copy it and start it anew.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/served.h"

namespace caseward::test {

// Which program serves, and what its environment has beyond ours ("NAME=value").
struct ProgramImage {
  std::string path = CASEWARD_PROGRAM;
  std::vector<std::string> environment;
};

// The program, serving a data folder on a free port.
class Program {
 public:
  // `more`: arguments of serve beyond the usual.
  explicit Program(const std::string& data, const std::vector<std::string>& more = {}, ProgramImage image = {}) {
    std::vector<std::string> arguments = {"caseward",    "serve",        "--data", data,    "--listen",
                                          "127.0.0.1:0", "--partitions", "4",      "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    int out[2];
    CHECK(pipe2(out, O_CLOEXEC) == 0);
    pid_ = fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(out[1], STDOUT_FILENO);
      for (std::string& variable : image.environment)
        putenv(variable.data());
      execv(image.path.c_str(), argv.data());
      _exit(127);
    }
    close(out[1]);
    const std::string line = LineFrom(out[0]);
    address_ = ValueOf(line, "address");
    node_address_ = ValueOf(line, "node_address");
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
  // The signal it has died of, if it has; 0: it ended otherwise, or not within the patience of a test.
  int WaitUntilDead() {
    int status = 0;
    if (!WaitUntil([&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) return 0;
    pid_ = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  void Signal(int signal) const { kill(pid_, signal); }
  // What it holds of the machine's memory.
  size_t ResidentBytes() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
    size_t pages = 0;
    size_t resident = 0;
    in >> pages >> resident;
    return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
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
  const std::string& address() const { return address_; }
  bool serving() const { return !address_.empty(); }
  // Where the other nodes reach it; empty: there are none.
  const std::string& node_address() const { return node_address_; }
  // As a machine that swaps, or a virtual one that is moved.
  void Pause() const { kill(pid_, SIGSTOP); }
  void Continue() const { kill(pid_, SIGCONT); }

 private:
  // {"address":"127.0.0.1:40001",...} is printed once it serves.
  static std::string LineFrom(int out) {
    std::string line;
    for (char c = 0; read(out, &c, 1) == 1 && c != '\n';)
      line.push_back(c);
    return line;
  }
  static std::string ValueOf(const std::string& line, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    const size_t begin = line.find(key);
    if (begin == std::string::npos) return "";
    const size_t from = begin + key.size();
    return line.substr(from, line.find('"', from) - from);
  }

  pid_t pid_ = 0;
  std::string address_;
  std::string node_address_;
};

struct Acknowledged {
  std::string stream;
  uint32_t partition = 0;
  uint64_t sequence = 0;
  bool operator==(const Acknowledged&) const = default;
};

inline Acknowledged From(const v1::Outcome& outcome) {
  return {outcome.stream(), outcome.position().partition(), outcome.position().sequence()};
}

// What was acknowledged, by command id; and what was sent.
struct Ledger {
  std::mutex mutex;
  std::map<std::string, Acknowledged> acknowledged;
  std::vector<v1::Command> sent;
};

inline v1::SubmitResponse Send(v1::CaseService::Stub& stub, const v1::Command& command, const char* actor,
                               grpc::Status* status) {
  v1::SubmitRequest request;
  *request.mutable_command() = command;
  v1::SubmitResponse response;
  *status = stub.Submit(Served::As(actor).get(), request, &response);
  return response;
}

// Reports, triages and visits until the program dies.
inline void Load(const Program& program, const std::string& name, Ledger& ledger) {
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

inline void PublishPolicy(const Program& program) {
  const auto stub = v1::CaseService::NewStub(program.Connect());
  for (const v1::Command& command : PublishSmallPack()) {
    grpc::Status status;
    ASSERT_TRUE(Send(*stub, command, kAdmin, &status).outcome().has_accepted()) << status.error_message();
  }
}

}  // namespace caseward::test

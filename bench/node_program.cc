#include "bench/node_program.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace caseward::bench {
namespace {

// What it prints once it serves: {"address":"127.0.0.1:40001",...}.
std::string FirstLine(int from) {
  std::string line;
  for (char c = 0; read(from, &c, 1) == 1 && c != '\n';)
    line.push_back(c);
  return line;
}

std::string AddressIn(const std::string& line) {
  constexpr std::string_view kKey = "\"address\":\"";
  const size_t at = line.find(kKey);
  if (at == std::string::npos) return "";
  const size_t from = at + kKey.size();
  return line.substr(from, line.find('"', from) - from);
}

}  // namespace

absl::StatusOr<std::unique_ptr<NodeProgram>> NodeProgram::Start(const std::vector<std::string>& arguments,
                                                                const std::string& log_file) {
  std::vector<std::string> copy = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copy)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return absl::InternalError("pipe");
  auto node = std::unique_ptr<NodeProgram>(new NodeProgram);
  node->pid_ = fork();
  if (node->pid_ < 0) return absl::InternalError("fork");
  if (node->pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(out[1], STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(out[1]);
  const std::string line = FirstLine(out[0]);
  close(out[0]);
  const std::string address = AddressIn(line);
  if (address.empty()) {
    std::ifstream in(log_file);
    const std::string said((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return absl::FailedPreconditionError(absl::StrCat("a node did not come up; it said: ", said));
  }
  // Of a node that was killed nothing is remembered: the channel of the next one on its port begins anew.
  grpc::ChannelArguments channel;
  channel.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto connected = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), channel);
  node->cases_ = v1::CaseService::NewStub(connected);
  node->admin_ = v1::AdminService::NewStub(connected);
  return node;
}

NodeProgram::~NodeProgram() { Kill(); }

void NodeProgram::Kill() { End(SIGKILL); }
void NodeProgram::Stop() { End(SIGTERM); }

void NodeProgram::End(int signal) {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

v1::GetStatusResponse NodeProgram::Status() {
  grpc::ClientContext context;
  context.AddMetadata("caseward-actor", "olu; roles=system_admin");
  v1::GetStatusResponse response;
  admin_->GetStatus(&context, v1::GetStatusRequest(), &response);
  return response;
}

std::vector<uint32_t> NodeProgram::Owned() {
  std::vector<uint32_t> owned;
  const v1::GetStatusResponse status = Status();
  for (const v1::PartitionStatus& one : status.partitions()) {
    if (one.condition() == "SERVING") owned.push_back(one.partition());
  }
  return owned;
}

uint64_t NodeProgram::Applied(uint32_t partition) {
  const v1::GetStatusResponse status = Status();
  for (const v1::PartitionStatus& one : status.partitions()) {
    if (one.partition() == partition) return one.applied_sequence();
  }
  return 0;
}

}  // namespace caseward::bench

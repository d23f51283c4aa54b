#include "bench/kafka/node_programs.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <librdkafka/rdkafka.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/kafka/kafka_client.h"

namespace caseward::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);

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

void NodeProgram::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
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

// Asks the coordinator who is in the group.
struct TwoNodes::Observer {
  KafkaClient client;
  std::string group;
};

TwoNodes::TwoNodes() = default;
TwoNodes::~TwoNodes() = default;

absl::StatusOr<std::unique_ptr<TwoNodes>> TwoNodes::Start(const KafkaSettings& settings, const std::string& name) {
  auto two = std::unique_ptr<TwoNodes>(new TwoNodes);
  two->folder_ = absl::StrCat(settings.folder, "/", name);
  std::filesystem::create_directories(two->folder_);
  const std::string certs = absl::StrCat("deploy/certs/make.sh '", two->folder_, "/certs' 127.0.0.1 >/dev/null");
  if (std::system(certs.c_str()) != 0) return absl::InternalError("no certificates were made");
  const std::string key = two->folder_ + "/master.key";
  std::ofstream(key) << std::string(64, '7') << "\n";
  chmod(key.c_str(), 0600);
  const std::string properties = two->folder_ + "/kafka.properties";
  std::ofstream(properties) << "session.timeout.ms=" << absl::ToInt64Milliseconds(kSession) << "\n";
  const std::string topics = settings.prefix + name;
  two->arguments_ = {settings.program, "serve", "--json"};
  for (const auto& [option, value] :
       std::vector<std::pair<std::string, std::string>>{{"--listen", "127.0.0.1:0"},
                                                        {"--partitions", absl::StrCat(kPartitions)},
                                                        {"--kafka", settings.bootstrap},
                                                        {"--kafka-prefix", topics},
                                                        {"--kafka-config", properties},
                                                        {"--node-listen", "127.0.0.1:0"},
                                                        {"--node-certs", two->folder_ + "/certs/127.0.0.1"},
                                                        {"--master-key", key}}) {
    two->arguments_.insert(two->arguments_.end(), {option, value});
  }
  for (size_t i = 0; i < two->nodes_.size(); ++i) {
    if (absl::Status started = two->Restart(i); !started.ok()) return started;
  }
  KafkaOptions options;
  options.bootstrap = settings.bootstrap;
  options.prefix = topics;
  absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
  if (!client.ok()) return client.status();
  two->observer_.reset(new Observer{*std::move(client), options.Topic("nodes")});
  if (absl::Status shared = two->WaitUntilShared(); !shared.ok()) return shared;
  return two;
}

absl::Status TwoNodes::Restart(size_t index) {
  std::vector<std::string> arguments = arguments_;
  const std::string data = absl::StrCat(folder_, "/node", index);
  arguments.insert(arguments.end(), {"--data", data});
  auto started = NodeProgram::Start(arguments, data + ".log");
  if (!started.ok()) return started.status();
  nodes_[index] = *std::move(started);
  return absl::OkStatus();
}

absl::Status TwoNodes::WaitUntilShared() {
  for (const absl::Time until = absl::Now() + kPatience; absl::Now() < until; absl::SleepFor(kLookEvery)) {
    const size_t first = nodes_[0]->Owned().size();
    const size_t second = nodes_[1]->Owned().size();
    if (first > 0 && second > 0 && first + second == kPartitions) return absl::OkStatus();
  }
  return absl::DeadlineExceededError("two nodes did not share the partitions within a minute");
}

bool TwoNodes::GroupHasLostOne() const {
  const rd_kafka_group_list* list = nullptr;
  if (rd_kafka_list_groups(observer_->client.get(), observer_->group.c_str(), &list, 1000) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  const bool lost =
      list->group_cnt == 1 && (list->groups[0].member_cnt < 2 || std::string_view(list->groups[0].state) != "Stable");
  rd_kafka_group_list_destroy(list);
  return lost;
}

}  // namespace caseward::bench

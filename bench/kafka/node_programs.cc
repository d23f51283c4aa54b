#include "bench/kafka/node_programs.h"

#include <librdkafka/rdkafka.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/kafka/kafka_client.h"

namespace caseward::bench {
namespace {

constexpr absl::Duration kReadyWithin = absl::Seconds(60);
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);

}  // namespace

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
  for (const absl::Time until = absl::Now() + kReadyWithin; absl::Now() < until; absl::SleepFor(kLookEvery)) {
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

#include "services/wiring.h"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <system_error>

#include "engine/base/text.h"
#include "services/host/cloud_event.h"
#include "services/host/feed.h"
#include "services/host/metrics.h"
#include "services/host/webhook.h"
#include "services/host/worker_pool.h"
#include "services/server/grpc_server.h"
#include "services/server/intake_door.h"
#include "services/server/node_router.h"
#include "services/server/node_server.h"
#include "services/server/principal.h"
#include "storage/data_folder.h"
#include "storage/kafka/kafka_properties.h"
#include "storage/openssl_hasher.h"

#ifndef CASEWARD_VERSION
#define CASEWARD_VERSION "0.1.0"
#endif

namespace caseward {
namespace {

constexpr uint32_t kPartitionsDefault = 8;
// The group of nodes has said what is this one's, and what is was claimed.
constexpr absl::Duration kJoinTakesMax = absl::Seconds(30);
// An owner's round in flight ends sooner, or is unknown and no matter.
constexpr absl::Duration kGiveUpTakesMax = absl::Seconds(5);

// Log lines go to stderr: what a program prints on stdout is for its reader.
void LogToStderr() {
  static std::once_flag once;
  std::call_once(once, [] {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("caseward", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  });
}

absl::StatusOr<std::unique_ptr<Authenticator>> MakeAuthenticator(const std::string& auth) {
  if (auth == "dev") {
    spdlog::warn("***************************************************************************************");
    spdlog::warn("* --auth dev: every caller is BELIEVED to be who its caseward-actor header says it is.  *");
    spdlog::warn("* For development only; it listens on loopback alone.                                   *");
    spdlog::warn("***************************************************************************************");
    return std::make_unique<DevAuthenticator>();
  }
  return absl::InvalidArgumentError(StrCat("--auth: expected dev, the only way so far; found \"", auth, "\""));
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string secret((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) {
    return absl::NotFoundError(StrCat("webhook secret file: cannot read ", path));
  }
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) {
    secret.pop_back();
  }
  return secret;
}

// What only a node among several needs, or must not lack.
absl::Status CheckNode(const ServeOptions& options) {
  const NodeOptions& node = options.node;
  if (node.listen.empty()) {
    if (node.endpoint.empty() && node.certs.empty()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError("--node-endpoint, --node-certs: expected --node-listen beside them");
  }
  if (options.kafka.empty()) {
    return absl::InvalidArgumentError("--node-listen: expected --kafka beside it; an embedded log has one node");
  }
  if (node.certs.empty()) {
    return absl::InvalidArgumentError("--node-listen: expected --node-certs FOLDER beside it (deploy/certs/make.sh)");
  }
  std::error_code ignored;
  if (options.master_key_path.empty() || !std::filesystem::exists(options.master_key_path, ignored)) {
    return absl::InvalidArgumentError(
        StrCat("--master-key: expected a file that is there and the same on every node (openssl rand -hex 32); found ",
               options.master_key_path.empty() ? "none" : options.master_key_path));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DataFolder>> OpenData(const ServeOptions& options) {
  DataFolderOptions folder;
  folder.path = options.data;
  folder.master_key_path = options.master_key_path;
  folder.kafka_feed.form = kFeedForm;
  folder.kafka_feed.of_record = [made = std::make_shared<FeedFromLog>()](
                                    EventLog& log, const std::string& log_id, uint32_t partition, uint64_t sequence,
                                    std::string_view record, std::vector<FeedItem>& items) {
    return made->Add(log, log_id, partition, sequence, record, items);
  };
  if (!options.kafka.empty()) {
    folder.kafka.emplace();
    folder.kafka->bootstrap = options.kafka;
    folder.kafka->prefix = options.kafka_prefix;
    if (!options.kafka_config.empty()) {
      auto properties = ReadKafkaProperties(options.kafka_config);
      if (!properties.ok()) {
        return properties.status();
      }
      folder.kafka->client = *std::move(properties);
    }
    folder.partitions = options.partitions;  // 0: as many as the log there has
    return DataFolder::Open(folder);
  }
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(options.data) / "FORMAT", ignored)) {
    folder.partitions = 0;  // fixed when it was made
  } else {
    folder.partitions = options.partitions == 0 ? kPartitionsDefault : options.partitions;
  }
  return DataFolder::Open(folder);
}

// Tells the metrics, then a test's observer if there is one.
class Told final : public Observer {
 public:
  Told(Observer& metrics, Observer* const& other) : metrics_(metrics), other_(other) {}
  void HopBegins(uint32_t partition, Hop hop) override {
    metrics_.HopBegins(partition, hop);
    if (other_ != nullptr) {
      other_->HopBegins(partition, hop);
    }
  }
  void HopEnded(uint32_t partition, Hop hop, absl::Duration took, size_t commands) override {
    metrics_.HopEnded(partition, hop, took, commands);
    if (other_ != nullptr) {
      other_->HopEnded(partition, hop, took, commands);
    }
  }
  void Accepted(uint32_t partition, std::string_view verb) override { metrics_.Accepted(partition, verb); }
  void Refused(uint32_t partition, std::string_view rule) override { metrics_.Refused(partition, rule); }
  void ClockFired(uint32_t partition, std::string_view clock, bool breach, absl::Duration late) override {
    metrics_.ClockFired(partition, clock, breach, late);
  }
  void Replaying(uint32_t partition, uint64_t done, uint64_t of) override { metrics_.Replaying(partition, done, of); }
  void IntakeTaken(uint32_t partition, std::string_view what) override { metrics_.IntakeTaken(partition, what); }
  void MessagesFromLog(uint32_t partition, uint32_t sender, size_t messages) override {
    metrics_.MessagesFromLog(partition, sender, messages);
  }
  void Trouble(uint32_t partition, std::string_view what, std::string_view why) override {
    metrics_.Trouble(partition, what, why);
  }
  void Condition(uint32_t partition, std::string_view condition, std::string_view why) override {
    metrics_.Condition(partition, condition, why);
  }

 private:
  Observer& metrics_;
  Observer* const& other_;
};

}  // namespace

// In the order of dependence: what is below uses what is above.
struct Server::Impl {
  ServeOptions options;
  ServingInfo info;
  std::unique_ptr<Authenticator> authenticator;
  std::unique_ptr<DataFolder> data;
  OpensslHasher hasher;
  Metrics metrics;
  Told told{metrics, options.observer};
  std::unique_ptr<NodeServer> node_server;  // null: this node is alone
  std::unique_ptr<EngineHost> host;
  std::unique_ptr<NodeRouter> router;  // null: this node is alone
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<Webhook> webhook;
  bool stopped = false;

  bool shared() const { return !options.node.listen.empty(); }
  absl::Status StartNode();
  absl::Status StartHost();
  absl::Status JoinGroup();
  void MakeBackend();
  absl::StatusOr<std::vector<uint64_t>> Backup(const std::string& folder);
  absl::Status StartWebhook();
  absl::Status StartMetrics();
  absl::Status StartGrpc();
  void Stop();
};

// The other nodes' door opens first: a claim says where it is.
absl::Status Server::Impl::StartNode() {
  if (!shared()) {
    return absl::OkStatus();
  }
  auto tls = NodeTls::Read(options.node.certs);
  if (!tls.ok()) {
    return tls.status();
  }
  auto started = NodeServer::Start(options.node.listen, *tls, options.server_limits.message_bytes_max);
  if (!started.ok()) {
    return started.status();
  }
  node_server = *std::move(started);
  if (options.node.endpoint.empty()) {
    options.node.endpoint =
        StrCat(options.node.listen.substr(0, options.node.listen.rfind(':')), ":", node_server->port());
  }
  return absl::OkStatus();
}

absl::Status Server::Impl::JoinGroup() {
  if (!shared()) {
    return absl::OkStatus();
  }
  auto tls = NodeTls::Read(options.node.certs);
  if (!tls.ok()) {
    return tls.status();
  }
  router = std::make_unique<NodeRouter>(*host, data->log(), options.node.endpoint, *std::move(tls));
  node_server->Serve(*host);
  host->NoteMember(false);
  absl::Status joined = data->group()->Join(
      [this](const PartitionGroup::Change& change) {
        host->NoteMember(!change.taken);
        if (change.taken) {
          spdlog::warn("this node fell out of the group of nodes: the broker has not answered it for a session");
        }
        host->Own(change.gained, true);
        host->Own(change.lost, false);
        if (!change.taken && !host->WaitUntilOwned(change.lost, false, kGiveUpTakesMax)) {
          spdlog::warn("partitions were not given up in {}; whoever claims them fences this node",
                       absl::FormatDuration(kGiveUpTakesMax));
        }
        for (const uint32_t p : change.gained) {
          spdlog::info("partition {}: this node is to own it", p);
        }
        for (const uint32_t p : change.lost) {
          spdlog::info("partition {}: given up", p);
        }
      },
      kJoinTakesMax);
  if (absl::IsDeadlineExceeded(joined)) {
    spdlog::warn("{}; reads are served meanwhile", StdText(joined.message()));
    return absl::OkStatus();
  }
  return joined;
}

absl::Status Server::Impl::StartHost() {
  HostOptions wanted;
  wanted.shared = shared();
  if (shared()) {
    wanted.owner = options.node.endpoint;
  }
  wanted.loop_threads = options.loop_threads;
  wanted.log_id = data->format().log_id;
  wanted.limits = options.partition_limits;
  if (!data->format().kafka_prefix.empty()) {
    wanted.feed = MakeFeedOf(wanted.log_id);
  }
  if (data->log().has_intake()) {
    if (authenticator->KnowsSendersByTopic()) {
      wanted.door = MakeIntakeDoor(*authenticator, {data->log().partitions(), hasher, data->state()});
      spdlog::warn("--auth {}: whoever may write to the topic {}.commands is BELIEVED to be who its header says it is",
                   options.auth, options.kafka_prefix);
    } else {
      spdlog::warn(
          "commands by topic are not taken: --auth {} does not know who sends them; what lies in {}.commands waits",
          options.auth, options.kafka_prefix);
    }
  }
  wanted.clock = options.clock;
  wanted.flush = [this](TimeReading now) {
    if (absl::Status flushed = data->state().MaybeFlush(now.wall); !flushed.ok()) {
      spdlog::error("state: {}", flushed.ToString());
    }
  };
  wanted.reopen_state = [this] {
    absl::Status reopened = data->state().Reopen();
    if (reopened.ok()) {
      spdlog::info("state: reopened");
    } else {
      spdlog::error("state: cannot be reopened: {}", reopened.ToString());
    }
    return reopened;
  };
  auto opened = EngineHost::Open(std::move(wanted), {data->log(), data->state(), data->vault(), hasher, told});
  if (!opened.ok()) {
    return opened.status();
  }
  host = *std::move(opened);
  return absl::OkStatus();
}

void Server::Impl::MakeBackend() {
  workers = std::make_unique<WorkerPool>(options.worker_threads);
  backend.reset(new Backend{*host, data->log(), data->state(), data->vault(), hasher, metrics, *workers, *authenticator,
                            options.server_limits, CASEWARD_VERSION, options.words_roles,
                            [this](const std::string& folder) { return Backup(folder); }, router.get()});
}

absl::StatusOr<std::vector<uint64_t>> Server::Impl::Backup(const std::string& folder) {
  auto report = data->CreateBackup(folder, false);
  if (!report.ok()) {
    return report.status();
  }
  spdlog::info("backup written to {}{}{}", folder, report->note.empty() ? "" : ": ", report->note);
  return report->ends;
}

absl::Status Server::Impl::StartWebhook() {
  if (options.webhook_url.empty()) {
    return absl::OkStatus();
  }
  auto secret = ReadSecret(options.webhook_secret_file);
  if (!secret.ok()) {
    return secret.status();
  }
  WebhookOptions wanted;
  wanted.url = options.webhook_url;
  wanted.secret = *std::move(secret);
  wanted.folder = options.data + "/webhook";
  wanted.marks = data->marks();
  wanted.owned_only = shared();
  wanted.backoff_first = options.webhook_backoff_first;
  wanted.tried = [this](std::string_view result) { metrics.WebhookTried(result); };
  auto started = Webhook::Start(std::move(wanted), *host, data->log());
  if (!started.ok()) {
    return started.status();
  }
  webhook = *std::move(started);
  return absl::OkStatus();
}

absl::Status Server::Impl::StartMetrics() {
  metrics.SetViews([this] {
    std::vector<PartitionView> views;
    for (uint32_t p = 0; p < host->partitions(); ++p) {
      views.push_back(host->partition(p).view());
    }
    return views;
  });
  if (options.metrics.empty()) {
    return absl::OkStatus();
  }
  auto port = metrics.Expose(options.metrics);
  if (port.ok()) {
    info.metrics_port = *port;
  }
  return port.status();
}

absl::Status Server::Impl::StartGrpc() {
  auto started = GrpcServer::Start(*backend, options.listen);
  if (!started.ok()) {
    return started.status();
  }
  grpc = *std::move(started);
  info.port = grpc->port();
  info.address = StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", info.port);
  info.node_address = options.node.endpoint;
  info.log_id = host->log_id();
  info.partitions = host->partitions();
  info.data = options.data;
  return absl::OkStatus();
}

// New calls first, then what follows the log, then the loops; what is in flight finishes at each step.
void Server::Impl::Stop() {
  if (stopped) {
    return;
  }
  stopped = true;
  metrics.NodeStops();
  if (grpc) {
    grpc->Stop(options.shutdown_grace);
  }
  if (webhook) {
    webhook->Stop();
  }
  if (workers) {
    workers->Stop();
  }
  metrics.SetViews(nullptr);
  if (shared() && host) {
    data->group()->Leave();  // while the loops still run: they give up what they own
  }
  router.reset();
  if (node_server) {
    node_server->Stop(options.shutdown_grace);
  }
  if (host) {
    host->Stop();
    if (absl::Status flushed = data->state().Flush(); !flushed.ok()) {
      spdlog::error("state: {}", flushed.ToString());
    }
  }
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServeOptions& options) {
  // Our own errors say more than protobuf's lines on stderr, and no bytes of a caller.
  google::protobuf::SetLogHandler(nullptr);
  LogToStderr();
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  auto authenticator = MakeAuthenticator(options.auth);
  if (!authenticator.ok()) {
    return authenticator.status();
  }
  impl->authenticator = *std::move(authenticator);
  if (absl::Status may = impl->authenticator->MayListenOn(options.listen); !may.ok()) {
    return may;
  }
  if (absl::Status node = CheckNode(options); !node.ok()) {
    return node;
  }
  auto data = OpenData(options);
  if (!data.ok()) {
    return data.status();
  }
  impl->data = *std::move(data);
  auto server = std::unique_ptr<Server>(new Server(std::move(impl)));
  absl::Status started = server->impl_->StartNode();
  if (started.ok()) {
    started = server->impl_->StartHost();
  }
  if (started.ok()) {
    started = server->impl_->JoinGroup();
  }
  if (started.ok()) {
    server->impl_->MakeBackend();
    started = server->impl_->StartMetrics();
  }
  if (started.ok()) {
    started = server->impl_->StartWebhook();
  }
  if (started.ok()) {
    started = server->impl_->StartGrpc();
  }
  if (!started.ok()) {
    return started;
  }
  return server;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Stop(); }

const ServingInfo& Server::info() const { return impl_->info; }

void Server::Stop() { impl_->Stop(); }

absl::Status RunServer(const ServeOptions& options, const std::function<void(const ServingInfo&)>& ready,
                       std::stop_token stop) {
  auto server = Server::Start(options);
  if (!server.ok()) {
    return server.status();
  }
  if (ready) {
    ready((*server)->info());
  }
  std::mutex mutex;
  std::condition_variable_any wake;
  {
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [] { return false; });
  }
  spdlog::info("stopping: no new calls; finishing what is in flight");
  (*server)->Stop();
  spdlog::info("stopped");
  return absl::OkStatus();
}

}  // namespace caseward

#include "bench/node_under_test.h"

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "bench/clock_times.h"
#include "services/host/cloud_event.h"
#include "services/host/feed.h"
#include "services/host/metrics.h"
#include "services/host/worker_pool.h"
#include "services/packs/pack_reader.h"
#include "services/server/grpc_server.h"
#include "services/server/principal.h"
#include "services/server/submit.h"
#include "storage/data_folder.h"
#include "storage/forwarding_event_log.h"
#include "storage/openssl_hasher.h"

namespace caseward::bench {
namespace {

// What was written, in order, by all partitions.
class Tape {
 public:
  void Start() {
    std::lock_guard lock(mutex_);
    on_ = true;
    rounds_.clear();
  }
  std::vector<RecordedRound> Stop() {
    std::lock_guard lock(mutex_);
    on_ = false;
    return std::move(rounds_);
  }
  void Append(uint32_t partition, const Round& round) {
    std::lock_guard lock(mutex_);
    if (!on_ || round.records.empty()) return;
    rounds_.push_back({.records = round.records,
                       .puts = {},
                       .commands = round.records.size(),
                       .partition = partition,
                       .messages = round.messages,
                       .keys = round.keys,
                       .feed = round.feed});
  }
  void Write(const StateBatch& batch) {
    std::lock_guard lock(mutex_);
    if (!on_) return;
    RecordedRound round;
    for (const StateBatch::Entry& entry : batch.entries())
      round.puts.emplace_back(entry.key, entry.value.value_or(""));
    rounds_.push_back(std::move(round));
  }

 private:
  std::mutex mutex_;
  bool on_ = false;                    // guarded by mutex_
  std::vector<RecordedRound> rounds_;  // guarded by mutex_
};

class WatchedLog : public ForwardingEventLog {
 public:
  WatchedLog(EventLog& log, Tape& tape) : ForwardingEventLog(log), tape_(tape) {}
  void AppendRound(uint32_t partition, Round round, AppendDone done) override {
    tape_.Append(partition, round);
    inner().AppendRound(partition, std::move(round), std::move(done));
  }

 private:
  Tape& tape_;
};

class WatchedStore : public StateStore {
 public:
  WatchedStore(StateStore& inner, Tape& tape) : inner_(inner), tape_(tape) {}
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override { return inner_.Get(key); }
  absl::Status Scan(std::string_view prefix, std::string_view start,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> entry) const override {
    return inner_.Scan(prefix, start, entry);
  }
  absl::Status Write(const StateBatch& batch) override {
    tape_.Write(batch);
    return inner_.Write(batch);
  }
  std::unique_ptr<StateReader> View() const override { return inner_.View(); }

 private:
  StateStore& inner_;
  Tape& tape_;
};

auto FeedFromRecords() {
  return [made = std::make_shared<FeedFromLog>()](
             EventLog& log, const std::string& log_id, uint32_t partition, uint64_t sequence, std::string_view record,
             std::vector<FeedItem>& items) { return made->Add(log, log_id, partition, sequence, record, items); };
}

}  // namespace

struct NodeUnderTest::Impl {
  std::unique_ptr<DataFolder> data;
  OpensslHasher hasher;
  ClockTimes hops;
  Tape tape;
  std::unique_ptr<WatchedLog> log;
  std::unique_ptr<WatchedStore> state;
  DevAuthenticator authenticator;
  std::unique_ptr<EngineHost> host;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<v1::CaseService::Stub> stub;
  std::string address;
  bool stopped = false;

  absl::Status Serve(const std::string& folder, const NodeSetup& setup);
};

absl::Status NodeUnderTest::Impl::Serve(const std::string& folder, const NodeSetup& setup) {
  DataFolderOptions wanted;
  wanted.path = folder;
  wanted.partitions = setup.partitions;
  if (!setup.kafka.empty()) {
    wanted.kafka.emplace();
    wanted.kafka->bootstrap = setup.kafka;
    wanted.kafka->prefix = setup.kafka_prefix;
    wanted.kafka_feed = {.form = kFeedForm, .of_record = FeedFromRecords()};
  }
  auto opened = DataFolder::Open(wanted);
  if (!opened.ok()) return opened.status();
  data = *std::move(opened);
  log = std::make_unique<WatchedLog>(data->log(), tape);
  state = std::make_unique<WatchedStore>(data->state(), tape);
  HostOptions options;
  options.log_id = data->format().log_id;
  if (!setup.kafka.empty()) options.feed = MakeFeedOf(options.log_id);
  options.flush = [this](TimeReading now) { data->state().MaybeFlush(now.wall).IgnoreError(); };
  auto running = EngineHost::Open(std::move(options), {*log, *state, data->vault(), hasher, hops});
  if (!running.ok()) return running.status();
  host = *std::move(running);
  workers = std::make_unique<WorkerPool>(2);
  backend.reset(new Backend{
      *host, *log, *state, data->vault(), hasher, hops, *workers, authenticator, ServerLimits(), "bench", {}, nullptr});
  auto serving = GrpcServer::Start(*backend, "127.0.0.1:0");
  if (!serving.ok()) return serving.status();
  grpc = *std::move(serving);
  address = absl::StrCat("127.0.0.1:", grpc->port());
  stub = v1::CaseService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<NodeUnderTest>> NodeUnderTest::Start(const std::string& folder, const NodeSetup& setup) {
  auto impl = std::make_unique<Impl>();
  if (absl::Status status = impl->Serve(folder, setup); !status.ok()) return status;
  if (auto published = PublishPolicy(*impl->stub, setup.pack); !published.ok()) return published.status();
  return std::unique_ptr<NodeUnderTest>(new NodeUnderTest(std::move(impl)));
}

NodeUnderTest::NodeUnderTest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

NodeUnderTest::~NodeUnderTest() { Stop(); }

v1::CaseService::Stub& NodeUnderTest::stub() { return *impl_->stub; }
const std::string& NodeUnderTest::address() const { return impl_->address; }
absl::Status NodeUnderTest::Submit(v1::Command command, const char* actor, ReplyFn reply) {
  auto who = ParseActorHeader(actor);
  if (!who.ok()) return who.status();
  return SubmitCommand(*impl_->backend, std::move(command), *std::move(who), std::move(reply));
}
void NodeUnderTest::Record() { impl_->tape.Start(); }
std::vector<RecordedRound> NodeUnderTest::Recorded() { return impl_->tape.Stop(); }
std::string NodeUnderTest::TakeHops() { return impl_->hops.Take(); }
std::vector<double> NodeUnderTest::TakeLateness() { return impl_->hops.TakeLateness(); }
size_t NodeUnderTest::fired() const { return impl_->hops.fired(); }

void NodeUnderTest::Stop() {
  if (impl_->stopped) return;
  impl_->stopped = true;
  if (impl_->grpc) impl_->grpc->Stop(absl::Seconds(5));
  if (impl_->workers) impl_->workers->Stop();
  if (impl_->host) impl_->host->Stop();
}

absl::StatusOr<v1::Position> PublishPolicy(v1::CaseService::Stub& stub, const char* pack_file) {
  constexpr char kOfficer[] = "pat; roles=policy_admin";
  CalendarReading calendar = ReadCalendarFile("policies/calendars/england_and_wales.yaml");
  if (!calendar.problems.empty()) return absl::InvalidArgumentError(FormatProblem(calendar.problems.front()));
  v1::Command command;
  command.set_command_id("publish-calendar");
  *command.mutable_publish_calendar()->mutable_calendar() = std::move(calendar.calendar);
  auto outcome = SubmitOne(stub, command, kOfficer);
  if (!outcome.ok()) return outcome.status();
  auto pack = LoadPack(pack_file);
  if (!pack.ok()) return pack.status();
  command.Clear();
  command.set_command_id("publish-pack");
  *command.mutable_publish_pack()->mutable_pack() = *std::move(pack);
  outcome = SubmitOne(stub, command, kOfficer);
  if (!outcome.ok()) return outcome.status();
  if (outcome->has_refusal()) return absl::InvalidArgumentError(outcome->refusal().say());
  return outcome->position();
}

absl::StatusOr<v1::Outcome> SubmitOne(v1::CaseService::Stub& stub, const v1::Command& command, const char* actor) {
  grpc::ClientContext context;
  context.AddMetadata("caseward-actor", actor);
  v1::SubmitRequest request;
  *request.mutable_command() = command;
  v1::SubmitResponse response;
  const grpc::Status status = stub.Submit(&context, request, &response);
  if (!status.ok()) return absl::UnknownError(status.error_message());
  return std::move(*response.mutable_outcome());
}

}  // namespace caseward::bench

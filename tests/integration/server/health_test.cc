// The standard health service follows the partitions: a log that takes no rounds, a state that cannot be written.
#include <grpcpp/create_channel.h>

#include <atomic>
#include <memory>
#include <string>

#include "engine/partition/routing.h"
#include "gtest/gtest.h"
#include "services/server/grpc_server.h"
#include "services/server/health.h"
#include "storage/faulty_event_log.h"
#include "storage/local_key_vault.h"
#include "storage/memory_event_log.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/support/health_of.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

constexpr char kServer[] = "";
constexpr char kCases[] = "caseward.v1.CaseService";
constexpr const char* kReading[] = {"caseward.v1.ResidentService", "caseward.v1.DirectoryService",
                                    "caseward.v1.EventService", "caseward.v1.AdminService"};

// A server over the twins of log and store, whose misfortunes the test chooses.
class HealthTest : public testing::Test {
 protected:
  static constexpr uint32_t kPartitions = 3;

  HealthTest() {
    faults_.Otherwise(
        [this](uint32_t partition) { return down_ && partition == 1 ? LogFault::kAborted : LogFault::kNone; });
    HostOptions options;
    options.log_id = "health";
    options.reopen_interval = absl::Milliseconds(5);
    options.reopen_state = [this]() -> absl::Status {
      if (full_) return absl::UnavailableError("the disk is full");
      store_.Reopen(/*lost=*/1);
      return absl::OkStatus();
    };
    auto opened = EngineHost::Open(std::move(options), {log_, store_, *vault_, hasher_, observer_});
    CHECK(opened.ok());
    host_ = *std::move(opened);
    backend_.reset(
        new Backend{*host_, log_, store_, *vault_, hasher_, observer_, workers_, authenticator_, {}, "test", {}, {}});
    auto started = GrpcServer::Start(*backend_, "127.0.0.1:0");
    CHECK(started.ok());
    server_ = *std::move(started);
    channel_ = grpc::CreateChannel(StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials());
    cases_ = v1::CaseService::NewStub(channel_);
    for (const v1::Command& command : PublishSmallPack())
      EXPECT_TRUE(Submit(command, kAdmin).has_accepted());
  }

  grpc::Status TrySubmit(const v1::Command& command, const std::string& actor, v1::Outcome& outcome) {
    v1::SubmitRequest request;
    *request.mutable_command() = command;
    v1::SubmitResponse response;
    const grpc::Status status = cases_->Submit(Served::As(actor).get(), request, &response);
    outcome = response.outcome();
    return status;
  }
  v1::Outcome Submit(const v1::Command& command, const std::string& actor = kManager) {
    v1::Outcome outcome;
    const grpc::Status status = TrySubmit(command, actor, outcome);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return outcome;
  }
  uint32_t PartitionOf(const v1::Command& command) const {
    const auto route = RouteCommand(hasher_, command, "mo", kPartitions);
    return route.ok() ? route->partition.value_or(0) : 0;
  }
  // A report of partition `p`, of which there is one among the first hundred.
  v1::Command ReportIn(uint32_t p, const std::string& prefix) const {
    for (int i = 0; i < 100; ++i) {
      if (v1::Command report = Report(StrCat(prefix, i)); PartitionOf(report) == p) return report;
    }
    ADD_FAILURE() << "no report of partition " << p;
    return {};
  }
  std::string Health(const std::string& service) const { return HealthOf(channel_, service); }
  void WaitFor(const std::string& health) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while ((Health(kServer) != health || Health(kCases) != health) && std::chrono::steady_clock::now() < until) {
    }
    EXPECT_EQ(Health(kServer), health);
    EXPECT_EQ(Health(kCases), health);
  }
  // Reads go on: health of the services that read, and a case that is asked for.
  void ExpectReading(const std::string& case_id) {
    for (const char* service : kReading)
      EXPECT_EQ(Health(service), "SERVING") << service;
    v1::GetCaseRequest request;
    request.set_case_id(case_id);
    v1::GetCaseResponse response;
    const grpc::Status status = cases_->GetCase(Served::As(kManager).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  std::atomic<bool> down_ = false;  // the log of partition 1
  std::atomic<bool> full_ = false;  // the disk under the state
  MemoryEventLog inner_{kPartitions};
  LogFaults faults_;
  FaultyEventLog log_{inner_, faults_};
  MemoryStateStore store_;
  std::unique_ptr<LocalKeyVault> vault_ = MakeSeededKeyVault(log_, 7);
  OpensslHasher hasher_;
  Observer observer_;
  DevAuthenticator authenticator_;
  std::unique_ptr<EngineHost> host_;
  WorkerPool workers_{1};
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::CaseService::Stub> cases_;
};

TEST_F(HealthTest, SaysServingOfEveryServiceOnceItStarts) {
  EXPECT_EQ(Health(kServer), "SERVING");
  EXPECT_EQ(Health(kCases), "SERVING");
  for (const char* service : kReading)
    EXPECT_EQ(Health(service), "SERVING") << service;
  EXPECT_NE(Health("caseward.v1.NoService"), "SERVING");
}

TEST_F(HealthTest, SaysNotServingWhileTheLogOfOnePartitionTakesNoRounds) {
  const std::string id = Submit(ReportIn(1, "before")).stream();
  down_ = true;

  v1::Outcome outcome;
  EXPECT_EQ(TrySubmit(ReportIn(1, "lost"), kManager, outcome).error_code(), grpc::StatusCode::UNAVAILABLE);
  WaitFor("NOT_SERVING");
  ExpectReading(id);
  EXPECT_TRUE(Submit(ReportIn(2, "other")).has_accepted()) << "the other partition goes on";

  down_ = false;
  WaitFor("SERVING");
  EXPECT_TRUE(Submit(ReportIn(1, "lost")).has_accepted());
}

TEST_F(HealthTest, SaysNotServingWhileTheStateCannotBeWritten) {
  const std::string id = Submit(ReportIn(1, "before")).stream();
  full_ = true;
  store_.FailWrites(absl::UnavailableError("the disk is full"));

  v1::Outcome outcome;
  EXPECT_EQ(TrySubmit(ReportIn(1, "late"), kManager, outcome).error_code(), grpc::StatusCode::UNAVAILABLE);
  WaitFor("NOT_SERVING");
  ExpectReading(id);

  full_ = false;
  WaitFor("SERVING");
  EXPECT_TRUE(Submit(ReportIn(1, "late")).replayed()) << "it was durable when the state was not";
}

TEST(Health, SaysServingWhileOnlyTimersHold) {
  Served node;
  node.clock().JumpWall(absl::Hours(2));
  node.WaitForCondition("HOLDING_TIMERS");

  absl::SleepFor(2 * kHealthEvery);

  EXPECT_EQ(HealthOf(node.channel(), kServer), "SERVING");
  EXPECT_EQ(HealthOf(node.channel(), kCases), "SERVING");
}

}  // namespace
}  // namespace caseward::test

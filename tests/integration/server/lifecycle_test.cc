// Starting, stopping, and what comes back after it.
#include <filesystem>
#include <fstream>
#include <future>

#include <grpcpp/generic/generic_stub.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "engine/partition/records.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/host/metrics.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;
using Tcp = boost::asio::ip::tcp;

// Some cases in several partitions, one of them closed.
std::vector<std::string> SomeHistory(Served& node) {
  node.PublishPack();
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i)
    ids.push_back(node.NewCase("r" + std::to_string(i)));
  node.Accept(Triage("t0", ids[0]));
  node.Submit(ProposeClosure("refused", ids[0]));
  node.Accept(Assign("a0", ids[0], "mo"));
  node.Accept(Visit("v0", ids[0], "Quiet."));
  node.Accept(ProposeClosure("p0", ids[0]));
  node.Accept(SignClosure("s0", ids[0]), kLeader);
  node.Accept(Close("c0", ids[0]));
  return ids;
}

ServeOptions InFolder(const TempFolder& folder) {
  ServeOptions options;
  options.data = folder / "data";
  options.listen = "127.0.0.1:0";
  options.partitions = 2;
  return options;
}

TEST(Lifecycle, L1_ARestartKeepsTheStateAndItsDigest) {
  Served node;
  const std::vector<std::string> ids = SomeHistory(node);
  const v1::CaseState before = node.Case(ids[0]);
  const auto digests = node.Digests();

  node.Restart();

  EXPECT_EQ(DeterministicBytes(node.Case(ids[0])), DeterministicBytes(before));
  v1::ListCasesResponse all;
  ASSERT_TRUE(node.cases->ListCases(Served::As(kManager).get(), {}, &all).ok());
  EXPECT_EQ(static_cast<size_t>(all.cases_size()), ids.size());
  for (const auto& [partition, digest] : node.Digests()) {
    EXPECT_GT(digest.first, digests.at(partition).first) << "the new term is recorded";
  }
  EXPECT_TRUE(node.Accept(Report("r0")).replayed()) << "command ids are kept";
}

TEST(Lifecycle, L1_StateThatIsDeletedIsMadeAgainFromTheLog) {
  Served node;
  const std::vector<std::string> ids = SomeHistory(node);
  std::map<std::string, std::string> before;
  for (const std::string& id : ids)
    before[id] = DeterministicBytes(node.Case(id));

  node.Stop();
  std::filesystem::remove_all(node.options().data + "/state");
  node.Start();

  for (const std::string& id : ids)
    EXPECT_EQ(DeterministicBytes(node.Case(id)), before[id]);
}

TEST(Lifecycle, StoppingAnswersWhatIsInFlight) {
  Served node;
  node.PublishPack();
  node.clock().Hold();
  v1::Outcome outcome;
  auto call = std::async(std::launch::async, [&] { return node.TrySubmit(Report("r1"), kManager, &outcome); });
  v1::GetStatusResponse status;
  uint64_t waiting = 0;
  for (const auto until = std::chrono::steady_clock::now() + kPatience;
       waiting == 0 && std::chrono::steady_clock::now() < until;) {
    ASSERT_TRUE(node.admin->GetStatus(Served::As(kAdmin).get(), {}, &status).ok());
    waiting = 0;
    for (const auto& partition : status.partitions())
      waiting += partition.inbox();
  }
  ASSERT_EQ(waiting, 1u);

  auto stopping = std::async(std::launch::async, [&] { node.server().Stop(); });
  node.clock().Release();
  stopping.get();

  EXPECT_TRUE(call.get().ok());
  EXPECT_TRUE(outcome.has_accepted());
}

TEST(Lifecycle, APortInUseIsAClearError) {
  boost::asio::io_context context;
  Tcp::acceptor taken(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const TempFolder folder;
  ServeOptions options = InFolder(folder);
  options.listen = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());

  const auto started = Server::Start(options);

  EXPECT_EQ(started.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(started.status().message()), HasSubstr(options.listen));
}

TEST(Lifecycle, TwoServersNeverShareAPort) {
  Served node;
  const TempFolder folder;
  ServeOptions options = InFolder(folder);
  options.listen = node.server().info().address;

  EXPECT_EQ(Server::Start(options).status().code(), absl::StatusCode::kUnavailable);
}

TEST(Lifecycle, ADataFolderInUseIsAClearError) {
  Served node;
  ServeOptions options;
  options.data = node.options().data;
  options.listen = "127.0.0.1:0";

  const auto started = Server::Start(options);

  EXPECT_EQ(started.status().code(), absl::StatusCode::kFailedPrecondition) << started.status();
}

TEST(Lifecycle, DevAuthenticationListensOnLoopbackOnly) {
  const TempFolder folder;
  ServeOptions options = InFolder(folder);
  options.listen = "0.0.0.0:0";

  const auto started = Server::Start(options);

  EXPECT_EQ(started.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(started.status().message()), HasSubstr("loopback"));
  EXPECT_FALSE(std::filesystem::exists(options.data)) << "nothing was made";
}

TEST(Lifecycle, ABadAddressOrWayToAuthenticateIsAClearError) {
  const TempFolder folder;
  ServeOptions options = InFolder(folder);
  options.listen = "127.0.0.1:notaport";
  EXPECT_FALSE(Server::Start(options).ok());
  options = InFolder(folder);
  options.auth = "magic";
  EXPECT_EQ(Server::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Lifecycle, ABackupIsTakenWhileRunningIntoANewFolderOnly) {
  Served node;
  const std::vector<std::string> ids = SomeHistory(node);
  v1::CreateBackupRequest request;
  request.set_folder(node.folder() / "backup");
  v1::CreateBackupResponse response;
  const grpc::Status status = node.admin->CreateBackup(Served::As(kAdmin).get(), request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.partitions_size(), 4);
  EXPECT_TRUE(std::filesystem::exists(request.folder()));
  EXPECT_FALSE(node.admin->CreateBackup(Served::As(kAdmin).get(), request, &response).ok()) << "the folder exists now";
  request.set_folder("relative");
  EXPECT_EQ(node.admin->CreateBackup(Served::As(kAdmin).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(Lifecycle, L6_AfterAClockJumpTimersHoldUntilAnOperatorConfirmsTheTimeInEveryPartition) {
  Served node;
  node.PublishPack();
  const std::string id = node.NewCase("r1", v1::PRIORITY_P1);

  node.clock().JumpWall(absl::Hours(2));
  node.WaitForCondition("HOLDING_TIMERS");
  EXPECT_EQ(node.Case(id).clocks(0).status(), v1::ClockState::STATUS_RUNNING);

  v1::Command confirm;
  confirm.set_command_id("confirm-1");
  confirm.mutable_confirm_time()->set_reason_code("ntp_fixed");
  node.Accept(confirm, "op; roles=system_admin");
  node.WaitForCondition("SERVING");
  v1::CaseState state;
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    state = node.Case(id);
    if (state.clocks(0).status() == v1::ClockState::STATUS_BREACHED) break;
  }
  EXPECT_EQ(state.clocks(0).status(), v1::ClockState::STATUS_BREACHED);
}

TEST(Lifecycle, APartnerAgencyDoesNotAdministerNorListEverything) {
  Served node;
  const char* partner = "police; kind=partner";
  v1::CreateBackupResponse backup;
  v1::CreateBackupRequest folder;
  folder.set_folder(node.folder() / "backup");
  EXPECT_EQ(node.admin->CreateBackup(Served::As(partner).get(), folder, &backup).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  v1::ListCasesResponse cases;
  EXPECT_EQ(node.cases->ListCases(Served::As(partner).get(), {}, &cases).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  const auto context = Served::As(partner);
  auto feed = node.events->Subscribe(context.get(), {});
  v1::SubscribeResponse item;
  EXPECT_FALSE(feed->Read(&item));
  EXPECT_EQ(feed->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

// Asks the reflection service which services there are.
class ReflectionCall : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit ReflectionCall(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    const grpc::Slice list_services(std::string("\x3a\x00", 2));
    request_ = grpc::ByteBuffer(&list_services, 1);
    stub_.PrepareBidiStreamingCall(&context_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {},
                                   this);
    StartRead(&response_);
    StartWriteLast(&request_, {});
    StartCall();
  }
  void OnDone(const grpc::Status& status) override { done_.set_value(status); }
  std::string Answer() {
    if (!done_.get_future().get().ok()) return "";
    std::vector<grpc::Slice> slices;
    std::string bytes;
    if (response_.Dump(&slices).ok()) {
      for (const auto& slice : slices)
        bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return bytes;
  }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::promise<grpc::Status> done_;
};

TEST(Lifecycle, ReflectionListsTheServices) {
  Served node;
  ReflectionCall call(node.channel());
  const std::string services = call.Answer();
  for (const char* name : {"CaseService", "ResidentService", "DirectoryService", "EventService", "AdminService"}) {
    EXPECT_THAT(services, HasSubstr(std::string("caseward.v1.") + name));
  }
}

// One HTTP GET, as Prometheus does it.
std::string Scrape(int port) {
  boost::asio::io_context context;
  Tcp::socket socket(context);
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(port)});
  const std::string request = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
  boost::asio::write(socket, boost::asio::buffer(request));
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  return answer;
}

TEST(Lifecycle, MetricsNameAPartitionAlsoWhileItHasNoPosition) {
  Metrics metrics;
  metrics.SetViews([] { return std::vector<PartitionView>(2); });
  const absl::StatusOr<int> port = metrics.Expose("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();

  const std::string scraped = Scrape(*port);

  for (const char* metric : {"caseward_inbox", "caseward_applied_sequence"}) {
    EXPECT_THAT(scraped, HasSubstr(std::string(metric) + "{partition=\"0\"} 0"));
    EXPECT_THAT(scraped, HasSubstr(std::string(metric) + "{partition=\"1\"} 0"));
  }
}

TEST(Lifecycle, MetricsCarryTheNamesOfTheHops) {
  ServeOptions options;
  options.metrics = "127.0.0.1:0";
  Served node(options);
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Submit(ProposeClosure("p1", id));

  const std::string scraped = Scrape(node.server().info().metrics_port);

  for (const char* hop : {"submit", "decide", "append", "apply", "reply", "publish"}) {
    EXPECT_THAT(scraped, HasSubstr(std::string("caseward_") + hop + "_seconds_count"));
  }
  for (const char* hop : {"submit", "decide", "append", "apply", "reply"}) {
    EXPECT_THAT(scraped, Not(HasSubstr(std::string("caseward_") + hop + "_seconds_sum 0\n"))) << "not measured";
  }
  EXPECT_THAT(scraped, HasSubstr("caseward_commands_total{outcome=\"accepted\",verb=\"report\"} 1"));
  EXPECT_THAT(scraped, HasSubstr("caseward_inbox{partition=\"0\"} 0"));
  EXPECT_THAT(scraped, HasSubstr("caseward_condition{condition=\"SERVING\",partition=\"0\"} 1"));
  EXPECT_THAT(scraped, HasSubstr("caseward_refusals_total{rule="));
}

}  // namespace
}  // namespace caseward::test

// A whole node in this process, on a free port, with a data folder of its own: what the integration tests talk to. The
// clock is the machine's, moved on by the test; the loops can be held, so that what must happen in between happens for
// certain.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "caseward/v1/case_service.grpc.pb.h"
#include "caseward/v1/other_services.grpc.pb.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "gtest/gtest.h"
#include "services/wiring.h"
#include "tests/support/patience.h"
#include "tests/support/small_pack.h"
#include "tests/support/temp_folder.h"

namespace caseward::test {

// Time that runs as the machine's does, ahead of it by what the test says; and a gate for the loops' threads, which are
// known by being the only ones that read the clock while the node opens.
class HeldClock {
 public:
  TimeReading Read() {
    std::unique_lock lock(mutex_);
    if (opening_) loops_.insert(std::this_thread::get_id());
    if (loops_.contains(std::this_thread::get_id())) {
      ++at_gate_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !held_; });
      --at_gate_;
    }
    return {absl::Now() + ahead_ + jumped_,
            absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()) + ahead_};
  }
  void MoveOn(absl::Duration by) {
    std::lock_guard lock(mutex_);
    ahead_ += by;
  }
  // Only the wall clock: a jump.
  void JumpWall(absl::Duration by) {
    std::lock_guard lock(mutex_);
    jumped_ += by;
  }
  // Returns when every loop stands still.
  void Hold() {
    std::unique_lock lock(mutex_);
    held_ = true;
    CHECK(changed_.wait_for(lock, kPatience, [this] { return at_gate_ == loops_.size(); }));
  }
  void Release() {
    std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void Opening(bool opening) {
    std::lock_guard lock(mutex_);
    opening_ = opening;
    if (opening) loops_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::thread::id> loops_;
  absl::Duration ahead_;
  absl::Duration jumped_;
  size_t at_gate_ = 0;
  bool opening_ = false;
  bool held_ = false;
};

inline constexpr char kManager[] = "mo; roles=case_manager; region=north";
inline constexpr char kLeader[] = "lee; roles=team_leader; region=north";
inline constexpr char kAdmin[] = "ada; roles=policy_admin";
inline constexpr char kSystemAdmin[] = "grace; roles=system_admin";

class Served {
 public:
  explicit Served(ServeOptions options = {}) : options_(std::move(options)) {
    options_.data = folder_ / "data";
    options_.listen = "127.0.0.1:0";
    if (options_.partitions == 0) options_.partitions = 4;
    options_.clock = [this] { return clock_.Read(); };
    options_.shutdown_grace = absl::Seconds(5);
    Start();
  }

  void Start() {
    clock_.Opening(true);
    auto started = Server::Start(options_);
    clock_.Opening(false);
    if (!started.ok()) {
      ADD_FAILURE() << started.status();
      std::abort();
    }
    server_ = *std::move(started);
    channel_ = grpc::CreateCustomChannel(server_->info().address, grpc::InsecureChannelCredentials(), Unshared());
    cases = v1::CaseService::NewStub(channel_);
    residents = v1::ResidentService::NewStub(channel_);
    directory = v1::DirectoryService::NewStub(channel_);
    events = v1::EventService::NewStub(channel_);
    admin = v1::AdminService::NewStub(channel_);
  }
  void Stop() {
    if (server_) server_->Stop();
    server_.reset();
  }
  void Restart() {
    Stop();
    Start();
  }

  Server& server() { return *server_; }
  HeldClock& clock() { return clock_; }
  const ServeOptions& options() const { return options_; }
  const TempFolder& folder() const { return folder_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // A context of `actor` with a deadline that only a hanging test meets. An empty actor sends no header.
  static std::unique_ptr<grpc::ClientContext> As(const std::string& actor) {
    auto context = std::make_unique<grpc::ClientContext>();
    if (!actor.empty()) context->AddMetadata("caseward-actor", actor);
    context->set_deadline(std::chrono::system_clock::now() + kPatience);
    return context;
  }

  grpc::Status TrySubmit(const v1::Command& command, const std::string& actor, v1::Outcome* outcome) {
    v1::SubmitRequest request;
    *request.mutable_command() = command;
    v1::SubmitResponse response;
    const grpc::Status status = cases->Submit(As(actor).get(), request, &response);
    *outcome = std::move(*response.mutable_outcome());
    return status;
  }
  // The outcome; a fault fails the test.
  v1::Outcome Submit(const v1::Command& command, const std::string& actor = kManager) {
    v1::Outcome outcome;
    const grpc::Status status = TrySubmit(command, actor, &outcome);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return outcome;
  }
  // The same, and it must be accepted.
  v1::Outcome Accept(const v1::Command& command, const std::string& actor = kManager) {
    v1::Outcome outcome = Submit(command, actor);
    EXPECT_TRUE(outcome.has_accepted()) << outcome.ShortDebugString();
    return outcome;
  }
  void PublishPack() {
    for (const v1::Command& command : PublishSmallPack())
      Accept(command, kAdmin);
  }
  // Reported, and its id.
  std::string NewCase(const std::string& command_id, v1::Priority priority = v1::PRIORITY_P3) {
    return Accept(Report(command_id, priority)).stream();
  }
  v1::CaseState Case(const std::string& id) {
    v1::GetCaseRequest request;
    request.set_case_id(id);
    v1::GetCaseResponse response;
    const grpc::Status status = cases->GetCase(As(kManager).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.case_();
  }
  // Waits until every partition is in `condition`.
  void WaitForCondition(const std::string& condition) {
    v1::GetStatusResponse status;
    for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
      ASSERT_TRUE(admin->GetStatus(As(kAdmin).get(), {}, &status).ok());
      size_t in_it = 0;
      for (const auto& partition : status.partitions())
        in_it += partition.condition() == condition;
      if (in_it == static_cast<size_t>(status.partitions_size())) return;
    }
    FAIL() << "expected every partition in " << condition << "; found " << status.ShortDebugString();
  }
  // partition → (sequence, digest and root), as bytes to compare.
  std::map<uint32_t, std::pair<uint64_t, std::string>> Digests() {
    v1::GetDigestResponse response;
    const grpc::Status status = admin->GetDigest(As(kAdmin).get(), {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::map<uint32_t, std::pair<uint64_t, std::string>> out;
    for (const auto& p : response.partitions()) {
      out[p.position().partition()] = {p.position().sequence(), p.digest() + p.merkle_root()};
    }
    return out;
  }

  std::unique_ptr<v1::CaseService::Stub> cases;
  std::unique_ptr<v1::ResidentService::Stub> residents;
  std::unique_ptr<v1::DirectoryService::Stub> directory;
  std::unique_ptr<v1::EventService::Stub> events;
  std::unique_ptr<v1::AdminService::Stub> admin;

 private:
  // A connection of its own: a node of another test must never be reached by an old one.
  static grpc::ChannelArguments Unshared() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(64 << 20);
    return arguments;
  }

  TempFolder folder_;
  HeldClock clock_;
  ServeOptions options_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace caseward::test

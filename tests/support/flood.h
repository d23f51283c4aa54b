// More commands than a node can take: a fixed number is under way at any time, each answered or refused, and what was
// answered is remembered. Nothing is sent again.
#pragma once

#include <grpcpp/support/client_callback.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/nodes_under_test.h"

namespace caseward::test {

class Flood {
 public:
  // Visits of one case.
  Flood(std::shared_ptr<grpc::Channel> channel, std::string case_id, size_t under_way)
      : stub_(v1::CaseService::NewStub(channel)), case_id_(std::move(case_id)), under_way_max_(under_way) {
    thread_ = std::thread([this] { Run(); });
  }
  ~Flood() { Stop(); }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  // Sends no more and waits for the answers.
  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [&] { return under_way_ == 0; });
  }
  size_t acknowledged() const {
    const std::lock_guard lock(mutex_);
    return ledger_.size();
  }
  // How often, and what the last of them said.
  struct Refusals {
    size_t count = 0;
    std::string said;
  };
  Refusals refused(grpc::StatusCode code) const {
    const std::lock_guard lock(mutex_);
    const auto found = refusals_.find(code);
    return found == refusals_.end() ? Refusals() : found->second;
  }
  std::map<std::string, Acknowledged> ledger() const {
    const std::lock_guard lock(mutex_);
    return ledger_;
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    v1::SubmitRequest request;
    v1::SubmitResponse response;
  };
  // A turn of the pump, so that refusals at the door are not answered with a storm.
  static constexpr std::chrono::milliseconds kTurn{20};
  static constexpr size_t kTurnMax = 400;

  void Run() {
    for (int n = 0; !stopping_;) {
      size_t room = 0;
      {
        const std::lock_guard lock(mutex_);
        room = std::min(kTurnMax, under_way_max_ - under_way_);
        under_way_ += room;
      }
      for (size_t i = 0; i < room; ++i)
        Send("flood-" + std::to_string(n++));
      WaitToLookAgain(kTurn);
    }
  }
  void Send(const std::string& id) {
    auto call = std::make_shared<Call>();
    call->context = Served::As(kManager);
    call->context->set_deadline(std::chrono::system_clock::now() + 2 * kPatience);
    *call->request.mutable_command() = Visit(id, case_id_, "All was quiet.");
    stub_->async()->Submit(call->context.get(), &call->request, &call->response, [this, call](grpc::Status status) {
      const std::lock_guard lock(mutex_);
      if (status.ok() && call->response.outcome().has_accepted()) {
        ledger_[call->request.command().command_id()] = From(call->response.outcome());
      } else {
        Refusals& refusals = refusals_[status.error_code()];
        ++refusals.count;
        refusals.said = status.error_message();
      }
      --under_way_;
      answered_.notify_all();
    });
  }

  const std::unique_ptr<v1::CaseService::Stub> stub_;
  const std::string case_id_;
  const size_t under_way_max_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  size_t under_way_ = 0;  // guarded by mutex_, as the rest
  std::map<std::string, Acknowledged> ledger_;
  std::map<grpc::StatusCode, Refusals> refusals_;
  std::thread thread_;
};

}  // namespace caseward::test

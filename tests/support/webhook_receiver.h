// Who is posted to by the webhook, in a test: takes what comes, or answers with the codes it is told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "gtest/gtest.h"
#include "tests/support/patience.h"
#include "tests/support/small_pack.h"

namespace caseward::test {

struct Received {
  std::string body;
  std::string signature;
  std::string content_type;
};

// A receiver on loopback that answers with the codes it is told, then 204.
class Receiver {
 public:
  Receiver() : acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    thread_ = std::thread([this] { Run(); });
  }
  ~Receiver() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket knock(context_);  // wakes the accept
    knock.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook"; }
  void AnswerNext(std::vector<boost::beast::http::status> codes) {
    std::lock_guard lock(mutex_);
    codes_.insert(codes_.end(), codes.begin(), codes.end());
  }
  // From now on everything is answered with 503, or what comes is taken.
  void TakeNothing(bool nothing) { takes_nothing_ = nothing; }
  // Waits until `count` requests have come; all of them.
  std::vector<Received> WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return received_.size() >= count; }));
    return received_;
  }

 private:
  void Run() {
    while (!stopping_) {
      boost::system::error_code error;
      boost::asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (!error && !stopping_) Serve(socket);
    }
  }
  void Serve(boost::asio::ip::tcp::socket& socket) {
    boost::system::error_code error;
    boost::beast::flat_buffer buffer;
    boost::beast::http::request<boost::beast::http::string_body> request;
    boost::beast::http::read(socket, buffer, request, error);
    if (error) return;
    boost::beast::http::response<boost::beast::http::string_body> response(boost::beast::http::status::no_content, 11);
    {
      std::lock_guard lock(mutex_);
      received_.push_back({request.body(), std::string(request["caseward-signature"]),
                           std::string(request[boost::beast::http::field::content_type])});
      if (takes_nothing_) {
        response.result(boost::beast::http::status::service_unavailable);
      } else if (!codes_.empty()) {
        response.result(codes_.front());
        codes_.pop_front();
      }
    }
    response.prepare_payload();
    boost::beast::http::write(socket, response, error);
    changed_.notify_all();
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> takes_nothing_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_;
  std::deque<boost::beast::http::status> codes_;
};

// What the webhook tells of.
inline v1::Command Escalate(const std::string& command_id, const std::string& case_id) {
  v1::Command command;
  command.set_command_id(command_id);
  command.set_case_id(case_id);
  command.mutable_escalate_case()->set_to_role("team_leader");
  command.mutable_escalate_case()->set_reason_code("risk");
  return command;
}

}  // namespace caseward::test

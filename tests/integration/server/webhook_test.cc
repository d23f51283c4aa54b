// Escalations reach people: signed, in order, at least once, also when the receiver is away or the node restarts.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/host/webhook.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

namespace http = boost::beast::http;
using Tcp = boost::asio::ip::tcp;
constexpr char kSecret[] = "a secret shared with the receiver";

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
    Tcp::socket knock(context_);  // wakes the accept
    knock.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook"; }
  void AnswerNext(std::vector<http::status> codes) {
    std::lock_guard lock(mutex_);
    codes_.insert(codes_.end(), codes.begin(), codes.end());
  }
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
      Tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (!error && !stopping_) Serve(socket);
    }
  }
  void Serve(Tcp::socket& socket) {
    boost::system::error_code error;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request, error);
    if (error) return;
    http::response<http::string_body> response(http::status::no_content, 11);
    {
      std::lock_guard lock(mutex_);
      received_.push_back({request.body(), std::string(request["caseward-signature"]),
                           std::string(request[http::field::content_type])});
      if (!codes_.empty()) {
        response.result(codes_.front());
        codes_.pop_front();
      }
    }
    response.prepare_payload();
    http::write(socket, response, error);
    changed_.notify_all();
  }

  boost::asio::io_context context_;
  Tcp::acceptor acceptor_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_;
  std::deque<http::status> codes_;
};

ServeOptions WithWebhook(const TempFolder& folder, const std::string& url) {
  const std::string secret = folder / "secret";
  std::ofstream(secret) << kSecret << "\n";
  ServeOptions options;
  options.webhook_url = url;
  options.webhook_secret_file = secret;
  options.webhook_backoff_first = absl::Milliseconds(5);
  return options;
}

boost::json::object Json(const Received& received) { return boost::json::parse(received.body).as_object(); }
std::string Text(const boost::json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

v1::Command Escalate(const std::string& command_id, const std::string& case_id) {
  v1::Command command;
  command.set_command_id(command_id);
  command.set_case_id(case_id);
  command.mutable_escalate_case()->set_to_role("team_leader");
  command.mutable_escalate_case()->set_reason_code("risk");
  return command;
}

TEST(Webhook, PostsAnEscalationSigned) {
  const TempFolder folder;
  Receiver receiver;
  Served node(WithWebhook(folder, receiver.url()));
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Accept(Escalate("e1", id));

  const Received received = receiver.WaitFor(1).front();

  const boost::json::object event = Json(received);
  EXPECT_EQ(received.content_type, "application/cloudevents+json");
  EXPECT_EQ(Text(event, "specversion"), "1.0");
  EXPECT_EQ(Text(event, "type"), "caseward.case.escalated.v1");
  EXPECT_EQ(Text(event, "subject"), id);
  EXPECT_EQ(Text(event.at("data").as_object().at("case_escalated").as_object(), "to_role"), "team_leader");
  const std::string stamp = received.signature.substr(2, received.signature.find(',') - 2);
  EXPECT_EQ(received.signature, WebhookSignature(kSecret, std::stoll(stamp), received.body));
}

TEST(Webhook, ABreachAndItsEscalationReachPeople) {
  const TempFolder folder;
  Receiver receiver;
  Served node(WithWebhook(folder, receiver.url()));
  node.PublishPack();
  node.NewCase("r1", v1::PRIORITY_P1);

  node.clock().MoveOn(absl::Hours(1) + absl::Seconds(1));
  const std::vector<Received> received = receiver.WaitFor(2);

  EXPECT_EQ(Text(Json(received[0]), "type"), "caseward.clock.breached.v1");
  EXPECT_EQ(Text(Json(received[1]), "type"), "caseward.case.escalated.v1");
}

TEST(Webhook, TriesAgainUntilItIsTakenAndKeepsTheOrder) {
  const TempFolder folder;
  Receiver receiver;
  receiver.AnswerNext({http::status::internal_server_error, http::status::not_found, http::status::too_many_requests});
  Served node(WithWebhook(folder, receiver.url()));
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Accept(Escalate("e1", id));
  node.Accept(Escalate("e2", id));

  const std::vector<Received> received = receiver.WaitFor(5);

  for (int i = 1; i < 4; ++i)
    EXPECT_EQ(Text(Json(received[i]), "id"), Text(Json(received[0]), "id"));
  EXPECT_NE(Text(Json(received[4]), "id"), Text(Json(received[0]), "id"));
}

TEST(Webhook, SendsAfterARestartWhatWasNotTakenBeforeIt) {
  const TempFolder folder;
  auto receiver = std::make_unique<Receiver>();
  // Nothing is ever taken before the restart.
  receiver->AnswerNext(std::vector<http::status>(100'000, http::status::service_unavailable));
  Served node(WithWebhook(folder, receiver->url()));
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Accept(Escalate("e1", id));
  const std::string sent = Text(Json(receiver->WaitFor(1).front()), "id");

  node.Stop();
  const size_t before = receiver->WaitFor(1).size();
  node.Start();
  const std::vector<Received> received = receiver->WaitFor(before + 1);

  EXPECT_EQ(Text(Json(received.back()), "id"), sent) << "the same event, with the same id";
}

TEST(Webhook, DoesNotSendAgainAfterARestartWhatWasTaken) {
  const TempFolder folder;
  Receiver receiver;
  Served node(WithWebhook(folder, receiver.url()));
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Accept(Escalate("e1", id));
  node.Accept(Escalate("e2", id));
  // The second is sent when it is written down that the first was taken. Whether the second was, nobody knows yet: it
  // may come again.
  const std::string taken = Text(Json(receiver.WaitFor(2)[0]), "id");

  node.Restart();
  node.Accept(Escalate("e3", id));
  const std::vector<Received> received = receiver.WaitFor(3);

  for (size_t i = 2; i < received.size(); ++i)
    EXPECT_NE(Text(Json(received[i]), "id"), taken);
}

TEST(Webhook, WithNobodyListeningTheNodeServesOn) {
  const TempFolder folder;
  std::string nobody;
  {
    const Receiver gone;
    nobody = gone.url();
  }
  Served node(WithWebhook(folder, nobody));
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Accept(Escalate("e1", id));

  EXPECT_TRUE(node.Accept(Triage("t1", id)).has_accepted());
}

TEST(Webhook, AMissingOrShortSecretIsAClearError) {
  const TempFolder folder;
  ServeOptions options = WithWebhook(folder, "http://127.0.0.1:1/hook");
  options.data = folder / "data";
  options.listen = "127.0.0.1:0";
  options.partitions = 1;
  std::ofstream(folder / "short") << "short";

  options.webhook_secret_file = folder / "short";
  EXPECT_EQ(Server::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.webhook_secret_file = folder / "none";
  EXPECT_EQ(Server::Start(options).status().code(), absl::StatusCode::kNotFound);
  options.webhook_secret_file = folder / "secret";
  options.webhook_url = "ftp://somewhere";
  EXPECT_EQ(Server::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace caseward::test

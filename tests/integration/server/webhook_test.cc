// Escalations reach people: signed, in order, at least once, also when the receiver is away or the node restarts.
#include <fstream>

#include <boost/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/host/webhook.h"
#include "tests/support/served.h"
#include "tests/support/webhook_receiver.h"

namespace caseward::test {
namespace {

namespace http = boost::beast::http;
constexpr char kSecret[] = "a secret shared with the receiver";

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

// An exporter that is stuck keeps the log from being compacted, the disk fills, reads die too; and after a restart
// everything is exported again (camunda #55510, #55511, #55512). Here the log is the buffer: nobody waits for the
// receiver, it is seen that it takes nothing, and what it had taken before is not sent again.
TEST(Webhook, PeersBug7_AReceiverThatTakesNothingHoldsUpNothingAndTheRestIsSentOnce) {
  const TempFolder folder;
  Receiver receiver;
  Served node(WithWebhook(folder, receiver.url()));
  node.PublishPack();
  const std::string id = node.NewCase("r1");
  node.Accept(Escalate("taken", id));
  const std::string taken = Text(Json(receiver.WaitFor(1).front()), "id");
  node.Accept(Escalate("noted", id));  // when this one comes, it is noted that the first was taken
  receiver.WaitFor(2);

  receiver.TakeNothing(true);
  for (int i = 0; i < 40; ++i)
    node.Accept(Escalate("waiting-" + std::to_string(i), id));
  const uint64_t version = node.Case(id).version();
  const size_t before = receiver.WaitFor(4).size();
  node.Stop();
  node.Start();
  EXPECT_EQ(node.Case(id).version(), version) << "reads go on";
  receiver.TakeNothing(false);

  std::map<std::string, int> times;
  ASSERT_TRUE(WaitUntil([&] {
    times.clear();
    const std::vector<Received> all = receiver.WaitFor(before);
    for (size_t i = before; i < all.size(); ++i)
      ++times[Text(Json(all[i]), "id")];
    return times.size() >= 40;
  }));
  EXPECT_FALSE(times.contains(taken)) << "what was taken is not sent again";
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

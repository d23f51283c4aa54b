// A broker that asks for TLS and a password: the right file opens the log; whatever is wrong is named, with what
// librdkafka said of it, within the time that a connection may take.
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/kafka/kafka_properties.h"
#include "tests/support/kafka_broker.h"

namespace caseward {
namespace {

using testing::HasSubstr;

// What KafkaEventLog::Open answers when the connection cannot be made; fails if that takes much longer than it may.
absl::Status Refusal(const KafkaOptions& options) {
  const absl::Time began = absl::Now();
  const absl::Status status = KafkaEventLog::Open(options).status();
  EXPECT_LT(absl::Now() - began, options.connect_timeout + absl::Seconds(30));
  EXPECT_THAT(status.message(), HasSubstr(options.bootstrap));
  return status;
}

// A round of every kind of topic, and a message that is read.
void ExpectToWork(const KafkaOptions& options) {
  const auto log = KafkaEventLog::Open(options);
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::StatusOr<uint64_t> term = (*log)->Claim(0, "owner");
  ASSERT_TRUE(term.ok()) << term.status();
  std::promise<AppendResult> done;
  (*log)->AppendRound(0, {*term, 0, {"a"}, {{1, 0, 0, "m"}}, {{"k", "w"}}},
                      [&](AppendResult result) { done.set_value(std::move(result)); });
  const AppendResult result = done.get_future().get();
  EXPECT_EQ(result.kind, AppendResult::Kind::kCommitted) << result.why;
  const auto inbox = (*log)->ReadInbox(1, {}, 10);
  ASSERT_TRUE(inbox.ok()) << inbox.status();
  EXPECT_EQ(inbox->size(), 1u);
}

class KafkaSecurity : public testing::Test {
 protected:
  // As somebody has it who has read the right file.
  KafkaOptions With(const std::string& properties, const std::string& prefix) {
    const auto read = ReadKafkaProperties(properties);
    EXPECT_TRUE(read.ok()) << read.status();
    KafkaOptions options = LogInKafka(broker.address(), prefix);
    if (read.ok()) options.client = *read;
    return options;
  }
  const OwnBroker broker{"", "", BrokerDoor::kTlsAndPassword};
};

TEST_F(KafkaSecurity, WhatIsWrongIsNamedAndWhatIsRightWorks) {
  const KafkaOptions right = With(broker.client_properties(), "secure");

  KafkaOptions password = right;
  password.client["sasl.password"] = "not-it";
  const absl::Status refused = Refusal(password);
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("Invalid username or password"));

  KafkaOptions stranger = right;
  stranger.client.erase("ssl.ca.location");
  const absl::Status untrusted = Refusal(stranger);
  EXPECT_TRUE(absl::IsPermissionDenied(untrusted)) << untrusted;
  EXPECT_THAT(untrusted.message(), HasSubstr("broker certificate could not be verified"));

  KafkaOptions misnamed = right;
  misnamed.client["ssl.ca.location"] = "/nowhere/ca.pem";
  EXPECT_THAT(KafkaEventLog::Open(misnamed).status().message(), HasSubstr("ssl.ca.location"));

  KafkaOptions in_clear = LogInKafka(broker.address(), "secure");
  in_clear.connect_timeout = absl::Seconds(4);
  const absl::Status hung_up = Refusal(in_clear);
  EXPECT_TRUE(absl::IsUnavailable(hung_up)) << hung_up;
  EXPECT_THAT(hung_up.message(), HasSubstr("connecting to a SSL listener?"));

  ExpectToWork(right);
}

// A fault of librdkafka's before 2.6.1; ./dev test kafka39 has a broker that does not mind.
bool ScramReachesThisBroker() {
  const char* const version = std::getenv("CASEWARD_KAFKA_VERSION");
  return rd_kafka_version() >= 0x020601ff || (version != nullptr && version[0] == '3');
}

TEST_F(KafkaSecurity, AScramPasswordOverTlsWorksAndAWrongOneIsNamed) {
  const KafkaOptions right = With(broker.scram_properties(), "scram");
  EXPECT_EQ(right.client.at("sasl.mechanism"), "SCRAM-SHA-256");

  KafkaOptions password = right;
  password.client["sasl.password"] = "not-it";
  const absl::Status refused = Refusal(password);
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("invalid credentials with SASL mechanism SCRAM-SHA-256"));

  if (ScramReachesThisBroker()) {
    ExpectToWork(right);
  } else {
    EXPECT_THAT(Refusal(right).message(), HasSubstr("reaches only brokers before Kafka 4.0"));
  }
}

// Answers whatever comes with one line of another protocol, and hangs up.
class NotABroker {
 public:
  NotABroker() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Answer(); });
  }
  ~NotABroker() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void Answer() const {
    for (int caller = 0; (caller = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(caller)) {
      char heard[256];
      constexpr std::string_view kSaid = "HTTP/1.1 400 Bad Request\r\n\r\n";
      if (::recv(caller, heard, sizeof heard, 0) > 0) ::send(caller, kSaid.data(), kSaid.size(), MSG_NOSIGNAL);
    }
  }
  const int listener_;
  int port_ = 0;
  std::thread thread_;
};

TEST(KafkaAddress, WhatIsNoBrokerIsNamed) {
  const NotABroker other;
  KafkaOptions options = LogInKafka(other.address(), "nobody");
  options.connect_timeout = absl::Seconds(4);
  const absl::Status answer = Refusal(options);
  EXPECT_TRUE(absl::IsUnavailable(answer)) << answer;
  EXPECT_THAT(answer.message(), HasSubstr("no Kafka broker answers at"));
  EXPECT_THAT(answer.message(), HasSubstr("Invalid response size"));

  options.bootstrap = "127.0.0.1:1";
  options.connect_timeout = absl::Seconds(2);
  EXPECT_THAT(Refusal(options).message(), HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace caseward

// A real broker for a test: the one that ctest has started (or CASEWARD_TEST_KAFKA names), shared, where each test has
// topics of its own; or one of the test's own, to be killed, paused and started again.
#pragma once

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_event_log.h"
#include "storage/kafka/kafka_handles.h"
#include "tests/support/kafka_topic.h"
#include "tests/support/log_under_test.h"
#include "tests/support/outside_producer.h"
#include "tests/support/temp_folder.h"

namespace caseward {

inline std::string FirstLine(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

inline std::string SharedBroker() {
  const char* const given = std::getenv("CASEWARD_TEST_KAFKA");
  const std::string address = given != nullptr ? given : FirstLine(CASEWARD_BROKER_FOLDER "/address");
  EXPECT_FALSE(address.empty()) << "no broker: run by ctest, or name one in CASEWARD_TEST_KAFKA";
  return address;
}

// A name for topics that no other test has.
inline std::string NewPrefix() {
  static std::atomic<int> count = 0;
  return "t" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "-" +
         std::to_string(::getpid()) + "-" + std::to_string(count++);
}

inline KafkaOptions LogInKafka(const std::string& bootstrap, const std::string& prefix) {
  KafkaOptions options;
  options.bootstrap = bootstrap;
  options.prefix = prefix;
  options.partitions = kPartitions;
  options.log_id = "contract";
  options.create = true;
  return options;
}

// Whether the broker speaks of any of them still.
inline bool AnyTopicIsThere(const KafkaClient& client, const KafkaOptions& options,
                            const std::vector<std::string>& names) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client.get(), 1, nullptr, &metadata, 15000) != RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  bool any = false;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    for (const std::string& name : names)
      any = any || options.Topic(name) == metadata->topics[i].topic;
  }
  rd_kafka_metadata_destroy(metadata);
  return any;
}

// Deletes topics, as an operator's mistake or to leave a shared broker as it was. Returns when they are gone.
inline void DeleteTopics(const KafkaOptions& options, const std::vector<std::string>& names) {
  const auto client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
  ASSERT_TRUE(client.ok()) << client.status();
  std::vector<rd_kafka_DeleteTopic_t*> topics;
  for (const std::string& name : names)
    topics.push_back(rd_kafka_DeleteTopic_new(options.Topic(name).c_str()));
  const KafkaQueue queue(rd_kafka_queue_new(client->get()));
  rd_kafka_DeleteTopics(client->get(), topics.data(), topics.size(), nullptr, queue.get());
  const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), 15000));
  EXPECT_NE(event, nullptr) << "topics were not deleted";
  rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
  for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
       AnyTopicIsThere(*client, options, names);) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "topics were deleted, and are still there";
  }
}

// Makes a topic as somebody's tool would, with nothing set. Returns when the broker speaks of it.
inline void MakeTopic(const KafkaOptions& options, const std::string& name, uint32_t partitions) {
  const auto client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
  ASSERT_TRUE(client.ok()) << client.status();
  char why[256];
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(options.Topic(name).c_str(), static_cast<int>(partitions), 1, why, sizeof why);
  const KafkaQueue queue(rd_kafka_queue_new(client->get()));
  rd_kafka_CreateTopics(client->get(), &topic, 1, nullptr, queue.get());
  const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), 15000));
  EXPECT_NE(event, nullptr) << "the topic was not made";
  rd_kafka_NewTopic_destroy(topic);
  for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
       !AnyTopicIsThere(*client, options, {name});) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the topic was made, and is not there";
  }
}

// A log's settings on the shared broker, and its topics while this lives.
class SharedTopics {
 public:
  ~SharedTopics() { DeleteTopics(options, {kTopicNames.begin(), kTopicNames.end()}); }
  KafkaOptions options = LogInKafka(SharedBroker(), NewPrefix());
};

// The outside world of an intake in Kafka.
class IntakeInKafka {
 public:
  explicit IntakeInKafka(const KafkaOptions& options) : options_(options) {}
  uint64_t Put(uint32_t partition, const TopicRecord& record) {
    OutsideProducer& producer = transaction_ ? *transaction_ : plain_;
    return producer.Put(options_.Topic(kCommandsTopic), partition, record);
  }
  void Begin(uint32_t /*partition*/) {
    transaction_.emplace(options_.bootstrap, options_.prefix + ".outside");
    transaction_->Begin();
  }
  void End(uint32_t /*partition*/, bool commit) {
    transaction_->End(commit);
    transaction_.reset();
  }
  void Expire(uint32_t partition, uint64_t offset) {
    DeleteRecordsBefore(options_.bootstrap, options_.Topic(kCommandsTopic), partition, offset);
  }
  std::vector<TopicRecord> outcomes(uint32_t partition) { return Read(kOutcomesTopic, partition); }
  std::vector<TopicRecord> rejects(uint32_t partition) { return Read(kRejectsTopic, partition); }

 private:
  std::vector<TopicRecord> Read(const char* topic, uint32_t partition) const {
    std::vector<TopicRecord> out;
    TopicReader reader(options_.bootstrap);
    for (SeenMessage& seen : reader.ReadAll(options_.Topic(topic), static_cast<int32_t>(partition))) {
      out.push_back({.key = seen.has_key ? std::optional(seen.key) : std::nullopt,
                     .value = seen.value,
                     .headers = {seen.headers.begin(), seen.headers.end()}});
    }
    return out;
  }

  const KafkaOptions& options_;
  OutsideProducer plain_{options_.bootstrap};
  std::optional<OutsideProducer> transaction_;
};

// For the contract suite: a restart is a new node on the same topics.
class InKafka {
 public:
  InKafka() { Restart(); }
  IntakeInKafka& intake() { return intake_; }
  EventLog& log() { return *log_; }
  void Settle() {}
  void Restart() {
    log_.reset();
    auto opened = KafkaEventLog::Open(topics_.options);
    if (!opened.ok()) ADD_FAILURE() << opened.status();
    log_ = *std::move(opened);
  }

 private:
  const SharedTopics topics_;
  IntakeInKafka intake_{topics_.options};
  std::unique_ptr<KafkaEventLog> log_;
};

enum class BrokerDoor { kPlain, kTlsAndPassword };

// A broker of the test's own. `properties`: further settings, separated by spaces; `proxy`: where a second listener
// sends its clients, and none if empty.
class OwnBroker {
 public:
  explicit OwnBroker(const std::string& properties = "", const std::string& proxy = "",
                     BrokerDoor door = BrokerDoor::kPlain)
      : properties_(properties), proxy_(proxy), door_(door) {
    Start();
  }
  ~OwnBroker() { Run("drop"); }
  void Start() {
    Run("start");
    address_ = FirstLine(folder_ / "broker/address");
  }
  void Kill() { Run("kill"); }
  void Pause() { kill(pid(), SIGSTOP); }
  void Resume() { kill(pid(), SIGCONT); }
  const std::string& address() const { return address_; }
  // Where the proxy finds it.
  std::string proxied() const { return FirstLine(folder_ / "broker/proxied"); }
  // Of one that asks for TLS and a password: what a client needs to know, for --kafka-config.
  std::string client_properties() const { return folder_ / "broker/client.properties"; }
  // The same of a user whose password never travels (SCRAM-SHA-256).
  std::string scram_properties() const { return folder_ / "broker/scram.properties"; }

 private:
  pid_t pid() const { return std::atoi(FirstLine(folder_ / "broker/pid").c_str()); }
  void Run(const std::string& verb) const {
    const std::string command = "env -u CASEWARD_TEST_KAFKA CASEWARD_KAFKA_PROPERTIES='" + properties_ +
                                "' CASEWARD_KAFKA_PROXIED='" + proxy_ +
                                "' CASEWARD_KAFKA_SECURE=" + (door_ == BrokerDoor::kPlain ? "no" : "yes") +
                                " tools/kafka.sh " + verb + " " + (folder_ / "broker") + " >/dev/null";
    if (std::system(command.c_str()) != 0) ADD_FAILURE() << command;
  }

  const TempFolder folder_;
  const std::string properties_;
  const std::string proxy_;
  const BrokerDoor door_;
  std::string address_;
};

}  // namespace caseward

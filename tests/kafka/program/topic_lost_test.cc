// A topic that somebody deletes and makes anew, empty, under running nodes. Whoever would write to it stops and says
// what it expected and what it found; nothing is committed to the new topic; reads go on; and there is a way out.
#include "gmock/gmock.h"
#include "tests/support/fault_report.h"
#include "tests/support/kafka_topic.h"
#include "tests/support/one_case_in_kafka.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class TopicLost : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
    ASSERT_NO_FATAL_FAILURE(one.Begin());
    LoadOnNodes load(nodes, 0);
    EXPECT_TRUE(load.WaitFor(40));
    load.Stop();
    ledger = load.ledger;
    owner = nodes.StatusAt(0, one.partition()).condition() == "SERVING" ? 0 : 1;
    options.bootstrap = nodes.broker();
    options.prefix = nodes.prefix();
  }
  void LoseAndMakeAnew(const std::string& topic) {
    DeleteTopics(options, {topic});
    MakeTopic(options, topic, kNodePartitions);
  }
  // The owner of the case's partition, asked to decide, stops by name; the command is not acknowledged.
  void ExpectStop(const v1::Command& command, const std::string& topic) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (one.StatusAt(owner).condition() != "STOPPED" && std::chrono::steady_clock::now() < until) {
      const Told told = one.Submit(owner, command).get();
      ASSERT_TRUE(IsRetryable(told.status)) << told.status.error_message() << " " << told.outcome.ShortDebugString();
    }
    const v1::PartitionStatus stopped = one.StatusAt(owner);
    EXPECT_EQ(stopped.condition(), "STOPPED");
    for (const std::string& said : {"topic " + options.Topic(topic), std::string("expected"), std::string("found")})
      EXPECT_THAT(stopped.why(), HasSubstr(said));
    EXPECT_TRUE(one.WaitForHealth(owner, "NOT_SERVING"));
    for (const size_t n : {0, 1})
      one.ExpectRead(n);
  }
  void ExpectNothingCommitted(const std::string& topic) {
    TopicReader reader(nodes.broker());
    for (uint32_t p = 0; p < kNodePartitions; ++p)
      EXPECT_THAT(reader.ReadAll(options.Topic(topic), static_cast<int32_t>(p)), IsEmpty()) << "partition " << p;
  }
  grpc::Status Resume(uint32_t partition) {
    v1::ResumePartitionRequest request;
    request.set_partition(partition);
    v1::ResumePartitionResponse response;
    return v1::AdminService::NewStub(nodes.program(owner).Connect())
        ->ResumePartition(Served::As(kSystemAdmin).get(), request, &response);
  }
  std::string WhyNotResumed() { return Resume(one.partition()).error_message(); }

  Nodes nodes{2};
  OneCase one{nodes};
  size_t owner = 0;
  KafkaOptions options;
  std::map<std::string, Acknowledged> ledger;
};

TEST_F(TopicLost, L1_TheLogsTopicIsDeletedAndMadeAnew) {
  FaultReport report("topic .events deleted and made anew under running nodes");
  LoseAndMakeAnew(kEventsTopic);
  report.Ran();
  ExpectStop(one.Visited("lost"), kEventsTopic);
  // The other node, which follows, finds out by itself, and cannot be made the owner of an empty log either.
  EXPECT_TRUE(one.WaitForCondition(1 - owner, "STOPPED"));
  EXPECT_THAT(one.StatusAt(1 - owner).why(), HasSubstr("topic " + options.Topic(kEventsTopic)));
  ExpectNothingCommitted(kEventsTopic);
  EXPECT_THAT(WhyNotResumed(), HasSubstr("topic " + options.Topic(kEventsTopic)));
}

TEST_F(TopicLost, L11_TheTopicOfDataKeysIsDeletedAndMadeAnew) {
  FaultReport report("topic .keys deleted and made anew under running nodes");
  LoseAndMakeAnew(kKeysTopic);
  report.Ran();
  // The first words about a resident whom nobody knew need a data key.
  v1::Outcome reported;
  for (int i = 0; i < 64; ++i) {
    reported = one.Must(Report("lost-report-" + std::to_string(i)));
    if (reported.position().partition() == one.partition()) break;
  }
  ASSERT_EQ(reported.position().partition(), one.partition());
  one.Must(Triage("lost-triage", reported.stream()));
  ExpectStop(Visit("lost", reported.stream(), "Words that need a key."), kKeysTopic);
  ExpectNothingCommitted(kKeysTopic);
  EXPECT_THAT(WhyNotResumed(), HasSubstr("topic " + options.Topic(kKeysTopic)));
}

TEST_F(TopicLost, TheFeedsTopicIsDeletedAndMadeAnew) {
  FaultReport report("topic .feed deleted and made anew under running nodes");
  LoseAndMakeAnew(kFeedTopic);
  report.Ran();
  ExpectStop(one.Visited("lost"), kFeedTopic);
  ExpectNothingCommitted(kFeedTopic);
  // The way out: the topic as somebody's tool has made it is not taken; without it, it is made and told anew.
  EXPECT_THAT(WhyNotResumed(), HasSubstr("topic " + options.Topic(kFeedTopic)));
  DeleteTopics(options, {kFeedTopic});
  const grpc::Status resumed = Resume(one.partition());
  EXPECT_TRUE(resumed.ok()) << resumed.error_message();
  EXPECT_TRUE(one.Must(one.Visited("lost")).has_accepted());
  // The other partitions would find out at their next events; a start looks at all of them.
  for (const size_t n : {0, 1}) {
    EXPECT_EQ(nodes.Terminate(n), 0);
    nodes.Start(n);
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  }
  LoadOnNodes load(nodes, 1);
  EXPECT_TRUE(load.WaitFor(40));
  load.Stop();
  ledger.insert(load.ledger.begin(), load.ledger.end());
  ledger.insert(one.acknowledged().begin(), one.acknowledged().end());
  CheckLogInKafka(nodes.broker(), nodes.prefix(), ledger);
}

}  // namespace
}  // namespace caseward::test

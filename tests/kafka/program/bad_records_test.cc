// What nobody should find in the log: a record of another system, an event that this build does not know, a record of a
// newer format. The partition that meets it stops, and says where it lies, what was expected and what was found; the
// others go on, reads go on, and nothing is skipped.
#include "gmock/gmock.h"
#include "tests/support/one_case_in_kafka.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

class BadRecords : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(nodes.WaitUntilShared({0}));
    ASSERT_NO_FATAL_FAILURE(one.Begin());
    options = LogInKafka(nodes.broker(), nodes.prefix());
    options.partitions = 0;
    options.log_id = "";
    options.create = false;
  }
  // As a node of another build would: it claims the partition and appends `record`.
  void AppendElsewhere(const v1::Decision& record) {
    const auto log = KafkaEventLog::Open(options);
    ASSERT_TRUE(log.ok()) << log.status();
    const absl::StatusOr<uint64_t> term = (*log)->Claim(one.partition(), "another build");
    ASSERT_TRUE(term.ok()) << term.status();
    const absl::StatusOr<uint64_t> end = (*log)->End(one.partition());
    ASSERT_TRUE(end.ok()) << end.status();
    v1::Decision stamped = record;
    stamped.set_partition(one.partition());
    stamped.set_sequence(*end);
    stamped.set_term(*term);
    std::promise<AppendResult> done;
    (*log)->AppendRound(one.partition(), {*term, *end, {stamped.SerializeAsString()}, {}, {}},
                        [&](AppendResult result) { done.set_value(std::move(result)); });
    const AppendResult result = done.get_future().get();
    ASSERT_EQ(result.kind, AppendResult::Kind::kCommitted) << result.why;
  }
  void ExpectStopped(const std::string& why) {
    EXPECT_TRUE(WaitUntil([&] {
      // The owner before is fenced when it is asked to decide, and reads what its heir has written.
      one.Submit(0, one.Visited("next")).wait();
      return one.StatusAt(0).condition() == "STOPPED";
    })) << one.StatusAt(0).ShortDebugString();
    EXPECT_THAT(one.StatusAt(0).why(), HasSubstr(why));
    one.ExpectRead(0);
    EXPECT_EQ(nodes.OwnedBy(0).size(), kNodePartitions - 1) << "the others go on";
  }

  Nodes nodes{1};
  OneCase one{nodes};
  KafkaOptions options;
};

TEST_F(BadRecords, ARecordOfANewerFormatIsNamed) {
  v1::Decision newer;
  newer.set_format(99);
  ASSERT_NO_FATAL_FAILURE(AppendElsewhere(newer));
  ExpectStopped("found format 99, written by a newer version");
}

TEST_F(BadRecords, AnEventThatThisBuildDoesNotKnowIsNamed) {
  v1::Decision unknown;
  unknown.set_format(1);
  unknown.set_stream(one.id());
  unknown.mutable_accepted()->add_events();
  ASSERT_NO_FATAL_FAILURE(AppendElsewhere(unknown));
  ExpectStopped("expected an event of a known kind, found one this build does not know");
}

TEST_F(BadRecords, ARecordOfAnotherSystemIsNamedWithItsPlaceAndTheLogIsNotTakenOver) {
  const auto client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
  ASSERT_TRUE(client.ok()) << client.status();
  const std::string topic = options.Topic(kEventsTopic);
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client->get(), topic.c_str(), nullptr);
  std::string hello = "hello";
  ASSERT_EQ(rd_kafka_produce(handle, static_cast<int32_t>(one.partition()), RD_KAFKA_MSG_F_COPY, hello.data(),
                             hello.size(), nullptr, 0, nullptr),
            0);
  ASSERT_EQ(rd_kafka_flush(client->get(), 60'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_topic_destroy(handle);

  const auto other = KafkaEventLog::Open(options);
  ASSERT_TRUE(other.ok()) << other.status();
  const absl::Status refused = (*other)->Claim(one.partition(), "a new owner").status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(refused.message(),
              HasSubstr("topic " + topic + " partition " + std::to_string(one.partition()) + " offset "));
  EXPECT_THAT(refused.message(), HasSubstr("expected a record of Caseward, found another's"));
  // The claim has fenced the owner, who now meets it too.
  ExpectStopped("expected a record of Caseward, found another's");
}

}  // namespace
}  // namespace caseward::test

// `log resume` with the log in Kafka: a node that another has overtaken stops, and goes on when it is asked to.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/support/damage.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/program_under_test.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

grpc::Status Resume(const Program& program, uint32_t partition, const char* actor, v1::ResumePartitionResponse* out) {
  const auto stub = v1::AdminService::NewStub(program.Connect());
  v1::ResumePartitionRequest request;
  request.set_partition(partition);
  return stub->ResumePartition(Served::As(actor).get(), request, out);
}

TEST(ResumeInKafka, ANodeThatWasOvertakenGoesOnWhenAsked) {
  const TempFolder folder;
  const SharedTopics topics;
  const std::vector<std::string> there = {"--kafka", topics.options.bootstrap, "--kafka-prefix", topics.options.prefix};
  Program one(folder / "one", there);
  ASSERT_TRUE(one.serving());
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(one));
  {
    std::filesystem::create_directories(folder / "two");
    CopyTree(folder / "one/keys", folder / "two/keys");
    Program two(folder / "two", there);
    ASSERT_TRUE(two.serving());
    EXPECT_EQ(two.Terminate(), 0);
  }

  const auto cases = v1::CaseService::NewStub(one.Connect());
  grpc::Status status;
  Send(*cases, Report("r1"), kManager, &status);
  ASSERT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  v1::GetStatusResponse seen;
  ASSERT_TRUE(v1::AdminService::NewStub(one.Connect())->GetStatus(Served::As(kAdmin).get(), {}, &seen).ok());
  int stopped = -1;
  for (const v1::PartitionStatus& partition : seen.partitions()) {
    if (partition.condition() == "STOPPED") stopped = static_cast<int>(partition.partition());
  }
  ASSERT_GE(stopped, 0) << seen.ShortDebugString();
  const auto partition = static_cast<uint32_t>(stopped);

  v1::ResumePartitionResponse response;
  EXPECT_EQ(Resume(one, partition, kManager, &response).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  status = Resume(one, partition, kSystemAdmin, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.partition().condition(), "SERVING");
  EXPECT_TRUE(Send(*cases, Report("r1"), kManager, &status).outcome().has_accepted()) << status.error_message();
  status = Resume(one, partition, kSystemAdmin, &response);
  EXPECT_THAT(status.error_message(), HasSubstr("has not stopped"));
}

}  // namespace
}  // namespace caseward::test

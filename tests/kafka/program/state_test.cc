// State and log that do not belong together, with the log in Kafka: state that is behind is caught up; state of another
// log, ahead of the log, or of another history that began as this log, is refused by name and never mixed.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/log_copy.h"
#include "services/offline.h"
#include "storage/kafka/kafka_topics.h"
#include "tests/support/damage.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/program_under_test.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

// Serves `data` and reports so many cases.
void ServeAndReport(const std::string& data, const std::string& name, int cases,
                    const std::vector<std::string>& arguments = {}) {
  Program program(data, arguments);
  ASSERT_TRUE(program.serving());
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(program));
  const auto stub = v1::CaseService::NewStub(program.Connect());
  for (int i = 0; i < cases; ++i) {
    grpc::Status status;
    ASSERT_TRUE(Send(*stub, Report(absl::StrCat(name, "-", i)), kManager, &status).outcome().has_accepted())
        << status.error_message();
  }
  ASSERT_EQ(program.Terminate(), 0);
}

// Puts `state` in the place of the state of `data`.
void ReplaceState(const std::string& data, const std::string& state) {
  std::filesystem::remove_all(data + "/state");
  CopyTree(state, data + "/state");
}

// The digests of what the log in Kafka says, by rebuilding; and what `log digest` says of the folder as it is.
std::vector<std::string> Digests(const absl::StatusOr<std::vector<v1::PartitionDigest>>& digests) {
  EXPECT_TRUE(digests.ok()) << digests.status();
  std::vector<std::string> out;
  for (const v1::PartitionDigest& one : *digests)
    out.push_back(one.SerializeAsString());
  return out;
}

// The program refuses to serve `data`, and says so.
std::string RefusalToServe(const std::string& data, const std::vector<std::string>& arguments, const std::string& out) {
  std::string command = absl::StrCat(CASEWARD_PROGRAM, " serve --listen 127.0.0.1:0 --data ", data);
  for (const std::string& argument : arguments)
    absl::StrAppend(&command, " ", argument);
  const int status = std::system(absl::StrCat(command, " >", out, " 2>&1").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  return ReadBytes(out);
}

// The broker may speak of deleted topics for a moment.
void WaitUntilGone(const KafkaOptions& options) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (CountKafkaPartitions(options).value_or(1) != 0)
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the topics are still there";
}

TEST(StateAndLogInKafka, AreNeverMixed) {
  const TempFolder folder;
  SharedTopics topics;
  const std::vector<std::string> there = {"--kafka", topics.options.bootstrap, "--kafka-prefix", topics.options.prefix};
  const CopyTarget target = {topics.options.bootstrap, topics.options.prefix, ""};
  const std::string old = folder / "old";
  const std::string backup = folder / "backup";
  const std::string node = folder / "node";
  const std::string out = folder / "out";

  // A log that is moved to Kafka and goes on there, and a backup of it from before.
  ASSERT_NO_FATAL_FAILURE(ServeAndReport(old, "first", 8));
  CopyTree(old, backup);
  ASSERT_TRUE(CopyData({.data = old}, target).ok());
  std::filesystem::create_directories(node);
  CopyTree(old + "/keys", node + "/keys");
  ASSERT_NO_FATAL_FAILURE(ServeAndReport(node, "second", 1, there));
  CopyTree(node + "/state", folder / "behind");
  ASSERT_NO_FATAL_FAILURE(ServeAndReport(node, "third", 8, there));
  CopyTree(node + "/state", folder / "ahead");
  const std::vector<std::string> now = Digests(DigestData({.data = node}));

  // Behind: caught up.
  ReplaceState(node, folder / "behind");
  EXPECT_EQ(Digests(DigestData({.data = node})), now);

  // Of another log.
  ASSERT_NO_FATAL_FAILURE(ServeAndReport(folder / "stranger", "other", 1));
  ReplaceState(node, folder / "stranger/state");
  EXPECT_THAT(RefusalToServe(node, there, out), HasSubstr("the state is of log"));
  EXPECT_TRUE(absl::IsFailedPrecondition(DigestData({.data = node}).status()));

  // Ahead: the topics were restored from an older copy.
  // The feed too, which is made from them: it would tell of more than they hold, in whichever partition the cases were.
  std::vector<std::string> all = {kTopicNames.begin(), kTopicNames.end()};
  all.emplace_back(kFeedTopic);
  DeleteTopics(topics.options, all);
  WaitUntilGone(topics.options);
  ASSERT_TRUE(CopyData({.data = backup}, target).ok());
  ReplaceState(node, folder / "ahead");
  EXPECT_THAT(RefusalToServe(node, there, out), HasSubstr("the log lost its end"));
  EXPECT_TRUE(absl::IsFailedPrecondition(DigestData({.data = node}).status()));

  // And went another way since, further than the state had come.
  const std::string heir = folder / "heir";
  std::filesystem::create_directories(heir);
  CopyTree(backup + "/keys", heir + "/keys");
  for (const char* const name : {"fourth", "fifth", "sixth"})  // partition 0 grows with every claim
    ASSERT_NO_FATAL_FAILURE(ServeAndReport(heir, name, 5, there));
  EXPECT_THAT(RefusalToServe(node, there, out), HasSubstr("is not the one that the state has applied"));
  EXPECT_TRUE(absl::IsFailedPrecondition(DigestData({.data = node}).status()));

  // Rebuilt, on purpose, it is what the log says.
  EXPECT_EQ(Digests(RebuildData({.data = node})), Digests(DigestData({.data = heir})));
}

}  // namespace
}  // namespace caseward::test

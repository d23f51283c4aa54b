// The feed of the program itself, loaded and killed again and again, as a stranger reads it: equal to the redacted
// events of the log one to one, also when its topic was lost and is told anew.
#include <algorithm>
#include <random>
#include <thread>

#include "tests/support/feed_of_program.h"

namespace caseward::test {
namespace {

constexpr int kProgramKills = 3;

std::string Name(const KafkaOptions& options, uint32_t partition) {
  return options.prefix + ".* partition " + std::to_string(partition);
}

void CheckItem(const SeenMessage& seen, const v1::SubscribeResponse& item) {
  const v1::Position& at = item.position();
  const std::string id = at.log_id() + "/" + std::to_string(at.partition()) + "/" + std::to_string(at.sequence()) +
                         "/" + std::to_string(item.index());
  ASSERT_EQ(seen.headers.at("ce_id"), id);
  ASSERT_EQ(seen.headers.at("ce_position"), id);
  ASSERT_EQ(seen.headers.at("ce_type"), item.type());
  ASSERT_EQ(seen.headers.at("ce_feedform"), std::to_string(kFeedForm));
  ASSERT_EQ(seen.headers.at("ce_subject"), item.subject());
  ASSERT_EQ(seen.key, item.subject());
  ASSERT_EQ(seen.value, DeterministicBytes(item)) << id;
}

// The number of items.
size_t CheckFeedEqualsLog(const KafkaOptions& options, const std::string& log_id) {
  const StepLookup steps = StepsIn(LogSeenByAStranger(options, 0));
  size_t checked = 0;
  for (uint32_t partition = 0; partition < kProgramPartitions; ++partition) {
    const std::vector<v1::SubscribeResponse> expected = RedactedEvents(options, partition, log_id, steps);
    const std::vector<SeenMessage> seen =
        TopicReader(options.bootstrap).ReadAll(options.Topic(kFeedTopic), static_cast<int32_t>(partition));
    for (size_t i = 0; i < std::min(seen.size(), expected.size()); ++i) {
      CheckItem(seen[i], expected[i]);
      if (testing::Test::HasFatalFailure()) return 0;
    }
    EXPECT_EQ(seen.size(), expected.size()) << Name(options, partition);
    checked += seen.size();
  }
  return checked;
}

void LoadUntilKilled(Program& program, int round, std::mt19937_64& chance, Ledger& ledger) {
  std::vector<std::thread> clients;
  const size_t enough = ledger.acknowledged.size() + 20 + chance() % 150;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] { Load(program, "f" + std::to_string(round) + "-" + std::to_string(c), ledger); });
  }
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    std::this_thread::yield();
    std::lock_guard lock(ledger.mutex);
    if (ledger.acknowledged.size() >= enough) break;
  }
  program.Kill();
  for (std::thread& client : clients)
    client.join();
  EXPECT_GE(ledger.acknowledged.size(), enough);
}

TEST(KafkaFeedOfTheProgram, EqualsTheRedactedEventsOneToOneThroughKills) {
  const int seed = static_cast<int>(std::random_device{}() % 1'000'000);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 chance(static_cast<uint64_t>(seed));
  const TempFolder folder;
  const KafkaOptions options = LogInKafka(SharedBroker(), NewPrefix());
  const std::vector<std::string> arguments = {"--kafka", options.bootstrap, "--kafka-prefix", options.prefix};
  const auto start = [&] { return std::make_unique<Program>(folder / "data", arguments); };

  auto program = start();
  ASSERT_TRUE(program->serving());
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(*program));
  const std::string log_id = LogId(*program);
  Ledger ledger;
  for (int kill = 0; kill < kProgramKills; ++kill) {
    LoadUntilKilled(*program, kill, chance, ledger);
    const size_t dead = CheckFeedEqualsLog(options, log_id);  // as the dead program left it
    program = start();
    ASSERT_TRUE(program->serving()) << "after kill " << kill;
    EXPECT_GE(CheckFeedEqualsLog(options, log_id), dead);
  }
  const size_t items = CheckFeedEqualsLog(options, log_id);
  EXPECT_GE(items, ledger.acknowledged.size());

  // The topic is deleted by mistake: it is told anew, the same items; also by a node that finds the broker's address in
  // its folder.
  EXPECT_EQ(program->Terminate(), 0);
  DeleteTopics(options, {kFeedTopic});
  program = std::make_unique<Program>(folder / "data");
  ASSERT_TRUE(program->serving());
  EXPECT_EQ(CheckFeedEqualsLog(options, log_id), items);
  LoadUntilKilled(*program, kProgramKills, chance, ledger);
  EXPECT_GT(CheckFeedEqualsLog(options, log_id), items);
  RecordProperty("items", static_cast<int>(items));
  std::vector<std::string> topics(kTopicNames.begin(), kTopicNames.end());
  topics.emplace_back(kFeedTopic);
  DeleteTopics(options, topics);
}

}  // namespace
}  // namespace caseward::test

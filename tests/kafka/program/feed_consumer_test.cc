// The example of another system, docs/examples/feed_consumer, on its stock libraries: killed in the middle again and
// again while commands come in, it goes on each time and ends with every event of the feed once.
#include <set>
#include <sstream>
#include <thread>

#include "services/host/cloud_event.h"
#include "tests/support/feed_of_program.h"
#include "tests/support/shell.h"

namespace caseward::test {
namespace {

constexpr int kKills = 4;
constexpr size_t kBetweenKills = 40;  // events at least

// The example, running.
class Consumer {
 public:
  Consumer(const std::string& python, const std::string& gen, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {python, "docs/examples/feed_consumer/consumer.py"});
    std::vector<char*> argv;
    for (std::string& argument : arguments)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      setenv("PYTHONPATH", gen.c_str(), 1);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Consumer() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  bool running() { return pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0; }
  // Its exit code, once it ends by itself.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
};

// Until so many more commands were acknowledged.
void AwaitMore(Ledger& ledger, size_t more) {
  const auto count = [&] {
    std::lock_guard lock(ledger.mutex);
    return ledger.acknowledged.size();
  };
  const size_t enough = count() + more;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (count() < enough && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_GE(count(), enough);
}

// What the consumer has kept.
std::set<std::string> IdsIn(const std::string& python, const std::string& store) {
  const std::string out = OutputOf(python + " -c \"import sqlite3; print(*(row[0] for row in sqlite3.connect('" +
                                   store + "').execute('SELECT id FROM event')), sep='\\n')\" 2>/dev/null || true");
  std::istringstream lines(out);
  std::set<std::string> ids;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) ids.insert(line);
  }
  return ids;
}

TEST(KafkaFeedConsumer, TheExampleResumesAfterAnyKillWithoutGapOrRepeat) {
  const TempFolder folder;
  const std::string gen = folder / "gen";
  std::string python = OutputOf("tests/kafka/consumer_venv.sh " + gen);
  ASSERT_FALSE(python.empty()) << "the example's virtual environment was not made; it says above what it needed";
  python.pop_back();
  const KafkaOptions options = LogInKafka(SharedBroker(), NewPrefix());
  const std::vector<std::string> arguments = {"--kafka", options.bootstrap, "--kafka-prefix", options.prefix};
  auto program = std::make_unique<Program>(folder / "data", arguments);
  ASSERT_TRUE(program->serving());
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(*program));
  const std::string log_id = LogId(*program);

  const std::string store = folder / "store.sqlite";
  const std::vector<std::string> reading = {
      "--kafka", options.bootstrap, "--topic", options.Topic(kFeedTopic), "--store", store};
  Ledger ledger;
  std::vector<std::thread> clients;
  for (int c = 0; c < 2; ++c) {
    clients.emplace_back([&, c] { Load(*program, "c" + std::to_string(c), ledger); });
  }
  size_t kept = 0;
  for (int kills = 0; kills < kKills; ++kills) {
    Consumer consumer(python, gen, reading);
    const size_t enough = kept + kBetweenKills;
    for (const auto until = std::chrono::steady_clock::now() + kPatience;
         kept < enough && std::chrono::steady_clock::now() < until && consumer.running();) {
      kept = IdsIn(python, store).size();
    }
    EXPECT_GE(kept, enough) << "before kill " << kills;
    EXPECT_TRUE(consumer.running());
    consumer.Kill();
  }
  AwaitMore(ledger, 10);  // which it has not seen
  program->Kill();
  for (std::thread& client : clients)
    client.join();
  program = std::make_unique<Program>(folder / "data", arguments);
  ASSERT_TRUE(program->serving());

  std::set<std::string> expected;
  const StepLookup steps = StepsIn(LogSeenByAStranger(options, 0));
  for (uint32_t partition = 0; partition < kProgramPartitions; ++partition) {
    for (const v1::SubscribeResponse& item : RedactedEvents(options, partition, log_id, steps))
      expected.insert(CloudEventId(item));
  }
  EXPECT_LT(IdsIn(python, store).size(), expected.size()) << "the last kill was not in the middle";
  std::vector<std::string> to_the_end = reading;
  to_the_end.push_back("--stop-at-end");
  EXPECT_EQ(Consumer(python, gen, to_the_end).Wait(), 0);
  EXPECT_EQ(IdsIn(python, store), expected);
  // Told from its start again, nothing is taken twice.
  to_the_end.push_back("--from-start");
  EXPECT_EQ(Consumer(python, gen, to_the_end).Wait(), 0);
  EXPECT_EQ(IdsIn(python, store), expected);
  RecordProperty("events", static_cast<int>(expected.size()));
  program->Terminate();
  std::vector<std::string> topics(kTopicNames.begin(), kTopicNames.end());
  topics.emplace_back(kFeedTopic);
  DeleteTopics(options, topics);
}

}  // namespace
}  // namespace caseward::test

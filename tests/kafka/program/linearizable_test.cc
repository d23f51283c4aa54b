// What clients of one case see while its owners die, sleep and leave is what one copy would have shown them: every
// submit takes effect once between its call and its answer, and a LATEST read shows all before it. Judged by porcupine.
#include "gmock/gmock.h"
#include "tests/support/case_history.h"
#include "tests/support/fault_report.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

// Of client 0, one after the other: a report, then submits and reads as given ("s" or "r" and the version).
std::vector<SeenCall> OneAfterTheOther(const std::vector<std::string>& calls) {
  std::vector<SeenCall> history;
  int64_t now = 0;
  for (const std::string& call : calls) {
    SeenCall& seen = history.emplace_back(SeenCall{.case_id = "c", .submit = call[0] == 's', .call = now + 1});
    seen.answer = now += 2;
    if (call.size() > 1) seen.version = std::stoull(call.substr(1));
  }
  return history;
}

TEST(Linearizable, TheJudgeFindsAPlantedStaleRead) {
  EXPECT_EQ(JudgeHistory(OneAfterTheOther({"s1", "r1", "s2", "r2"})).exit, 0);
  EXPECT_EQ(JudgeHistory(OneAfterTheOther({"s1", "s", "r1", "r2", "s3"})).exit, 0) << "took effect after a while";
  EXPECT_EQ(JudgeHistory(OneAfterTheOther({"s1", "s", "r1", "s2"})).exit, 0) << "never took effect";
  const Verdict stale = JudgeHistory(OneAfterTheOther({"s1", "s2", "r1"}));
  EXPECT_EQ(stale.exit, 1);
  EXPECT_THAT(stale.said, HasSubstr("the 3 operations on case c are not linearizable"));
  EXPECT_EQ(JudgeHistory(OneAfterTheOther({"s1", "s", "r2", "r1"})).exit, 1) << "seen, then not";
  EXPECT_EQ(JudgeHistory(OneAfterTheOther({"s1", "s2", "s2"})).exit, 1) << "two commands decided upon one version";
  EXPECT_EQ(JudgeHistory(OneAfterTheOther({"s1", "r2"})).exit, 1) << "from nowhere";
  EXPECT_EQ(JudgeHistory({}).exit, 2) << "nothing to judge";
}

void KillAndStart(Nodes& nodes, size_t victim) {
  nodes.Kill(victim);
  EXPECT_TRUE(nodes.WaitUntilShared({1 - victim}));
  nodes.Start(victim);
}
void PauseAndWake(Nodes& nodes, size_t victim) {
  nodes.program(victim).Pause();
  EXPECT_TRUE(nodes.WaitUntilShared({1 - victim}));
  nodes.program(victim).Continue();
}
void StopAndStart(Nodes& nodes, size_t victim) {
  EXPECT_EQ(nodes.Terminate(victim), 0);
  EXPECT_TRUE(nodes.WaitUntilShared({1 - victim}));
  nodes.Start(victim);
}

// The calls of the case of whose calls the fewest have an outcome that nobody knows. To show that no order fits, the
// judge must try them all, and each unknown outcome doubles them.
std::vector<SeenCall> LeastUnknown(const std::vector<SeenCall>& history) {
  std::map<std::string, std::vector<SeenCall>> cases;
  std::map<std::string, int> unknown;
  for (const SeenCall& seen : history) {
    cases[seen.case_id].push_back(seen);
    unknown[seen.case_id] += seen.version ? 0 : 1;
  }
  const auto fewest = std::min_element(unknown.begin(), unknown.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return cases[fewest->first];
}

TEST(Linearizable, L9_SubmitsAndLatestReadsWhileOwnersDieSleepAndLeave) {
  FaultReport report("owner killed, paused and stopped; histories linearizable");
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  HistoryClients clients(nodes, 6, 4, 2);
  const int rounds = Takeovers(3);
  for (int round = 0; round < rounds; ++round) {
    const size_t victim = static_cast<size_t>(round) % 2;
    for (const auto fault : {KillAndStart, PauseAndWake, StopAndStart}) {
      ASSERT_TRUE(nodes.WaitUntilShared({0, 1})) << "round " << round;
      ASSERT_TRUE(clients.WaitFor(40)) << "round " << round;
      fault(nodes, victim);
      report.Ran();
      ASSERT_TRUE(clients.WaitFor(40)) << "round " << round;
      ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
    }
  }
  clients.Stop();
  std::vector<SeenCall> history = clients.history();
  const Verdict verdict = JudgeHistory(history);
  EXPECT_EQ(verdict.exit, 0) << verdict.said;
  std::printf("porcupine: %s", verdict.said.c_str());
  CheckLogInKafka(SharedBroker(), nodes.prefix(), clients.ledger());

  // The same history of a case with one stale read in it is found out.
  std::vector<SeenCall> of_case = LeastUnknown(history);
  const auto newest = std::max_element(of_case.begin(), of_case.end(), [](const SeenCall& a, const SeenCall& b) {
    return a.version.value_or(0) < b.version.value_or(0);
  });
  SeenCall stale = *newest;
  stale.submit = false;
  stale.client = 99;
  stale.version = *newest->version - 1;
  stale.call = Nanoseconds();
  stale.answer = stale.call + 1;
  of_case.push_back(stale);
  EXPECT_EQ(JudgeHistory(of_case).exit, 1);
}

}  // namespace
}  // namespace caseward::test

// Commands by topic on a real broker: decided once and answered once, whatever record it is, whoever dies meanwhile,
// and whatever is done to the topic.
#include <algorithm>

#include "engine/base/text.h"
#include "gmock/gmock.h"
#include "storage/kafka/kafka_topics.h"
#include "tests/support/by_topic.h"
#include "tests/support/fault_report.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/load_on_nodes.h"
#include "tests/support/shell.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint32_t kPartitionsHere = 4;  // of a Program

// One program on topics of its own.
class IntakeInProgram : public testing::Test {
 protected:
  void SetUp() override {
    Start();
    ASSERT_NO_FATAL_FAILURE(PublishPolicy(*program_));
  }
  void TearDown() override {
    program_.reset();
    DeleteTopics(options(), {kFeedTopic});
  }
  void Start() {
    program_ = std::make_unique<Program>(
        folder_ / "data", std::vector<std::string>{"--kafka", options().bootstrap, "--kafka-prefix", options().prefix});
    ASSERT_TRUE(program_->serving());
  }
  const KafkaOptions& options() const { return topics_.options; }
  OutsideSystem& outside() { return outside_; }
  v1::PartitionStatus Status(uint32_t partition) {
    v1::GetStatusResponse status;
    const grpc::Status got =
        v1::AdminService::NewStub(program_->Connect())->GetStatus(Served::As(kAdmin).get(), {}, &status);
    EXPECT_TRUE(got.ok()) << got.error_message();
    return got.ok() ? status.partitions(static_cast<int>(partition)) : v1::PartitionStatus();
  }
  bool AwaitIntake(uint32_t partition, const std::string& condition) {
    return WaitUntil([&] { return Status(partition).intake() == condition; });
  }
  grpc::Status AcceptFrom(uint32_t partition, uint64_t offset, const char* actor) {
    v1::ResumePartitionRequest request;
    request.set_partition(partition);
    request.set_accept_intake_from(offset);
    v1::ResumePartitionResponse response;
    return v1::AdminService::NewStub(program_->Connect())->ResumePartition(Served::As(actor).get(), request, &response);
  }
  v1::Outcome ByCall(const v1::Command& command) {
    grpc::Status status;
    const v1::SubmitResponse response =
        Send(*v1::CaseService::NewStub(program_->Connect()), command, kManager, &status);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.outcome();
  }
  // A report that is at home in a partition, by its name: as the program itself says.
  std::string NameAtHomeIn(uint32_t partition) {
    for (int i = 0;; ++i) {
      std::string name = StrCat("probe-", partition, "-", i);
      if (ByCall(Report(name)).position().partition() == partition) return name;
    }
  }

  const TempFolder folder_;
  const SharedTopics topics_;
  OutsideSystem outside_{topics_.options.bootstrap, topics_.options.prefix, kPartitionsHere};
  std::unique_ptr<Program> program_;
};

TEST_F(IntakeInProgram, WhateverIsPutThereIsAnsweredOnceAndTheCheckerAgrees) {
  // Reports on every partition: those that are not at home there find it.
  for (uint32_t partition = 0; partition < kPartitionsHere; ++partition)
    outside().Put(partition, ByTopic(Report(StrCat("r", partition))));
  std::map<std::string, v1::IntakeOutcome> by_id;
  for (const v1::IntakeOutcome& outcome : outside().AwaitOutcomes(kPartitionsHere)) {
    EXPECT_TRUE(outcome.outcome().has_accepted()) << outcome.ShortDebugString();
    by_id[outcome.command_id()] = outcome;
  }
  EXPECT_EQ(by_id.size(), kPartitionsHere);
  // Nothing is at home in partition 0 but the directory, so one of them was moved.
  EXPECT_TRUE(by_id["r0"].has_moved_from());
  EXPECT_EQ(by_id["r0"].moved_from().partition(), 0u);
  EXPECT_NE(by_id["r0"].partition(), 0u);

  // JSON, of a case; the same again; a refusal; another command under a known id; no such case.
  const std::string id = by_id["r1"].outcome().stream();
  const uint32_t home = by_id["r1"].partition();
  outside().Put(home, {.key = id,
                       .value = StrCat(R"({"command_id": "json-1", "case_id": ")", id,
                                       R"(", "triage_case": {"case_type": "noise"}})"),
                       .headers = {{"content-type", "application/json"}, {"caseward-actor", kManager}}});
  outside().Put(home, ByTopic(Report("r1")));
  outside().Put(home, ByTopic(ProposeClosure("close-1", id)));
  v1::Command other = Report("r1");
  other.set_channel("letter");
  outside().Put(home, ByTopic(other));
  // Bytes that are none, too many of them, nobody's, and by somebody whom nobody knows how to read.
  outside().Put(home, {.key = std::nullopt, .value = "\xff\xfe", .headers = {{"caseward-actor", kManager}}});
  v1::Command large = Report("large");
  large.mutable_report_case()->mutable_account()->set_text(std::string(300 << 10, 'x'));
  outside().Put(home, ByTopic(large));
  outside().Put(
      home,
      {.key = std::nullopt, .value = std::string((8 << 20) - 200, 'x'), .headers = {{"caseward-actor", kManager}}});
  outside().Put(home, ByTopic(Report("nobody"), ""));

  std::map<std::string, v1::IntakeOutcome> later;
  std::vector<int> faults;
  for (const v1::IntakeOutcome& outcome : outside().AwaitOutcomes(kPartitionsHere + 8)) {
    if (outcome.has_fault()) faults.push_back(outcome.fault().code());
    if (outcome.offset() > by_id["r1"].offset() && outcome.partition() == home) later[outcome.command_id()] = outcome;
  }
  EXPECT_TRUE(later["json-1"].outcome().has_accepted()) << later["json-1"].ShortDebugString();
  EXPECT_EQ(later["close-1"].outcome().refusal().rule(), "S-1");
  EXPECT_THAT(faults, testing::UnorderedElementsAre(3, 3, 3, 6, 16));
  EXPECT_EQ(outside().Rejects().size(), 4u);
  EXPECT_EQ(ByCall(Report("r1")).position().sequence(), by_id["r1"].outcome().position().sequence())
      << "the first outcome, by whichever door";
  EXPECT_EQ(Status(home).intake(), "OPEN");
  CheckLogInKafka(options().bootstrap, options().prefix, {});
}

TEST_F(IntakeInProgram, TheExampleSendsAndReadsOutcomes) {
  const std::string gen = folder_ / "gen";
  std::string python = OutputOf("tests/kafka/consumer_venv.sh " + gen);
  ASSERT_FALSE(python.empty()) << "the example's virtual environment was not made; it says above what it needed";
  python.pop_back();
  const std::string run = "PYTHONPATH=" + gen + " " + python + " docs/examples/command_sender/sender.py --kafka " +
                          options().bootstrap + " --prefix " + options().prefix + " --actor '" + kManager + "'";
  const std::string report = R"({"command_id": "py-1", "channel": "email", "report_case": {"case_type": "noise"}})";
  const std::string none = R"({"command_id": "py-2", "channel": "Not A Channel", "report_case": {}})";

  const std::string first = OutputOf("printf '%s\\n' '" + report + "' '" + none + "' | " + run);
  EXPECT_THAT(first, HasSubstr(R"("command_id": "py-1", "result": "accepted", "stream": "C-)"));
  EXPECT_THAT(first, HasSubstr(R"("command_id": "py-2", "result": "fault", "code": 3)"));
  const std::string again = OutputOf("printf '%s\\n' '" + report + "' | " + run);
  EXPECT_THAT(again, HasSubstr(R"("replayed": true)"));
  CheckLogInKafka(options().bootstrap, options().prefix, {});
}

TEST_F(IntakeInProgram, WhatRetentionTookStopsTheIntakeAloneUntilAPersonAcceptsTheLoss) {
  FaultReport report("intake older than its retention");
  const std::string name = NameAtHomeIn(1);
  outside().Put(1, ByTopic(Report(name)));
  outside().AwaitOutcomes(1);
  program_->Kill();
  uint64_t last = 0;
  for (int i = 0; i < 3; ++i)
    last = outside().Put(1, ByTopic(Report(StrCat("late-", i))));
  DeleteRecordsBefore(options().bootstrap, options().Topic(kCommandsTopic), 1, last);
  ASSERT_NO_FATAL_FAILURE(Start());
  report.Ran();

  ASSERT_TRUE(AwaitIntake(1, "STOPPED"));
  EXPECT_THAT(Status(1).intake_why(), HasSubstr(StrCat("but the topic begins at ", last)));
  EXPECT_EQ(Status(1).condition(), "SERVING");
  EXPECT_TRUE(ByCall(Report("by-call")).has_accepted());
  EXPECT_EQ(Status(2).intake(), "OPEN");

  EXPECT_EQ(AcceptFrom(1, last, kManager).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const grpc::Status nowhere = AcceptFrom(1, last - 1, kSystemAdmin);
  EXPECT_EQ(nowhere.error_code(), grpc::StatusCode::OUT_OF_RANGE) << nowhere.error_message();
  EXPECT_THAT(nowhere.error_message(), HasSubstr(StrCat("from ", last, " to ")));
  const grpc::Status accepted = AcceptFrom(1, last, kSystemAdmin);
  ASSERT_TRUE(accepted.ok()) << accepted.error_message();
  ASSERT_TRUE(AwaitIntake(1, "OPEN"));
  EXPECT_TRUE(outside().OutcomeOf("late-2", 2).outcome().has_accepted());
  EXPECT_THAT(AcceptFrom(1, last + 1, kSystemAdmin).error_message(), HasSubstr("found it OPEN"));
  CheckLogInKafka(options().bootstrap, options().prefix, {});
}

TEST_F(IntakeInProgram, ATopicThatIsDeletedAndMadeAnewStopsTheIntakeAlone) {
  FaultReport report("topic of commands deleted and made anew");
  for (int i = 0; i < 3; ++i)
    outside().Put(1, ByTopic(Report(NameAtHomeIn(1))));
  outside().AwaitOutcomes(3);
  DeleteTopics(options(), {kCommandsTopic});
  report.Ran();
  EXPECT_TRUE(ByCall(Report("meanwhile")).has_accepted());
  ASSERT_TRUE(EnsureKafkaTopics(options(), kPartitionsHere, /*create=*/true).ok());
  OutsideSystem anew(options().bootstrap, options().prefix, kPartitionsHere);
  // More than there were before: offsets alone would not tell.
  for (int i = 0; i < 6; ++i)
    anew.Put(1, ByTopic(Report(StrCat("new-", i))));
  program_->Kill();
  ASSERT_NO_FATAL_FAILURE(Start());

  ASSERT_TRUE(AwaitIntake(1, "STOPPED")) << Status(1).ShortDebugString();
  EXPECT_THAT(Status(1).intake_why(), HasSubstr("made anew"));
  EXPECT_EQ(Status(1).condition(), "SERVING");
  EXPECT_TRUE(ByCall(Report("by-call")).has_accepted());
  EXPECT_THAT(OutputOf(StrCat(CASEWARD_PROGRAM, " log resume 1 --accept-intake-from 0 --server ", program_->address(),
                              " --actor '", kSystemAdmin, "'")),
              HasSubstr("The intake of partition 1 goes on from offset 0. That what lay before it is given up"));
  EXPECT_EQ(outside().AwaitOutcomes(3 + 6).size(), 9u);
  EXPECT_EQ(Status(1).intake(), "OPEN");
}

TEST(IntakeOnNodes, L3_L5_EachCommandByTopicIsTakenOnceThoughOwnersDieUnderLoad) {
  FaultReport report("owner killed under load by topic");
  const int takeovers = Takeovers(4);
  Nodes nodes(2);
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  const OutsideSystem outside(nodes.broker(), nodes.prefix(), kNodePartitions);
  std::map<std::string, Acknowledged> ledger;
  std::set<std::string> ids;
  for (int round = 0; round < takeovers; ++round) {
    const size_t victim = static_cast<size_t>(round) % 2;
    ASSERT_TRUE(nodes.WaitUntilShared({0, 1})) << "round " << round;
    LoadByTopic by_topic(nodes.broker(), nodes.prefix(), kNodePartitions, round);
    LoadOnNodes by_call(nodes, round);
    ASSERT_TRUE(by_topic.WaitFor(40)) << "round " << round;
    nodes.Kill(victim);
    report.Ran();
    ASSERT_TRUE(nodes.WaitUntilShared({1 - victim})) << "round " << round;
    ASSERT_TRUE(by_topic.WaitFor(20) && by_call.WaitFor(10)) << "round " << round;
    nodes.Start(victim);
    by_topic.Stop();
    by_call.Stop();
    ledger.insert(by_call.ledger.begin(), by_call.ledger.end());
    ids.insert(by_topic.ids().begin(), by_topic.ids().end());
  }
  std::set<std::string> answered;
  EXPECT_TRUE(WaitUntil([&] {
    answered.clear();
    for (const v1::IntakeOutcome& outcome : outside.Outcomes()) {
      if (outcome.outcome().has_accepted()) answered.insert(outcome.command_id());
    }
    return answered == ids;
  })) << answered.size()
      << " of " << ids.size() << " commands by topic were answered";
  const std::vector<std::string> digests = nodes.DigestsAtRest();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0], digests[1]);
  CheckLogInKafka(nodes.broker(), nodes.prefix(), ledger);
}

class IntakeHops : public testing::TestWithParam<KilledAt> {};

TEST_P(IntakeHops, L3_TheHeirReadsOnWhereTheLogSays) {
  FaultReport report(StrCat("owner killed by itself under load by topic: ", std::string(GetParam().name)));
  const ProgramImage crashing{.path = CASEWARD_CRASHING_NODE,
                              .environment = {std::string("CASEWARD_CRASH_AT=") + GetParam().crash_at}};
  Nodes nodes({{.broker = "", .data = "", .image = crashing}, {}}, {});
  ASSERT_TRUE(nodes.WaitUntilShared({0, 1}));
  ASSERT_NO_FATAL_FAILURE(PublishPolicy(nodes));
  const OutsideSystem outside(nodes.broker(), nodes.prefix(), kNodePartitions);
  LoadByTopic load(nodes.broker(), nodes.prefix(), kNodePartitions, 0);
  ASSERT_TRUE(load.WaitFor(20));
  nodes.program(0).Signal(SIGUSR1);
  ASSERT_EQ(nodes.WaitUntilDead(0), SIGKILL);
  report.Ran();
  EXPECT_TRUE(nodes.WaitUntilShared({1}));
  EXPECT_TRUE(load.WaitFor(20));
  load.Stop();
  EXPECT_TRUE(WaitUntil([&] {
    std::set<std::string> answered;
    for (const v1::IntakeOutcome& outcome : outside.Outcomes()) {
      if (outcome.outcome().has_accepted()) answered.insert(outcome.command_id());
    }
    return answered == load.ids();
  }));
  nodes.DigestsAtRest();
  CheckLogInKafka(nodes.broker(), nodes.prefix(), {});
}

INSTANTIATE_TEST_SUITE_P(Some, IntakeHops,
                         testing::Values(KilledAt{"BeforeProduce", "append:5:0"},
                                         KilledAt{"BetweenProduceAndCommit", "append:5:1500"},
                                         KilledAt{"InCommit", "append:5:4000"},
                                         KilledAt{"BetweenCommitAndApply", "apply:5:0"}),
                         [](const testing::TestParamInfo<KilledAt>& one) { return one.param.name; });

}  // namespace
}  // namespace caseward::test

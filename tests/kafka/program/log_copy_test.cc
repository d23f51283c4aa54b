// `caseward log copy`: an embedded history comes to Kafka whole or not at all. Broken off at any point, by SIGKILL, and
// run again; refused where it would lose something, mix two logs, or give one log two futures.
#include <sys/wait.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "engine/partition/merkle.h"
#include "gmock/gmock.h"
#include "services/log_copy.h"
#include "storage/data_folder.h"
#include "storage/kafka/kafka_event_log.h"
#include "storage/log_db.h"
#include "tests/support/damage.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/program_under_test.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

constexpr uint32_t kSenders = 3;
constexpr uint64_t kRecords = 1800;  // a few rounds of copying each
constexpr uint64_t kTerm = 7;        // higher than a new log in Kafka would come to by itself

std::string CommitTo(EventLog& log, uint32_t partition, Round round) {
  std::promise<AppendResult> done;
  log.AppendRound(partition, std::move(round), [&](AppendResult result) { done.set_value(std::move(result)); });
  const AppendResult result = done.get_future().get();
  EXPECT_EQ(result.kind, AppendResult::Kind::kCommitted) << result.why;
  return result.why.ToString();
}

std::string ReadAll(EventLog& log, uint32_t partition) {
  std::string out;
  const absl::Status read = log.ReadFrom(partition, 0, [&](uint64_t sequence, std::string_view raw) {
    absl::StrAppend(&out, sequence, ":", raw.size(), ":");
    out += raw;
    return true;
  });
  EXPECT_TRUE(read.ok()) << read;
  return out;
}

std::string ReadWaiting(EventLog& log, uint32_t partition) {
  std::string out;
  const auto messages = log.ReadInbox(partition, {}, 1000);
  EXPECT_TRUE(messages.ok()) << messages.status();
  for (const InboundMessage& m : *messages)
    absl::StrAppend(&out, m.from_partition, "/", m.from_sequence, "/", m.n, " ", m.command, "\n");
  return out;
}

// A folder with a history that nobody served: long enough to be broken off in, with signed heads, messages that wait,
// and keys, some of them destroyed.
class MadeHistory {
 public:
  MadeHistory() {
    DataFolderOptions options;
    options.path = path();
    options.partitions = kSenders;
    auto folder = DataFolder::Open(options);
    if (!folder.ok()) {
      ADD_FAILURE() << folder.status();
      std::abort();
    }
    log_id_ = (*folder)->format().log_id;
    EventLog& log = (*folder)->log();
    for (uint32_t partition = 0; partition < kSenders; ++partition) {
      uint64_t term = 0;
      while (term < kTerm)
        term = log.Claim(partition, "owner").value_or(kTerm);
      MerkleFrontier tree;
      Round round{term, 0, {}, {}, {}};
      for (uint64_t sequence = 0; sequence < kRecords; ++sequence)
        round.records.push_back(Record(**folder, partition, sequence, tree));
      for (const uint64_t sender : {0, 700, 701, 1799})
        round.messages.push_back({(partition + 1) % kSenders, sender, 1, absl::StrCat("from ", partition)});
      for (int key = 0; key < 1500; ++key)
        round.keys.push_back({absl::StrCat("x/", partition, "/", key), absl::StrCat("wrapped ", key)});
      CommitTo(log, partition, std::move(round));
      CommitTo(log, partition, {term, kRecords, {}, {}, {{absl::StrCat("x/", partition, "/9"), ""}}});
    }
  }
  std::string path() const { return folder_ / "data"; }
  const std::string& log_id() const { return log_id_; }

 private:
  static std::string Record(DataFolder& folder, uint32_t partition, uint64_t sequence, MerkleFrontier& tree) {
    v1::Decision decision;
    decision.set_format(1);
    decision.set_term(kTerm);
    decision.set_partition(partition);
    decision.set_sequence(sequence);
    if (sequence == 0) {
      decision.mutable_genesis()->set_log_id(folder.format().log_id);
      decision.mutable_genesis()->set_partitions(kSenders);
    } else if (sequence % 600 == 599) {
      v1::HeadSigned& head = *decision.mutable_accepted()->add_events()->mutable_head_signed();
      head.set_tree_size(tree.size());
      head.set_root(std::string(AsBytes(tree.Root(MachineHasher()))));
      head.set_key_id(folder.vault().signing_key_id());
      const std::string bytes = HeadBytes(folder.format().log_id, partition, head.tree_size(), head.root());
      head.set_signature(folder.vault().Sign(bytes).value_or(""));
    } else {
      decision.mutable_intake_noted()->set_why(std::string(sequence % 97, 'x'));
    }
    std::string raw = decision.SerializeAsString();
    tree.Append(MachineHasher(), raw);
    return raw;
  }

  TempFolder folder_;
  std::string log_id_;
};

// Topics of the test's own; the log in them, as a node without options of its own finds it.
class CopyTo {
 public:
  CopyTo() {
    topics_.options.partitions = 0;
    topics_.options.log_id = "";
    topics_.options.create = false;
  }
  CopyTarget target() const { return {topics_.options.bootstrap, topics_.options.prefix, ""}; }
  std::vector<std::string> arguments() const {
    return {"--kafka", topics_.options.bootstrap, "--kafka-prefix", topics_.options.prefix};
  }
  const KafkaOptions& options() const { return topics_.options; }
  absl::StatusOr<std::unique_ptr<KafkaEventLog>> Open() const { return KafkaEventLog::Open(topics_.options); }

 private:
  SharedTopics topics_;
};

// Copies in a process of its own, which dies as by SIGKILL once `share` of the steps are done. True: it died there.
bool CopyAndDie(const std::string& data, const CopyTarget& to, double share) {
  const pid_t child = fork();
  if (child == 0) {
    const auto report = CopyData({.data = data}, to, [&](uint64_t done, uint64_t of) {
      if (static_cast<double>(done) >= share * static_cast<double>(of)) kill(getpid(), SIGKILL);
    });
    _exit(report.ok() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(LogCopy, IsGoneOnWithWhereItWasBrokenOffAndIsWholeAtTheEnd) {
  const MadeHistory history;
  const CopyTo there;
  // While it is verified; while records are copied, at three places; while the copy is verified.
  for (const double share : {0.2, 0.42, 0.45, 0.61, 0.9}) {
    ASSERT_TRUE(CopyAndDie(history.path(), there.target(), share)) << share;
    if (share < 0.4) continue;
    const absl::Status half = there.Open().status();
    EXPECT_TRUE(absl::IsFailedPrecondition(half)) << half;
    EXPECT_THAT(half.message(), HasSubstr("is not whole"));
  }
  const auto report = CopyData({.data = history.path()}, there.target());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->found, kSenders * kRecords);
  EXPECT_EQ(report->messages, kSenders * 4);
  EXPECT_EQ(report->keys, kSenders * 1500);
  for (const VerifiedPartition& one : report->partitions)
    EXPECT_EQ(one.heads, 3u);

  const auto copy = there.Open();
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->log_id(), history.log_id());
  DataFolderOptions source;
  source.path = history.path();
  source.read_only = true;
  const auto folder = DataFolder::Open(source);
  ASSERT_TRUE(folder.ok()) << folder.status();
  for (uint32_t partition = 0; partition < kSenders; ++partition) {
    EXPECT_EQ(ReadAll(**copy, partition), ReadAll((*folder)->log(), partition));
    EXPECT_EQ(ReadWaiting(**copy, partition), ReadWaiting((*folder)->log(), partition));
    EXPECT_EQ((*copy)->ReadKey(absl::StrCat("x/", partition, "/8"))->value_or(""), "wrapped 8");
    EXPECT_EQ(*(*copy)->ReadKey(absl::StrCat("x/", partition, "/9")), std::nullopt);
    const absl::StatusOr<uint64_t> term = (*copy)->Claim(partition, "heir");
    ASSERT_TRUE(term.ok()) << term.status();
    EXPECT_GT(*term, kTerm) << "its records would look stale";
    // A destroyed key never comes back, there neither.
    std::promise<AppendResult> done;
    (*copy)->AppendRound(partition, {*term, kRecords, {}, {}, {{absl::StrCat("x/", partition, "/9"), "again"}}},
                         [&](AppendResult result) { done.set_value(std::move(result)); });
    EXPECT_TRUE(absl::IsAborted(done.get_future().get().why));
  }
}

TEST(LogCopy, AnAlteredRecordIsNamedAndNothingIsCopied) {
  const MadeHistory history;
  const CopyTo there;
  {
    const auto db = LogDb::Open(history.path() + "/log", LogDb::Mode::kReadWrite, false);
    ASSERT_TRUE(db.ok()) << db.status();
    v1::Decision altered;
    altered.set_format(1);
    altered.set_term(kTerm);
    altered.set_partition(1);
    altered.set_sequence(300);
    altered.mutable_intake_noted()->set_why("nothing happened");
    (*db)->PutRecord(1, 300, altered.SerializeAsString());
    ASSERT_TRUE((*db)->Commit(true).ok());
  }
  const absl::Status refused = CopyData({.data = history.path()}, there.target()).status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("log partition 1 record 599"));
  EXPECT_TRUE(absl::IsNotFound(there.Open().status())) << there.Open().status();
}

TEST(LogCopy, AnotherLogOrOneThatWentItsOwnWayIsRefused) {
  const MadeHistory history;
  const MadeHistory stranger;
  const CopyTo there;
  ASSERT_TRUE(CopyData({.data = history.path()}, there.target()).ok());

  const absl::Status other = CopyData({.data = stranger.path()}, there.target()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_THAT(other.message(), HasSubstr(absl::StrCat("expected log ", stranger.log_id())));
  EXPECT_THAT(other.message(), HasSubstr(absl::StrCat("found log ", history.log_id())));

  // Again, with nothing left to do, is no error.
  const auto again = CopyData({.data = history.path()}, there.target());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->copied, 0u);

  const auto copy = there.Open();
  ASSERT_TRUE(copy.ok()) << copy.status();
  const absl::StatusOr<uint64_t> term = (*copy)->Claim(2, "heir");
  ASSERT_TRUE(term.ok()) << term.status();
  CommitTo(**copy, 2, {*term, kRecords, {"what came after"}, {}, {}});
  const absl::Status grown = CopyData({.data = history.path()}, there.target()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(grown)) << grown;
  EXPECT_THAT(grown.message(), HasSubstr("partition 2 holds 1801 records, the folder 1800"));

  // Nor does the folder go anywhere else.
  CopyTarget elsewhere = there.target();
  elsewhere.prefix = NewPrefix();
  EXPECT_THAT(CopyData({.data = history.path()}, elsewhere).status().message(), HasSubstr("was copied to topics"));
}

// Runs the program and gives its exit code; what it wrote goes to `out`.
int RunCaseward(const std::string& arguments, const std::string& out) {
  const std::string command = absl::StrCat(CASEWARD_PROGRAM, " ", arguments, " >", out, " 2>&1");
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(LogCopy, ServingGoesOnInKafkaAndNoMoreInTheFolder) {
  const TempFolder folder;
  const CopyTo there;
  const std::string before = folder / "before";
  const std::string after = folder / "after";
  const std::string out = folder / "out";
  const v1::Command visit = Report("copied-1");
  Acknowledged acknowledged;
  {
    Program program(before);
    ASSERT_TRUE(program.serving());
    ASSERT_NO_FATAL_FAILURE(PublishPolicy(program));
    const auto stub = v1::CaseService::NewStub(program.Connect());
    grpc::Status status;
    acknowledged = From(Send(*stub, visit, kManager, &status).outcome());
    ASSERT_TRUE(status.ok()) << status.error_message();
    for (int i = 0; i < 20; ++i) {
      const std::string id = absl::StrCat("more-", i);
      const v1::SubmitResponse reported = Send(*stub, Report(id), kManager, &status);
      ASSERT_TRUE(reported.outcome().has_accepted()) << reported.ShortDebugString();
      ASSERT_TRUE(Send(*stub, Visit(id + "-visit", reported.outcome().stream(), "All was quiet."), kManager, &status)
                      .has_outcome());
    }
    EXPECT_EQ(program.Terminate(), 0);
  }
  const auto digest = DigestData({.data = before});
  ASSERT_TRUE(digest.ok()) << digest.status();

  const std::string copy = absl::StrCat("log copy --data ", before, " --to ", there.options().bootstrap,
                                        " --kafka-prefix ", there.options().prefix);
  ASSERT_EQ(RunCaseward(copy, out), 0) << ReadBytes(out);
  EXPECT_THAT(ReadBytes(out), HasSubstr("Every record, key and message is there as it was."));

  // The folder can be looked at, and not served.
  EXPECT_EQ(RunCaseward("serve --listen 127.0.0.1:0 --data " + before, out), 1);
  EXPECT_THAT(ReadBytes(out), HasSubstr("goes on there"));
  EXPECT_EQ(RunCaseward("log verify --data " + before, out), 0) << ReadBytes(out);

  // A new folder, with the keys of the old one, has the same state.
  std::filesystem::create_directories(after);
  CopyTree(before + "/keys", after + "/keys");
  {
    DataFolderOptions options;
    options.path = after;
    options.kafka = there.options();
    const auto opened = DataFolder::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
  }
  const auto moved = DigestData({.data = after});
  ASSERT_TRUE(moved.ok()) << moved.status();
  ASSERT_EQ(moved->size(), digest->size());
  for (size_t p = 0; p < digest->size(); ++p)
    EXPECT_EQ((*moved)[p].SerializeAsString(), (*digest)[p].SerializeAsString()) << "partition " << p;

  Program program(after, there.arguments());
  ASSERT_TRUE(program.serving());
  const auto stub = v1::CaseService::NewStub(program.Connect());
  grpc::Status status;
  const v1::SubmitResponse again = Send(*stub, visit, kManager, &status);
  EXPECT_TRUE(again.outcome().replayed()) << status.error_message() << again.ShortDebugString();
  EXPECT_EQ(From(again.outcome()), acknowledged);
  EXPECT_TRUE(Send(*stub, Report("new-1"), kManager, &status).outcome().has_accepted()) << status.error_message();
  EXPECT_EQ(program.Terminate(), 0);
  EXPECT_EQ(RunCaseward("log verify --data " + after, out), 0) << ReadBytes(out);
}

}  // namespace
}  // namespace caseward::test

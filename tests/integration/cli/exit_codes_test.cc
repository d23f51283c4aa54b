// 0 done, 1 fault, 2 wrong usage, 3 refused by a rule; and bad input is named.
#include <gmock/gmock.h>

#include <fstream>

#include "storage/local_key_vault.h"
#include "tests/integration/cli/cli_fixture.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;
using ExitCodes = CliTest;

TEST_F(ExitCodes, WrongUsageIsTwo) {
  EXPECT_EQ(RunCli({}).exit, 2);
  EXPECT_EQ(RunCli({"case"}).exit, 2);
  EXPECT_EQ(RunCli({"case", "sing"}).exit, 2);
  EXPECT_EQ(RunCli({"case", "show"}).exit, 2);
  EXPECT_EQ(RunCli({"case", "list", "--phase", "sleeping", "--server", "127.0.0.1:1"}).exit, 2);
  const Ran due = RunCli(
      {"calendar", "due", "--calendar", "england_and_wales", "--from", "2026-04-02", "--within", "5 working_days"});
  EXPECT_EQ(due.exit, 2);
  EXPECT_THAT(due.err, HasSubstr("--from: expected an RFC 3339 instant"));
}

TEST_F(ExitCodes, NoServerIsAFaultThatSaysHowToStartOne) {
  const Ran ran = RunCli({"case", "list", "--server", "127.0.0.1:1"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("expected a server at 127.0.0.1:1"));
  EXPECT_THAT(ran.err, HasSubstr("caseward serve"));
}

TEST_F(ExitCodes, AnUnknownCalendarListsTheKnown) {
  const Ran ran = RunCli(
      {"calendar", "due", "--calendar", "atlantis", "--from", "2026-04-02T16:00:00Z", "--within", "1 working_day"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("england_and_wales, netherlands"));
}

TEST_F(ExitCodes, CalendarDueSaysWhyEachDayCounts) {
  const Ran ran = RunCli({"calendar", "due", "--calendar", "england_and_wales", "--from", "2026-04-02T16:00:00Z",
                          "--within", "1 working_day"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Good Friday"));
  EXPECT_THAT(ran.out, HasSubstr("Easter Monday"));
  EXPECT_THAT(ran.out, HasSubstr("Due before 2026-04-07T23:00:00Z"));
}

TEST_F(ExitCodes, ARefusalIsThreeAndSaysRuleClauseMissingAndUnblock) {
  StartServer();
  PublishHousing();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(RunCli({"submit", "--quiet", "docs/examples/first_case.jsonl"}).exit, 0);

  const Ran ran = RunCli({"submit", "--pretty"},
                         R"({"actor":"mo; roles=case_manager","command":{"command_id":"x1","channel":"phone",)"
                         R"("report_case":{"case_type":"anti_social_behaviour"}}}
                            {"actor":"mo; roles=case_manager","command":{"command_id":"x2","case_id":"@x1","triage_case":{"priority":"PRIORITY_P3"}}})");

  EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("refused by R-09.1  (Model ASB and Hate Policy 1.3)"));
  EXPECT_THAT(ran.out, HasSubstr("missing  hate_perceived"));
  EXPECT_THAT(ran.out, HasSubstr("unblock  Ask the resident"));
}

TEST_F(ExitCodes, BadInputOfSubmitIsNamed) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  const Ran unreadable = RunCli({"submit"}, "\n{\"command_id\": \"a\", \"close_the_case\": {}}\n");
  EXPECT_EQ(unreadable.exit, 1);
  EXPECT_THAT(unreadable.err, HasSubstr("standard input:2: expected Command as JSON"));
  const Ran nowhere = RunCli({"submit"}, R"({"command_id": "b", "case_id": "@never", "close_case": {}})");
  EXPECT_EQ(nowhere.exit, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("not sent, because nothing earlier opened"));
  const Ran unknown = RunCli({"submit"}, R"({"command_id": "c", "case_id": "C-01-ABCDEF-ABCDEF-0", "close_case": {}})");
  EXPECT_EQ(unknown.exit, 1) << unknown.out;
  const Ran missing = RunCli({"submit", "no-such-file.jsonl"});
  EXPECT_EQ(missing.exit, 1);
  EXPECT_THAT(missing.err, HasSubstr("cannot open no-such-file.jsonl"));
}

TEST_F(ExitCodes, SubmittingTheSameAgainGivesTheFirstOutcomes) {
  StartServer();
  PublishHousing();
  ASSERT_FALSE(HasFatalFailure());
  const Ran first = RunCli({"submit", "docs/examples/first_case.jsonl"});
  const Ran second = RunCli({"submit", "docs/examples/first_case.jsonl"});

  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("5 had been decided before"));
}

// The environment names ruth, who is no system administrator.
TEST_F(ExitCodes, WhoIsNamedOnTheCommandLineWinsOverTheEnvironment) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  const std::string confirm = R"({"command_id": "t1", "confirm_time": {"reason_code": "ntp_fixed"}})";
  EXPECT_EQ(RunCli({"submit"}, confirm).exit, 3);
  EXPECT_EQ(RunCli({"submit", "--actor", "op; roles=system_admin"}, confirm).exit, 0);

  EXPECT_EQ(RunCli({"case", "list", "--server", "127.0.0.1:1"}).exit, 1) << "nor is another server asked";
}

TEST_F(ExitCodes, AMasterKeyKeptApartIsNamedForAFolderNoServerUses) {
  ServeOptions options;
  options.data = "apart";
  options.listen = "127.0.0.1:0";
  options.partitions = 2;
  options.master_key_path = "apart.key";
  ASSERT_TRUE(CreateMasterKeyFile(options.master_key_path).ok());
  {
    auto server = Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    ::setenv("CASEWARD_SERVER", (*server)->info().address.c_str(), 1);
    ::setenv("CASEWARD_ACTOR", "ruth; roles=regional_manager,policy_admin; region=north", 1);
    PublishHousing();
    ASSERT_EQ(RunCli({"submit", "--quiet", "docs/examples/first_case.jsonl"}).exit, 0);
  }

  const Ran without = RunCli({"log", "verify", "--data", "apart"});
  EXPECT_EQ(without.exit, 1);
  EXPECT_THAT(without.err, HasSubstr("is lost"));
  for (const char* verb : {"verify", "digest", "rebuild"}) {
    const Ran with = RunCli({"log", verb, "--data", "apart", "--master-key", "apart.key"});
    EXPECT_EQ(with.exit, 0) << verb << with.err;
  }
}

TEST_F(ExitCodes, OfflineVerbsNameAFolderInUseAndOneThatIsNot) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(RunCli({"log", "rebuild", "--data", "caseward-data"}).exit, 1);
  EXPECT_EQ(RunCli({"log", "verify", "--data", "nowhere"}).exit, 1);
  EXPECT_FALSE(std::filesystem::exists("nowhere"));
}

TEST_F(ExitCodes, PolicyCheckNamesFileAndLine) {
  std::filesystem::create_directory("pack");
  std::ofstream("pack/pack.yaml") << "id: p\ntitle: P\ncalender: england_and_wales\n";
  const Ran ran = RunCli({"policy", "check", "pack"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("pack/pack.yaml:3"));
}

}  // namespace
}  // namespace caseward

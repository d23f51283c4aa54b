// The history goes out to other programs: a log that was imported comes back the same, as a process miner's own reader
// (pm4py) sees it; CSV opens in a spreadsheet without harm; personal words leave only with who may open them.
#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "services/import/xes_reader.h"
#include "tests/integration/cli/cli_fixture.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReceipt[] = "policies/receipt/receipt.yaml";
constexpr char kServiceDesk[] = "policies/service_desk/service_desk.yaml";

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Said {
  int exit = 0;
  std::string text;
};
Said RunCommand(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  Said said;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe))
    said.text.append(buffer, n);
  said.exit = ::pclose(pipe);
  return said;
}

// What each map carries of its log, under the log's names.
struct Carried {
  const char* map;
  const char* trace;
  const char* event;
};
constexpr Carried kCarriedOfReceipt = {
    kReceipt, "concept:name,startdate,enddate,enddate_planned,deadline,responsible,department,group,channel",
    "concept:name,time:timestamp,lifecycle:transition,org:resource,org:group,concept:instance"};
constexpr Carried kCarriedOfServiceDesk = {
    kServiceDesk, "concept:name",
    "concept:name,time:timestamp,lifecycle:transition,org:resource,org:group,org:role,impact,product,resource "
    "country,organization country,organization involved"};

class Export : public CliTest {
 protected:
  std::string RealLog(const std::string& name) const {
    const char* folder = std::getenv("CASEWARD_DATA");
    const std::filesystem::path path =
        (folder == nullptr ? source_ / ".." / "shared" / "data" : std::filesystem::path(folder)) / name;
    return std::filesystem::exists(path) ? path.string() : "";
  }

  void ImportLog(const std::string& log, const char* map) {
    const Ran ran = RunCli({"import", "xes", log, "--map", map, "--publish"});
    ASSERT_EQ(ran.exit, 0) << ran.err << ran.out;
  }

  void ComesBackTheSame(const std::string& log, const Carried& carried, const std::string& says) {
    StartServer();
    ASSERT_FALSE(HasFatalFailure());
    ImportLog(log, carried.map);
    ASSERT_FALSE(HasFatalFailure());
    const Ran exported = RunCli({"export", "xes", "again.xes", "--map", carried.map});
    ASSERT_EQ(exported.exit, 0) << exported.err;
    const Said python = RunCommand("tests/pm4py/venv.sh");
    ASSERT_EQ(python.exit, 0) << python.text;
    const std::string interpreter = python.text.substr(python.text.rfind('\n', python.text.size() - 2) + 1);

    const Said compared =
        RunCommand(interpreter.substr(0, interpreter.find('\n')) + " tests/pm4py/round_trip.py '" + log +
                   "' again.xes --trace '" + carried.trace + "' --event '" + carried.event + "'");

    EXPECT_EQ(compared.exit, 0) << compared.text;
    EXPECT_THAT(compared.text, HasSubstr(says));
  }
};

TEST_F(Export, TheSmallReceiptLogComesBackTheSame) {
  ComesBackTheSame("tests/data/small.xes", kCarriedOfReceipt, "6 traces, 8 events");
}
TEST_F(Export, TheSmallServiceDeskLogComesBackTheSame) {
  ComesBackTheSame("tests/data/service_desk.xes", kCarriedOfServiceDesk, "12 traces, 58 events");
}
TEST_F(Export, TheRealReceiptLogComesBackTheSame) {
  const std::string log = RealLog("receipt.xes.gz");
  if (log.empty()) GTEST_SKIP() << "receipt.xes.gz is not here; CASEWARD_DATA names its folder";
  ComesBackTheSame(log, kCarriedOfReceipt, "1434 traces, 8577 events");
}
TEST_F(Export, TheRealServiceDeskLogComesBackTheSame) {
  const std::string log = RealLog("bpic2013_incidents.xes.gz");
  if (log.empty()) GTEST_SKIP() << "bpic2013_incidents.xes.gz is not here; CASEWARD_DATA names its folder";
  ComesBackTheSame(log, kCarriedOfServiceDesk, "7554 traces, 65533 events");
}

TEST_F(Export, XesInOurOwnWordsHasEveryEventOfACase) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  ImportLog("tests/data/service_desk.xes", kServiceDesk);

  ASSERT_EQ(RunCli({"export", "xes", "own.xes"}).exit, 0);

  uint64_t refused = 0;
  uint64_t breached = 0;
  auto source = OpenByteSource("own.xes");
  ASSERT_TRUE(source.ok());
  const auto counts = ReadXes(**source, {}, [&](const XesLogHeader&, XesTrace trace) {
    EXPECT_EQ(FindXes(trace.attributes, {"caseward:case_type"})->value, "incident");
    for (const XesEvent& event : trace.events) {
      EXPECT_NE(FindXes(event.attributes, {"time:timestamp"}), nullptr);
      refused += FindXes(event.attributes, {"caseward:refused_by"}) != nullptr ? 1 : 0;
      breached += FindXes(event.attributes, {"caseward:event"})->value == "clock_breached" ? 1 : 0;
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->traces, 12u);
  EXPECT_EQ(refused, 14u);  // what tests/independent/service_desk_clocks.py counts
  EXPECT_GE(breached, 8u);
}

TEST_F(Export, CsvOpensInASpreadsheetWithoutHarm) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  std::ofstream("harm.xes") << R"xes(<log><trace><string key="concept:name" value="harm"/>
    <date key="deadline" value="2012-01-01T00:00:00Z"/>
    <event><string key="concept:name" value="=HYPERLINK(&quot;http://x&quot;)"/><string key="org:resource" value="@SUM(A1)"/>
    <string key="lifecycle:transition" value="-2+3"/><date key="time:timestamp" value="2011-01-01T00:00:00Z"/></event>
    </trace></log>)xes";
  ImportLog("harm.xes", kReceipt);

  // Up to the log's end: the clock, long late, may be recorded as breached between the two.
  constexpr char kTo[] = "2011-06-01T00:00:00Z";
  ASSERT_EQ(RunCli({"export", "csv", "plain.csv", "--case-type", "permit_receipt", "--to", kTo}).exit, 0);
  ASSERT_EQ(RunCli({"export", "csv", "marked.csv", "--bom", "--to", kTo}).exit, 0);

  const std::string csv = Slurp("plain.csv");
  EXPECT_THAT(csv, HasSubstr("\"'=HYPERLINK(\"\"http://x\"\")\""));
  EXPECT_THAT(csv, HasSubstr(",'@SUM(A1),"));
  EXPECT_THAT(csv, HasSubstr(",'-2+3,"));
  EXPECT_EQ(csv.rfind("case_id,references,case_type,", 0), 0u);
  EXPECT_EQ(Slurp("marked.csv"), "\xEF\xBB\xBF" + csv);
}

TEST_F(Export, OnlyWhatHappenedInTheWindowAndOnlyOneType) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  ImportLog("tests/data/service_desk.xes", kServiceDesk);
  ImportLog("tests/data/small.xes", kReceipt);

  const Ran january = RunCli(
      {"export", "xes", "--map", kServiceDesk, "--from", "2012-01-01T00:00:00Z", "--to", "2012-02-01T00:00:00Z"});
  const Ran receipts = RunCli({"export", "csv", "--case-type", "permit_receipt"});
  const Ran lines = RunCli({"export", "jsonl", "--case-type", "permit_receipt", "--to", "2011-01-10T08:00:00Z"});

  EXPECT_EQ(january.exit, 0) << january.err;
  EXPECT_THAT(january.out, HasSubstr("small-in-call"));
  EXPECT_THAT(january.out, Not(HasSubstr("small-reopened")));
  EXPECT_THAT(receipts.out, HasSubstr("coselog:small-late"));
  EXPECT_THAT(receipts.out, Not(HasSubstr("incident")));
  EXPECT_EQ(lines.out, "");
  EXPECT_EQ(RunCli({"export", "csv", "--from", "2012-01-01T00:00:00Z", "--to", "2012-01-01T00:00:00Z"}).exit, 2);
  EXPECT_EQ(RunCli({"export", "csv", "--from", "yesterday"}).exit, 2);
}

TEST_F(Export, PersonalWordsLeaveOnlyWhenAskedForByWhoMayOpenThem) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  PublishHousing();
  constexpr char kCommand[] =
      R"({"command_id":"r1","channel":"phone","report_case":{"case_type":"hate_incident","account":{"text":"Zyzzyva said it"}}})";
  const Ran reported = RunCli({"submit"}, std::string(kCommand) + "\n");
  ASSERT_EQ(reported.exit, 0) << reported.out << reported.err;

  for (const char* format : {"xes", "csv", "jsonl"}) {
    const Ran without = RunCli({"export", format, "--case-type", "hate_incident"});
    EXPECT_EQ(without.exit, 0) << without.err;
    EXPECT_THAT(without.out, HasSubstr("case_reported")) << format;
    EXPECT_THAT(without.out, Not(HasSubstr("Zyzzyva"))) << format;
    const Ran with = RunCli({"export", format, "--with-words", "--case-type", "hate_incident"});
    EXPECT_EQ(with.exit, 0) << with.err;
    EXPECT_THAT(with.out, HasSubstr("Zyzzyva said it")) << format;
    EXPECT_THAT(with.out, Not(HasSubstr("\"sealed\""))) << format;
    const Ran partner = RunCli({"export", format, "--with-words", "--actor", "pc-12; kind=partner; org=police"});
    EXPECT_EQ(partner.exit, 1) << format;
    EXPECT_THAT(partner.out, Not(HasSubstr("Zyzzyva"))) << format;
  }
}

}  // namespace
}  // namespace caseward

// Another system's history runs through the engine, and what became of each deadline equals what a short independent
// script says of the raw XML, case by case. The real log is used where it is present, an invented one of its shape
// everywhere.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>

#include <fstream>
#include <map>

#include "services/cli/json.h"
#include "tests/integration/cli/cli_fixture.h"
#include "tests/support/shell.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;

struct Line {
  double events = 0;
  std::string verdict;
  bool operator==(const Line&) const = default;
};
void PrintTo(const Line& line, std::ostream* out) { *out << line.events << " events, " << line.verdict; }
using LineByCase = std::map<std::string, Line>;

LineByCase ParseLines(const std::string& text) {
  LineByCase lines;
  std::istringstream in(text);
  std::string line;
  while (std::getline(in, line)) {
    google::protobuf::Struct object;
    EXPECT_TRUE(cli::FromJson(line, &object).ok()) << line;
    lines[object.fields().at("reference").string_value()] = {object.fields().at("events").number_value(),
                                                             object.fields().at("verdict").string_value()};
  }
  return lines;
}

LineByCase AskReceiptScript(const std::string& log) {
  return ParseLines(OutputOf("python3 tests/independent/receipt_clocks.py '" + log + "'"));
}

class ImportReceipt : public CliTest {
 protected:
  static std::vector<std::string> Import(const std::string& log) {
    return {"import", "xes", log, "--map", "policies/receipt/receipt.yaml", "--publish", "--json"};
  }
  void ComparesCaseByCase(const std::string& log) {
    StartServer();
    ASSERT_FALSE(HasFatalFailure());
    const Ran ran = RunCli(Import(log));
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ParseLines(ran.out), AskReceiptScript(log));
  }
  // The real log, or "" if it is not here.
  std::string RealLog() const {
    const char* folder = std::getenv("CASEWARD_DATA");
    const std::filesystem::path path =
        (folder == nullptr ? source_ / ".." / "shared" / "data" : std::filesystem::path(folder)) / "receipt.xes.gz";
    return std::filesystem::exists(path) ? path.string() : "";
  }
};

TEST_F(ImportReceipt, SmallLogAgreesWithTheScript) { ComparesCaseByCase("tests/data/small.xes"); }

TEST_F(ImportReceipt, RealLogAgreesWithTheScript) {
  const std::string log = RealLog();
  if (log.empty()) GTEST_SKIP() << "receipt.xes.gz is not here; CASEWARD_DATA names its folder";
  ComparesCaseByCase(log);
  ASSERT_FALSE(HasFatalFailure());
  const Ran again = RunCli({"import", "xes", log, "--map", "policies/receipt/receipt.yaml"});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("1,434 cases, 8,577 events"));
  EXPECT_THAT(again.out, HasSubstr("1,434 cases had been imported before"));
}

TEST_F(ImportReceipt, ASecondImportRepeatsNothing) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  const Ran first = RunCli(Import("tests/data/small.xes"));
  const Ran second = RunCli(Import("tests/data/small.xes"));

  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_THAT(second.err, HasSubstr("6 cases had been imported before"));
}

TEST_F(ImportReceipt, ATruncatedLogImportsNothing) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  std::ifstream whole("tests/data/small.xes");
  std::string text((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
  std::ofstream("cut.xes") << text.substr(0, text.size() - 200);

  const Ran ran = RunCli(Import("cut.xes"));

  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("cut.xes line "));
  EXPECT_THAT(ran.err, HasSubstr("truncated"));
  EXPECT_EQ(RunCli({"case", "list", "--json"}).out, "");
}

}  // namespace
}  // namespace caseward

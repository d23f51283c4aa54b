// A help desk's history runs through the engine with a pack that shares nothing with housing: what became of each case,
// its clocks, its hand-overs, its pauses and what was refused equals what an independent script says of the raw XML,
// case by case. The real log is used where it is present, an invented one of its shape everywhere.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>

#include <fstream>
#include <map>

#include "services/cli/json.h"
#include "tests/integration/cli/cli_fixture.h"
#include "tests/support/shell.h"

namespace caseward {
namespace {

using google::protobuf::Struct;
using ::testing::HasSubstr;

constexpr char kMap[] = "policies/service_desk/service_desk.yaml";

// What is compared of one case, in words: a difference then shows as one.
using Lines = std::map<std::string, std::string>;

Struct Parsed(const std::string& line) {
  Struct object;
  EXPECT_TRUE(cli::FromJson(line, &object).ok()) << line;
  return object;
}

std::string Numbers(const Struct& object) {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : object.fields())
    numbers[name] = value.number_value();
  std::ostringstream out;
  for (const auto& [name, number] : numbers)
    out << " " << name << "=" << number;
  return out.str();
}

std::string LineOf(const Struct& object, const std::string& refused) {
  std::ostringstream out;
  for (const char* name : {"events", "hand_overs", "pauses"})
    out << name << "=" << object.fields().at(name).number_value() << " ";
  std::map<std::string, std::string> clocks;
  for (const auto& [clock, rounds] : object.fields().at("clocks").struct_value().fields())
    clocks[clock] = Numbers(rounds.struct_value());
  for (const auto& [clock, rounds] : clocks)
    out << clock << ":" << rounds << " ";
  out << "refused:" << refused;
  return out.str();
}

Lines AskServiceDeskScript(const std::string& log) {
  Lines lines;
  std::istringstream in(OutputOf("python3 tests/independent/service_desk_clocks.py '" + log + "'"));
  for (std::string line; std::getline(in, line);) {
    const Struct object = Parsed(line);
    lines[object.fields().at("reference").string_value()] =
        LineOf(object, Numbers(object.fields().at("refused").struct_value()));
  }
  return lines;
}

class ImportServiceDesk : public CliTest {
 protected:
  static std::vector<std::string> Import(const std::string& log) {
    return {"import", "xes", log, "--map", kMap, "--publish", "--json"};
  }

  // Rules that refused, by case id, from an export of what is kept beside a refusal.
  std::map<std::string, std::map<std::string, int>> RefusedByCase() {
    EXPECT_EQ(RunCli({"export", "jsonl", "events.jsonl", "--case-type", "incident"}).exit, 0);
    std::map<std::string, std::map<std::string, int>> refused;
    std::ifstream in("events.jsonl");
    for (std::string line; std::getline(in, line);) {
      if (line.find("\"historical_fact\"") == std::string::npos) continue;
      const Struct object = Parsed(line);
      const Struct& fact = object.fields().at("event").struct_value().fields().at("historical_fact").struct_value();
      const std::string& rule = fact.fields().at("refusal").struct_value().fields().at("rule").string_value();
      ++refused[object.fields().at("subject").string_value()][rule];
    }
    return refused;
  }

  // Of the log's first so many cases; 0: of all.
  void ComparesCaseByCase(const std::string& log, size_t limit = 0) {
    StartServer();
    ASSERT_FALSE(HasFatalFailure());
    std::vector<std::string> import = Import(log);
    import.insert(import.end(), {"--limit", std::to_string(limit)});
    const Ran ran = RunCli(import);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const auto refused = RefusedByCase();
    Lines lines;
    std::istringstream in(ran.out);
    for (std::string line; std::getline(in, line);) {
      const Struct object = Parsed(line);
      std::ostringstream rules;
      if (const auto found = refused.find(object.fields().at("case_id").string_value()); found != refused.end()) {
        for (const auto& [rule, times] : found->second)
          rules << " " << rule << "=" << times;
      }
      lines[object.fields().at("reference").string_value()] = LineOf(object, rules.str());
    }
    Lines expected = AskServiceDeskScript(log);
    EXPECT_EQ(lines.size(), limit == 0 ? expected.size() : limit);
    for (const auto& [reference, line] : lines)
      EXPECT_EQ(line, expected[reference]) << reference;
  }

  // The real log, or "" if it is not here.
  std::string RealLog() const {
    const char* folder = std::getenv("CASEWARD_DATA");
    const std::filesystem::path path =
        (folder == nullptr ? source_ / ".." / "shared" / "data" : std::filesystem::path(folder)) /
        "bpic2013_incidents.xes.gz";
    return std::filesystem::exists(path) ? path.string() : "";
  }
};

TEST_F(ImportServiceDesk, SmallLogAgreesWithTheScript) { ComparesCaseByCase("tests/data/service_desk.xes"); }

// Its first 2,000 cases; all 7,554 if CASEWARD_WHOLE_LOGS is set.
TEST_F(ImportServiceDesk, RealLogAgreesWithTheScript) {
  const std::string log = RealLog();
  if (log.empty()) GTEST_SKIP() << "bpic2013_incidents.xes.gz is not here; CASEWARD_DATA names its folder";
  ComparesCaseByCase(log, std::getenv("CASEWARD_WHOLE_LOGS") == nullptr ? 2000 : 0);
  ASSERT_FALSE(HasFatalFailure());
  const Ran again = RunCli({"import", "xes", log, "--map", kMap, "--limit", "500"});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("500 cases had been imported before"));
}

TEST_F(ImportServiceDesk, AMapThatNamesWhatThePackDoesNotHaveImportsNothing) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(RunCli(Import("tests/data/service_desk.xes")).exit, 0);
  std::ofstream("wrong.yaml")
      << "pack: service_desk\ncase_type: incident\nsystem: other\n"
         "case: {reference: concept:name}\n"
         "pauses: {clock: resolv, reason: awaiting_user, while: {lifecycle:transition: Wait}}\n";

  const Ran wrong = RunCli({"import", "xes", "tests/data/service_desk.xes", "--map", "wrong.yaml"});

  EXPECT_EQ(wrong.exit, 1);
  EXPECT_THAT(wrong.err, HasSubstr("wrong.yaml: pauses[0].clock: expected a clock of pack service_desk (resolve, "
                                   "pick_up, confirm); found \"resolv\""));
  std::ofstream("unknown.yaml") << "pack: nowhere\ncase_type: x\nsystem: s\ncase: {reference: concept:name}\n";
  const Ran unknown = RunCli({"import", "xes", "tests/data/service_desk.xes", "--map", "unknown.yaml"});
  EXPECT_EQ(unknown.exit, 1);
  EXPECT_THAT(unknown.err, HasSubstr("unknown.yaml: pack: expected a pack that has been published; found nowhere"));
}

}  // namespace
}  // namespace caseward

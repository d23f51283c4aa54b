// The generated year as the program writes it and as the engine takes it: no fault, and refused exactly where its table
// says, by the rule it names.
#include "services/year/year.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "caseward/v1/decision.pb.h"
#include "services/cli/json.h"
#include "tests/integration/cli/cli_fixture.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(YearProgram, TheSameSeedWritesTheSameYearAndAnotherOneAnother) {
  const Ran first = RunCli({"generate", "--seed", "3", "--cases", "25", "--start", "2025-04-01"});
  const Ran again = RunCli({"generate", "--seed", "3", "--cases", "25", "--start", "2025-04-01"});
  const Ran other = RunCli({"generate", "--seed", "4", "--cases", "25", "--start", "2025-04-01"});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(first.out, again.out);
  EXPECT_NE(first.out, other.out);
}

TEST(YearProgram, ThePageOfDistributionsIsWhatTheProgramPrints) {
  const Ran printed = RunCli({"generate", "--distributions"});
  EXPECT_EQ(printed.exit, 0) << printed.err;
  EXPECT_EQ(printed.out, TextOf("docs/generated_year.md"))
      << "caseward generate --distributions > docs/generated_year.md";
}

TEST(YearProgram, NoCasesAndTooManyAreWrongUsage) {
  for (const std::string cases : {"0", "-1", "10000001", "many"})
    EXPECT_EQ(RunCli({"generate", "--cases", cases}).exit, 2) << cases;
  for (const std::string days : {"0", "3661"})
    EXPECT_EQ(RunCli({"generate", "--days", days}).exit, 2) << days;
  const Ran wrong = RunCli({"generate", "--start", "yesterday"});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_THAT(wrong.err, HasSubstr("expected a date such as 2025-04-01; found \"yesterday\""));
}

class YearTest : public CliTest {
 protected:
  // By command id, the rule that refused it, at once or as a fact of history; empty if none did.
  static std::map<std::string, std::string> Refusals() {
    std::map<std::string, std::string> refused_by;
    for (const char* partition : {"0", "1", "2", "3"}) {
      std::istringstream records(RunCli({"log", "tail", "--json", "--partition", partition}).out);
      std::string record;
      while (std::getline(records, record)) {
        v1::Decision decision;
        EXPECT_TRUE(cli::FromJson(record, &decision).ok()) << record;
        std::string& rule = refused_by[decision.command().command_id()];
        if (decision.has_refusal()) rule = decision.refusal().rule();
        for (const v1::Event& event : decision.accepted().events()) {
          if (event.has_historical_fact()) rule = event.historical_fact().refusal().rule();
        }
      }
    }
    return refused_by;
  }
};

TEST_F(YearTest, IsTakenInWithoutAFaultAndRefusedExactlyWhereItSays) {
  StartServer();
  PublishHousing();
  ASSERT_FALSE(HasFatalFailure());
  // A year that ended this morning, as by default: what is told as of today rests on what is fresh.
  const absl::CivilDay start = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) - 365;
  const std::string first_day = absl::FormatCivilTime(start);
  ASSERT_EQ(RunCli({"generate", "--seed", "11", "--cases", "300", "--start", first_day, "--out", "year.jsonl"}).exit,
            0);

  const Ran ran = RunCli({"submit", "--quiet", "year.jsonl"});

  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(" 0 refused, 0 faults"));
  std::map<std::string, std::string> refused_by = Refusals();
  uint64_t commands = 0;
  uint64_t refused = 0;
  const absl::Status told =
      year::GenerateYear({.seed = 11, .cases = 300, .start = start, .days = 365}, [&](const year::Line& line) {
        ++commands;
        refused += line.refused_by.empty() ? 0 : 1;
        const auto found = refused_by.find(line.command.command_id());
        EXPECT_NE(found, refused_by.end()) << line.command.command_id() << " is not in the log";
        if (found == refused_by.end()) return absl::OkStatus();
        EXPECT_EQ(found->second, line.refused_by) << line.actor << " " << line.command.ShortDebugString();
        return absl::OkStatus();
      });
  EXPECT_TRUE(told.ok()) << told;
  EXPECT_GT(commands, 6'000u);
  EXPECT_GT(refused, 150u);
}

}  // namespace
}  // namespace caseward

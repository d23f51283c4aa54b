// The generated year: the same for the same seed, well formed, and taken in by the engine without a fault.
#include "services/cli/year.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "tests/integration/cli/cli_fixture.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Told {
  std::string actor;
  v1::Command command;
};

std::vector<Told> Tell(uint64_t seed, int cases) {
  std::vector<Told> told;
  const absl::Status status =
      cli::GenerateYear({.seed = seed, .cases = cases, .start = absl::CivilDay(2025, 4, 1), .days = 365},
                        [&](const std::string& actor, const v1::Command& command) {
                          told.push_back({actor, command});
                          return absl::OkStatus();
                        });
  EXPECT_TRUE(status.ok()) << status;
  return told;
}

TEST(Year, TheSameSeedTellsTheSameYearAndAnotherOneAnother) {
  const Ran first = RunCli({"generate", "--seed", "3", "--cases", "25", "--start", "2025-04-01"});
  const Ran again = RunCli({"generate", "--seed", "3", "--cases", "25", "--start", "2025-04-01"});
  const Ran other = RunCli({"generate", "--seed", "4", "--cases", "25", "--start", "2025-04-01"});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(first.out, again.out);
  EXPECT_NE(first.out, other.out);
}

TEST(Year, EveryCaseMovesForwardInTimeInsideTheYearAndIsFinishedLast) {
  std::map<std::string, absl::Time> last;
  std::set<std::string> ids;
  std::set<std::string> finished;
  int reports = 0;
  for (const Told& told : Tell(5, 200)) {
    const v1::Command& c = told.command;
    EXPECT_TRUE(ParseCommandId(c.command_id()).ok()) << c.command_id();
    EXPECT_TRUE(ids.insert(c.command_id()).second) << c.command_id();
    if (!c.importing()) continue;
    reports += c.has_report_case() ? 1 : 0;
    const std::string key = c.has_report_case() ? "@" + c.command_id() : c.case_id();
    EXPECT_FALSE(finished.contains(key)) << key;
    if (c.has_finish_import()) {
      finished.insert(key);
      continue;
    }
    const absl::Time at = ToTime(c.occurred_at());
    EXPECT_LT(at, absl::FromCivil(absl::CivilDay(2026, 4, 1), absl::UTCTimeZone()));
    EXPECT_GE(at, absl::FromCivil(absl::CivilDay(2025, 4, 1), absl::UTCTimeZone()));
    if (last.contains(key)) {
      EXPECT_GE(at, last[key]) << c.command_id();
    }
    last[key] = at;
  }
  EXPECT_EQ(reports, 200);
  EXPECT_EQ(finished.size(), 200u);
}

using YearTest = CliTest;

TEST_F(YearTest, IsTakenInWithoutAFaultAndShowsWhatThePolicyRefused) {
  StartServer();
  PublishHousing();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(RunCli({"generate", "--seed", "11", "--cases", "60", "--out", "year.jsonl"}).exit, 0);

  const Ran ran = RunCli({"submit", "--pretty", "year.jsonl"});

  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(" 0 refused, 0 faults"));
  EXPECT_THAT(ran.out, HasSubstr("historical_fact"));
  EXPECT_THAT(ran.out, HasSubstr("case_closed"));
  const Ran report = RunCli({"report", "--html", "report.html"});
  EXPECT_EQ(report.exit, 0) << report.err;
  // A clock that fires is a decision of SYSTEM, so no command's outcome names it; the report does.
  EXPECT_THAT(report.out, HasSubstr("BREACHED"));
  // Attempts that the stories contain, refused by the rules that forbid them.
  EXPECT_THAT(report.out, HasSubstr("R-09.2"));
  EXPECT_THAT(report.out, HasSubstr("R-16.3"));
}

}  // namespace
}  // namespace caseward

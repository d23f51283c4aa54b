// The year as a whole: in the order of time, the same each time, with everything in it that the tables name.
#include "services/year/year.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "services/year/tellings.h"
#include "tests/support/chi_square.h"

namespace caseward::year {
namespace {

using test::ChiSquare;
using test::ChiSquareOf;

YearOptions OptionsOf(uint64_t seed, uint64_t cases) {
  return {.seed = seed, .cases = cases, .start = absl::CivilDay(2025, 4, 1), .days = 365};
}

std::vector<Line> All(const YearOptions& options) {
  std::vector<Line> lines;
  const absl::Status status = GenerateYear(options, [&](const Line& line) {
    lines.push_back(line);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return lines;
}

// Two thousand cases, told once for all tests of what is in them.
const std::vector<Line>& Two000() {
  static const auto& lines = *new std::vector<Line>(All(OptionsOf(5, 2000)));
  return lines;
}

std::string KeyOf(const v1::Command& command) {
  return command.has_report_case() ? "@" + command.command_id() : command.case_id();
}

TEST(Year, TheSameOptionsTellTheSameAndAnotherSeedAnother) {
  const auto text = [](uint64_t seed) {
    std::string all;
    for (const Line& line : All(OptionsOf(seed, 100)))
      all += line.actor + line.command.ShortDebugString() + "\n";
    return all;
  };
  const std::string first = text(3);
  EXPECT_EQ(first, text(3));
  EXPECT_NE(first, text(4));
}

TEST(Year, IsToldInTheOrderOfTime) {
  const std::vector<Line>& lines = Two000();
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.told < b.told; }));
  // Cases go on side by side.
  std::set<std::string> open;
  size_t most = 0;
  for (const Line& line : lines) {
    if (line.command.has_report_case()) open.insert(KeyOf(line.command));
    if (line.command.has_finish_import()) open.erase(line.command.case_id());
    most = std::max(most, open.size());
  }
  EXPECT_GT(most, 100u);
  EXPECT_TRUE(open.empty());
}

TEST(Year, EveryCommandIsWellFormedAndKnownByItsId) {
  std::set<std::string> ids;
  for (const Line& line : Two000()) {
    EXPECT_TRUE(ParseCommandId(line.command.command_id()).ok()) << line.command.command_id();
    EXPECT_TRUE(ids.insert(line.command.command_id()).second) << line.command.command_id();
    EXPECT_NE(line.command.verb_case(), v1::Command::VERB_NOT_SET) << line.command.command_id();
  }
}

TEST(Year, ACaseBeginsWithItsReportStaysInTheYearAndIsFinishedOnce) {
  const YearOptions options = OptionsOf(5, 2000);
  std::set<std::string> reported;
  std::set<std::string> finished;
  for (const Line& line : Two000()) {
    if (!line.command.importing()) continue;
    const std::string key = KeyOf(line.command);
    EXPECT_EQ(line.command.has_report_case(), !reported.contains(key)) << key;
    EXPECT_FALSE(finished.contains(key)) << key;
    reported.insert(key);
    if (line.command.has_finish_import()) {
      finished.insert(key);
      EXPECT_EQ(ToTime(line.command.finish_import().up_to()), options.end());
      continue;
    }
    const absl::Time at = ToTime(line.command.occurred_at());
    EXPECT_LE(at, line.told);
    EXPECT_GE(at, options.begin());
    EXPECT_LT(at, options.end());
    // Earlier than it reached us only if it says so.
    EXPECT_EQ(at < line.told, !line.command.late_reason_code().empty()) << line.command.command_id();
  }
  EXPECT_EQ(reported.size(), 2000u);
  EXPECT_EQ(finished.size(), 2000u);
}

TEST(Year, WhatALineNamesWasMadeByAnEarlierOne) {
  std::set<std::string> made;
  for (const Line& line : Two000()) {
    const v1::Command& c = line.command;
    for (const std::string& name : {c.case_id(), c.resident_id(), c.report_case().subject_of_report_id(),
                                    c.link_case().other_case_id(), c.merge_resident().survivor_id()}) {
      EXPECT_TRUE(name.empty() || made.contains(name)) << c.command_id() << " names " << name;
    }
    if (c.has_report_case() || c.has_register_resident()) made.insert("@" + c.command_id());
  }
}

// Nobody acts who is away, who has not come yet or who has left.
TEST(Year, WhoActsIsHere) {
  const Population population(OptionsOf(5, 2000));
  std::map<std::string, const Person*> people;
  for (const Person& person : population.staff())
    people[person.Header()] = &person;
  std::set<std::string> owners;
  for (const Line& line : Two000()) {
    if (!line.command.importing() || line.command.has_finish_import() || line.command.has_report_case()) continue;
    ASSERT_TRUE(people.contains(line.actor)) << line.actor;
    const Person& person = *people[line.actor];
    const absl::CivilDay day(LocalTime(line.told));
    EXPECT_TRUE(person.IsHere(day)) << line.command.command_id() << " by " << person.id << " on " << day;
    if (person.role == "case_manager") owners.insert(person.id);
  }
  EXPECT_GT(owners.size(), 25u);
}

// Training is judged by the day on which it is asked for, so it goes on after the year.
TEST(Year, WhoIsHereFromTheFirstDayIsTrainedAndWhoComesLaterIsNot) {
  const YearOptions options = OptionsOf(5, 2000);
  uint64_t trained = 0;
  uint64_t untrained = 0;
  for (const Line& line : Two000()) {
    if (!line.command.has_register_staff() || line.command.register_staff().left()) continue;
    const v1::RegisterStaff& staff = line.command.register_staff();
    const bool from_the_first_day = line.told == options.begin();
    EXPECT_EQ(staff.trainings_size(), from_the_first_day ? 3 : 0) << staff.staff_id();
    ++(from_the_first_day ? trained : untrained);
    for (const v1::Training& training : staff.trainings()) {
      EXPECT_EQ(ToTime(training.completed_at()), options.begin());
      EXPECT_GT(ToTime(training.expires_at()), options.end());
      EXPECT_FALSE(training.evidence_ref().empty());
    }
  }
  EXPECT_GT(trained, 25u);
  EXPECT_GT(untrained, 0u);
}

TEST(Year, TypesAndCoursesAreSharedAsTheTableSays) {
  constexpr uint64_t kCases = 50'000;
  const Population population(OptionsOf(9, kCases));
  std::vector<uint64_t> types(kCaseTypes);
  std::vector<std::vector<uint64_t>> courses(kCaseTypes, std::vector<uint64_t>(kCourses));
  for (uint64_t number = 1; number <= kCases; ++number) {
    const Kind kind = population.KindOf(number);
    ++types[static_cast<size_t>(kind.type)];
    ++courses[static_cast<size_t>(kind.type)][static_cast<size_t>(kind.course)];
  }
  const ChiSquare of_types = ChiSquareOf(types, {std::begin(kCaseTypeShares), std::end(kCaseTypeShares)});
  EXPECT_LT(of_types.statistic, of_types.bound);
  for (size_t type = 0; type < kCaseTypes; ++type) {
    const auto& shares = kCourseShares[type];
    const ChiSquare of_courses = ChiSquareOf(courses[type], {std::begin(shares), std::end(shares)});
    EXPECT_LT(of_courses.statistic, of_courses.bound) << kCaseTypeNames[type];
  }
}

TEST(Year, ReportsAreOfTheTypeThatTriageFinds) {
  std::map<std::string, uint64_t> found;
  for (const Line& line : Two000()) {
    if (!line.command.has_triage_case() || !line.refused_by.empty()) continue;
    ++found[line.command.triage_case().case_type()];
  }
  for (const std::string_view type : kCaseTypeNames)
    EXPECT_GT(found[std::string(type)], 60u) << type;
}

// Everything that a caseworker does, and every attempt that is refused.
TEST(Year, EveryVerbAndEveryAttemptAppears) {
  std::map<int, uint64_t> verbs;
  std::map<std::string_view, uint64_t> refused;
  uint64_t stood_in = 0;
  for (const Line& line : All(OptionsOf(5, 4000))) {
    stood_in += line.command.has_sign_off() && !line.command.importing() ? 1 : 0;
    ++verbs[line.command.verb_case()];
    if (!line.refused_by.empty()) ++refused[line.refused_by];
  }
  using C = v1::Command;
  for (const int verb :
       {C::kReportCase,    C::kTriageCase,    C::kAssignCase,       C::kHandOverCase,      C::kAcceptHandover,
        C::kRecordContact, C::kRecordStep,    C::kAgreePlan,        C::kCompleteAction,    C::kCancelAction,
        C::kRecordPromise, C::kKeepPromise,   C::kPauseClock,       C::kResumeClock,       C::kProposeClosure,
        C::kSignOff,       C::kCloseCase,     C::kReopenCase,       C::kLinkCase,          C::kWithdrawCase,
        C::kCorrectFact,   C::kFinishImport,  C::kReferCase,        C::kAnswerReferral,    C::kEnquire,
        C::kAnswerEnquiry, C::kChaseAgency,   C::kShareInformation, C::kSplitCase,         C::kRegisterResident,
        C::kMergeResident, C::kRegisterStaff, C::kRegisterAgency,   C::kRegisterAgreement, C::kDelegateSignOff})
    EXPECT_GT(verbs[verb], 0u) << C::descriptor()->FindFieldByNumber(verb)->name();
  EXPECT_GT(stood_in, 5u);
  for (size_t attempt = 0; attempt < AttemptCount(); ++attempt) {
    const AttemptRow& row = RowOf(static_cast<Attempt>(attempt));
    EXPECT_GT(refused[row.rule], 0u) << row.name;
  }
}

// The heart of it: a story told in one go is the story told span by span.
TEST(Year, AStoryToldInSpansIsTheStoryToldAtOnce) {
  const YearOptions options = OptionsOf(5, 2000);
  const OfficeCalendar calendar(options.start - 30, options.start + options.days + 400);
  const Population population(options);
  const World world{.options = options, .calendar = calendar, .population = population};
  for (uint64_t number = 1; number <= 200; ++number) {
    const absl::Time reported_at = options.begin() + absl::Hours(20 * static_cast<int64_t>(number));
    std::vector<Line> at_once;
    Story whole(world, number, reported_at, {}, at_once);
    Tell(whole);
    EXPECT_FALSE(whole.resting());

    std::vector<Line> in_spans;
    uint64_t told = 0;
    for (absl::Time until = reported_at + absl::Hours(7);; until += absl::Hours(31)) {
      Story part(world, number, reported_at, {.from = told, .until = until}, in_spans);
      Tell(part);
      told = part.lines();
      EXPECT_EQ(told, in_spans.size());
      if (!part.resting()) break;
      EXPECT_GE(part.next(), until);
    }

    ASSERT_EQ(in_spans.size(), at_once.size()) << number;
    for (size_t i = 0; i < at_once.size(); ++i) {
      EXPECT_EQ(in_spans[i].told, at_once[i].told) << number;
      EXPECT_EQ(in_spans[i].actor, at_once[i].actor);
      EXPECT_EQ(in_spans[i].refused_by, at_once[i].refused_by);
      ASSERT_EQ(in_spans[i].command.ShortDebugString(), at_once[i].command.ShortDebugString());
    }
  }
}

TEST(Year, EndsWhenTheSinkHasEnough) {
  int taken = 0;
  const absl::Status status = GenerateYear(
      OptionsOf(1, 100), [&](const Line&) { return ++taken < 10 ? absl::OkStatus() : absl::DataLossError("full"); });
  EXPECT_EQ(status, absl::DataLossError("full"));
  EXPECT_EQ(taken, 10);
}

TEST(Year, OfADayOrOfManyYearsIsToldToo) {
  for (const int days : {1, 30, kDaysMax}) {
    YearOptions options = OptionsOf(2, 50);
    options.days = days;
    const std::vector<Line> lines = All(options);
    const auto reports =
        std::count_if(lines.begin(), lines.end(), [](const Line& l) { return l.command.has_report_case(); });
    EXPECT_EQ(reports, 50) << days;
  }
}

TEST(Year, ChanceIsAsFrequentAsTheTableSays) {
  uint64_t cases = 0;
  uint64_t late = 0;
  uint64_t known = 0;
  for (const Line& line : Two000()) {
    if (!line.command.has_report_case()) continue;
    ++cases;
    late += line.command.report_case().has_aware_at() ? 1 : 0;
    known += line.command.report_case().subject_of_report_id().empty() ? 0 : 1;
  }
  const auto fits = [&](uint64_t count, double per_mille) {
    const ChiSquare fit = ChiSquareOf({count, cases - count}, {per_mille, 1000 - per_mille});
    return fit.statistic < fit.bound;
  };
  EXPECT_TRUE(fits(late, RowOf(Chance::kLateReport).per_mille)) << late;
  // Whom an anonymous report is about is not recorded.
  double named = 0;
  for (size_t type = 0; type < kCaseTypes; ++type)
    named += kCaseTypeShares[type] * (1000 - kCourseShares[type][static_cast<size_t>(Course::kAnonymous)]) / 1000.0;
  EXPECT_TRUE(fits(known, RowOf(Chance::kSubjectKnown).per_mille * named / 1000)) << known;
}

}  // namespace
}  // namespace caseward::year

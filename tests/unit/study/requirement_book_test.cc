// The list of requirements is read as strictly as a pack, and what it names is there.
#include "services/study/requirement_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace caseward {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

auto ProblemAt(int line, const std::string& path, const std::string& expected, const std::string& found) {
  return AllOf(Field(&FileProblem::line, line), Field(&FileProblem::path, path),
               Field(&FileProblem::expected, HasSubstr(expected)), Field(&FileProblem::found, HasSubstr(found)));
}

std::vector<FileProblem> Problems(const std::string& yaml) { return ReadRequirementsText(yaml, "r.yaml").problems; }

TEST(RequirementBook, ReadsWhatIsWell) {
  const BookReading reading = ReadRequirementsText(
      "requirements:\n  R-01: {title: A, kind: rule, catalogue: [CK-14]}\n  R-02: {title: B, kind: not_software, "
      "instead: People.}\nlines:\n  L-1: {group: finding, title: C, requirements: [R-01]}\nopen: [R-01]\n",
      "r.yaml");
  EXPECT_THAT(reading.problems, IsEmpty());
  ASSERT_EQ(reading.book.requirements_size(), 2);
  EXPECT_EQ(reading.book.requirements(0).id(), "R-01");
  EXPECT_EQ(reading.book.requirements(0).kind(), v1::Requirement::KIND_RULE);
}

TEST(RequirementBook, NamesEachMistakeWhereItStands) {
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A, knid: rule}\n"),
              ElementsAre(ProblemAt(2, "requirements.R-01.knid", "did you mean \"kind\"?", "knid")));
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A, kind: rul}\n"),
              ElementsAre(ProblemAt(2, "requirements.R-01.kind", "did you mean \"rule\"?", "rul")));
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A}\n"),
              ElementsAre(ProblemAt(2, "requirements.R-01.kind", "rule, capture", "nothing")));
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A, kind: not_software}\n"),
              ElementsAre(ProblemAt(2, "requirements.R-01.instead", "what does it instead", "nothing")));
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A, kind: not_software, instead: People., not_yet: all}\n"),
              ElementsAre(ProblemAt(2, "requirements.R-01.not_yet", "only for what software keeps", "not_yet")));
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A, kind: report, events: [case_closd]}\n"),
              ElementsAre(ProblemAt(2, "requirements.R-01.events[0]", "did you mean \"case_closed\"?", "case_closd")));
  EXPECT_THAT(Problems("requirements:\n  R-01: {title: A, kind: rule}\nlines:\n  L: {group: arr, title: C, "
                       "requirements: [R-10]}\n"),
              ElementsAre(ProblemAt(4, "lines.L.requirements[0]", "did you mean \"R-01\"?", "R-10")));
  EXPECT_THAT(Problems("lines:\n  L: {group: arr, title: C}\n"),
              ElementsAre(ProblemAt(2, "lines.L", "either requirements or instead", "neither")));
  EXPECT_THAT(Problems("open: [R-01]\n"), ElementsAre(ProblemAt(1, "open[0]", "a requirement of this list", "R-01")));
  EXPECT_THAT(Problems("requirements:\n  - {id: R-01, title: A, kind: rule}\n  - {id: R-01, title: A, kind: rule}\n"),
              ElementsAre(ProblemAt(3, "requirements[1]", "an id used once", "a second time")));
  EXPECT_THAT(ReadRequirements("/nonexistent").problems,
              ElementsAre(Field(&FileProblem::expected, "a folder of *.yaml files")));
}

// The reviews' lines are all there: 25 on quality, 10 on consistency, 16 on fairness; and 23 of the Ombudsman's report.
TEST(RequirementBook, TheReviewsAreWhole) {
  const BookReading reading = ReadRequirements("policies/requirements");
  for (const FileProblem& problem : reading.problems)
    ADD_FAILURE() << FormatProblem(problem);
  std::map<std::string, int> lines;
  for (const v1::ReviewLine& line : reading.book.lines()) {
    const bool table = line.group() == v1::ReviewLine::GROUP_FINDING;
    ++lines[table ? line.id().substr(0, 1) : v1::ReviewLine::Group_Name(line.group())];
  }
  EXPECT_EQ(lines["Q"], 25);
  EXPECT_EQ(lines["C"], 10);
  EXPECT_EQ(lines["F"], 16);
  EXPECT_EQ(lines["GROUP_ARR"], 23);
  EXPECT_EQ(lines["GROUP_MEASURE"], 7);
  ASSERT_EQ(reading.book.requirements_size(), 84);
  for (int i = 0; i < 84; ++i) {
    const v1::Requirement& one = reading.book.requirements(i);
    EXPECT_EQ(one.id(), absl::StrCat("R-", i < 9 ? "0" : "", i + 1));
    for (const std::string& path : one.shown_by())
      EXPECT_TRUE(std::filesystem::exists(path)) << one.id() << ": " << path;
  }
}

}  // namespace
}  // namespace caseward

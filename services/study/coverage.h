// Lays a pack beside what it must make true: review line → requirement → what keeps it → its examples → verdict. This
// is `caseward policy coverage`.
//
//   a rule, clock, sign-off, checklist, flag, priority or alert keeps a requirement if it names it: in its id ("R-02.2"
//   keeps R-02), in its `requirements`, by the catalogue id of a clock, or by the rule that a sign-off quotes. It
//   counts only with an example, and only if every example of the requirement passes. An example that carries a
//   requirement's id in its name shows what the program keeps by itself.
//
// Pure: what a book, a pack and the results of its examples come to.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/coverage.pb.h"
#include "caseward/v1/policy.pb.h"
#include "services/packs/example_runner.h"

namespace caseward {

enum class Verdict { kBacked, kCode, kCaptured, kReport, kNotSoftware, kInPart, kNothing };
// "backed", "kept by the program", "captured", "report, later", "not software", "in part", "NOTHING BEHIND".
std::string_view VerdictName(Verdict verdict);

struct RequirementCover {
  const v1::Requirement* requirement = nullptr;
  std::vector<std::string> kept_by;  // "rule R-02.2", "clock closure_response", "example C-owner", "tests/unit/cases"
  size_t examples = 0;
  std::vector<std::string> failing;  // their names
  Verdict verdict = Verdict::kNothing;
};
struct LineCover {
  const v1::ReviewLine* line = nullptr;
  Verdict verdict = Verdict::kNothing;
  std::vector<std::string> nothing_behind;  // those of its requirements
  std::vector<std::string> in_part;         // and those that are kept in part
};

struct Coverage {
  std::vector<RequirementCover> requirements;
  std::vector<LineCover> lines;
  // What stands against the book's list of what is open.
  std::vector<std::string> open_unlisted;  // nothing behind, and not on the list
  std::vector<std::string> listed_closed;  // on the list, though something stands behind it
  // Requirements that the pack names and the book does not have.
  std::vector<std::string> unknown;
  bool holds() const { return open_unlisted.empty() && listed_closed.empty() && unknown.empty(); }
};

// `results` are those of RunExamples on the same pack. Borrows from the book.
Coverage CoverRequirements(const v1::RequirementBook& book, const v1::Pack& pack,
                           const std::vector<ExampleResult>& results);

// One table of lines, one of requirements, and what they sum to.
void WriteCoverageMarkdown(const Coverage& coverage, std::ostream& out);

}  // namespace caseward

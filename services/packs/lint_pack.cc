#include "services/packs/lint_pack.h"

#include <set>

#include "engine/base/text.h"
#include "services/packs/contradictions.h"
#include "services/packs/example_fields.h"

namespace caseward {
namespace {

class Linter {
 public:
  Linter(const PackReading& reading, PackLint& out) : pack_(reading.pack), marks_(reading.marks), out_(out) {}

  // Every command of every example can be made.
  void CheckCommands() {
    for (int i = 0; i < pack_.scenarios_size(); ++i) {
      for (int n = 0; n < pack_.scenarios(i).steps_size(); ++n) {
        CheckCommand(pack_.scenarios(i).steps(n), StrCat("scenarios[", i, "].steps[", n, "]"));
      }
    }
    for (int i = 0; i < pack_.examples_size(); ++i)
      CheckExample(pack_.examples(i), StrCat("examples[", i, "]"));
    for (int i = 0; i < pack_.rules_size(); ++i) {
      for (int n = 0; n < pack_.rules(i).examples_size(); ++n) {
        CheckExample(pack_.rules(i).examples(n), StrCat("rules[", i, "].examples[", n, "]"));
      }
    }
    for (int i = 0; i < pack_.alerts_size(); ++i) {
      for (int n = 0; n < pack_.alerts(i).examples_size(); ++n) {
        CheckExample(pack_.alerts(i).examples(n), StrCat("alerts[", i, "].examples[", n, "]"));
      }
    }
  }

  // A clock that nothing stops, ceases, supersedes or lets anyone cease runs into its breach whatever people do.
  void CheckStoppable() {
    std::set<std::string> superseded;
    for (const v1::Clock& clock : pack_.clocks())
      superseded.insert(clock.supersedes().begin(), clock.supersedes().end());
    for (int i = 0; i < pack_.clocks_size(); ++i) {
      const v1::Clock& clock = pack_.clocks(i);
      if (clock.stops_on_size() > 0 || clock.ceases_on_size() > 0 || clock.cease_reasons_size() > 0) continue;
      if (superseded.contains(clock.id())) continue;
      out_.errors.push_back(marks_.Locate(
          {StrCat("clocks[", i, "]"), "stops_on, ceases_on or cease_reasons", "a clock that nothing can stop"}));
    }
  }

  void CheckContradictions() {
    const Contradictions found = FindContradictions(pack_);
    for (const PackProblem& problem : found.errors)
      out_.errors.push_back(marks_.Locate(problem));
    for (const PackProblem& problem : found.warnings)
      out_.warnings.push_back(marks_.Locate(problem));
  }

  // Examples of the whole pack count for the rule they name, or whose scenario shows it let through.
  void CheckCoverage() {
    for (int i = 0; i < pack_.rules_size(); ++i) {
      const v1::Rule& rule = pack_.rules(i);
      bool refused = false;
      bool accepted = false;
      for (const v1::Example& example : rule.examples()) {
        refused |= example.then().refused() == rule.id();
        accepted |= example.then().accepted();
      }
      for (const v1::Example& example : pack_.examples())
        refused |= example.then().refused() == rule.id();
      if (refused && accepted) continue;
      out_.warnings.push_back(marks_.Locate({StrCat("rules[", i, "]"), "an example it refuses and one it lets through",
                                             refused    ? "none it lets through"
                                             : accepted ? "none it refuses"
                                                        : "neither"}));
    }
  }

 private:
  void CheckExample(const v1::Example& example, const std::string& path) {
    for (int i = 0; i < example.given_size(); ++i)
      CheckCommand(example.given(i), StrCat(path, ".given[", i, "]"));
    if (example.has_when()) CheckCommand(example.when(), path + ".when");
  }
  void CheckCommand(const v1::ExampleStep& step, const std::string& path) {
    std::vector<PackProblem> problems;
    ReadExampleCommand(pack_, step, path, problems);
    for (const PackProblem& problem : problems)
      out_.errors.push_back(marks_.Locate(problem));
  }

  const v1::Pack& pack_;
  const SourceMarks& marks_;
  PackLint& out_;
};

PackLint Lint(PackReading reading) {
  PackLint out;
  out.errors = reading.problems;
  if (out.ok()) {
    std::vector<PackProblem> problems;
    auto compiled = CompiledPack::Compile(reading.pack, &problems);
    for (const PackProblem& problem : problems)
      out.errors.push_back(reading.marks.Locate(problem));
    Linter linter(reading, out);
    linter.CheckCommands();
    linter.CheckStoppable();
    linter.CheckCoverage();
    if (compiled.ok()) linter.CheckContradictions();
    if (compiled.ok() && out.ok()) out.compiled = *std::move(compiled);
  }
  out.pack = std::move(reading.pack);
  return out;
}

}  // namespace

PackLint LintPack(const std::string& file_or_folder) { return Lint(ReadPack(file_or_folder)); }
PackLint LintPackText(std::string_view yaml, const std::string& name) { return Lint(ReadPackText(yaml, name)); }

}  // namespace caseward

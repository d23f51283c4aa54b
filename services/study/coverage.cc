#include "services/study/coverage.h"

#include <algorithm>
#include <set>

#include "engine/base/check.h"
#include "engine/base/clock_id.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

// The requirements that a text names: "R-02.2" and "R-02" give "R-02".
void AddNamed(std::string_view text, std::set<std::string>& out) {
  const auto digit = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (size_t at = text.find("R-"); at != std::string_view::npos; at = text.find("R-", at + 2)) {
    const bool begins = at == 0 || text[at - 1] < 'A' || text[at - 1] > 'z';
    if (begins && digit(at + 2) && digit(at + 3) && !digit(at + 4)) out.insert(std::string(text.substr(at, 4)));
  }
}

// Something of the pack, the requirements it names, and how an example shows it.
struct Keeper {
  std::string name;  // "clock triage"
  std::set<std::string> requirements;
  bool shown = false;
  bool records = false;  // a step: holds data, keeps nothing by itself
};

bool RecordsStep(const v1::ExampleStep& step, const std::string& id) {
  if (step.verb() != "step") return false;
  const auto named = step.fields().fields().find("step");
  return named != step.fields().fields().end() && named->second.string_value() == id;
}

class Keepers {
 public:
  Keepers(const v1::RequirementBook& book, const v1::Pack& pack) : examples_(ExamplesOf(pack)), pack_(pack) {
    for (const v1::Requirement& one : book.requirements()) {
      for (const std::string& catalogue : one.catalogue())
        by_catalogue_[catalogue].insert(one.id());
    }
    AddRules();
    AddClocks();
    AddSignOffs();
    AddFollowers();
    AddSteps();
    AddBareExamples();
  }
  const std::vector<Keeper>& all() const { return all_; }
  const std::vector<OwnedExample>& examples() const { return examples_; }

 private:
  using Expectation = v1::Expectation;
  template <typename Shows>
  bool Any(Shows shows) const {
    return std::any_of(examples_.begin(), examples_.end(), [&](const OwnedExample& one) { return shows(one); });
  }
  template <typename Thing>
  Keeper& Add(std::string_view kind, std::string_view id, const Thing& thing) {
    Keeper& keeper = all_.emplace_back();
    keeper.name = StrCat(kind, " ", id);
    AddNamed(id, keeper.requirements);
    for (const std::string& named : thing.requirements())
      AddNamed(named, keeper.requirements);
    return keeper;
  }
  bool Refuses(const std::string& rule) const {
    return !rule.empty() && Any([&](const OwnedExample& one) { return one.example->then().refused() == rule; });
  }

  void AddRules() {
    std::set<std::string_view> seen;
    for (const v1::Rule& rule : pack_.rules()) {
      if (!seen.insert(rule.id()).second) continue;  // the same rule for another case type
      Add("rule", rule.id(), rule).shown = Refuses(rule.id());
    }
  }
  void AddClocks() {
    for (const v1::Clock& clock : pack_.clocks()) {
      Keeper& keeper = Add("clock", clock.id(), clock);
      const auto catalogued = by_catalogue_.find(clock.catalogue());
      if (catalogued != by_catalogue_.end())
        keeper.requirements.insert(catalogued->second.begin(), catalogued->second.end());
      keeper.shown = Any([&](const OwnedExample& one) {
        const Expectation& then = one.example->then();
        const auto is = [&](const auto& entry) { return ClockDefinitionOf(entry.first) == clock.id(); };
        return std::any_of(then.clocks().begin(), then.clocks().end(), is) ||
               std::any_of(then.due().begin(), then.due().end(), is);
      });
    }
  }
  void AddSignOffs() {
    for (const v1::SignOffType& type : pack_.sign_offs()) {
      Keeper& keeper = Add("sign-off", type.subject(), type);
      AddNamed(type.rule(), keeper.requirements);
      keeper.shown = Refuses(type.rule());
      for (const v1::Signer& signer : type.signers()) {
        AddNamed(signer.rule(), keeper.requirements);
        keeper.shown |= Refuses(signer.rule());
      }
      for (const v1::Checklist& list : pack_.checklists()) {
        if (list.id() == type.checklist() && list.requirements_size() > 0)
          Add("checklist", list.id(), list).shown = all_[all_.size() - 2].shown;
      }
    }
  }
  // What follows by itself: flags, priorities, alerts, what a case weighs.
  void AddFollowers() {
    for (const v1::FlagType& flag : pack_.flags()) {
      Add("flag", flag.id(), flag).shown =
          Any([&](const OwnedExample& one) { return one.example->then().flags().contains(flag.id()); });
    }
    for (const v1::PriorityRule& rule : pack_.priorities()) {
      Keeper& keeper = all_.emplace_back();
      keeper.name = StrCat("priority ", rule.id());
      AddNamed(rule.id(), keeper.requirements);
      keeper.shown = Any([&](const OwnedExample& one) { return one.example->then().priority() == rule.priority(); });
    }
    for (const v1::Alert& alert : pack_.alerts()) {
      Add("alert", alert.id(), alert).shown = Any([&](const OwnedExample& one) {
        const auto& alerts = one.example->then().alerts();
        return std::find(alerts.begin(), alerts.end(), alert.id()) != alerts.end();
      });
    }
    if (pack_.has_caseload()) {
      Add("caseload", pack_.id(), pack_.caseload()).shown = Any([](const OwnedExample& one) {
        const auto& events = one.example->then().events();
        return std::find(events.begin(), events.end(), "load_counted") != events.end();
      });
    }
  }
  void AddSteps() {
    for (const v1::StepType& step : pack_.steps()) {
      Keeper& keeper = Add("step", step.id(), step);
      keeper.records = true;
      const auto records = [&](const v1::ExampleStep& one) { return RecordsStep(one, step.id()); };
      keeper.shown = Any([&](const OwnedExample& one) {
        const v1::Example& example = *one.example;
        return records(example.when()) || std::any_of(example.given().begin(), example.given().end(), records);
      });
      for (const v1::Scenario& scenario : pack_.scenarios())
        keeper.shown |= std::any_of(scenario.steps().begin(), scenario.steps().end(), records);
    }
  }
  // "R-12.3 handed to nobody by name": the program keeps it, and the example shows it.
  void AddBareExamples() {
    for (const OwnedExample& one : examples_) {
      std::set<std::string> named;
      AddNamed(one.example->name(), named);
      if (!one.owner.empty() || named.empty()) continue;
      all_.push_back({StrCat("example \"", one.example->name(), "\""), std::move(named), true, false});
    }
  }

  const std::vector<OwnedExample> examples_;
  const v1::Pack& pack_;
  std::map<std::string, std::set<std::string>> by_catalogue_;
  std::vector<Keeper> all_;
};

// The requirements an example is about: its rule's, its alert's, and those in its name.
std::set<std::string> About(const OwnedExample& one, const std::vector<Keeper>& keepers) {
  std::set<std::string> ids;
  AddNamed(one.example->name(), ids);
  AddNamed(one.owner, ids);
  AddNamed(one.example->then().refused(), ids);
  for (const Keeper& keeper : keepers) {
    const bool alert = keeper.name == StrCat("alert ", one.owner);
    if (alert || keeper.name == StrCat("rule ", one.owner))
      ids.insert(keeper.requirements.begin(), keeper.requirements.end());
    const auto clock_is = [&](const auto& entry) {
      return keeper.name == StrCat("clock ", ClockDefinitionOf(entry.first));
    };
    const auto& then = one.example->then();
    if (std::any_of(then.clocks().begin(), then.clocks().end(), clock_is))
      ids.insert(keeper.requirements.begin(), keeper.requirements.end());
  }
  return ids;
}

Verdict Judge(const RequirementCover& cover, bool enforced, bool recorded) {
  if (!cover.failing.empty()) return Verdict::kNothing;
  const v1::Requirement& one = *cover.requirement;
  if (!one.not_yet().empty()) return enforced || !one.shown_by().empty() ? Verdict::kInPart : Verdict::kNothing;
  switch (one.kind()) {
    case v1::Requirement::KIND_RULE: return enforced ? Verdict::kBacked : Verdict::kNothing;
    case v1::Requirement::KIND_CAPTURE: return enforced || recorded ? Verdict::kCaptured : Verdict::kNothing;
    case v1::Requirement::KIND_REPORT: return recorded ? Verdict::kReport : Verdict::kNothing;
    case v1::Requirement::KIND_CODE: return one.shown_by().empty() ? Verdict::kNothing : Verdict::kCode;
    case v1::Requirement::KIND_NOT_SOFTWARE: return Verdict::kNotSoftware;
    case v1::Requirement::KIND_UNSPECIFIED:
    case v1::Requirement_Kind_Requirement_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Requirement_Kind_Requirement_Kind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return Verdict::kNothing;
}

RequirementCover CoverOne(const v1::Requirement& requirement, const Keepers& keepers,
                          const std::vector<std::set<std::string>>& about, const std::vector<ExampleResult>& results) {
  RequirementCover cover;
  cover.requirement = &requirement;
  bool enforced = false;
  bool recorded = !requirement.events().empty();
  for (const Keeper& keeper : keepers.all()) {
    if (!keeper.requirements.contains(requirement.id())) continue;
    if (keeper.records) {
      recorded |= keeper.shown;
    } else {
      enforced |= keeper.shown;
    }
    // Examples count by themselves only where nothing else does.
    if (keeper.shown && !keeper.name.starts_with("example ")) cover.kept_by.push_back(keeper.name);
  }
  if (cover.kept_by.empty() && enforced) cover.kept_by.emplace_back("the program, shown by examples");
  for (const std::string& event : requirement.events())
    cover.kept_by.push_back(StrCat("event ", event));
  cover.kept_by.insert(cover.kept_by.end(), requirement.shown_by().begin(), requirement.shown_by().end());
  for (size_t i = 0; i < results.size(); ++i) {
    if (!about[i].contains(requirement.id())) continue;
    ++cover.examples;
    if (!results[i].passed) cover.failing.push_back(results[i].name);
  }
  cover.verdict = Judge(cover, enforced, recorded);
  return cover;
}

LineCover CoverLine(const v1::ReviewLine& line, const std::map<std::string_view, Verdict>& verdicts) {
  LineCover cover;
  cover.line = &line;
  if (line.requirements().empty()) {
    cover.verdict = Verdict::kNotSoftware;
    return cover;
  }
  Verdict best = Verdict::kNothing;
  for (const std::string& id : line.requirements()) {
    const Verdict verdict = verdicts.at(id);
    if (verdict == Verdict::kNothing) cover.nothing_behind.push_back(id);
    if (verdict == Verdict::kInPart) cover.in_part.push_back(id);
    best = std::min(best, verdict);
  }
  const bool whole = cover.nothing_behind.empty() && cover.in_part.empty();
  cover.verdict = !whole && best != Verdict::kNothing ? Verdict::kInPart : best;
  return cover;
}

std::string Joined(const auto& list, std::string_view between = ", ") {
  std::string out;
  for (const auto& one : list)
    out += StrCat(out.empty() ? "" : between, one);
  return out;
}

// ": not R-05, not all of R-55"; empty for a line that is kept whole.
std::string WhatIsMissing(const LineCover& line) {
  if (line.verdict != Verdict::kInPart) return "";
  std::vector<std::string> missing;
  for (const std::string& id : line.nothing_behind)
    missing.push_back("not " + id);
  for (const std::string& id : line.in_part)
    missing.push_back("not all of " + id);
  return ": " + Joined(missing);
}

template <typename Covers>
void WriteSum(const Covers& covers, std::string_view what, std::ostream& out) {
  std::map<Verdict, size_t> counts;
  for (const auto& cover : covers)
    ++counts[cover.verdict];
  out << covers.size() << " " << what << ":";
  const char* between = " ";
  for (const auto& [verdict, count] : counts) {
    out << between << count << " " << VerdictName(verdict);
    between = ", ";
  }
  out << ".\n";
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBacked: return "backed";
    case Verdict::kCode: return "kept by the program";
    case Verdict::kCaptured: return "captured";
    case Verdict::kReport: return "report, later";
    case Verdict::kNotSoftware: return "not software";
    case Verdict::kInPart: return "in part";
    case Verdict::kNothing: return "NOTHING BEHIND";
  }
  return "";
}

Coverage CoverRequirements(const v1::RequirementBook& book, const v1::Pack& pack,
                           const std::vector<ExampleResult>& results) {
  const Keepers keepers(book, pack);
  CHECK(keepers.examples().size() == results.size());  // else of another pack
  std::vector<std::set<std::string>> about;
  for (const OwnedExample& one : keepers.examples())
    about.push_back(About(one, keepers.all()));

  Coverage coverage;
  std::map<std::string_view, Verdict> verdicts;
  const std::set<std::string_view> open(book.open().begin(), book.open().end());
  for (const v1::Requirement& requirement : book.requirements()) {
    coverage.requirements.push_back(CoverOne(requirement, keepers, about, results));
    const Verdict verdict = coverage.requirements.back().verdict;
    verdicts.emplace(requirement.id(), verdict);
    const bool listed = open.contains(requirement.id());
    if (verdict == Verdict::kNothing && !listed) coverage.open_unlisted.push_back(requirement.id());
    if (verdict != Verdict::kNothing && listed) coverage.listed_closed.push_back(requirement.id());
  }
  for (const v1::ReviewLine& line : book.lines())
    coverage.lines.push_back(CoverLine(line, verdicts));
  std::set<std::string> unknown;
  for (const Keeper& keeper : keepers.all()) {
    for (const std::string& id : keeper.requirements) {
      if (!verdicts.contains(id)) unknown.insert(StrCat(id, ", which ", keeper.name, " names"));
    }
  }
  coverage.unknown.assign(unknown.begin(), unknown.end());
  return coverage;
}

void WriteCoverageMarkdown(const Coverage& coverage, std::ostream& out) {
  std::map<std::string_view, const RequirementCover*> by_id;
  for (const RequirementCover& one : coverage.requirements)
    by_id.emplace(one.requirement->id(), &one);
  out << "| line | what it says | requirements | kept by | examples | verdict |\n|---|---|---|---|---|---|\n";
  for (const LineCover& one : coverage.lines) {
    std::vector<std::string> kept_by;
    size_t examples = 0;
    for (const std::string& id : one.line->requirements()) {
      const RequirementCover& cover = *by_id.at(id);
      examples += cover.examples;
      for (const std::string& name : cover.kept_by) {
        if (std::find(kept_by.begin(), kept_by.end(), name) == kept_by.end()) kept_by.push_back(name);
      }
    }
    const size_t more = kept_by.size() > 4 ? kept_by.size() - 4 : 0;
    kept_by.resize(kept_by.size() - more);
    out << "| " << one.line->id() << " | " << one.line->title() << " | " << Joined(one.line->requirements()) << " | "
        << Joined(kept_by) << (more == 0 ? "" : StrCat(", and ", more, " more")) << one.line->instead() << " | "
        << examples << " | " << VerdictName(one.verdict) << WhatIsMissing(one) << " |\n";
  }
  out << "\n| requirement | what it asks | kept by | examples | verdict |\n|---|---|---|---|---|\n";
  for (const RequirementCover& one : coverage.requirements) {
    out << "| " << one.requirement->id() << " | " << one.requirement->title() << " | " << Joined(one.kept_by)
        << one.requirement->instead() << " | " << one.examples << " | " << VerdictName(one.verdict)
        << (one.verdict == Verdict::kInPart ? ": not yet " + one.requirement->not_yet() : "")
        << (one.failing.empty() ? "" : StrCat(": failing ", Joined(one.failing))) << " |\n";
  }
  out << "\n";
  WriteSum(coverage.lines, "lines", out);
  WriteSum(coverage.requirements, "requirements", out);
}

}  // namespace caseward

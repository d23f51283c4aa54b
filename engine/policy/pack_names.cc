#include "engine/policy/pack_names.h"

#include "engine/calendar/working_calendar.h"
#include "engine/policy/nearest_name.h"

namespace caseward {

void PackProblems::UnknownName(std::string path, std::string_view what, std::string_view name,
                               const std::vector<std::string_view>& known) {
  Add(std::move(path), ExpectedName(what, name, known), Quoted(name));
}

PackNames::PackNames(const v1::Pack& p) : pack(p) {
  for (const auto& one : p.case_types())
    case_types.emplace(one.id(), &one);
  for (const auto& one : p.steps())
    steps.emplace(one.id(), &one);
  for (const auto& one : p.flags())
    flags.emplace(one.id(), &one);
  for (const auto& one : p.clocks())
    clocks.emplace(one.id(), &one);
  for (const auto& one : p.roles())
    roles.emplace(one.id(), &one);
  for (const auto& one : p.alerts())
    alerts.emplace(one.id(), &one);
  for (const auto& one : p.variances())
    variances.emplace(one.id(), &one);
  for (const auto& one : p.people())
    people.emplace(one.id(), &one);
  for (const auto& one : p.scenarios())
    scenarios.emplace(one.id(), &one);
  for (const auto& one : p.checklists())
    checklists[one.id()].push_back(&one);
  for (const auto& one : p.sign_offs())
    sign_offs[one.subject()].push_back(&one);
  for (const auto& one : p.rules())
    rules[one.id()].push_back(&one);
}

std::vector<std::string_view> PackNames::TypesOf(const IdList& listed) const {
  if (listed.empty()) return KeysOf(case_types);
  return {listed.begin(), listed.end()};
}

void CheckSpan(const v1::Span& span, const std::string& path, PackProblems& problems) {
  if (span.unit() == v1::TIME_UNIT_UNSPECIFIED || span.amount() == 0 || span.amount() > kSpanAmountMax) {
    problems.Add(path, "a span of 1 to 10000 of a unit, e.g. \"5 working_days\"",
                 StrCat("an amount of ", span.amount()));
  }
}

}  // namespace caseward

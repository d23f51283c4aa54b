#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

#include "engine/base/clock_id.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/condition_compiler.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/law_limits.h"
#include "engine/policy/pack_checks.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

std::string ProvenanceName(v1::Provenance provenance) {
  if (provenance == v1::PROVENANCE_UNSPECIFIED) return "none";
  std::string name = v1::Provenance_Name(provenance);
  return name.substr(sizeof("PROVENANCE_") - 1);
}

// The priorities that cases of these types can have: from P1 down to the least urgent that a type allows. A type that
// names none may also stand without a priority until it is triaged.
std::set<v1::Priority> PrioritiesOf(const v1::Clock& clock, const PackNames& names) {
  std::set<v1::Priority> out;
  for (const std::string_view id : names.TypesOf(clock.case_types())) {
    const auto type = names.case_types.find(id);
    if (type == names.case_types.end()) continue;
    const v1::Priority least = type->second->priority();
    if (least == v1::PRIORITY_UNSPECIFIED) out.insert(v1::PRIORITY_UNSPECIFIED);
    for (const v1::Priority one : {v1::PRIORITY_P1, v1::PRIORITY_P2, v1::PRIORITY_P3}) {
      if (least == v1::PRIORITY_UNSPECIFIED || one <= least) out.insert(one);
    }
  }
  return out;
}

void CheckWithin(const v1::Clock& clock, const std::string& path, const PackNames& names, PackProblems& problems) {
  std::set<v1::Priority> open = PrioritiesOf(clock, names);
  bool closed = false;  // an entry that fits every case has been seen
  for (int i = 0; i < clock.within_size(); ++i) {
    const v1::Within& within = clock.within(i);
    const std::string at = Indexed(path, "within", i);
    CheckSpan(within.span(), at + ".span", problems);
    if (closed) problems.Add(at, "an entry that can be reached", "one after an entry that fits every case");
    if (within.has_when()) continue;
    if (within.priority() == v1::PRIORITY_UNSPECIFIED) {
      open.clear();
      closed = true;
    } else {
      open.erase(within.priority());
    }
  }
  for (const v1::Priority priority : open) {
    const std::string whose = priority == v1::PRIORITY_UNSPECIFIED ? "a case that has no priority yet"
                                                                   : StrCat("P", static_cast<int>(priority));
    problems.Add(path + ".within", StrCat("a duration without a condition for ", whose, ", or `any`"), "none");
  }
}

void CheckLawLimit(const v1::Clock& clock, const std::string& path, PackProblems& problems) {
  const LawLimit* limit = FindLawLimit(clock.catalogue());
  if (limit == nullptr) return;
  v1::Span most;
  most.set_amount(limit->at_most);
  most.set_unit(limit->unit);
  const std::string law = StrCat(clock.catalogue(), ", ", limit->what, ", ", ProvenanceName(limit->provenance));
  if (clock.provenance() != limit->provenance) {
    problems.Add(path + ".provenance", StrCat(ProvenanceName(limit->provenance), " (", law, ")"),
                 ProvenanceName(clock.provenance()));
  }
  for (int i = 0; i < clock.within_size(); ++i) {
    const v1::Span& span = clock.within(i).span();
    if (span.unit() == limit->unit && span.amount() <= limit->at_most) continue;
    problems.Add(Indexed(path, "within", i) + ".span", StrCat("at most ", FormatSpan(most), " (", law, ")"),
                 FormatSpan(span));
  }
  if (!clock.due_from().empty()) {
    problems.Add(path + ".due_from", StrCat("at most ", FormatSpan(most), ", by `within` (", law, ")"),
                 StrCat("a due time from ", Quoted(clock.due_from())));
  }
  if (!clock.pause_reasons().empty() && !limit->may_pause) {
    problems.Add(path + ".pause_reasons", StrCat("no pause (", law, ")"), Quoted(clock.pause_reasons(0)));
  }
  if (!clock.has_extension_at_most()) return;
  const v1::Span& extension = clock.extension_at_most();
  if (extension.unit() != limit->unit || extension.amount() > limit->extension_at_most) {
    most.set_amount(limit->extension_at_most);
    problems.Add(path + ".extension_at_most",
                 limit->extension_at_most == 0 ? StrCat("no extension (", law, ")")
                                               : StrCat("at most ", FormatSpan(most), " (", law, ")"),
                 FormatSpan(extension));
  }
}

void CheckActions(const google::protobuf::RepeatedPtrField<v1::ClockAction>& actions, const std::string& path,
                  const PackNames& names, PackProblems& problems) {
  for (int i = 0; i < actions.size(); ++i) {
    const v1::ClockAction& action = actions[i];
    const std::string at = StrCat(path, "[", i, "]");
    if (action.escalate_to().empty() && action.alert().empty()) problems.Add(at, "escalate_to or alert", "neither");
    if (!action.escalate_to().empty() && !names.roles.contains(action.escalate_to())) {
      problems.UnknownName(at + ".escalate_to", "a role of the pack", action.escalate_to(), KeysOf(names.roles));
    }
    if (!action.alert().empty() && !names.alerts.contains(action.alert())) {
      problems.UnknownName(at + ".alert", "an alert of the pack", action.alert(), KeysOf(names.alerts));
    }
  }
}

// The field by which an event says which action, promise, ... it is about.
std::string_view IdField(v1::ForEach each) {
  switch (each) {
    case v1::FOR_EACH_ACTION: return "action_id";
    case v1::FOR_EACH_PROMISE: return "promise_id";
    case v1::FOR_EACH_ENQUIRY: return "enquiry_id";
    case v1::FOR_EACH_REFERRAL: return "referral_id";
    case v1::FOR_EACH_SHARING: return "share_id";
    case v1::FOR_EACH_UNSPECIFIED:
    case v1::ForEach_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ForEach_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "";
}

// A clock for each action needs start events that say which action.
void CheckForEach(const v1::Clock& clock, const std::string& path, PackProblems& problems) {
  if (clock.for_each() == v1::FOR_EACH_UNSPECIFIED) return;
  const std::string id(IdField(clock.for_each()));
  for (int i = 0; i < clock.starts_on_size(); ++i) {
    const auto kind = ParseEventName(clock.starts_on(i).on().event());
    if (!kind.has_value()) continue;
    const auto* field = v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(*kind));
    if (field->message_type()->FindFieldByName(id) == nullptr) {
      problems.Add(Indexed(path, "starts_on", i), StrCat("an event with ", id, ", as for_each asks"),
                   Quoted(clock.starts_on(i).on().event()));
    }
  }
}

void CheckClock(const v1::Clock& clock, const std::string& path, const PackNames& names, PackProblems& problems) {
  if (clock.starts_on().empty()) problems.Add(path + ".starts_on", "an event that starts it", "none");
  if (clock.within().empty() && clock.due_from().empty()) {
    problems.Add(path, "`within` or `due: {from: field}`", "neither");
  }
  if (!clock.within().empty()) CheckWithin(clock, path, names, problems);
  CheckLawLimit(clock, path, problems);
  CheckForEach(clock, path, problems);
  if (clock.warn_percent() > 99) {
    problems.Add(path + ".warn_percent", "1% to 99%", StrCat(clock.warn_percent(), "%"));
  }
  if (!clock.on_warn().empty() && clock.warn_percent() == 0) problems.Add(path + ".on_warn", "warn_at as well", "none");
  CheckActions(clock.on_warn(), path + ".on_warn", names, problems);
  CheckActions(clock.on_breach(), path + ".on_breach", names, problems);
  if (clock.has_extension_at_most()) CheckSpan(clock.extension_at_most(), path + ".extension_at_most", problems);
  if (clock.has_extension_at_most() != !clock.extension_reasons().empty()) {
    problems.Add(path, "extension_at_most and extension_reasons together", "one of them");
  }
  for (int i = 0; i < clock.supersedes_size(); ++i) {
    if (!names.clocks.contains(clock.supersedes(i))) {
      problems.UnknownName(Indexed(path, "supersedes", i), "a clock of the pack", clock.supersedes(i),
                           KeysOf(names.clocks));
    } else if (clock.supersedes(i) == clock.id()) {
      problems.Add(Indexed(path, "supersedes", i), "another clock", Quoted(clock.id()));
    }
  }
}

// The clocks whose events may set this trigger off.
std::vector<std::string> ClocksBehind(const v1::EventMatch& match, const PackNames& names) {
  const bool of_clock = absl::StartsWith(match.event(), "clock_");
  if (!of_clock && match.event() != "case_escalated" && match.event() != "any") return {};
  std::vector<std::string> named;
  for (const v1::FieldTest& test : match.where()) {
    if (test.field() != "clock" && test.field() != "definition") continue;
    for (const std::string& value : test.any_of())
      named.emplace_back(ClockDefinitionOf(value));
  }
  if (!named.empty() || match.event() == "case_escalated") return named;
  for (const auto& [id, clock] : names.clocks)
    named.push_back(std::string(id));
  return named;
}

}  // namespace

std::string FindCircle(const std::map<std::string, std::vector<std::string>>& edges) {
  std::set<std::string> done;
  for (const auto& [start, unused] : edges) {
    // Depth first, with the way walked so far: a step back onto the way is a circle.
    std::vector<std::pair<std::string, size_t>> way = {{start, 0}};
    while (!way.empty()) {
      auto& [at, next] = way.back();
      const auto targets = edges.find(at);
      if (done.contains(at) || targets == edges.end() || next >= targets->second.size()) {
        done.insert(at);
        way.pop_back();
        continue;
      }
      const std::string target = targets->second[next++];
      const auto seen = std::find_if(way.begin(), way.end(), [&](const auto& one) { return one.first == target; });
      if (seen == way.end()) {
        way.emplace_back(target, 0);
        continue;
      }
      std::vector<std::string> circle;
      for (auto one = seen; one != way.end(); ++one)
        circle.push_back(one->first);
      circle.push_back(target);
      return absl::StrJoin(circle, " -> ");
    }
  }
  return "";
}

void CheckClocks(const PackNames& names, PackProblems& problems) {
  std::map<std::string, std::vector<std::string>> starts;
  for (int i = 0; i < names.pack.clocks_size(); ++i) {
    const v1::Clock& clock = names.pack.clocks(i);
    CheckClock(clock, Indexed("", "clocks", i), names, problems);
    for (const v1::Trigger& trigger : clock.starts_on()) {
      for (const std::string& other : ClocksBehind(trigger.on(), names))
        starts[other].push_back(clock.id());
    }
  }
  const std::string circle = FindCircle(starts);
  if (circle.empty()) return;
  const std::string first = circle.substr(0, circle.find(' '));
  for (int i = 0; i < names.pack.clocks_size(); ++i) {
    if (names.pack.clocks(i).id() != first) continue;
    problems.Add(
        Indexed("", "clocks", i) + ".starts_on",
        "no circle of clocks that start one another (for one that runs again: recurring, repeats_after_breach)",
        circle);
  }
}

}  // namespace caseward

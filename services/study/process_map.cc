#include "services/study/process_map.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/first_facts.h"
#include "engine/policy/pack_names.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using Kind = MapAct::Kind;

// The values that a test of `field` among these asks for; empty: no such test.
std::vector<std::string> Asked(const google::protobuf::RepeatedPtrField<v1::FieldTest>& tests, std::string_view field) {
  for (const v1::FieldTest& test : tests) {
    if (test.field() == field) return {test.any_of().begin(), test.any_of().end()};
  }
  return {};
}
// The same of what a condition cannot hold without.
std::vector<std::string> Asked(const v1::Condition& condition, std::string_view field) {
  if (condition.has_asked()) return Asked(condition.asked().of(), field);
  for (const v1::Condition& one : condition.all().of()) {
    if (std::vector<std::string> found = Asked(one, field); !found.empty()) return found;
  }
  return {};
}

class Drawing {
 public:
  Drawing(const v1::Pack& pack, const v1::CaseType& type) : pack_(pack), type_(type) {
    map_.pack = &pack;
    map_.case_type = &type;
    for (const PhaseMove& move : PhaseMoves()) {
      if (move.verb != "sign_off") Act(Kind::kVerb, move.verb);
    }
    for (const v1::SignOffType& sign_off : pack.sign_offs()) {
      if (Applies(sign_off)) AddSignOff(sign_off);
    }
    for (const v1::Rule& rule : pack.rules()) {
      if (Applies(rule)) AddRule(rule);
    }
    for (const v1::Clock& clock : pack.clocks()) {
      if (Applies(clock)) AddClock(clock);
    }
    for (const v1::Alert& alert : pack.alerts()) {
      if (!Applies(alert) || !alert.has_on()) continue;
      for (MapAct* act : ActsOf(alert.on().on()))
        act->alerts.push_back(StrCat(alert.id(), " to ", alert.to_role()));
    }
    for (const v1::StepType& step : pack.steps()) {
      if (Applies(step) && step.id() != "report" && step.id() != "triage") Act(Kind::kStep, step.id());
    }
  }

  ProcessMap Take() && {
    // The vector grew while it was pointed into by index only; now it may move.
    std::stable_sort(map_.acts.begin(), map_.acts.end(),
                     [](const MapAct& a, const MapAct& b) { return a.kind < b.kind; });
    return std::move(map_);
  }

 private:
  template <typename Thing>
  bool Applies(const Thing& thing) const {
    return AppliesTo(thing.case_types(), type_.id());
  }

  // The act of that name, made on first use. Valid until the next is made.
  MapAct* Act(Kind kind, std::string_view name) {
    for (MapAct& act : map_.acts) {
      if (act.kind == kind && act.name == name) return &act;
    }
    MapAct& act = map_.acts.emplace_back();
    act.kind = kind;
    act.name = std::string(name);
    act.title = act.name;
    std::replace(act.title.begin(), act.title.end(), '_', ' ');
    for (const v1::StepType& step : pack_.steps()) {
      if (kind == Kind::kStep && step.id() == name && !step.title().empty()) act.title = step.title();
    }
    return &act;
  }

  // Pointers into map_.acts, taken when all of them exist.
  std::vector<MapAct*> Acts(const std::vector<std::pair<Kind, std::string>>& names) {
    for (const auto& [kind, name] : names)
      Act(kind, name);
    std::vector<MapAct*> acts;
    for (const auto& [kind, name] : names) {
      MapAct* act = Act(kind, name);
      if (std::find(acts.begin(), acts.end(), act) == acts.end()) acts.push_back(act);
    }
    return acts;
  }

  // The acts that may give such an event.
  std::vector<MapAct*> ActsOf(const v1::EventMatch& match) {
    const auto kind = ParseEventName(match.event());
    if (!kind.has_value()) return Acts({{Kind::kByItself, match.event()}});
    std::vector<std::pair<Kind, std::string>> names;
    if (*kind == v1::Event::kStepRecorded) {
      for (const std::string& step : Asked(match.where(), "step"))
        names.emplace_back(Kind::kStep, step);
      if (names.empty()) names.emplace_back(Kind::kVerb, "step");
      return Acts(names);
    }
    if (*kind == v1::Event::kSignOffGranted || *kind == v1::Event::kSignOffRefused || *kind == v1::Event::kItemWaived) {
      for (const std::string& subject : Asked(match.where(), "subject"))
        names.emplace_back(Kind::kSignOff, subject);
      if (!names.empty()) return Acts(names);
    }
    for (const std::string_view verb : CaseVerbNames()) {
      const auto facts = FirstFacts(ParseVerb(verb).value_or(v1::Command::VERB_NOT_SET));
      if (std::find(facts.begin(), facts.end(), *kind) != facts.end())
        names.emplace_back(Kind::kVerb, std::string(verb));
    }
    if (names.empty()) names.emplace_back(Kind::kByItself, match.event());
    return Acts(names);
  }

  void AddRule(const v1::Rule& rule) {
    const std::string guard = StrCat(rule.id(), " ", rule.title(), " (", rule.clause(), ")");
    for (const std::string& verb : rule.on()) {
      std::vector<std::pair<Kind, std::string>> names;
      if (verb == "step" || verb == "sign_off") {
        for (const std::string& one : Asked(rule.when(), verb == "step" ? "step" : "subject"))
          names.emplace_back(verb == "step" ? Kind::kStep : Kind::kSignOff, one);
      }
      if (names.empty()) names.emplace_back(Kind::kVerb, verb);
      for (MapAct* act : Acts(names))
        act->guards.push_back(guard);
    }
  }

  void AddClock(const v1::Clock& clock) {
    const std::string starts =
        StrCat(clock.id(), clock.catalogue().empty() ? "" : " ", clock.catalogue(), ": ", SayDurations(clock));
    const auto add = [&](const auto& triggers, std::vector<std::string> MapAct::*list, const std::string& text) {
      for (const v1::Trigger& trigger : triggers) {
        for (MapAct* act : ActsOf(trigger.on())) {
          auto& lines = act->*list;
          if (std::find(lines.begin(), lines.end(), text) == lines.end()) lines.push_back(text);
        }
      }
    };
    add(clock.starts_on(), &MapAct::starts, starts);
    add(clock.stops_on(), &MapAct::stops, clock.id());
    add(clock.ceases_on(), &MapAct::ceases, clock.id());
  }

  void AddSignOff(const v1::SignOffType& sign_off) {
    MapAct& act = *Act(Kind::kSignOff, sign_off.subject());
    act.title = StrCat("signature: ", act.title);
    for (const v1::Signer& signer : sign_off.signers()) {
      const std::string roles = absl::StrJoin(signer.roles(), " or ");
      act.signs.push_back(
          StrCat(signer.has_when() ? "in some cases " : "", roles, signer.say().empty() ? "" : ": ", signer.say()));
    }
    if (!sign_off.separate_from().empty())
      act.signs.push_back(StrCat("not by the ", absl::StrJoin(sign_off.separate_from(), " nor the ")));
    if (!sign_off.checklist().empty()) act.signs.push_back(StrCat("checklist ", sign_off.checklist()));
    if (sign_off.void_on_change()) act.signs.push_back("void when the case moves");
  }

  const v1::Pack& pack_;
  const v1::CaseType& type_;
  ProcessMap map_;
};

std::string Cell(std::string text) {
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.replace(at, 1, "\\|");
  return text;
}

std::string SayTriggers(const google::protobuf::RepeatedPtrField<v1::Trigger>& triggers) {
  std::vector<std::string> out;
  for (const v1::Trigger& trigger : triggers) {
    std::string one = trigger.on().event();
    for (const v1::FieldTest& test : trigger.on().where()) {
      if (!test.any_of().empty()) one += StrCat(" ", test.field(), "=", absl::StrJoin(test.any_of(), "/"));
    }
    out.push_back(std::move(one));
  }
  return absl::StrJoin(out, "; ");
}

std::string SayActions(const google::protobuf::RepeatedPtrField<v1::ClockAction>& actions) {
  std::vector<std::string> out;
  for (const v1::ClockAction& action : actions) {
    if (!action.escalate_to().empty()) out.push_back(action.escalate_to());
    if (!action.alert().empty()) out.push_back(StrCat("alert ", action.alert()));
  }
  return absl::StrJoin(out, ", ");
}

}  // namespace

const std::vector<PhaseMove>& PhaseMoves() {
  static const auto& moves = *new std::vector<PhaseMove>{
      {"triage", "case_triaged", v1::PHASE_REPORTED, v1::PHASE_OPEN},
      {"propose_closure", "closure_proposed", v1::PHASE_OPEN, v1::PHASE_CLOSING},
      {"withdraw_closure", "closure_withdrawn", v1::PHASE_CLOSING, v1::PHASE_OPEN},
      {"sign_off", "sign_off_refused", v1::PHASE_CLOSING, v1::PHASE_OPEN},
      {"close", "case_closed", v1::PHASE_CLOSING, v1::PHASE_CLOSED},
      {"reopen", "case_reopened", v1::PHASE_CLOSED, v1::PHASE_OPEN},
      {"withdraw", "case_withdrawn", v1::PHASE_REPORTED, v1::PHASE_WITHDRAWN},
      {"withdraw", "case_withdrawn", v1::PHASE_OPEN, v1::PHASE_WITHDRAWN},
      {"withdraw", "case_withdrawn", v1::PHASE_CLOSING, v1::PHASE_WITHDRAWN},
  };
  return moves;
}

const MapAct* ProcessMap::Find(MapAct::Kind kind, std::string_view name) const {
  for (const MapAct& act : acts) {
    if (act.kind == kind && act.name == name) return &act;
  }
  return nullptr;
}

ProcessMap DrawMap(const v1::Pack& pack, const v1::CaseType& case_type) { return Drawing(pack, case_type).Take(); }

std::string SayDurations(const v1::Clock& clock) {
  std::vector<std::string> out;
  if (!clock.due_from().empty()) out.push_back(StrCat("the date in ", clock.due_from()));
  for (const v1::Within& within : clock.within()) {
    const bool any = within.priority() == v1::PRIORITY_UNSPECIFIED;
    std::string whose = any ? "" : StrCat("P", static_cast<int>(within.priority()), " ");
    if (any && clock.within_size() > 1) whose = "else ";
    if (within.has_when()) whose = any ? "in some cases " : StrCat(whose, "in some cases ");
    out.push_back(StrCat(whose, FormatSpan(within.span())));
  }
  return absl::StrJoin(out, ", ");
}

std::string ToMapPage(const ProcessMap& map) {
  const v1::CaseType& type = *map.case_type;
  std::string out =
      StrCat("# ", map.pack->title(), ": ", type.title().empty() ? type.id() : type.title(), "\n\n",
             "Drawn from the pack `", map.pack->id(), "` by `caseward policy map`; not written by hand.\n\n",
             "```mermaid\n", ToMermaid(map), "```\n\n## Clocks\n\n",
             "| clock | catalogue | time | starts on | stops on | ceases on | late: goes to | clause | "
             "provenance |\n|---|---|---|---|---|---|---|---|---|\n");
  for (const v1::Clock& clock : map.pack->clocks()) {
    if (!AppliesTo(clock.case_types(), type.id())) continue;
    out +=
        StrCat("| ", clock.id(), " | ", clock.catalogue(), " | ", SayDurations(clock), " | ",
               Cell(SayTriggers(clock.starts_on())), " | ", Cell(SayTriggers(clock.stops_on())), " | ",
               Cell(SayTriggers(clock.ceases_on())), " | ", SayActions(clock.on_breach()), " | ", Cell(clock.clause()),
               " | ", v1::Provenance_Name(clock.provenance()).substr(sizeof("PROVENANCE")), " |\n");
  }
  for (const v1::Checklist& list : map.pack->checklists()) {
    if (!AppliesTo(list.case_types(), type.id())) continue;
    out += StrCat("\n## Checklist ", list.id(), "\n\n| item | what must be so | may be waived |\n|---|---|---|\n");
    for (const v1::ChecklistItem& item : list.items())
      out += StrCat("| ", item.id(), " | ", Cell(item.say()), " | ", item.firm() ? "never" : "one tier up", " |\n");
  }
  return out;
}

}  // namespace caseward

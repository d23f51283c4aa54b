// The process map of a case type, drawn from the pack's rules, so that map and system cannot differ: phases, the acts
// that lead from one to the next, and on each act its guards (rules with their clauses), the clocks it starts and
// stops, the alerts it raises; sign-offs with who may sign and what is checked. This is `caseward policy map`.
//
//   v1::Pack ─▶ ProcessMap (phases, acts, edges) ─▶ Mermaid or Graphviz
//
// Pure: the same pack always gives the same text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/policy.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward {

// What moves a case from one phase to another. `verb` gives `event`, and Evolve does the rest; a test holds this list
// against Evolve.
struct PhaseMove {
  std::string_view verb;
  std::string_view event;
  v1::Phase from;
  v1::Phase to;
};
const std::vector<PhaseMove>& PhaseMoves();

// An act: a verb, a step, a sign-off, or something that follows by itself.
struct MapAct {
  enum class Kind { kVerb, kStep, kSignOff, kByItself };
  Kind kind = Kind::kVerb;
  std::string name;                 // "propose_closure"; unique within its kind
  std::string title;                // what people call it
  std::vector<std::string> guards;  // "R-02.2 A disagreement is answered point by point (Policy 6.2)"
  std::vector<std::string> signs;   // of a sign-off: who may sign when, who may not, what is checked
  std::vector<std::string> starts;  // "first_contact CK-01: P1 1 working_day, P2 3 working_days, else 5 working_days"
  std::vector<std::string> stops;   // "first_contact"
  std::vector<std::string> ceases;
  std::vector<std::string> alerts;  // "owner_changes to regional_manager"
  bool plain() const {
    return guards.empty() && signs.empty() && starts.empty() && stops.empty() && ceases.empty() && alerts.empty();
  }
};

struct ProcessMap {
  const v1::Pack* pack = nullptr;
  const v1::CaseType* case_type = nullptr;
  std::vector<MapAct> acts;  // those of PhaseMoves first, in its order; then verbs, steps, sign-offs, what follows
  const MapAct* Find(MapAct::Kind kind, std::string_view name) const;
};

// `case_type` is one of the pack's.
ProcessMap DrawMap(const v1::Pack& pack, const v1::CaseType& case_type);

// The flowchart alone, without a fence.
std::string ToMermaid(const ProcessMap& map);
// One digraph.
std::string ToDot(const ProcessMap& map);
// A page of Markdown: the flowchart in its fence, then the clocks and checklists as tables.
std::string ToMapPage(const ProcessMap& map);

// "P1 1 working_day, P2 3 working_days, else 5 working_days"
std::string SayDurations(const v1::Clock& clock);

}  // namespace caseward

// The two ways to draw a ProcessMap: Mermaid, which code hosts show, and Graphviz, which prints.
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "engine/policy/enum_names.h"
#include "services/study/process_map.h"

namespace caseward {
namespace {

using Kind = MapAct::Kind;

constexpr size_t kLineMax = 64;  // of a label; longer lines are broken between words

std::string PhaseName(v1::Phase phase) { return EnumValueName(*v1::Phase_descriptor()->FindValueByNumber(phase)); }

const char* PrefixOf(Kind kind) {
  switch (kind) {
    case Kind::kVerb: return "verb";
    case Kind::kStep: return "step";
    case Kind::kSignOff: return "sign";
    case Kind::kByItself: return "self";
  }
  return "";
}
std::string NodeOf(const MapAct& act) { return StrCat(PrefixOf(act.kind), "_", act.name); }

// An act's label, line by line.
std::vector<std::string> LabelOf(const MapAct& act) {
  std::vector<std::string> lines = {act.title};
  const auto add = [&](std::string_view before, const std::vector<std::string>& list) {
    for (const std::string& one : list) {
      std::string line;
      for (const absl::string_view word : absl::StrSplit(StrCat(before, one), ' ')) {
        if (!line.empty() && line.size() + 1 + word.size() > kLineMax) {
          lines.push_back(line);
          line = "   ";
        }
        absl::StrAppend(&line, line.empty() ? "" : " ", word);
      }
      lines.push_back(line);
    }
  };
  add("needs ", act.signs);
  add("guard ", act.guards);
  add("starts ", act.starts);
  add("stops ", act.stops);
  add("ceases ", act.ceases);
  add("alert ", act.alerts);
  return lines;
}

// Steps and verbs that stand by themselves and carry nothing: named in one box, not drawn one by one.
std::vector<std::string> PlainNames(const ProcessMap& map, const std::set<std::string>& drawn) {
  std::vector<std::string> lines = {"also recorded at any time"};
  std::string line;
  for (const MapAct& act : map.acts) {
    if (!act.plain() || drawn.contains(NodeOf(act))) continue;
    if (line.size() + act.name.size() > kLineMax) lines.push_back(std::exchange(line, ""));
    line += StrCat(line.empty() ? "" : ", ", act.name);
  }
  if (!line.empty()) lines.push_back(line);
  if (lines.size() == 1) lines.clear();
  return lines;
}

struct Edge {
  std::string from, to, label;
};

// Phases and acts as nodes, and what leads where: the same for both drawings.
struct Graph {
  std::vector<v1::Phase> phases = {v1::PHASE_REPORTED, v1::PHASE_OPEN, v1::PHASE_CLOSING, v1::PHASE_CLOSED,
                                   v1::PHASE_WITHDRAWN};
  std::vector<const MapAct*> acts;   // on the way from phase to phase
  std::vector<const MapAct*> aside;  // on no way from phase to phase
  std::vector<std::string> also;     // lines of the box of plain names
  std::vector<Edge> edges;
};

Graph Arrange(const ProcessMap& map) {
  Graph graph;
  std::set<std::string> drawn;
  const auto draw = [&](const MapAct* act) {
    if (act != nullptr && drawn.insert(NodeOf(*act)).second) graph.acts.push_back(act);
  };
  std::set<std::pair<std::string, std::string>> leads;
  const auto lead = [&](std::string from, std::string to, std::string label) {
    if (leads.emplace(from, to).second) graph.edges.push_back({std::move(from), std::move(to), std::move(label)});
  };
  const MapAct* report = map.Find(Kind::kVerb, "report");
  draw(report);
  if (report != nullptr) lead(NodeOf(*report), "phase_reported", "");
  const MapAct* signature = map.Find(Kind::kSignOff, "closure");
  for (const PhaseMove& move : PhaseMoves()) {
    const bool sign = move.verb == "sign_off";
    const MapAct* act = sign ? signature : map.Find(Kind::kVerb, move.verb);
    if (act == nullptr) continue;
    draw(act);
    // The signature stands between a proposal and closing.
    const bool signed_close = move.verb == "close" && signature != nullptr;
    lead(signed_close ? NodeOf(*signature) : StrCat("phase_", PhaseName(move.from)), NodeOf(*act),
         signed_close ? "granted" : "");
    lead(NodeOf(*act), StrCat("phase_", PhaseName(move.to)), sign ? "refused" : "");
  }
  for (const MapAct& act : map.acts) {
    if (!act.plain() && !drawn.contains(NodeOf(act))) graph.aside.push_back(&act);
    if (!act.plain()) drawn.insert(NodeOf(act));
  }
  graph.also = PlainNames(map, drawn);
  return graph;
}

std::string MermaidText(const std::vector<std::string>& lines) {
  std::string text = absl::StrJoin(lines, "<br/>");
  for (size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at))
    text.replace(at, 1, "#quot;");
  return text;
}
std::string DotText(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    for (const char c : line) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += "\\l";
  }
  return out;
}

}  // namespace

std::string ToMermaid(const ProcessMap& map) {
  const Graph graph = Arrange(map);
  std::string out = "flowchart TD\n";
  for (const v1::Phase phase : graph.phases)
    out += StrCat("  phase_", PhaseName(phase), "([\"", PhaseName(phase), "\"])\n");
  const auto node = [&](const MapAct& act, const char* indent) {
    const bool hexagon = act.kind == Kind::kSignOff;
    out +=
        StrCat(indent, NodeOf(act), hexagon ? "{{\"" : "[\"", MermaidText(LabelOf(act)), hexagon ? "\"}}\n" : "\"]\n");
  };
  for (const MapAct* act : graph.acts)
    node(*act, "  ");
  for (const Edge& edge : graph.edges)
    out += StrCat("  ", edge.from, edge.label.empty() ? " --> " : StrCat(" -- ", edge.label, " --> "), edge.to, "\n");
  if (graph.aside.empty() && graph.also.empty()) return out;
  out += "  subgraph aside [\"what else happens, mostly while the case is open\"]\n    direction LR\n";
  for (const MapAct* act : graph.aside)
    node(*act, "    ");
  if (!graph.also.empty()) out += StrCat("    also[\"", MermaidText(graph.also), "\"]\n");
  out += "  end\n  phase_open -.- aside\n";
  for (const MapAct* act : graph.aside)
    out += StrCat("  style ", NodeOf(*act), " text-align:left\n");
  for (const MapAct* act : graph.acts)
    out += StrCat("  style ", NodeOf(*act), " text-align:left\n");
  return out;
}

std::string ToDot(const ProcessMap& map) {
  const Graph graph = Arrange(map);
  std::string out = StrCat(
      "digraph \"", map.pack->id(), "_", map.case_type->id(), "\" {\n", "  graph [rankdir=TB, label=\"",
      DotText({map.pack->title(), map.case_type->title()}), "\", labelloc=t, fontname=\"Helvetica\"];\n",
      "  node [shape=box, fontname=\"Helvetica\", fontsize=10];\n", "  edge [fontname=\"Helvetica\", fontsize=9];\n");
  for (const v1::Phase phase : graph.phases)
    out += StrCat("  phase_", PhaseName(phase), " [shape=ellipse, style=bold, label=\"", PhaseName(phase), "\"];\n");
  const auto node = [&](const MapAct& act, const char* indent) {
    out += StrCat(indent, "\"", NodeOf(act), "\" [", act.kind == Kind::kSignOff ? "shape=octagon, " : "", "label=\"",
                  DotText(LabelOf(act)), "\"];\n");
  };
  for (const MapAct* act : graph.acts)
    node(*act, "  ");
  for (const Edge& edge : graph.edges)
    out += StrCat("  \"", edge.from, "\" -> \"", edge.to, "\"",
                  edge.label.empty() ? "" : StrCat(" [label=\"", edge.label, "\"]"), ";\n");
  out +=
      "  subgraph cluster_aside {\n    label=\"what else happens, mostly while the case is open\";\n    "
      "style=dashed;\n";
  for (const MapAct* act : graph.aside)
    node(*act, "    ");
  if (!graph.also.empty()) out += StrCat("    also [style=dotted, label=\"", DotText(graph.also), "\"];\n");
  // One below the other, so that the page stays narrow.
  for (size_t i = 1; i < graph.aside.size(); ++i)
    out += StrCat("    \"", NodeOf(*graph.aside[i - 1]), "\" -> \"", NodeOf(*graph.aside[i]), "\" [style=invis];\n");
  out += "  }\n}\n";
  return out;
}

}  // namespace caseward

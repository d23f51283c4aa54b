#include "services/import/xes_map.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

// Reads one map file; remembers the first thing wrong.
class MapReading {
 public:
  explicit MapReading(std::string name) : name_(std::move(name)) {}

  using Keys = std::vector<std::pair<std::string_view, std::function<void(const YAML::Node&)>>>;

  // A YAML map whose keys are among `keys`; each handler gets its value.
  void Read(const YAML::Node& node, const std::string& path, const Keys& keys) {
    if (!node.IsMap()) return Fail(node, path, "a map of keys", Kind(node));
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      const auto* handler = FindHandler(keys, key);
      if (handler == nullptr) {
        std::vector<std::string> names;
        for (const auto& [name, unused] : keys)
          names.emplace_back(name);
        return Fail(entry.first, path, absl::StrCat("one of ", absl::StrJoin(names, ", ")),
                    absl::StrCat("the key ", QuotedShort(key)));
      }
      (*handler)(entry.second);
    }
  }

  std::string Text(const YAML::Node& node, const std::string& path) {
    if (!node.IsScalar()) {
      Fail(node, path, "text", Kind(node));
      return "";
    }
    return node.as<std::string>();
  }

  XesPath Path(const YAML::Node& node, const std::string& path) {
    if (node.IsScalar()) return {node.as<std::string>()};
    if (!node.IsSequence() || node.size() == 0) {
      Fail(node, path, "an attribute's key, or a list of keys from outer to inner", Kind(node));
      return {};
    }
    XesPath keys;
    for (const YAML::Node& key : node)
      keys.push_back(Text(key, path));
    return keys;
  }

  XesCode Code(const YAML::Node& node, const std::string& path) {
    XesCode code;
    if (!node.IsMap()) {
      code.from = Path(node, path);
      return code;
    }
    Read(node, path,
         {{"from", [&](const YAML::Node& n) { code.from = Path(n, path + ".from"); }},
          {"otherwise", [&](const YAML::Node& n) { code.otherwise = Text(n, path + ".otherwise"); }},
          {"values", [&](const YAML::Node& n) {
             if (!n.IsMap()) return Fail(n, path + ".values", "a map from the log's values to ours", Kind(n));
             for (const auto& entry : n)
               code.values[Text(entry.first, path)] = Text(entry.second, path);
           }}});
    return code;
  }

  XesFields Fields(const YAML::Node& node, const std::string& path) {
    XesFields fields;
    if (!node.IsMap()) {
      Fail(node, path, "a map from names of ours to attributes of the log", Kind(node));
      return fields;
    }
    for (const auto& entry : node) {
      const std::string name = Text(entry.first, path);
      fields[name] = Path(entry.second, absl::StrCat(path, ".", name));
    }
    return fields;
  }

  // {attribute: value} or {attribute: [value, ...]}.
  XesMatch Match(const YAML::Node& node, const std::string& path) {
    XesMatch match;
    if (!node.IsMap() || node.size() == 0) {
      Fail(node, path, "a map from attributes of an event to the values that fit", Kind(node));
      return match;
    }
    for (const auto& entry : node) {
      XesPath from = Path(entry.first, path);
      XesPath values = Path(entry.second, path);
      match.all.push_back({.from = std::move(from), .values = {values.begin(), values.end()}});
    }
    return match;
  }

  // A list of maps, each read by `each`; one alone needs no list.
  void List(const YAML::Node& node, const std::string& path,
            const std::function<void(const YAML::Node&, const std::string& path)>& each) {
    if (!node.IsSequence()) return each(node, path);
    size_t place = 0;
    for (const YAML::Node& one : node)
      each(one, absl::StrCat(path, "[", place++, "]"));
  }

  void Fail(const YAML::Node& node, const std::string& path, std::string_view expected, const std::string& found) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(name_, ":", node.Mark().line + 1, ": ", path, ": expected ",
                                                      AbslText(expected), "; found ", found));
  }
  void Require(bool present, const std::string& path, const char* what) {
    if (present || !status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(name_, ": ", path, ": expected ", what, "; found nothing"));
  }
  const absl::Status& status() const { return status_; }

 private:
  static const std::function<void(const YAML::Node&)>* FindHandler(const Keys& keys, std::string_view key) {
    for (const auto& [name, handler] : keys) {
      if (name == key) return &handler;
    }
    return nullptr;
  }
  static std::string Kind(const YAML::Node& node) {
    if (node.IsMap()) return "a map";
    if (node.IsSequence()) return "a list";
    return node.IsScalar() ? QuotedShort(node.Scalar()) : "nothing";
  }

  std::string name_;
  absl::Status status_;
};

using Node = YAML::Node;

// Urgencies have only three names here, so what a value of the log means is always said.
void ReadPriority(MapReading& r, const Node& node, XesMap& map) {
  map.priority = r.Code(node, "case.priority");
  const auto check = [&](const std::string& name) {
    if (name != "P1" && name != "P2" && name != "P3") {
      r.Fail(node, "case.priority", "P1, P2 or P3 for each of the log's values", QuotedShort(name));
    }
  };
  for (const auto& [value, name] : map.priority.values)
    check(name);
  if (!map.priority.otherwise.empty()) check(map.priority.otherwise);
  r.Require(!map.priority.values.empty(), "case.priority.values", "what the log's values mean: P1, P2 or P3");
}

void ReadCase(MapReading& r, const Node& node, XesMap& map) {
  r.Read(node, "case",
         {{"reference", [&](const Node& n) { map.reference = r.Path(n, "case.reference"); }},
          {"reported_at", [&](const Node& n) { map.reported_at = r.Path(n, "case.reported_at"); }},
          {"respond_by", [&](const Node& n) { map.respond_by = r.Path(n, "case.respond_by"); }},
          {"channel", [&](const Node& n) { map.channel = r.Code(n, "case.channel"); }},
          {"area", [&](const Node& n) { map.area = r.Code(n, "case.area"); }},
          {"region", [&](const Node& n) { map.region = r.Code(n, "case.region"); }},
          {"priority", [&](const Node& n) { ReadPriority(r, n, map); }},
          {"fields", [&](const Node& n) { map.case_fields = r.Fields(n, "case.fields"); }}});
}

void ReadEvents(MapReading& r, const Node& node, XesMap& map) {
  r.Read(node, "events",
         {{"activity", [&](const Node& n) { map.activity = r.Path(n, "events.activity"); }},
          {"at", [&](const Node& n) { map.at = r.Path(n, "events.at"); }},
          {"resource", [&](const Node& n) { map.resource = r.Path(n, "events.resource"); }},
          {"lifecycle", [&](const Node& n) { map.lifecycle = r.Path(n, "events.lifecycle"); }},
          {"fields", [&](const Node& n) { map.event_fields = r.Fields(n, "events.fields"); }}});
}

void ReadOwner(MapReading& r, const Node& node, XesMap& map) {
  r.Read(node, "owner",
         {{"from", [&](const Node& n) { map.owner = r.Path(n, "owner.from"); }},
          {"waiting", [&](const Node& n) { map.waiting = r.Match(n, "owner.waiting"); }}});
  r.Require(!map.owner.empty(), "owner.from", "the attribute that says who has the case");
}

void ReadPause(MapReading& r, const Node& node, const std::string& path, XesMap& map) {
  XesPause pause;
  r.Read(node, path,
         {{"clock", [&](const Node& n) { pause.clock = r.Text(n, path + ".clock"); }},
          {"reason", [&](const Node& n) { pause.reason = r.Text(n, path + ".reason"); }},
          {"while", [&](const Node& n) { pause.during = r.Match(n, path + ".while"); }}});
  r.Require(!pause.clock.empty(), path + ".clock", "the clock that is held");
  r.Require(!pause.reason.empty(), path + ".reason", "a reason for holding it");
  r.Require(!pause.during.all.empty(), path + ".while", "the events during which it is held");
  map.pauses.push_back(std::move(pause));
}

void ReadMoment(MapReading& r, const Node& node, const std::string& path, std::vector<XesMoment>& moments) {
  XesMoment moment;
  r.Read(node, path,
         {{"reason", [&](const Node& n) { moment.reason = r.Text(n, path + ".reason"); }},
          {"when", [&](const Node& n) { moment.when = r.Match(n, path + ".when"); }}});
  r.Require(!moment.reason.empty(), path + ".reason", "a reason");
  r.Require(!moment.when.all.empty(), path + ".when", "the events at which it happened");
  moments.push_back(std::move(moment));
}

void ReadTimeZone(MapReading& r, const Node& node, XesMap& map) {
  const std::string name = r.Text(node, "time_zone");
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) {
    return r.Fail(node, "time_zone", "an IANA time zone such as Europe/Amsterdam", QuotedShort(name));
  }
  map.time_zone = zone;
}

absl::StatusOr<XesMap> ReadRoot(const Node& root, const std::string& name) {
  XesMap map;
  map.file = name;
  map.activity = {"concept:name"};
  map.at = {"time:timestamp"};
  map.resource = {"org:resource"};
  map.lifecycle = {"lifecycle:transition"};
  map.end_activity = "finished";
  MapReading r(name);
  r.Read(root, "map",
         {{"pack", [&](const Node& n) { map.pack = r.Text(n, "pack"); }},
          {"case_type", [&](const Node& n) { map.case_type = r.Text(n, "case_type"); }},
          {"system", [&](const Node& n) { map.system = r.Text(n, "system"); }},
          {"time_zone", [&](const Node& n) { ReadTimeZone(r, n, map); }},
          {"case", [&](const Node& n) { ReadCase(r, n, map); }},
          {"events", [&](const Node& n) { ReadEvents(r, n, map); }},
          {"end",
           [&](const Node& n) {
             r.Read(n, "end",
                    {{"at", [&](const Node& at) { map.end_at = r.Path(at, "end.at"); }},
                     {"activity", [&](const Node& a) { map.end_activity = r.Text(a, "end.activity"); }}});
           }},
          {"owner", [&](const Node& n) { ReadOwner(r, n, map); }},
          {"pauses",
           [&](const Node& n) {
             r.List(n, "pauses", [&](const Node& one, const std::string& path) { ReadPause(r, one, path, map); });
           }},
          {"closings",
           [&](const Node& n) {
             r.List(n, "closings",
                    [&](const Node& one, const std::string& path) { ReadMoment(r, one, path, map.closings); });
           }},
          {"reopenings",
           [&](const Node& n) {
             r.List(n, "reopenings",
                    [&](const Node& one, const std::string& path) { ReadMoment(r, one, path, map.reopenings); });
           }},
          {"defaults", [&](const Node& n) {
             for (std::string& key : r.Path(n, "defaults"))
               map.defaults.insert(std::move(key));
           }}});
  r.Require(!map.pack.empty(), "pack", "a pack's id");
  r.Require(!map.case_type.empty(), "case_type", "a case type of the pack");
  r.Require(!map.system.empty(), "system", "a name for the system the references come from");
  r.Require(!map.reference.empty(), "case.reference", "the attribute that names a case, e.g. concept:name");
  if (!r.status().ok()) return r.status();
  return map;
}

template <typename List, typename NameOf>
std::vector<std::string> NamesOf(const List& list, NameOf name_of) {
  std::vector<std::string> names;
  for (const auto& one : list)
    names.push_back(name_of(one));
  return names;
}

absl::Status Known(const XesMap& map, const std::string& key, const std::string& what, const std::string& name,
                   const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(map.file, ": ", key, ": expected ", what, " of pack ", map.pack, " (",
                                                 known.empty() ? "it has none" : absl::StrJoin(known, ", "),
                                                 "); found ", QuotedShort(name)));
}

// Fields of the case under the step "report", of events under "history".
absl::Status CheckFieldNames(const XesMap& map, const v1::Pack& pack, const std::string& step, const std::string& key,
                             const XesFields& fields) {
  std::vector<std::string> known;
  for (const v1::StepType& type : pack.steps()) {
    if (type.id() != step) continue;
    known = NamesOf(type.fields(), [](const v1::FieldType& field) { return field.id(); });
  }
  for (const auto& [name, path] : fields) {
    absl::Status status = Known(map, key, absl::StrCat("a field of the step \"", step, "\""), name, known);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckXesMap(const XesMap& map, const v1::Pack& pack) {
  const auto id_of = [](const auto& one) { return one.id(); };
  absl::Status status = Known(map, "case_type", "a case type", map.case_type, NamesOf(pack.case_types(), id_of));
  if (status.ok()) status = CheckFieldNames(map, pack, "report", "case.fields", map.case_fields);
  if (status.ok()) status = CheckFieldNames(map, pack, "history", "events.fields", map.event_fields);
  for (size_t i = 0; i < map.pauses.size() && status.ok(); ++i) {
    status = Known(map, absl::StrCat("pauses[", i, "].clock"), "a clock", map.pauses[i].clock,
                   NamesOf(pack.clocks(), id_of));
  }
  for (size_t i = 0; i < map.closings.size() && status.ok(); ++i) {
    status = Known(map, absl::StrCat("closings[", i, "].reason"), "a closing reason", map.closings[i].reason,
                   {pack.closing_reasons().begin(), pack.closing_reasons().end()});
  }
  return status;
}

absl::StatusOr<XesMap> ParseXesMap(std::string_view yaml, const std::string& name) {
  try {
    return ReadRoot(YAML::Load(std::string(yaml)), name);
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":", e.mark.line + 1, ": expected YAML; found a fault: ", QuotedShort(e.msg)));
  }
}

absl::StatusOr<XesMap> ReadXesMap(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat("expected a map file; cannot open ", file));
  std::ostringstream text;
  text << in.rdbuf();
  return ParseXesMap(text.str(), file);
}

}  // namespace caseward

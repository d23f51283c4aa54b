#include "services/import/xes_map.h"

#include <yaml-cpp/yaml.h>

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

  void Fail(const YAML::Node& node, const std::string& path, std::string_view expected, const std::string& found) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(name_, ":", node.Mark().line + 1, ": ", path, ": expected ",
                                                      AbslText(expected), "; found ", found));
  }
  void Require(bool present, const char* path, const char* what) {
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

void ReadCase(MapReading& r, const Node& node, XesMap& map) {
  r.Read(node, "case",
         {{"reference", [&](const Node& n) { map.reference = r.Path(n, "case.reference"); }},
          {"reported_at", [&](const Node& n) { map.reported_at = r.Path(n, "case.reported_at"); }},
          {"respond_by", [&](const Node& n) { map.respond_by = r.Path(n, "case.respond_by"); }},
          {"channel", [&](const Node& n) { map.channel = r.Code(n, "case.channel"); }},
          {"area", [&](const Node& n) { map.area = r.Code(n, "case.area"); }},
          {"region", [&](const Node& n) { map.region = r.Code(n, "case.region"); }}});
}

void ReadEvents(MapReading& r, const Node& node, XesMap& map) {
  r.Read(node, "events",
         {{"activity", [&](const Node& n) { map.activity = r.Path(n, "events.activity"); }},
          {"at", [&](const Node& n) { map.at = r.Path(n, "events.at"); }},
          {"resource", [&](const Node& n) { map.resource = r.Path(n, "events.resource"); }},
          {"lifecycle", [&](const Node& n) { map.lifecycle = r.Path(n, "events.lifecycle"); }}});
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

}  // namespace

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

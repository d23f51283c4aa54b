#include "services/cli/export_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/time.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/text.h"
#include "services/export/csv_writer.h"
#include "services/export/xes_writer.h"
#include "services/import/importer.h"

namespace caseward::cli {
namespace {

constexpr char kName[] = "concept:name";
constexpr char kTime[] = "time:timestamp";
constexpr char kResource[] = "org:resource";
constexpr char kRole[] = "org:role";
constexpr char kTransition[] = "lifecycle:transition";

std::string ReferencesOf(const v1::CaseState& state) {
  return absl::StrJoin(state.references(), " ", [](std::string* out, const v1::ExternalReference& reference) {
    absl::StrAppend(out, reference.system(), ":", reference.value());
  });
}

std::string PlaceOf(const v1::SubscribeResponse& item) {
  return absl::StrCat(item.position().partition(), ":", item.position().sequence(), ":", item.index());
}

std::string ExactInstant(absl::Time at) { return XesDate("", at).value; }

// The packs whose classes say what of a page may leave.
absl::Status FindPacks(PackShelf& packs, const WalkPage& page) {
  for (const v1::Decision& decision : page.decisions) {
    const absl::StatusOr<const v1::Pack*> pack = packs.Find(decision.pack_id(), decision.pack_version());
    if (!pack.ok()) return pack.status();
  }
  return absl::OkStatus();
}

WalkOptions WalkOf(const ExportOptions& options) {
  return {.case_type = options.case_type, .with_words = options.with_words};
}

// Begins a trace when there is something to say: at once, or with a window of time only at the first event inside it.
class Traces {
 public:
  Traces(XesWriter& writer, const ExportOptions& options, ExportCounts& counts)
      : writer_(writer),
        windowed_(options.from != absl::InfinitePast() || options.to != absl::InfiniteFuture()),
        counts_(counts) {}

  void Begin(std::vector<XesAttribute> attributes) {
    attributes_ = std::move(attributes);
    open_ = false;
    if (!windowed_) Open();
  }
  void Event(const std::vector<XesAttribute>& attributes) {
    if (!open_) Open();
    writer_.BeginEvent();
    for (const XesAttribute& attribute : attributes)
      writer_.Attribute(attribute);
    writer_.EndEvent();
    ++counts_.events;
  }
  void End() {
    if (open_) writer_.EndTrace();
    open_ = false;
  }

 private:
  void Open() {
    writer_.BeginTrace();
    for (const XesAttribute& attribute : attributes_)
      writer_.Attribute(attribute);
    open_ = true;
    ++counts_.cases;
  }

  XesWriter& writer_;
  const bool windowed_;
  ExportCounts& counts_;
  std::vector<XesAttribute> attributes_;
  bool open_ = false;
};

// ---- in our own words

XesLogHead OwnHead() {
  XesLogHead head;
  head.extensions = StandardXesExtensions();
  head.extensions.push_back({.name = "Caseward", .prefix = "caseward", .uri = "urn:caseward:xes:1"});
  head.trace_globals = {XesText(kName, "UNKNOWN"), XesText("caseward:case_type", "UNKNOWN")};
  head.event_globals = {XesText(kName, "UNKNOWN"), XesText(kTransition, "complete"), XesDate(kTime, absl::UnixEpoch()),
                        XesText("caseward:event", "UNKNOWN")};
  head.classifiers = {{.name = "Activity", .scope = "event", .keys = {kName, kTransition}},
                      {.name = "Event of Caseward", .scope = "event", .keys = {"caseward:event"}}};
  return head;
}

std::vector<XesAttribute> OwnTrace(const v1::CaseState& state) {
  std::vector<XesAttribute> trace = {
      XesText(kName, state.case_id()), XesText("caseward:case_type", state.case_type()),
      XesText("caseward:phase", Name(state.phase())), XesText("caseward:priority", Name(state.priority())),
      XesText("caseward:pack", absl::StrCat(state.pack_id(), ":", state.pack_version()))};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) trace.push_back(XesText(key, value));
  };
  add("caseward:references", ReferencesOf(state));
  add("caseward:region", state.region());
  add("caseward:area", state.area());
  add("caseward:channel", state.channel());
  return trace;
}

std::vector<XesAttribute> OwnEvent(const ExportRow& row) {
  const v1::SubscribeResponse& item = row.item;
  std::vector<XesAttribute> event = {
      XesText(kName, row.activity), XesText(kTransition, row.lifecycle.empty() ? "complete" : row.lifecycle),
      XesDate(kTime, ToTime(item.event().occurred_at())), XesText("caseward:event", row.event)};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) event.push_back(XesText(key, value));
  };
  add(kResource, row.resource);
  add(kRole, absl::StrJoin(item.actor().roles(), ","));
  event.push_back(XesDate("caseward:recorded_at", ToTime(item.recorded_at())));
  event.push_back(XesText("caseward:position", PlaceOf(item)));
  event.push_back(XesFlag("caseward:derived", item.event().derived()));
  add("caseward:because", item.event().because());
  add("caseward:clause", item.event().clause());
  add("caseward:refused_by", row.refused_by);
  const v1::Event& seen = item.event();
  const bool kept = seen.has_historical_fact() && seen.historical_fact().would_be_size() > 0;
  for (XesAttribute& field : PayloadOf(kept ? seen.historical_fact().would_be(0) : seen)) {
    field.key = absl::StrCat("caseward:", field.key);
    event.push_back(std::move(field));
  }
  return event;
}

// ---- in the words of the system it came from

class SourceWords {
 public:
  SourceWords(const XesMap& map, const ExportOptions& options, const PackShelf& packs)
      : map_(map), options_(options), packs_(packs) {}

  XesLogHead Head() const {
    XesLogHead head;
    head.extensions = StandardXesExtensions();
    head.trace_globals = {XesText(KeyOf(map_.reference), "UNKNOWN")};
    head.event_globals = {XesText(KeyOf(map_.activity), "UNKNOWN"), XesDate(KeyOf(map_.at), absl::UnixEpoch())};
    head.classifiers = {{.name = "Activity", .scope = "event", .keys = {KeyOf(map_.activity)}}};
    return head;
  }

  // nullopt: the case did not come from there.
  std::optional<std::vector<XesAttribute>> Trace(const v1::Decision& report) {
    const v1::Command& command = report.command();
    for (const v1::ExternalReference& reference : command.references()) {
      if (!command.importing() || reference.system() != map_.system) continue;
      reference_ = reference.value();
      ended_as_field_ = false;
      std::vector<XesAttribute> trace = {XesText(KeyOf(map_.reference), reference_)};
      AddFields(report, "report", map_.case_fields, command.report_case().fields(), trace);
      const auto add_time = [&](const XesPath& path, absl::Time at) {
        if (path.size() != 1 || Has(trace, path.front())) return;
        trace.push_back(XesDate(path.front(), at));
      };
      ended_as_field_ = map_.end_at.size() == 1 && CarriesAsField(map_.end_at.front());
      if (command.report_case().has_respond_by()) add_time(map_.respond_by, ToTime(command.report_case().respond_by()));
      add_time(map_.reported_at, ToTime(command.occurred_at()));
      return trace;
    }
    return std::nullopt;
  }

  // nullopt: no event of that log.
  std::optional<std::vector<XesAttribute>> Event(const v1::Decision& decision) const {
    const v1::Command& command = decision.command();
    if (!command.importing() || !command.has_record_history() || !decision.has_accepted()) return std::nullopt;
    const bool end = command.command_id() == ImportCommandId(map_.system, reference_, "end");
    if (end && ended_as_field_) return std::nullopt;
    const v1::RecordHistory& history = command.record_history();
    std::vector<XesAttribute> event;
    const auto add = [&](const XesPath& path, const std::string& value) {
      if (path.size() == 1 && !value.empty()) event.push_back(XesText(path.front(), value));
    };
    add(map_.activity, history.activity());
    add(map_.lifecycle, history.lifecycle());
    add(map_.resource, history.resource());
    AddFields(decision, "history", map_.event_fields, history.fields(), event);
    if (map_.at.size() == 1) event.push_back(XesDate(map_.at.front(), ToTime(command.occurred_at())));
    return event;
  }

 private:
  static std::string KeyOf(const XesPath& path) { return path.size() == 1 ? path.front() : absl::StrJoin(path, "/"); }
  static bool Has(const std::vector<XesAttribute>& attributes, const std::string& key) {
    return std::any_of(attributes.begin(), attributes.end(), [&](const XesAttribute& a) { return a.key == key; });
  }
  bool CarriesAsField(const std::string& key) const {
    return std::any_of(map_.case_fields.begin(), map_.case_fields.end(),
                       [&](const auto& field) { return field.second == XesPath{key}; });
  }

  // Those that may leave: all with the words, else the ones the pack declares internal.
  void AddFields(const v1::Decision& decision, std::string_view step, const XesFields& names,
                 const google::protobuf::Map<std::string, v1::FieldValue>& values,
                 std::vector<XesAttribute>& out) const {
    const v1::StepType* type = packs_.Step(decision.pack_id(), decision.pack_version(), step);
    for (const auto& [name, path] : names) {
      const auto value = values.find(name);
      if (value == values.end() || path.size() != 1) continue;
      const bool internal =
          type != nullptr && std::any_of(type->fields().begin(), type->fields().end(), [&n = name](const auto& field) {
            return field.id() == n && field.data_class() == v1::DATA_CLASS_INTERNAL;
          });
      if (!internal && !options_.with_words) continue;
      AddDeclaredField(path.front(), value->second, out);
    }
  }

  const XesMap& map_;
  const ExportOptions& options_;
  const PackShelf& packs_;
  std::string reference_;
  bool ended_as_field_ = false;
};

}  // namespace

absl::StatusOr<ExportCounts> ExportXes(Session& session, const ExportOptions& options, const XesMap* map,
                                       std::ostream& out, ExportProgress progress) {
  ExportCounts counts;
  PackShelf packs(session);
  XesWriter writer(out);
  Traces traces(writer, options, counts);
  std::optional<SourceWords> source;
  if (map != nullptr) source.emplace(*map, options, packs);
  writer.BeginLog(source.has_value() ? source->Head() : OwnHead());
  bool wanted = false;
  const absl::Status walked = WalkCases(session, WalkOf(options), [&](const WalkPage& page) {
    if (absl::Status s = FindPacks(packs, page); !s.ok()) return s;
    if (page.first) {
      std::optional<std::vector<XesAttribute>> trace;
      if (!source.has_value()) trace = OwnTrace(page.state);
      if (source.has_value() && !page.decisions.empty()) trace = source->Trace(page.decisions[0]);
      wanted = trace.has_value();
      if (wanted) traces.Begin(*std::move(trace));
    }
    for (const v1::Decision& decision : page.decisions) {
      if (!wanted) break;
      if (!source.has_value()) {
        for (const ExportRow& row : RowsOf(decision, packs, options))
          traces.Event(OwnEvent(row));
      } else if (const auto event = source->Event(decision)) {
        const absl::Time at = ToTime(decision.command().occurred_at());
        if (options.from <= at && at < options.to) traces.Event(*event);
      }
    }
    if (wanted && page.last) traces.End();
    progress(counts);
    return out.good() ? absl::OkStatus() : absl::DataLossError("writing failed; is the disk full?");
  });
  if (!walked.ok()) return walked;
  writer.EndLog();
  return counts;
}

absl::StatusOr<ExportCounts> ExportCsv(Session& session, const ExportOptions& options, bool byte_order_mark,
                                       std::ostream& out, ExportProgress progress) {
  ExportCounts counts;
  PackShelf packs(session);
  CsvWriter csv(out, byte_order_mark);
  csv.Row({"case_id", "references", "case_type", "position", "event", "activity", "lifecycle", "occurred_at",
           "recorded_at", "resource", "actor", "roles", "derived", "because", "clause", "refused_by", "details"});
  const absl::Status walked = WalkCases(session, WalkOf(options), [&](const WalkPage& page) {
    if (absl::Status s = FindPacks(packs, page); !s.ok()) return s;
    if (page.first) ++counts.cases;
    for (const v1::Decision& decision : page.decisions) {
      for (const ExportRow& row : RowsOf(decision, packs, options)) {
        const v1::SubscribeResponse& item = row.item;
        csv.Row({page.state.case_id(), ReferencesOf(page.state), page.state.case_type(), PlaceOf(item), row.event,
                 row.activity, row.lifecycle, ExactInstant(ToTime(item.event().occurred_at())),
                 ExactInstant(ToTime(item.recorded_at())), row.resource, item.actor().id(),
                 absl::StrJoin(item.actor().roles(), " "), item.event().derived() ? "true" : "false",
                 item.event().because(), item.event().clause(), row.refused_by, ToJsonLine(item.event())});
        ++counts.events;
      }
    }
    progress(counts);
    return out.good() ? absl::OkStatus() : absl::DataLossError("writing failed; is the disk full?");
  });
  if (!walked.ok()) return walked;
  return counts;
}

absl::StatusOr<ExportCounts> ExportJsonl(Session& session, const ExportOptions& options, std::ostream& out,
                                         ExportProgress progress) {
  ExportCounts counts;
  PackShelf packs(session);
  v1::GetStatusResponse status;
  Client& client = session.client();
  absl::Status s = client.Call(&v1::AdminService::Stub::GetStatus, client.admin(), v1::GetStatusRequest(), &status);
  if (!s.ok()) return s;
  s = WalkCases(session, WalkOf(options), [&](const WalkPage& page) {
    if (absl::Status found = FindPacks(packs, page); !found.ok()) return found;
    if (page.first) ++counts.cases;
    for (const v1::Decision& decision : page.decisions) {
      for (ExportRow& row : RowsOf(decision, packs, options)) {
        row.item.mutable_position()->set_log_id(status.log_id());
        out << ToJsonLine(row.item) << "\n";
        ++counts.events;
      }
    }
    progress(counts);
    return out.good() ? absl::OkStatus() : absl::DataLossError("writing failed; is the disk full?");
  });
  if (!s.ok()) return s;
  return counts;
}

}  // namespace caseward::cli

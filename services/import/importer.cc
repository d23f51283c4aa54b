#include "services/import/importer.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {
namespace {

constexpr size_t kReadableIdMax = 44;  // leaves room for ":f:<micros>" in 64
constexpr size_t kCodeMax = 32;

// The attribute, or the log's declared default where the map says that it counts.
const XesAttribute* Find(const std::vector<XesAttribute>& attributes, const std::vector<XesAttribute>& globals,
                         const XesPath& path, const XesMap& map) {
  if (path.empty()) return nullptr;
  if (const XesAttribute* found = FindXes(attributes, path)) return found;
  return map.defaults.contains(path.front()) ? FindXes(globals, path) : nullptr;
}

std::optional<absl::Time> FindTime(const std::vector<XesAttribute>& attributes,
                                   const std::vector<XesAttribute>& globals, const XesPath& path, const XesMap& map) {
  const XesAttribute* found = Find(attributes, globals, path, map);
  if (found == nullptr || found->type != XesAttribute::Type::kDate) return std::nullopt;
  return found->date;
}

// "E-mail (private)" → "e_mail_private".
std::string MakeCode(std::string_view text) {
  std::string code;
  for (const char c : text) {
    const unsigned char u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 && u < 0x80) {
      code.push_back(static_cast<char>(std::tolower(u)));
    } else if (!code.empty() && code.back() != '_') {
      code.push_back('_');
    }
  }
  code.resize(std::min(code.size(), kCodeMax));
  while (!code.empty() && code.back() == '_')
    code.pop_back();
  return code;
}

std::string FindCode(const XesLogHeader& header, const XesTrace& trace, const XesCode& code, const XesMap& map) {
  const XesAttribute* found = Find(trace.attributes, header.trace_globals, code.from, map);
  if (found == nullptr) return code.otherwise;
  if (const auto it = code.values.find(found->value); it != code.values.end()) return it->second;
  return code.otherwise.empty() ? MakeCode(found->value) : code.otherwise;
}

// FNV-1a; two of them with different seeds make 128 bits. Not secret, only stable and well spread.
uint64_t Fnv1a(std::string_view text, uint64_t hash) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

bool IsIdText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const unsigned char u = static_cast<unsigned char>(c);
    return (u < 0x80 && std::isalnum(u) != 0) || c == '.' || c == '_' || c == '-';
  });
}

// One thing that happened, before it is put in order.
struct Happening {
  absl::Time at;
  v1::Command command;
};

v1::Command NewCommand(const XesMap& map, const ImportedCase& made, const std::string& what) {
  v1::Command command;
  command.set_command_id(ImportCommandId(map.system, made.reference, what));
  command.set_importing(true);
  return command;
}
std::string ReportId(const XesMap& map, const ImportedCase& made) {
  return ImportCommandId(map.system, made.reference, "report");
}

absl::Status BadTrace(const XesTrace& trace, const std::string& reference, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", trace.line, ": trace \"", reference, "\": ", AbslText(what)));
}

absl::StatusOr<std::vector<Happening>> EventsOfTrace(const XesLogHeader& header, const XesTrace& trace,
                                                     const XesMap& map, std::optional<absl::Time> reported_at,
                                                     ImportedCase& made) {
  std::vector<Happening> happenings;
  std::optional<absl::Time> last = reported_at;
  const auto text = [&](const XesEvent& event, const XesPath& path) -> std::string {
    const XesAttribute* found = Find(event.attributes, header.event_globals, path, map);
    return found == nullptr ? std::string() : found->value;
  };
  for (size_t i = 0; i < trace.events.size(); ++i) {
    const XesEvent& event = trace.events[i];
    std::optional<absl::Time> at = FindTime(event.attributes, header.event_globals, map.at, map);
    if (!at.has_value()) {
      ++made.without_time;
      at = last.has_value() ? last : std::optional(LatestOfTrace(trace, map));
    }
    if (*at == absl::InfinitePast()) {
      return BadTrace(trace, made.reference, "expected a time on the trace or one of its events; found none");
    }
    last = at;
    Happening happening{.at = *at, .command = NewCommand(map, made, absl::StrCat(i + 1))};
    v1::RecordHistory& history = *happening.command.mutable_record_history();
    history.set_activity(text(event, map.activity));
    history.set_resource(text(event, map.resource));
    history.set_lifecycle(text(event, map.lifecycle));
    if (history.activity().empty()) {
      return BadTrace(trace, made.reference,
                      absl::StrCat("the event at line ", event.line, ": expected an activity under \"",
                                   absl::StrJoin(map.activity, "/"), "\"; found none"));
    }
    happenings.push_back(std::move(happening));
  }
  return happenings;
}

v1::Command MakeReport(const XesLogHeader& header, const XesTrace& trace, const XesMap& map, const ImportedCase& made,
                       absl::Time at) {
  v1::Command command = NewCommand(map, made, "report");
  SetTimestamp(at, command.mutable_occurred_at());
  command.set_channel(FindCode(header, trace, map.channel, map));
  v1::ExternalReference& reference = *command.add_references();
  reference.set_system(map.system);
  reference.set_value(made.reference);
  v1::ReportCase& report = *command.mutable_report_case();
  report.set_case_type(map.case_type);
  report.set_pack_id(map.pack);
  report.set_anonymous(true);
  report.set_area(FindCode(header, trace, map.area, map));
  report.set_region(FindCode(header, trace, map.region, map));
  if (const auto due = FindTime(trace.attributes, header.trace_globals, map.respond_by, map)) {
    SetTimestamp(*due, report.mutable_respond_by());
  }
  return command;
}

}  // namespace

std::string ImportCommandId(std::string_view system, std::string_view reference, std::string_view what) {
  std::string source = absl::StrCat(AbslText(system), ":", AbslText(reference));
  if (source.size() > kReadableIdMax || !IsIdText(system) || !IsIdText(reference)) {
    source = absl::StrFormat("x%016x%016x", Fnv1a(source, 0xcbf29ce484222325ULL), Fnv1a(source, 0x84222325cbf29ce4ULL));
  }
  return absl::StrCat(source, ":", AbslText(what));
}

absl::Time LatestOfTrace(const XesTrace& trace, const XesMap& map) {
  absl::Time latest = absl::InfinitePast();
  const auto look = [&](const std::vector<XesAttribute>& attributes, const XesPath& path) {
    const XesAttribute* found = path.empty() ? nullptr : FindXes(attributes, path);
    if (found != nullptr && found->type == XesAttribute::Type::kDate) latest = std::max(latest, found->date);
  };
  look(trace.attributes, map.reported_at);
  look(trace.attributes, map.end_at);
  for (const XesEvent& event : trace.events)
    look(event.attributes, map.at);
  return latest;
}

absl::StatusOr<ImportedCase> CommandsOfTrace(const XesLogHeader& header, const XesTrace& trace, const XesMap& map,
                                             absl::Time up_to) {
  ImportedCase made;
  const XesAttribute* reference = Find(trace.attributes, header.trace_globals, map.reference, map);
  const bool named = reference != nullptr && !reference->value.empty();
  made.reference = named ? reference->value : absl::StrCat("line-", trace.line);
  made.events = trace.events.size();

  const std::optional<absl::Time> reported = FindTime(trace.attributes, header.trace_globals, map.reported_at, map);
  absl::StatusOr<std::vector<Happening>> happenings = EventsOfTrace(header, trace, map, reported, made);
  if (!happenings.ok()) return happenings.status();
  if (const auto end = FindTime(trace.attributes, header.trace_globals, map.end_at, map)) {
    Happening finished{.at = *end, .command = NewCommand(map, made, "end")};
    finished.command.mutable_record_history()->set_activity(map.end_activity);
    happenings->push_back(std::move(finished));
  }
  std::stable_sort(happenings->begin(), happenings->end(),
                   [](const Happening& a, const Happening& b) { return a.at < b.at; });

  absl::Time begin = reported.value_or(absl::InfiniteFuture());
  if (!happenings->empty()) begin = std::min(begin, happenings->front().at);
  if (begin == absl::InfiniteFuture()) {
    return BadTrace(trace, made.reference, "expected a time on the trace or one of its events; found none");
  }
  made.commands.push_back(MakeReport(header, trace, map, made, begin));
  const std::string case_id = absl::StrCat("@", ReportId(map, made));
  for (Happening& happening : *happenings) {
    happening.command.set_case_id(case_id);
    SetTimestamp(happening.at, happening.command.mutable_occurred_at());
    made.commands.push_back(std::move(happening.command));
  }
  // The id holds the instant: importing to a later one is another request, to the same one the same.
  v1::Command finish = NewCommand(map, made, absl::StrCat("f:", absl::ToUnixMicros(up_to)));
  finish.set_case_id(case_id);
  SetTimestamp(up_to, finish.mutable_finish_import()->mutable_up_to());
  made.commands.push_back(std::move(finish));
  return made;
}

absl::StatusOr<XesSurvey> SurveyXes(ByteSource& source, const XesReadOptions& options, const XesMap& map) {
  XesSurvey survey;
  absl::StatusOr<XesCounts> counts = ReadXes(source, options, [&](const XesLogHeader&, XesTrace trace) {
    survey.latest = std::max(survey.latest, LatestOfTrace(trace, map));
    return absl::OkStatus();
  });
  if (!counts.ok()) return counts.status();
  survey.counts = *counts;
  return survey;
}

}  // namespace caseward

#include "services/import/importer.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {
namespace {

constexpr char kReport[] = "report";
constexpr char kEnd[] = "end";
constexpr char kPartsInOrder[] =
    "expected a trace of so many events to be in order of time, at least from one part to the next; found an event "
    "earlier than one of those before event ";
constexpr size_t kReadableIdMax = 44;  // leaves room for ":f:<micros>" in 64
constexpr size_t kCodeMax = 32;
constexpr size_t kCarriedBytesMax = 256;  // of a field's code, as the engine has it

std::optional<absl::Time> FindTime(const std::vector<XesAttribute>& attributes,
                                   const std::vector<XesAttribute>& globals, const XesPath& path, const XesMap& map) {
  const XesAttribute* found = FindMapped(attributes, globals, path, map);
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

// Of the trace, or else of its first event: some systems say on every event what is so of the case.
const XesAttribute* FindOfCase(const XesLogHeader& header, const XesTrace& trace, const XesPath& path,
                               const XesMap& map) {
  const XesAttribute* found = FindMapped(trace.attributes, header.trace_globals, path, map);
  if (found != nullptr || trace.events.empty()) return found;
  return FindMapped(trace.events.front().attributes, header.event_globals, path, map);
}

std::string FindCode(const XesLogHeader& header, const XesTrace& trace, const XesCode& code, const XesMap& map) {
  const XesAttribute* found = FindOfCase(header, trace, code.from, map);
  if (found == nullptr) return code.otherwise;
  if (const auto it = code.values.find(found->value); it != code.values.end()) return it->second;
  return code.otherwise.empty() ? MakeCode(found->value) : code.otherwise;
}

v1::Priority FindPriority(const XesLogHeader& header, const XesTrace& trace, const XesMap& map) {
  const XesAttribute* found = FindOfCase(header, trace, map.priority.from, map);
  const auto it = found == nullptr ? map.priority.values.end() : map.priority.values.find(found->value);
  v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
  const std::string& name = it == map.priority.values.end() ? map.priority.otherwise : it->second;
  if (!name.empty()) v1::Priority_Parse(absl::StrCat("PRIORITY_", name), &priority);
  return priority;
}

// As the type of the attribute has it. What has no type here (a real number) is carried as it is written; nothing is
// carried of an empty value, of a list, or of one longer than a code may be.
std::optional<v1::FieldValue> CarriedValue(const XesAttribute& attribute) {
  v1::FieldValue value;
  switch (attribute.type) {
    case XesAttribute::Type::kDate: SetTimestamp(attribute.date, value.mutable_at()); return value;
    case XesAttribute::Type::kInt: {
      int64_t number = 0;
      if (!absl::SimpleAtoi(attribute.value, &number)) return std::nullopt;
      value.set_number(number);
      return value;
    }
    case XesAttribute::Type::kBoolean: {
      bool flag = false;
      if (!absl::SimpleAtob(attribute.value, &flag)) return std::nullopt;
      value.set_flag(flag);
      return value;
    }
    case XesAttribute::Type::kString:
    case XesAttribute::Type::kFloat:
    case XesAttribute::Type::kId:
      if (attribute.value.empty() || attribute.value.size() > kCarriedBytesMax) return std::nullopt;
      value.set_code(attribute.value);
      return value;
    case XesAttribute::Type::kList:
    case XesAttribute::Type::kContainer: return std::nullopt;
  }
  return std::nullopt;
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

absl::Status BadTrace(const XesTrace& trace, const std::string& reference, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", trace.line, ": trace \"", reference, "\": ", AbslText(what)));
}

void FillReport(const XesLogHeader& header, const XesTrace& trace, const XesMap& map, const std::string& reference,
                v1::Command& command) {
  command.set_channel(FindCode(header, trace, map.channel, map));
  v1::ExternalReference& known_as = *command.add_references();
  known_as.set_system(map.system);
  known_as.set_value(reference);
  v1::ReportCase& report = *command.mutable_report_case();
  report.set_case_type(map.case_type);
  report.set_pack_id(map.pack);
  report.set_anonymous(true);
  report.set_area(FindCode(header, trace, map.area, map));
  report.set_region(FindCode(header, trace, map.region, map));
  report.set_priority(FindPriority(header, trace, map));
  for (const auto& [name, path] : map.case_fields) {
    const XesAttribute* found = FindOfCase(header, trace, path, map);
    if (found == nullptr) continue;
    if (std::optional<v1::FieldValue> value = CarriedValue(*found)) {
      (*report.mutable_fields())[name] = *std::move(value);
    }
  }
  if (const auto due = FindTime(trace.attributes, header.trace_globals, map.respond_by, map)) {
    SetTimestamp(*due, report.mutable_respond_by());
  }
}

absl::Time EarliestEvent(const XesTrace& trace, const XesMap& map) {
  absl::Time earliest = absl::InfiniteFuture();
  for (const XesEvent& event : trace.events) {
    const XesAttribute* at = FindXes(event.attributes, map.at);
    if (at != nullptr && at->type == XesAttribute::Type::kDate) earliest = std::min(earliest, at->date);
  }
  return earliest;
}
absl::Time LatestOfEvents(const XesTrace& trace, const XesMap& map) {
  absl::Time latest = absl::InfinitePast();
  for (const XesEvent& event : trace.events) {
    const XesAttribute* at = FindXes(event.attributes, map.at);
    if (at != nullptr && at->type == XesAttribute::Type::kDate) latest = std::max(latest, at->date);
  }
  return latest;
}

// Text of the XES attribute at a path; empty if there is none.
std::string TextOf(const XesLogHeader& header, const XesEvent& event, const XesPath& path, const XesMap& map) {
  const XesAttribute* found = FindMapped(event.attributes, header.event_globals, path, map);
  return found == nullptr ? std::string() : found->value;
}

// Which of the map's attributes have been seen, while a log is surveyed.
class Sightings {
 public:
  explicit Sightings(const XesMap& map) {
    Expect("case.reference", map.reference, true);
    Expect("case.reported_at", map.reported_at, true);
    Expect("case.respond_by", map.respond_by, true);
    Expect("case.channel", map.channel.from, true);
    Expect("case.area", map.area.from, true);
    Expect("case.region", map.region.from, true);
    Expect("case.priority", map.priority.from, true);
    for (const auto& [name, path] : map.case_fields)
      Expect(absl::StrCat("case.fields.", name), path, true);
    Expect("end.at", map.end_at, true);
    Expect("events.activity", map.activity, false);
    Expect("events.at", map.at, false);
    Expect("events.resource", map.resource, false);
    Expect("events.lifecycle", map.lifecycle, false);
    for (const auto& [name, path] : map.event_fields)
      Expect(absl::StrCat("events.fields.", name), path, false);
    Expect("owner.from", map.owner, false);
  }

  void Look(const XesTrace& trace) {
    for (size_t i = 0; i < unseen_.size();) {
      const bool seen = (unseen_[i].of_trace && FindXes(trace.attributes, unseen_[i].path) != nullptr) ||
                        std::any_of(trace.events.begin(), trace.events.end(), [&](const XesEvent& event) {
                          return FindXes(event.attributes, unseen_[i].path) != nullptr;
                        });
      if (seen) {
        unseen_.erase(unseen_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }

  std::vector<std::string> Unseen() const {
    std::vector<std::string> names;
    for (const Expected& one : unseen_)
      names.push_back(absl::StrCat(one.key, ": ", absl::StrJoin(one.path, "/")));
    return names;
  }
  bool Unseen(std::string_view key) const {
    return std::any_of(unseen_.begin(), unseen_.end(), [&](const Expected& one) { return one.key == key; });
  }

 private:
  struct Expected {
    std::string key;
    XesPath path;
    bool of_trace;
  };
  void Expect(std::string key, const XesPath& path, bool of_trace) {
    if (!path.empty()) unseen_.push_back({.key = std::move(key), .path = path, .of_trace = of_trace});
  }
  std::vector<Expected> unseen_;
};

// References by a digest of 128 bits and the line each stood on, so that a log of millions of cases fits.
class ReferencesSeen {
 public:
  // The line on which the reference stood before; 0: nowhere.
  int64_t Add(std::string_view reference, int64_t line) {
    const auto [it, fresh] = lines_.try_emplace(
        std::pair(Fnv1a(reference, 0xcbf29ce484222325ULL), Fnv1a(reference, 0x84222325cbf29ce4ULL)), line);
    return fresh ? 0 : it->second;
  }

 private:
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> lines_;
};

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
  return std::max(latest, LatestOfEvents(trace, map));
}

// One thing that happened, before it is put in order.
struct Importer::Happening {
  absl::Time at;
  const XesEvent* event = nullptr;  // null: the trace's own end
  uint64_t number = 0;              // in the log's order, from 1
};

v1::Command& Importer::NewCommand(std::string_view what, ImportedCase& made) const {
  v1::Command& command = made.commands.emplace_back();
  command.set_command_id(ImportCommandId(map_.system, reference_, what));
  command.set_importing(true);
  return command;
}

absl::StatusOr<std::vector<Importer::Happening>> Importer::Events(const XesLogHeader& header, const XesTrace& part,
                                                                  std::optional<absl::Time> reported,
                                                                  ImportedCase& made) {
  std::vector<Happening> happenings;
  std::optional<absl::Time> before = part.events_before == 0 ? reported : std::optional(last_);
  for (size_t i = 0; i < part.events.size(); ++i) {
    const XesEvent& event = part.events[i];
    std::optional<absl::Time> at = FindTime(event.attributes, header.event_globals, map_.at, map_);
    if (!at.has_value()) {
      ++made.without_time;
      at = before.has_value() ? before : std::optional(LatestOfTrace(part, map_));
    }
    if (*at == absl::InfinitePast()) {
      return BadTrace(part, reference_, "expected a time on the trace or one of its events; found none");
    }
    if (i > 0 && *at < *before) ++made.out_of_order;
    before = at;
    if (TextOf(header, event, map_.activity, map_).empty()) {
      return BadTrace(part, reference_,
                      absl::StrCat("the event at line ", event.line, ": expected an activity under \"",
                                   absl::StrJoin(map_.activity, "/"), "\"; found none"));
    }
    happenings.push_back({.at = *at, .event = &event, .number = part.events_before + i + 1});
  }
  absl::Time latest = absl::InfinitePast();
  for (const Happening& happening : happenings)
    latest = std::max(latest, happening.at);
  if (end_.has_value() && (part.ends || *end_ <= latest)) happenings.push_back({.at = *std::exchange(end_, {})});
  std::stable_sort(happenings.begin(), happenings.end(),
                   [](const Happening& a, const Happening& b) { return a.at < b.at; });
  return happenings;
}

absl::Status Importer::Begin(const XesLogHeader& header, const XesTrace& part, const std::vector<Happening>& happenings,
                             std::optional<absl::Time> reported, ImportedCase& made) {
  absl::Time begin = reported.value_or(absl::InfiniteFuture());
  if (!happenings.empty()) begin = std::min(begin, happenings.front().at);
  if (begin == absl::InfiniteFuture()) {
    return BadTrace(part, reference_, "expected a time on the trace or one of its events; found none");
  }
  v1::Command& report = NewCommand(kReport, made);
  SetTimestamp(begin, report.mutable_occurred_at());
  FillReport(header, part, map_, reference_, report);
  return absl::OkStatus();
}

void Importer::Record(const XesLogHeader& header, const Happening& happening, ImportedCase& made) {
  const auto add = [&](std::string_view what) -> v1::Command& {
    const std::string number = happening.event == nullptr ? std::string() : absl::StrCat(happening.number);
    v1::Command& command = NewCommand(absl::StrCat(number, AbslText(what)), made);
    command.set_case_id(absl::StrCat("@", ImportCommandId(map_.system, reference_, kReport)));
    SetTimestamp(happening.at, command.mutable_occurred_at());
    return command;
  };
  last_ = happening.at;
  if (happening.event == nullptr) {
    add(kEnd).mutable_record_history()->set_activity(map_.end_activity);
    return;
  }
  const XesEvent& event = *happening.event;
  course_->Before(header, event, add);
  v1::RecordHistory& history = *add("").mutable_record_history();
  history.set_activity(TextOf(header, event, map_.activity, map_));
  history.set_resource(TextOf(header, event, map_.resource, map_));
  history.set_lifecycle(TextOf(header, event, map_.lifecycle, map_));
  for (const auto& [name, path] : map_.event_fields) {
    const XesAttribute* found = FindMapped(event.attributes, header.event_globals, path, map_);
    if (found == nullptr) continue;
    if (std::optional<v1::FieldValue> value = CarriedValue(*found)) {
      (*history.mutable_fields())[name] = *std::move(value);
    }
  }
  course_->After(header, event, add);
}

absl::StatusOr<ImportedCase> Importer::Take(const XesLogHeader& header, const XesTrace& part) {
  ImportedCase made;
  made.begins = part.events_before == 0;
  made.ends = part.ends;
  made.events = part.events.size();
  if (made.begins) {
    const XesAttribute* reference = FindMapped(part.attributes, header.trace_globals, map_.reference, map_);
    const bool named = reference != nullptr && !reference->value.empty();
    reference_ = named ? reference->value : absl::StrCat("line-", part.line);
    attributes_ = part.attributes.size();
    end_ = FindTime(part.attributes, header.trace_globals, map_.end_at, map_);
    last_ = absl::InfinitePast();
    course_.emplace(map_);
  }
  made.reference = reference_;
  if (part.attributes.size() != attributes_) {
    return BadTrace(part, reference_,
                    absl::StrCat("expected a trace that comes in parts to say what is so of it "
                                 "before its first event; found an attribute after event ",
                                 part.events_before));
  }
  const std::optional<absl::Time> reported = FindTime(part.attributes, header.trace_globals, map_.reported_at, map_);
  const absl::StatusOr<std::vector<Happening>> happenings = Events(header, part, reported, made);
  if (!happenings.ok()) return happenings.status();
  if (made.begins) {
    if (absl::Status s = Begin(header, part, *happenings, reported, made); !s.ok()) return s;
  } else if (!happenings->empty() && happenings->front().at < last_) {
    return BadTrace(part, reference_, absl::StrCat(kPartsInOrder, part.events_before));
  }
  for (const Happening& happening : *happenings)
    Record(header, happening, made);
  if (!part.ends) return made;
  // The id holds the instant: importing to a later one is another request, to the same one the same.
  v1::Command& finish = NewCommand(absl::StrCat("f:", absl::ToUnixMicros(up_to_)), made);
  finish.set_case_id(absl::StrCat("@", ImportCommandId(map_.system, reference_, kReport)));
  SetTimestamp(up_to_, finish.mutable_finish_import()->mutable_up_to());
  return made;
}

absl::StatusOr<ImportedCase> CommandsOfTrace(const XesLogHeader& header, const XesTrace& trace, const XesMap& map,
                                             absl::Time up_to) {
  return Importer(map, up_to).Take(header, trace);
}

absl::StatusOr<XesSurvey> SurveyXes(ByteSource& source, const XesReadOptions& options, const XesMap& map) {
  XesSurvey survey;
  Sightings sightings(map);
  ReferencesSeen references;
  absl::Time before = absl::InfinitePast();  // the latest of the trace's earlier parts
  const auto bad = [&](int64_t line, std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(options.name, " line ", line, ": ", AbslText(what)));
  };
  absl::StatusOr<XesCounts> counts = ReadXes(source, options, [&](const XesLogHeader& header, XesTrace trace) {
    survey.latest = std::max(survey.latest, LatestOfTrace(trace, map));
    sightings.Look(trace);
    if (trace.events_before > 0 && EarliestEvent(trace, map) < before) {
      return bad(trace.line, absl::StrCat(kPartsInOrder, trace.events_before));
    }
    before = trace.ends ? absl::InfinitePast() : std::max(before, LatestOfEvents(trace, map));
    const XesAttribute* reference = FindMapped(trace.attributes, header.trace_globals, map.reference, map);
    if (trace.events_before > 0 || reference == nullptr || reference->value.empty()) return absl::OkStatus();
    const int64_t earlier = references.Add(reference->value, trace.line);
    if (earlier == 0) return absl::OkStatus();
    return bad(trace.line, absl::StrCat("expected each trace to have a ", absl::StrJoin(map.reference, "/"),
                                        " of its own; found that of the trace at line ", earlier));
  });
  if (!counts.ok()) return counts.status();
  survey.counts = *counts;
  survey.never_seen = sightings.Unseen();
  for (const char* key : {"case.reference", "events.activity"}) {
    const bool any = std::string_view(key) == "case.reference" ? counts->traces > 0 : counts->events > 0;
    if (any && sightings.Unseen(key)) {
      const XesPath& path = std::string_view(key) == "case.reference" ? map.reference : map.activity;
      return absl::InvalidArgumentError(absl::StrCat(options.name, ": expected the attribute \"",
                                                     absl::StrJoin(path, "/"), "\", which the map names as ", key,
                                                     "; found it on none of ", counts->traces, " traces"));
    }
  }
  return survey;
}

}  // namespace caseward

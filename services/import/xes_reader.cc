#include "services/import/xes_reader.h"

#include <expat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

struct ParserFree {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

std::optional<XesAttribute::Type> AttributeType(std::string_view element) {
  using Type = XesAttribute::Type;
  if (element == "string") return Type::kString;
  if (element == "date") return Type::kDate;
  if (element == "int") return Type::kInt;
  if (element == "float") return Type::kFloat;
  if (element == "boolean") return Type::kBoolean;
  if (element == "id") return Type::kId;
  if (element == "list") return Type::kList;
  if (element == "container") return Type::kContainer;
  return std::nullopt;
}

// expat gives "namespace|local"; only the local name matters.
std::string_view LocalName(const char* name) {
  const std::string_view whole(name);
  const size_t bar = whole.rfind('|');
  return bar == std::string_view::npos ? whole : whole.substr(bar + 1);
}

std::optional<std::string_view> XmlAttribute(const char** attributes, std::string_view name) {
  for (; *attributes != nullptr; attributes += 2) {
    if (LocalName(attributes[0]) == name) return std::string_view(attributes[1]);
  }
  return std::nullopt;
}

// "a b 'c d'": keys separated by spaces; a key that holds spaces stands in quotes.
std::vector<std::string> ClassifierKeys(std::string_view text) {
  std::vector<std::string> keys;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return keys;
    const bool quoted = text.front() == '\'';
    if (quoted) text.remove_prefix(1);
    const size_t end = std::min(text.find(quoted ? '\'' : ' '), text.size());
    keys.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// What the parser has been told so far. One object a read; expat's callbacks are its members.
class Reading {
 public:
  Reading(const XesReadOptions& options, XesTraceFn on_trace)
      : options_(options), on_trace_(on_trace), parser_(XML_ParserCreateNS(nullptr, '|')) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(),
        [](void* self, const char* name, const char** attributes) {
          static_cast<Reading*>(self)->Begin(name, attributes);
        },
        [](void* self, const char*) { static_cast<Reading*>(self)->End(); });
    XML_SetStartDoctypeDeclHandler(parser_.get(), [](void* self, const char*, const char*, const char*, int) {
      static_cast<Reading*>(self)->Fail(
          "expected XES, which has no document type declaration; found <!DOCTYPE>: refused, "
          "because its entities could grow without bound or read other files");
    });
  }

  absl::Status Feed(std::string_view bytes, bool last) {
    const XML_Status rc = XML_Parse(parser_.get(), bytes.data(), static_cast<int>(bytes.size()), last ? 1 : 0);
    if (!status_.ok()) return status_;
    if (rc == XML_STATUS_OK) return absl::OkStatus();
    const XML_Error error = XML_GetErrorCode(parser_.get());
    const std::string where = absl::StrCat(options_.name, " line ", Line(), ": ");
    if (last && (error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN)) {
      return absl::DataLossError(absl::StrCat(where, "the file ends before its </log>: it is truncated, or not XML"));
    }
    return absl::InvalidArgumentError(absl::StrCat(where, "expected well-formed XML; found ", XML_ErrorString(error)));
  }

  const XesCounts& counts() const { return counts_; }

 private:
  // What an open element is to us.
  enum class Kind { kLog, kGlobal, kClassifier, kTrace, kEvent, kAttribute, kTransparent, kIgnored };

  int64_t Line() const { return static_cast<int64_t>(XML_GetCurrentLineNumber(parser_.get())); }

  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  void Fail(std::string_view what) {
    Fail(absl::InvalidArgumentError(absl::StrCat(options_.name, " line ", Line(), ": ", AbslText(what))));
  }
  void FailLimit(std::string_view what) {
    Fail(absl::ResourceExhaustedError(absl::StrCat(options_.name, " line ", Line(), ": ", AbslText(what))));
  }

  void Begin(const char* name, const char** attributes) {
    if (!status_.ok()) return;
    const std::string_view element = LocalName(name);
    if (open_.size() >= static_cast<size_t>(options_.limits.nesting_max)) {
      return FailLimit(absl::StrCat("more than ", options_.limits.nesting_max, " elements inside each other"));
    }
    open_.push_back(Classify(element, attributes));
  }

  Kind Classify(std::string_view element, const char** attributes) {
    if (open_.empty()) {
      if (element != "log")
        Fail(absl::StrCat("expected the root element <log>; found <", PlainOrQuoted(element, 64), ">"));
      return Kind::kLog;
    }
    const Kind parent = open_.back();
    if (parent == Kind::kIgnored || parent == Kind::kClassifier) return Kind::kIgnored;
    if (parent == Kind::kLog) return AtTop(element, attributes);
    if (parent == Kind::kTrace && element == "event") return BeginEvent();
    // <values> only groups the values of a <list>.
    if (parent == Kind::kAttribute && element == "values") return Kind::kTransparent;
    return BeginAttribute(element, attributes);
  }

  Kind AtTop(std::string_view element, const char** attributes) {
    if (element == "trace") {
      trace_ = XesTrace{.line = Line(), .attributes = {}, .events = {}};
      trace_bytes_ = 0;
      part_bytes_ = 0;
      stack_ = {&trace_.attributes};
      return Kind::kTrace;
    }
    if (element == "event") {
      ++counts_.stray_events;
      return Kind::kIgnored;
    }
    if (element == "classifier") {
      header_.classifiers.push_back({.name = std::string(XmlAttribute(attributes, "name").value_or("")),
                                     .scope = std::string(XmlAttribute(attributes, "scope").value_or("event")),
                                     .keys = ClassifierKeys(XmlAttribute(attributes, "keys").value_or(""))});
      return Kind::kClassifier;
    }
    if (element == "global") {
      const std::string_view scope = XmlAttribute(attributes, "scope").value_or("");
      if (scope != "trace" && scope != "event") {
        Fail(absl::StrCat("expected <global scope=\"trace\"> or \"event\"; found scope ", QuotedShort(scope)));
      }
      stack_ = {scope == "trace" ? &header_.trace_globals : &header_.event_globals};
      return Kind::kGlobal;
    }
    return Kind::kIgnored;  // extensions, and attributes of the log as a whole
  }

  // Hands over what has been read of the trace; its attributes stay.
  void EndPart() {
    XesTrace part{.line = trace_.line,
                  .attributes = trace_.attributes,
                  .events = std::exchange(trace_.events, {}),
                  .events_before = trace_.events_before,
                  .ends = false};
    trace_.events_before += part.events.size();
    trace_bytes_ -= std::exchange(part_bytes_, 0);
    if (absl::Status status = on_trace_(header_, std::move(part)); !status.ok()) Fail(std::move(status));
  }

  Kind BeginEvent() {
    if (trace_.events_before + trace_.events.size() >= options_.limits.trace_events_max) {
      FailLimit(absl::StrCat("a trace of more than ", options_.limits.trace_events_max, " events"));
      return Kind::kIgnored;
    }
    if (trace_.events.size() >= options_.limits.part_events || part_bytes_ >= options_.limits.part_bytes) {
      EndPart();
      if (!status_.ok()) return Kind::kIgnored;
    }
    trace_.events.push_back({.line = Line(), .attributes = {}});
    stack_.push_back(&trace_.events.back().attributes);
    return Kind::kEvent;
  }

  Kind BeginAttribute(std::string_view element, const char** attributes) {
    const std::optional<XesAttribute::Type> type = AttributeType(element);
    if (!type.has_value()) return Kind::kIgnored;
    XesAttribute attribute;
    attribute.type = *type;
    const std::optional<std::string_view> key = XmlAttribute(attributes, "key");
    const std::optional<std::string_view> value = XmlAttribute(attributes, "value");
    if (!key.has_value()) {
      Fail(absl::StrCat("expected <", PlainOrQuoted(element, 64), "> to have a key; found none"));
      return Kind::kIgnored;
    }
    const bool composite = *type == XesAttribute::Type::kList || *type == XesAttribute::Type::kContainer;
    if (!composite && !value.has_value()) {
      Fail(absl::StrCat("expected <", AbslText(element), " key=", QuotedShort(*key), "> to have a value; found none"));
      return Kind::kIgnored;
    }
    attribute.key = std::string(*key);
    attribute.value = std::string(value.value_or(""));
    if (!Fits(attribute) || !CheckValue(element, attribute)) return Kind::kIgnored;
    stack_.back()->push_back(std::move(attribute));
    stack_.push_back(&stack_.back()->back().children);
    return Kind::kAttribute;
  }

  bool Fits(const XesAttribute& attribute) {
    if (attribute.value.size() > options_.limits.value_bytes_max) {
      FailLimit(absl::StrCat("the value of ", QuotedShort(attribute.key), " has ", attribute.value.size(),
                             " bytes; at most ", options_.limits.value_bytes_max));
      return false;
    }
    const size_t bytes = attribute.key.size() + attribute.value.size() + sizeof(XesAttribute);
    trace_bytes_ += bytes;
    if (open_.size() > 2 && open_[2] == Kind::kEvent) part_bytes_ += bytes;
    if (trace_bytes_ > options_.limits.trace_bytes_max) {
      FailLimit(absl::StrCat("a trace of more than ", options_.limits.trace_bytes_max, " bytes"));
      return false;
    }
    return true;
  }

  bool CheckValue(std::string_view element, XesAttribute& attribute) {
    bool good = true;
    switch (attribute.type) {
      case XesAttribute::Type::kDate: {
        absl::StatusOr<absl::Time> date = ParseXesDate(attribute.value, options_.zone);
        if (!date.ok()) {
          Fail(absl::StrCat("<date key=", QuotedShort(attribute.key), ">: ", date.status().message()));
          return false;
        }
        attribute.date = *date;
        break;
      }
      case XesAttribute::Type::kInt: {
        int64_t ignored = 0;
        good = absl::SimpleAtoi(attribute.value, &ignored);
        break;
      }
      case XesAttribute::Type::kFloat: {
        double ignored = 0;
        good = absl::SimpleAtod(attribute.value, &ignored);
        break;
      }
      case XesAttribute::Type::kBoolean: {
        bool ignored = false;
        good = absl::SimpleAtob(attribute.value, &ignored);
        break;
      }
      case XesAttribute::Type::kString:
      case XesAttribute::Type::kId:
      case XesAttribute::Type::kList:
      case XesAttribute::Type::kContainer: break;
    }
    if (!good) {
      Fail(absl::StrCat("expected the value of ", QuotedShort(attribute.key), " to be of type ", AbslText(element),
                        "; found ", attribute.value.size(), " other characters"));
    }
    return good;
  }

  void End() {
    if (!status_.ok()) return;
    const Kind kind = open_.back();
    open_.pop_back();
    switch (kind) {
      case Kind::kAttribute:
      case Kind::kEvent: stack_.pop_back(); return;
      case Kind::kTrace: {
        ++counts_.traces;
        counts_.events += trace_.events_before + trace_.events.size();
        absl::Status status = on_trace_(header_, std::exchange(trace_, {}));
        if (!status.ok()) Fail(std::move(status));
        return;
      }
      case Kind::kLog:
      case Kind::kGlobal:
      case Kind::kClassifier:
      case Kind::kTransparent:
      case Kind::kIgnored: return;
    }
  }

  const XesReadOptions& options_;
  XesTraceFn on_trace_;
  std::unique_ptr<XML_ParserStruct, ParserFree> parser_;
  absl::Status status_;
  XesCounts counts_;
  XesLogHeader header_;
  XesTrace trace_;
  size_t trace_bytes_ = 0;
  size_t part_bytes_ = 0;  // of these, in the events of this part
  std::vector<Kind> open_;
  // Where the next attribute goes: the list of the innermost open trace, event or attribute. A list does not grow while
  // one of its elements is open, so the pointers stay good.
  std::vector<std::vector<XesAttribute>*> stack_;
};

}  // namespace

absl::StatusOr<XesCounts> ReadXes(ByteSource& source, const XesReadOptions& options, XesTraceFn on_trace) {
  Reading reading(options, on_trace);
  std::array<char, 64 << 10> buffer;
  while (true) {
    absl::StatusOr<size_t> n = source.Read(absl::MakeSpan(buffer));
    if (!n.ok()) return n.status();
    if (absl::Status s = reading.Feed(std::string_view(buffer.data(), *n), *n == 0); !s.ok()) return s;
    if (*n == 0) return reading.counts();
  }
}

const XesAttribute* FindXes(const std::vector<XesAttribute>& attributes, const std::vector<std::string>& path) {
  const std::vector<XesAttribute>* level = &attributes;
  const XesAttribute* found = nullptr;
  for (const std::string& key : path) {
    found = nullptr;
    for (const XesAttribute& attribute : *level) {
      if (attribute.key == key) {
        found = &attribute;
        break;
      }
    }
    if (found == nullptr) return nullptr;
    level = &found->children;
  }
  return found;
}

absl::StatusOr<absl::Time> ParseXesDate(std::string_view text, const std::optional<absl::TimeZone>& zone) {
  const absl::string_view date = AbslText(text);
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, date, &time, &error) && IsRecordable(time)) return time;
  if (absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S", date, zone.value_or(absl::UTCTimeZone()), &time, &error) &&
      IsRecordable(time)) {
    if (zone.has_value()) return time;
    return absl::InvalidArgumentError(
        "expected a date with an offset, e.g. 2011-10-18T09:06:20.547+02:00; found one without (the map's time_zone "
        "says what such a date means)");
  }
  // The value is not quoted: what stands there instead of a date may be anything, also somebody's name.
  return absl::InvalidArgumentError(
      absl::StrCat("expected a date such as 2011-10-18T09:06:20.547+02:00; found ", date.size(), " other characters"));
}

}  // namespace caseward

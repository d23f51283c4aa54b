#include "services/export/xes_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr std::string_view kNoCharacter = "\xEF\xBF\xBD";

// The value of an XML attribute. Tabs and line ends are written as references, or a reader would make them spaces. The
// two characters that UTF-8 can carry and XML cannot (U+FFFE, U+FFFF) are three bytes each.
std::string Escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const unsigned char u = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\t') {
      out += "&#x9;";
    } else if (c == '\n') {
      out += "&#xA;";
    } else if (c == '\r') {
      out += "&#xD;";
    } else if (u < 0x20) {
      out += kNoCharacter;
    } else if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") {
      out += kNoCharacter;
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view ElementOf(XesAttribute::Type type) {
  switch (type) {
    case XesAttribute::Type::kString: return "string";
    case XesAttribute::Type::kDate: return "date";
    case XesAttribute::Type::kInt: return "int";
    case XesAttribute::Type::kFloat: return "float";
    case XesAttribute::Type::kBoolean: return "boolean";
    case XesAttribute::Type::kId: return "id";
    case XesAttribute::Type::kList: return "list";
    case XesAttribute::Type::kContainer: return "container";
  }
  return "string";
}

XesAttribute NewAttribute(XesAttribute::Type type, std::string key, std::string value) {
  XesAttribute attribute;
  attribute.type = type;
  attribute.key = std::move(key);
  attribute.value = std::move(value);
  return attribute;
}

// As a classifier lists it: a key that holds spaces stands in quotes.
void ClassifierKey(std::string* out, const std::string& key) {
  const bool quoted = key.find(' ') != std::string::npos;
  absl::StrAppend(out, quoted ? "'" : "", key, quoted ? "'" : "");
}

}  // namespace

void XesWriter::BeginLog(const XesLogHead& head) {
  out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<log xes.version=\"1849.2016\" xes.features=\"nested-attributes\" xmlns=\"http://www.xes-standard.org/\">\n";
  for (const XesExtension& extension : head.extensions) {
    out_ << "  <extension name=\"" << Escaped(extension.name) << "\" prefix=\"" << Escaped(extension.prefix)
         << "\" uri=\"" << Escaped(extension.uri) << "\"/>\n";
  }
  const auto globals = [&](std::string_view scope, const std::vector<XesAttribute>& attributes) {
    if (attributes.empty()) return;
    out_ << "  <global scope=\"" << scope << "\">\n";
    for (const XesAttribute& attribute : attributes)
      Attribute(attribute, "    ");
    out_ << "  </global>\n";
  };
  globals("trace", head.trace_globals);
  globals("event", head.event_globals);
  for (const XesLogHeader::Classifier& classifier : head.classifiers) {
    out_ << "  <classifier name=\"" << Escaped(classifier.name) << "\" scope=\"" << Escaped(classifier.scope)
         << "\" keys=\"" << Escaped(absl::StrJoin(classifier.keys, " ", ClassifierKey)) << "\"/>\n";
  }
}

void XesWriter::BeginTrace() { out_ << "  <trace>\n"; }
void XesWriter::BeginEvent() {
  out_ << "    <event>\n";
  in_event_ = true;
}
void XesWriter::Attribute(const XesAttribute& attribute) { Attribute(attribute, in_event_ ? "      " : "    "); }
void XesWriter::EndEvent() {
  out_ << "    </event>\n";
  in_event_ = false;
}
void XesWriter::EndTrace() { out_ << "  </trace>\n"; }
void XesWriter::EndLog() { out_ << "</log>\n"; }

void XesWriter::Attribute(const XesAttribute& attribute, std::string_view indent) {
  const std::string_view element = ElementOf(attribute.type);
  const bool list = attribute.type == XesAttribute::Type::kList;
  const bool composite = list || attribute.type == XesAttribute::Type::kContainer;
  out_ << indent << "<" << element << " key=\"" << Escaped(attribute.key) << "\"";
  if (!composite) out_ << " value=\"" << Escaped(attribute.value) << "\"";
  if (attribute.children.empty() && !list) {
    out_ << "/>\n";
    return;
  }
  out_ << ">\n";
  const std::string deeper = absl::StrCat(AbslText(indent), "  ");
  if (list) out_ << deeper << "<values>\n";
  for (const XesAttribute& child : attribute.children)
    Attribute(child, list ? deeper + "  " : deeper);
  if (list) out_ << deeper << "</values>\n";
  out_ << indent << "</" << element << ">\n";
}

XesAttribute XesText(std::string key, std::string value) {
  return NewAttribute(XesAttribute::Type::kString, std::move(key), std::move(value));
}
XesAttribute XesDate(std::string key, absl::Time at) {
  XesAttribute date = NewAttribute(XesAttribute::Type::kDate, std::move(key),
                                   absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*S%Ez", at, absl::UTCTimeZone()));
  date.date = at;
  return date;
}
XesAttribute XesNumber(std::string key, int64_t number) {
  return NewAttribute(XesAttribute::Type::kInt, std::move(key), absl::StrCat(number));
}
XesAttribute XesFlag(std::string key, bool flag) {
  return NewAttribute(XesAttribute::Type::kBoolean, std::move(key), flag ? "true" : "false");
}

std::vector<XesExtension> StandardXesExtensions() {
  return {{.name = "Concept", .prefix = "concept", .uri = "http://www.xes-standard.org/concept.xesext"},
          {.name = "Time", .prefix = "time", .uri = "http://www.xes-standard.org/time.xesext"},
          {.name = "Organizational", .prefix = "org", .uri = "http://www.xes-standard.org/org.xesext"},
          {.name = "Lifecycle", .prefix = "lifecycle", .uri = "http://www.xes-standard.org/lifecycle.xesext"}};
}

}  // namespace caseward

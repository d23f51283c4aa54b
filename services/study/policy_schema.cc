// The JSON schema of a pack as people write it. One definition a message of policy.proto; the shorter forms, which the
// reader (services/packs/pack_forms.cc, example_forms.cc) knows by hand, are known by hand here too: a test holds the
// two together by validating every pack of the repository, and packs that the reader refuses, with a validator of
// somebody else.
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/first_facts.h"
#include "services/study/language_source.h"
#include "services/study/policy_language.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += ' ';
    else
      out += c;
  }
  return out + "\"";
}

// Members of an object, in the order they were put.
class Properties {
 public:
  Properties& Put(std::string_view key, std::string schema) {
    if (keys_.insert(std::string(key)).second) members_.push_back(StrCat(Quote(key), ": ", schema));
    return *this;
  }
  // {"type": "object", "properties": {...}, ...}; nothing else unless `others` says what.
  std::string Object(std::string_view rest = "", std::string_view others = "false") const {
    return StrCat("{\"type\": \"object\", \"properties\": {\n      ", absl::StrJoin(members_, ",\n      "),
                  "},\n    \"additionalProperties\": ", others, rest, "}");
  }

 private:
  std::vector<std::string> members_;
  std::set<std::string> keys_;
};

std::string Ref(std::string_view name) { return StrCat("{\"$ref\": \"#/$defs/", name, "\"}"); }
std::string OneOrMore(const std::string& one) {
  return StrCat("{\"anyOf\": [", one, ", {\"type\": \"array\", \"items\": ", one, "}]}");
}

constexpr std::string_view kText = R"({"type": ["string", "number", "boolean"]})";
constexpr std::string_view kInstant =
    R"({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$"})";
constexpr std::string_view kSpan =
    R"({"type": "string", "pattern": "^[0-9]{1,5} +(working_days?|business_hours?|hours?|days?|months?)$"})";

// Any letters' case, as the reader takes it.
std::string CodesOf(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> either;
  for (const std::string& name : EnumValueNames(type)) {
    std::string pattern;
    for (const char c : name) {
      const char upper = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
      pattern += upper == c ? std::string(1, c) : StrCat("[", std::string(1, c), std::string(1, upper), "]");
    }
    either.push_back(pattern);
  }
  return StrCat("{\"type\": \"string\", \"pattern\": \"^(", absl::StrJoin(either, "|"), ")$\", \"examples\": [\"",
                absl::StrJoin(EnumValueNames(type), "\", \""), "\"]}");
}

// Conditions for which `true` stands for a map that narrows nothing.
constexpr std::string_view kMayBeTrue[] = {"OpenActions", "OpenEnquiries", "OpenReferrals", "UnreviewedSharings"};

const FieldDescriptor* IdOf(const Descriptor& type) {
  if (type.name() == "Example" || type.name() == "Need") return nullptr;
  if (const FieldDescriptor* id = type.FindFieldByName("id")) return id;
  return type.name() == "SignOffType" ? type.FindFieldByName("subject") : nullptr;
}

class SchemaWriter {
 public:
  SchemaWriter() {
    Forms();
    for (const Descriptor* type : LanguageTypes())
      Define(*type);
  }

  std::string Text() const {
    std::string out =
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"A policy pack of Caseward, or one file of it\",\n"
        "  \"description\": \"Made by caseward policy schema; names are resolved by caseward policy check.\",\n"
        "  \"$ref\": \"#/$defs/Pack\",\n  \"$defs\": {";
    const char* between = "\n";
    for (const auto& [name, schema] : defs_) {
      out += StrCat(between, "  ", Quote(name), ": ", schema);
      between = ",\n";
    }
    return out + "\n  }\n}\n";
  }

 private:
  // What is written otherwise than the message has it.
  void Forms() {
    defs_["Text"] = std::string(kText);
    defs_["Span"] = std::string(kSpan);
    defs_["Timestamp"] = std::string(kInstant);
    defs_["Struct"] = R"({"type": "object"})";
    defs_["FieldTests"] =
        StrCat("{\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": ", Ref("FieldTest"), "}");
    defs_["Conditions"] = OneOrMore(Ref("Condition"));
    for (const std::string_view name : kMayBeTrue)
      defs_[std::string(name)] = StrCat("{\"anyOf\": [{\"const\": true}, ", Ref(StrCat(name, "Map")), "]}");
    defs_["Trigger"] = StrCat("{\"anyOf\": [{\"type\": \"string\"}, ",
                              Properties()
                                  .Put("event", Ref("Text"))
                                  .Put("where", Ref("FieldTests"))
                                  .Put("at", Ref("Text"))
                                  .Put("when", Ref("Condition"))
                                  .Object(", \"required\": [\"event\"]"),
                              "]}");
    const std::string spans = StrCat(
        "{\"type\": \"object\", \"minProperties\": 1, \"propertyNames\": {\"enum\": [\"P1\", "
        "\"P2\", \"P3\", \"any\"]}, \"additionalProperties\": ",
        Ref("Span"), "}");
    defs_["Durations"] =
        StrCat("{\"anyOf\": [", Ref("Span"), ", ", spans, ", {\"type\": \"array\", \"items\": {\"anyOf\": [",
               Ref("Within"), ", ", spans, "]}}]}");
  }

  std::string OfMessage(const Descriptor& type) {
    if (type.name() == "PriorityTest" || type.name() == "CaseTypeTest") return OfField(*type.FindFieldByName("any_of"));
    return Ref(type.name());
  }

  std::string OfField(const FieldDescriptor& field) {
    if (field.is_map())
      return StrCat("{\"type\": \"object\", \"additionalProperties\": ",
                    OfField(*field.message_type()->FindFieldByName("value")), "}");
    std::string one = std::string(R"({"type": "integer"})");
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: one = OfMessage(*field.message_type()); break;
      case FieldDescriptor::CPPTYPE_STRING: one = Ref("Text"); break;
      case FieldDescriptor::CPPTYPE_BOOL: one = R"({"type": "boolean"})"; break;
      case FieldDescriptor::CPPTYPE_ENUM: one = CodesOf(*field.enum_type()); break;
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT: break;
    }
    if (!field.is_repeated()) return one;
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return OneOrMore(one);
    const Descriptor& type = *field.message_type();
    if (type.name() == "FieldTest") return Ref("FieldTests");
    if (type.name() == "Within") return Ref("Durations");
    if (IdOf(type) == nullptr) return OneOrMore(one);
    return StrCat("{\"anyOf\": [{\"type\": \"array\", \"items\": ", one, "}, ", one,
                  ", {\"type\": \"object\", \"additionalProperties\": ", one, "}]}");
  }

  // A field with what its comment says, which editors show.
  void Put(const FieldDescriptor& field, Properties& out) {
    std::string schema = OfField(field);
    std::string comment;
    for (const absl::string_view word : absl::StrSplit(CommentOf(field), absl::ByAnyChar(" \n"), absl::SkipEmpty()))
      absl::StrAppend(&comment, comment.empty() ? "" : " ", word);
    if (!comment.empty() && schema.starts_with("{"))
      schema = StrCat("{\"description\": ", Quote(comment), ", ", std::string_view(schema).substr(1));
    out.Put(field.name() == "case_state" ? "case" : field.name(), std::move(schema));
  }
  Properties FieldsOf(const Descriptor& type) {
    Properties out;
    for (int i = 0; i < type.field_count(); ++i) {
      // A version is given on publishing.
      if (type.name() == "Pack" && type.field(i)->name() == "version") continue;
      Put(*type.field(i), out);
    }
    return out;
  }
  const FieldDescriptor& FieldOfPack(const char* name) {
    return *PolicyLanguage().FindMessageTypeByName("Pack")->FindFieldByName(name);
  }

  void Define(const Descriptor& type) {
    const std::string& name = type.name();
    const bool may_be_true = std::find(std::begin(kMayBeTrue), std::end(kMayBeTrue), name) != std::end(kMayBeTrue);
    if (defs_.contains(name) && !may_be_true) return;
    Properties fields = FieldsOf(type);
    std::string rest;
    std::string others = "false";
    if (name == "Condition") {
      rest = ", \"minProperties\": 1, \"maxProperties\": 1";
    } else if (name == "FieldTest") {
      defs_[name] = StrCat("{\"anyOf\": [", OneOrMore(Ref("Text")), ", ", fields.Object(), "]}");
      return;
    } else if (name == "LastStep") {
      others = Ref("FieldTest");
      rest = ", \"required\": [\"step\"]";
    } else if (name == "Count") {
      Properties count;
      count.Put("event", Ref("Text")).Put("where", Ref("FieldTests"));
      for (int i = 0; i < type.field_count(); ++i) {
        if (type.field(i)->name() != "of") Put(*type.field(i), count);
      }
      defs_[name] = count.Object(", \"required\": [\"event\"]");
      return;
    } else if (may_be_true) {
      defs_[StrCat(name, "Map")] = fields.Object();
      return;
    } else if (name == "Clock") {
      fields.Put("warn_at", R"({"type": "string", "pattern": "^[1-9][0-9]?%$"})");
      fields.Put("due", Properties().Put("from", Ref("Text")).Object(", \"required\": [\"from\"]"));
    } else if (name == "Rule") {
      fields.Put("need", OneOrMore(Ref("Need")));
    } else if (name == "Need") {
      const Descriptor& condition = *PolicyLanguage().FindMessageTypeByName("Condition");
      for (int i = 0; i < condition.field_count(); ++i)
        Put(*condition.field(i), fields);
    } else if (name == "SignOffTest") {
      fields.Put("by", OneOrMore(Ref("Text"))).Put("separate_from", OneOrMore(Ref("Text")));
    } else if (name == "CaseType") {
      for (const char* list : {"clocks", "rules", "checklists", "sign_offs", "alerts", "steps"})
        fields.Put(list, OfField(FieldOfPack(list)));
    } else if (name == "Example") {
      fields.Put("rows", StrCat("{\"type\": \"array\", \"minItems\": 1, \"items\": ", Ref("Example"), "}"));
    } else if (name == "ExampleStep") {
      DefineStep(type);
      return;
    }
    defs_[name] = fields.Object(rest, others);
  }

  // Its own keys, and exactly one verb with the fields of its command.
  void DefineStep(const Descriptor& type) {
    Properties step;
    for (const char* key : {"at", "after", "by", "occurred_at", "channel", "refused", "late_reason_code"})
      Put(*type.FindFieldByName(key), step);
    std::vector<std::string> verbs;
    for (const std::string_view verb : CaseVerbNames()) {
      step.Put(verb, R"({"type": "object"})");
      verbs.push_back(StrCat("{\"required\": [", Quote(verb), "]}"));
    }
    defs_["ExampleStep"] = step.Object(StrCat(", \"oneOf\": [", absl::StrJoin(verbs, ", "), "]"));
  }

  std::map<std::string, std::string> defs_;
};

}  // namespace

std::string PolicySchema() { return SchemaWriter().Text(); }

}  // namespace caseward

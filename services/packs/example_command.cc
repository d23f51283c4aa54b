#include "services/packs/example_command.h"

#include <cmath>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/verbs.h"
#include "services/packs/example_fields.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Struct;
using google::protobuf::Value;

std::string Describe(const Value& value) {
  switch (value.kind_case()) {
    case Value::kBoolValue: return value.bool_value() ? "true" : "false";
    case Value::kNumberValue: return StrCat(value.number_value());
    case Value::kStringValue: return StrCat("\"", value.string_value(), "\"");
    case Value::kListValue: return "a list";
    case Value::kStructValue: return "a map";
    case Value::kNullValue:
    case Value::KIND_NOT_SET: return "nothing";
  }
  return "";
}

// Text of a scalar: a number or true written where text is wanted is that text.
std::optional<std::string> TextOf(const Value& value) {
  if (value.kind_case() == Value::kStringValue) return value.string_value();
  if (value.kind_case() == Value::kNumberValue) return StrCat(value.number_value());
  if (value.kind_case() == Value::kBoolValue) return value.bool_value() ? "true" : "false";
  return std::nullopt;
}
std::optional<int64_t> WholeOf(const Value& value) {
  const double number = value.number_value();
  if (value.kind_case() != Value::kNumberValue || number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(number);  // the reader takes at most 15 digits, which a double holds
}

class CommandReader {
 public:
  CommandReader(const v1::Pack& pack, std::vector<PackProblem>& problems) : pack_(pack), problems_(problems) {}

  v1::Command Read(const v1::ExampleStep& step, const std::string& path) {
    v1::Command command;
    if (step.has_occurred_at()) *command.mutable_occurred_at() = step.occurred_at();
    command.set_channel(step.channel());
    command.set_late_reason_code(step.late_reason_code());
    const std::optional<Verb> verb = ParseVerb(step.verb());
    if (!verb.has_value()) {
      Problem(path + ".verb", "a verb that people use", StrCat("\"", step.verb(), "\""));
      return command;
    }
    FindStep(*verb, step.fields());
    Message& body = *command.GetReflection()->MutableMessage(&command, VerbField(*verb));
    for (const auto& [key, value] : step.fields().fields()) {
      const std::string at = StrCat(path, ".fields.", key);
      const FieldDescriptor* field = body.GetDescriptor()->FindFieldByName(key);
      if (field != nullptr) {
        ReadField(value, body, field, at);
      } else if (key == "resident_id" || key == "references" || key == "expected_version") {
        ReadField(value, command, v1::Command::descriptor()->FindFieldByName(key), at);
      } else {
        UnknownField(body, step.verb(), key, at);
      }
    }
    return command;
  }

 private:
  void Problem(std::string path, std::string expected, std::string found) {
    problems_.push_back({std::move(path), std::move(expected), std::move(found)});
  }

  void UnknownField(const Message& message, std::string_view of, const std::string& key, const std::string& path) {
    std::vector<std::string_view> known;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i)
      known.push_back(message.GetDescriptor()->field(i)->name());
    Problem(path, ExpectedName(StrCat("a field of ", of), key, known), StrCat("\"", key, "\""));
  }

  // The declaration of the fields that the command may carry.
  void FindStep(Verb verb, const Struct& fields) {
    std::string id = verb == v1::Command::kReportCase ? "report" : verb == v1::Command::kTriageCase ? "triage" : "";
    const auto named = fields.fields().find("step");
    if (verb == v1::Command::kRecordStep && named != fields.fields().end()) id = named->second.string_value();
    for (const v1::StepType& step : pack_.steps()) {
      if (step.id() == id) step_ = &step;
    }
  }

  const v1::FieldType* Declared(const std::string& id) const {
    if (step_ == nullptr) return nullptr;
    for (const v1::FieldType& field : step_->fields()) {
      if (field.id() == id) return &field;
    }
    return nullptr;
  }

  void ReadField(const Value& value, Message& message, const FieldDescriptor* field, const std::string& path) {
    if (field->is_map()) return ReadDeclaredFields(value, message, field, path);
    if (!field->is_repeated()) return ReadOne(value, message, field, path, /*add=*/false);
    if (value.kind_case() != Value::kListValue) return ReadOne(value, message, field, path, /*add=*/true);
    for (int i = 0; i < value.list_value().values_size(); ++i) {
      ReadOne(value.list_value().values(i), message, field, StrCat(path, "[", i, "]"), /*add=*/true);
    }
  }

  void ReadOne(const Value& value, Message& message, const FieldDescriptor* field, const std::string& path, bool add) {
    const auto* reflection = message.GetReflection();
    const auto wrong = [&](std::string expected) { Problem(path, std::move(expected), Describe(value)); };
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadMessage(
            value, add ? *reflection->AddMessage(&message, field) : *reflection->MutableMessage(&message, field), path);
      case FieldDescriptor::CPPTYPE_STRING: {
        std::optional<std::string> text = TextOf(value);
        if (!text.has_value()) return wrong("text");
        if (field->type() == FieldDescriptor::TYPE_BYTES && !absl::Base64Unescape(*text, &*text))
          return wrong("base64");
        if (add)
          reflection->AddString(&message, field, *std::move(text));
        else
          reflection->SetString(&message, field, *std::move(text));
        return;
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        if (value.kind_case() != Value::kBoolValue) return wrong("true or false");
        return reflection->SetBool(&message, field, value.bool_value());
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* named = FindEnumValue(*field->enum_type(), TextOf(value).value_or(""));
        if (named == nullptr) return wrong(StrCat("one of ", absl::StrJoin(EnumValueNames(*field->enum_type()), ", ")));
        if (add) return reflection->AddEnumValue(&message, field, named->number());
        return reflection->SetEnumValue(&message, field, named->number());
      }
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64: {
        const std::optional<int64_t> number = WholeOf(value);
        if (!number.has_value() || *number < 0 || *number > INT64_C(0xffffffff)) return wrong("a whole number");
        return SetCount(message, field, static_cast<uint32_t>(*number), add);
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        const std::optional<int64_t> number = WholeOf(value);
        if (!number.has_value()) return wrong("a whole number");
        return reflection->SetInt64(&message, field, *number);
      }
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT: return wrong("a kind of value that commands have");
    }
  }

  static void SetCount(Message& message, const FieldDescriptor* field, uint32_t number, bool add) {
    const auto* reflection = message.GetReflection();
    const bool narrow = field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
    if (add && narrow) return reflection->AddUInt32(&message, field, number);
    if (add) return reflection->AddUInt64(&message, field, number);
    if (narrow) return reflection->SetUInt32(&message, field, number);
    return reflection->SetUInt64(&message, field, number);
  }

  void ReadMessage(const Value& value, Message& message, const std::string& path) {
    const auto* type = message.GetDescriptor();
    const std::string text = TextOf(value).value_or("");
    if (type == google::protobuf::Timestamp::descriptor()) {
      const auto time = ParseInstant(text);
      if (time.ok()) return SetTimestamp(*time, &static_cast<google::protobuf::Timestamp&>(message));
      return Problem(path, "an instant that exists, RFC 3339 with an offset", Describe(value));
    }
    if (type == v1::Span::descriptor()) {
      const auto span = ParseSpan(text);
      if (span.ok()) return static_cast<v1::Span&>(message).CopyFrom(*span);
      return Problem(path, "a span, e.g. \"5 working_days\"", Describe(value));
    }
    if (type == v1::Words::descriptor() && value.kind_case() != Value::kStructValue) {
      if (text.empty()) return Problem(path, "text", Describe(value));
      return static_cast<v1::Words&>(message).set_text(text);
    }
    if (value.kind_case() != Value::kStructValue)
      return Problem(path, StrCat("a map of the fields of ", type->name()), Describe(value));
    for (const auto& [key, one] : value.struct_value().fields()) {
      const FieldDescriptor* field = type->FindFieldByName(key);
      const std::string at = StrCat(path, ".", key);
      if (field == nullptr)
        UnknownField(message, type->name(), key, at);
      else
        ReadField(one, message, field, at);
    }
  }

  // map<string, FieldValue>: the kind comes from the value, and from the declaration where the value alone cannot say.
  void ReadDeclaredFields(const Value& value, Message& message, const FieldDescriptor* field, const std::string& path) {
    if (value.kind_case() != Value::kStructValue) return Problem(path, "a map of fields", Describe(value));
    for (const auto& [key, one] : value.struct_value().fields()) {
      Message& entry = *message.GetReflection()->AddMessage(&message, field);
      entry.GetReflection()->SetString(&entry, entry.GetDescriptor()->FindFieldByName("key"), key);
      auto& out = static_cast<v1::FieldValue&>(
          *entry.GetReflection()->MutableMessage(&entry, entry.GetDescriptor()->FindFieldByName("value")));
      ReadFieldValue(one, Declared(key), out, StrCat(path, ".", key));
    }
  }

  void ReadFieldValue(const Value& value, const v1::FieldType* declared, v1::FieldValue& out, const std::string& path) {
    const v1::FieldType::Type type = declared == nullptr ? v1::FieldType::TYPE_UNSPECIFIED : declared->type();
    if (type == v1::FieldType::TYPE_WORDS) return ReadMessage(value, *out.mutable_words(), path);
    if (type == v1::FieldType::TYPE_TIME) return ReadMessage(value, *out.mutable_at(), path);
    const bool as_text = type == v1::FieldType::TYPE_CODE || type == v1::FieldType::TYPE_REF;
    const std::optional<int64_t> number = WholeOf(value);
    if (value.kind_case() == Value::kBoolValue && !as_text)
      out.set_flag(value.bool_value());
    else if (number.has_value() && !as_text)
      out.set_number(*number);
    else if (const auto text = TextOf(value))
      out.set_code(*text);
    else
      Problem(path, "one value", Describe(value));
  }

  const v1::Pack& pack_;
  std::vector<PackProblem>& problems_;
  const v1::StepType* step_ = nullptr;
};

}  // namespace

v1::Command ReadExampleCommand(const v1::Pack& pack, const v1::ExampleStep& step, const std::string& path,
                               std::vector<PackProblem>& problems) {
  return CommandReader(pack, problems).Read(step, path);
}

absl::StatusOr<v1::Command> CommandFromExample(const v1::Pack& pack, const v1::ExampleStep& step) {
  std::vector<PackProblem> problems;
  v1::Command command = ReadExampleCommand(pack, step, step.verb(), problems);
  if (problems.empty()) return command;
  std::vector<std::string> lines;
  for (const PackProblem& problem : problems) {
    lines.push_back(StrCat(problem.path, ": expected ", problem.expected, "; found ", problem.found));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

}  // namespace caseward

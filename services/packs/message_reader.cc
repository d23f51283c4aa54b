#include "services/packs/message_reader.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/nearest_name.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

// The field by which things of a list are told apart: a list may then be written as a map from it. Null: none.
const FieldDescriptor* IdField(const Descriptor* type) {
  if (type == v1::Example::descriptor() || type == v1::Need::descriptor()) return nullptr;
  if (const FieldDescriptor* id = type->FindFieldByName("id")) return id;
  return type == v1::SignOffType::descriptor() ? type->FindFieldByName("subject") : nullptr;
}

}  // namespace

MessageReader::Where MessageReader::Where::Field(std::string_view field, std::string_view key) const {
  const auto join = [](const std::string& path, std::string_view next) {
    return StrCat(path, path.empty() || next.empty() ? "" : ".", next);
  };
  return {join(message, field), join(keys, key)};
}
MessageReader::Where MessageReader::Where::Item(int message_index, int written_index) const {
  return {StrCat(message, "[", message_index, "]"), StrCat(keys, "[", written_index, "]")};
}
MessageReader::Where MessageReader::Where::Entry(std::string_view key) const {
  return {StrCat(message, "[", key, "]"), StrCat(keys, ".", key)};
}

void MessageReader::Mark(const Where& where, int line, int column) {
  marks_.Add(where.message, {file_, line, column, where.keys});
}

void MessageReader::Problem(const YamlNode& node, const Where& where, std::string expected, std::string found) {
  problems_.push_back({file_, node.line, node.column, where.keys, std::move(expected), std::move(found)});
}

void MessageReader::UnknownKey(const YamlNode::Key& key, const Where& where, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const std::string nearest = NearestName(key.text, names);
  problems_.push_back({file_, key.line, key.column, where.keys,
                       nearest.empty() ? StrCat("one of the keys ", absl::StrJoin(known, ", "))
                                       : StrCat("a known key (did you mean \"", nearest, "\"?)"),
                       QuotedShort(key.text)});
}

bool MessageReader::NeedMap(const YamlNode& node, const Where& where, std::string_view what) {
  if (node.kind == YamlNode::Kind::kMap) return true;
  Problem(node, where, StrCat("a map of ", what), node.Describe());
  return false;
}

void MessageReader::ReadMessage(const YamlNode& node, Message& message, const Where& where) {
  Mark(where, node.line, node.column);
  if (!ReadForm(node, message, where)) ReadFields(node, message, where);
}

void MessageReader::ReadFields(const YamlNode& node, Message& message, const Where& where) {
  const Descriptor* type = message.GetDescriptor();
  if (!NeedMap(node, where, StrCat("the keys of ", type->name()))) return;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    if (ReadExtraKey(key, node.items[i], message, node, where)) continue;
    const FieldDescriptor* field = type->FindFieldByName(key.text);
    if (field == nullptr) {
      std::vector<std::string> known = ExtraKeys(message);
      for (int n = 0; n < type->field_count(); ++n) {
        if (type->field(n)->name() != "version") known.push_back(type->field(n)->name());
      }
      UnknownKey(key, where.Field(key.text, key.text), known);
      continue;
    }
    const Where at = where.Field(field->name(), key.text);
    Mark(at, key.line, key.column);
    ReadField(node.items[i], message, field, at);
  }
}

void MessageReader::ReadField(const YamlNode& node, Message& message, const FieldDescriptor* field,
                              const Where& where) {
  if (node.kind == YamlNode::Kind::kNull) {
    Problem(node, where, "a value", "nothing");
  } else if (field->is_map()) {
    ReadMap(node, message, field, where);
  } else if (field->is_repeated()) {
    ReadList(node, message, field, where);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    ReadMessage(node, *message.GetReflection()->MutableMessage(&message, field), where);
  } else {
    ReadScalar(node, message, field, where, /*add=*/false);
  }
}

void MessageReader::ReadList(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (field->message_type() == v1::FieldTest::descriptor()) return ReadFieldTests(node, message, field, where);
    if (field->message_type() == v1::Within::descriptor()) return ReadWithin(node, message, field, where);
    return ReadMessageList(node, message, field, where);
  }
  if (node.kind != YamlNode::Kind::kList) return ReadScalar(node, message, field, where, /*add=*/true);
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Where at = where.Item(message.GetReflection()->FieldSize(message, field), static_cast<int>(i));
    Mark(at, node.items[i].line, node.items[i].column);
    ReadScalar(node.items[i], message, field, at, /*add=*/true);
  }
}

void MessageReader::ReadMessageList(const YamlNode& node, Message& message, const FieldDescriptor* field,
                                    const Where& where) {
  const Reflection* reflection = message.GetReflection();
  const auto next = [&](int written) { return where.Item(reflection->FieldSize(message, field), written); };
  if (node.kind == YamlNode::Kind::kList) {
    for (size_t i = 0; i < node.items.size(); ++i) {
      const Where at = next(static_cast<int>(i));
      if (field->message_type() == v1::Example::descriptor() && node.items[i].Find("rows") != nullptr) {
        ReadExampleRows(node.items[i], message, field, where, at.keys);
      } else {
        ReadMessage(node.items[i], *reflection->AddMessage(&message, field), at);
      }
    }
    return;
  }
  const FieldDescriptor* id = IdField(field->message_type());
  const bool by_id = node.kind == YamlNode::Kind::kMap && id != nullptr && node.Find(id->name()) == nullptr;
  if (!by_id) {
    const Where at = {next(0).message, where.keys};
    ReadMessage(node, *reflection->AddMessage(&message, field), at);
    return;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Where at = {next(0).message, where.Entry(node.keys[i].text).keys};
    Message& one = *reflection->AddMessage(&message, field);
    one.GetReflection()->SetString(&one, id, node.keys[i].text);
    ReadMessage(node.items[i], one, at);
    Mark(at, node.keys[i].line, node.keys[i].column);
    Mark(at.Field(id->name(), id->name()), node.keys[i].line, node.keys[i].column);
  }
}

void MessageReader::ReadMap(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where) {
  if (!NeedMap(node, where, field->name())) return;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Where at = where.Entry(node.keys[i].text);
    Mark(at, node.keys[i].line, node.keys[i].column);
    Message& entry = *message.GetReflection()->AddMessage(&message, field);
    const Descriptor* type = entry.GetDescriptor();
    entry.GetReflection()->SetString(&entry, type->FindFieldByName("key"), node.keys[i].text);
    ReadField(node.items[i], entry, type->FindFieldByName("value"), at);
  }
}

bool MessageReader::ReadEnum(const YamlNode& node, const FieldDescriptor* field, const Where& where, int* number) {
  const auto* value = FindEnumValue(*field->enum_type(), node.text);
  if (value != nullptr) {
    *number = value->number();
    return true;
  }
  const std::vector<std::string> known = EnumValueNames(*field->enum_type());
  Problem(node, where,
          ExpectedName(StrCat("one of ", absl::StrJoin(known, ", ")), node.text, {known.begin(), known.end()}),
          node.Describe());
  return false;
}

void MessageReader::ReadScalar(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where,
                               bool add) {
  const Reflection* reflection = message.GetReflection();
  const auto wrong = [&](std::string expected) { Problem(node, where, std::move(expected), node.Describe()); };
  if (node.kind != YamlNode::Kind::kScalar) {
    return wrong(add ? "one value or a list of them" : "one value");
  }
  const auto number = [&](auto* out) {
    const bool ok = node.plain && absl::SimpleAtoi(node.text, out);
    if (!ok) wrong("a whole number");
    return ok;
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (add)
        reflection->AddString(&message, field, node.text);
      else
        reflection->SetString(&message, field, node.text);
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!node.plain || (node.text != "true" && node.text != "false")) return wrong("true or false");
      return reflection->SetBool(&message, field, node.text == "true");
    case FieldDescriptor::CPPTYPE_ENUM: {
      int value = 0;
      if (!ReadEnum(node, field, where, &value)) return;
      if (add)
        reflection->AddEnumValue(&message, field, value);
      else
        reflection->SetEnumValue(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t value = 0;
      if (number(&value)) reflection->SetInt32(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t value = 0;
      if (number(&value)) reflection->SetInt64(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      uint32_t value = 0;
      if (!number(&value)) return;
      if (add)
        reflection->AddUInt32(&message, field, value);
      else
        reflection->SetUInt32(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      uint64_t value = 0;
      if (number(&value)) reflection->SetUInt64(&message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_MESSAGE: return wrong("a kind of value that packs have");
  }
}

}  // namespace caseward

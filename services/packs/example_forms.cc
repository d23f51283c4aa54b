// Worked examples: a step is its time, who does it, and a verb with the command's fields as plain values.
#include <algorithm>

#include "absl/strings/numbers.h"

#include "engine/base/text.h"
#include "engine/policy/first_facts.h"
#include "engine/policy/verbs.h"
#include "services/packs/message_reader.h"

namespace caseward {
namespace {

// Digits as a number is written: "12", "-3", "0.5", but not "007" or "1e3".
bool IsNumber(const std::string& text) {
  size_t at = text[0] == '-' ? 1 : 0;
  const size_t first = at;
  size_t points = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.')
      ++points;
    else if (text[at] < '0' || text[at] > '9')
      return false;
  }
  const size_t digits = text.size() - first;
  if (digits == 0 || digits > 15 || points > 1 || text.back() == '.' || text[first] == '.') return false;
  return text[first] != '0' || digits == 1 || text[first + 1] == '.';
}

}  // namespace

// One story, many claims: each of `rows` is an example that begins with what stands beside it.
void MessageReader::ReadExampleRows(const YamlNode& node, Message& message, const FieldDescriptor* list,
                                    const Where& where, const std::string& keys) {
  YamlNode shared = node;
  const size_t rows_at = static_cast<size_t>(node.Find("rows") - node.items.data());
  shared.keys.erase(shared.keys.begin() + static_cast<std::ptrdiff_t>(rows_at));
  shared.items.erase(shared.items.begin() + static_cast<std::ptrdiff_t>(rows_at));
  const YamlNode& rows = node.items[rows_at];
  const Where of_rows = {where.message, StrCat(keys, ".rows")};
  if (rows.kind != YamlNode::Kind::kList || rows.items.empty())
    return Problem(rows, of_rows, "a list of rows, each with when or then", rows.Describe());
  for (size_t i = 0; i < rows.items.size(); ++i) {
    const int index = message.GetReflection()->FieldSize(message, list);
    auto& example = static_cast<v1::Example&>(*message.GetReflection()->AddMessage(&message, list));
    const size_t said = problems_.size();
    ReadMessage(shared, example, {StrCat(where.message, "[", index, "]"), keys});
    if (i > 0) problems_.erase(problems_.begin() + static_cast<std::ptrdiff_t>(said), problems_.end());
    const std::string name = example.name();
    const Where at = {StrCat(where.message, "[", index, "]"), StrCat(of_rows.keys, "[", i, "]")};
    example.set_name(StrCat("row ", i + 1));
    Mark(at, rows.items[i].line, rows.items[i].column);
    ReadFields(rows.items[i], example, at);
    if (!name.empty()) example.set_name(StrCat(name, ": ", example.name()));
  }
}

void MessageReader::ReadExampleStep(const YamlNode& node, v1::ExampleStep& step, const Where& where) {
  if (!NeedMap(node, where, "by, a verb, and at or after")) return;
  static const char* const kKeys[] = {"at", "after", "by", "occurred_at", "channel", "refused", "late_reason_code"};
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    const bool own = std::find(std::begin(kKeys), std::end(kKeys), key.text) != std::end(kKeys);
    if (own) {
      const Where at = where.Field(key.text, key.text);
      Mark(at, key.line, key.column);
      ReadField(node.items[i], step, v1::ExampleStep::descriptor()->FindFieldByName(key.text), at);
    } else if (ParseVerb(key.text).has_value()) {
      const Where at = {where.Field("fields", "").message, where.Field("", key.text).keys};
      Mark(at, key.line, key.column);
      Mark({where.Field("verb", "").message, at.keys}, key.line, key.column);
      if (!step.verb().empty()) Problem(node, at, "one verb in a step", StrCat(step.verb(), " and ", key.text));
      step.set_verb(key.text);
      if (!NeedMap(node.items[i], at, StrCat("the fields of ", key.text, ", {} for none"))) continue;
      google::protobuf::Value fields;
      ReadValue(node.items[i], fields, at);
      *step.mutable_fields() = std::move(*fields.mutable_struct_value());
    } else {
      std::vector<std::string> known(std::begin(kKeys), std::end(kKeys));
      for (const std::string_view verb : CaseVerbNames())
        known.emplace_back(verb);
      UnknownKey(key, where.Field(key.text, key.text), known);
    }
  }
  if (step.verb().empty()) Problem(node, where, "a verb, e.g. close: {}", node.Describe());
}

void MessageReader::ReadValue(const YamlNode& node, google::protobuf::Value& value, const Where& where) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return Problem(node, where, "a value", "nothing");
    case YamlNode::Kind::kScalar: {
      double number = 0;
      if (node.plain && (node.text == "true" || node.text == "false"))
        value.set_bool_value(node.text == "true");
      else if (node.plain && !node.text.empty() && IsNumber(node.text) && absl::SimpleAtod(node.text, &number))
        value.set_number_value(number);
      else
        value.set_string_value(node.text);
      return;
    }
    case YamlNode::Kind::kList:
      value.mutable_list_value();
      for (size_t i = 0; i < node.items.size(); ++i) {
        const Where at = where.Item(static_cast<int>(i), static_cast<int>(i));
        Mark(at, node.items[i].line, node.items[i].column);
        ReadValue(node.items[i], *value.mutable_list_value()->add_values(), at);
      }
      return;
    case YamlNode::Kind::kMap:
      value.mutable_struct_value();
      for (size_t i = 0; i < node.items.size(); ++i) {
        const Where at = where.Field(node.keys[i].text, node.keys[i].text);
        Mark(at, node.keys[i].line, node.keys[i].column);
        ReadValue(node.items[i], (*value.mutable_struct_value()->mutable_fields())[node.keys[i].text], at);
      }
      return;
  }
}

}  // namespace caseward

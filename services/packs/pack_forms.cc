// The forms people write that differ from the messages they stand for.
#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/nearest_name.h"
#include "services/packs/message_reader.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr std::string_view kOfCaseType[] = {"clocks", "rules", "checklists", "sign_offs", "alerts", "steps"};

const FieldDescriptor* Field(const google::protobuf::Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

// The name people write of a field of Condition.
std::string_view ConditionField(std::string_view key) { return key == "case" ? "case_state" : key; }
bool IsConditionKey(std::string_view key) {
  return key != "case_state" &&
         v1::Condition::descriptor()->FindFieldByName(std::string(ConditionField(key))) != nullptr;
}
std::vector<std::string> ConditionKeys() {
  std::vector<std::string> keys;
  const Descriptor* type = v1::Condition::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    keys.push_back(type->field(i)->name() == "case_state" ? "case" : type->field(i)->name());
  }
  return keys;
}

// What a need is called when it has no id: what it asks for.
std::string NameOf(const v1::Condition& condition, const std::string& otherwise) {
  if (condition.has_last()) return condition.last().step();
  if (condition.has_sign_off()) return condition.sign_off().subject();
  if (condition.has_count()) return condition.count().of().event();
  if (condition.kind_case() == v1::Condition::kChecklist) return condition.checklist();
  return otherwise;
}

// Conditions for which `true` stands for a map that narrows nothing.
bool MayBeTrue(const Descriptor* type) {
  return type == v1::OpenActions::descriptor() || type == v1::OpenEnquiries::descriptor() ||
         type == v1::OpenReferrals::descriptor() || type == v1::UnreviewedSharings::descriptor();
}

}  // namespace

bool MessageReader::ReadForm(const YamlNode& node, Message& message, const Where& where) {
  const Descriptor* type = message.GetDescriptor();
  if (type == v1::Span::descriptor())
    ReadSpan(node, static_cast<v1::Span&>(message), where);
  else if (type == google::protobuf::Timestamp::descriptor())
    ReadInstant(node, static_cast<google::protobuf::Timestamp&>(message), where);
  else if (type == v1::Condition::descriptor())
    ReadCondition(node, static_cast<v1::Condition&>(message), where);
  else if (type == v1::Conditions::descriptor())
    ReadList(node, message, Field(message, "of"), where.Field("of", ""));
  else if (type == v1::FieldTests::descriptor())
    ReadFieldTests(node, message, Field(message, "of"), where.Field("of", ""));
  else if (type == v1::PriorityTest::descriptor() || type == v1::CaseTypeTest::descriptor())
    ReadList(node, message, Field(message, "any_of"), where.Field("any_of", ""));
  else if (type == v1::Trigger::descriptor())
    ReadTrigger(node, static_cast<v1::Trigger&>(message), where);
  else if (type == v1::LastStep::descriptor())
    ReadLast(node, static_cast<v1::LastStep&>(message), where);
  else if (type == v1::Count::descriptor())
    ReadCount(node, static_cast<v1::Count&>(message), where);
  else if (type == v1::ExampleStep::descriptor())
    ReadExampleStep(node, static_cast<v1::ExampleStep&>(message), where);
  else if (MayBeTrue(type) && node.kind == YamlNode::Kind::kScalar) {
    if (!node.plain || node.text != "true") {
      std::vector<std::string> keys;
      for (int i = 0; i < type->field_count(); ++i)
        keys.push_back(type->field(i)->name());
      Problem(node, where, StrCat("true, or a map of ", absl::StrJoin(keys, ", ")), node.Describe());
    }
  } else {
    return false;
  }
  return true;
}

std::vector<std::string> MessageReader::ExtraKeys(const Message& message) const {
  const Descriptor* type = message.GetDescriptor();
  if (type == v1::Clock::descriptor()) return {"warn_at", "due"};
  if (type == v1::Rule::descriptor()) return {"need"};
  if (type == v1::SignOffTest::descriptor()) return {"by", "separate_from"};
  if (type == v1::CaseType::descriptor()) return {std::begin(kOfCaseType), std::end(kOfCaseType)};
  if (type == v1::Calendar::descriptor()) return {"opens", "closes"};
  return {};
}

bool MessageReader::ReadExtraKey(const YamlNode::Key& key, const YamlNode& node, Message& message, const YamlNode& map,
                                 const Where& where) {
  const Descriptor* type = message.GetDescriptor();
  if (type == v1::Pack::descriptor() || type == v1::Calendar::descriptor()) {
    if (key.text == "version") {
      Problem(node, where.Field(key.text, key.text), "no version; it is given on publishing", node.Describe());
      return true;
    }
    if (key.text == "opens" || key.text == "closes") {
      ReadMinute(node, message, key.text == "opens" ? "opens_minute" : "closes_minute",
                 where.Field(key.text, key.text));
      return true;
    }
    return false;
  }
  const std::vector<std::string> extra = ExtraKeys(message);
  if (std::find(extra.begin(), extra.end(), key.text) == extra.end()) return false;
  if (type == v1::CaseType::descriptor()) {
    ReadOfCaseType(key, node, static_cast<v1::CaseType&>(message), map, where);
  } else if (type == v1::Rule::descriptor()) {
    Mark(where.Field("needs", key.text), key.line, key.column);
    ReadNeeds(node, static_cast<v1::Rule&>(message), where.Field("needs", key.text));
  } else if (key.text == "warn_at") {
    Mark(where.Field("warn_percent", key.text), key.line, key.column);
    ReadWarnAt(node, static_cast<v1::Clock&>(message), where.Field("warn_percent", key.text));
  } else if (key.text == "due") {
    const Where at = where.Field("due_from", key.text);
    Mark(at, key.line, key.column);
    const YamlNode* from = node.Find("from");
    if (from == nullptr || node.keys.size() != 1)
      Problem(node, at, "{from: field}", node.Describe());
    else
      ReadScalar(*from, message, Field(message, "due_from"), at, /*add=*/false);
  } else if (key.text == "by") {
    Mark(where.Field("by_roles", key.text), key.line, key.column);
    ReadList(node, message, Field(message, "by_roles"), where.Field("by_roles", key.text));
  } else {
    // separate_from is a promise of the sign-off itself; whether it keeps it is checked when all of the pack is read.
    Separation separation;
    v1::SignOffType listed;
    ReadList(node, listed, Field(listed, "separate_from"), where.Field("separate_from", key.text));
    const YamlNode* subject = map.Find("subject");
    separation.subject = subject != nullptr ? subject->text : "closure";
    separation.from.assign(listed.separate_from().begin(), listed.separate_from().end());
    separation.at = {file_, key.line, key.column, where.Field("separate_from", key.text).keys, "", ""};
    separations_.push_back(std::move(separation));
  }
  return true;
}

void MessageReader::ReadSpan(const YamlNode& node, v1::Span& span, const Where& where) {
  if (node.kind == YamlNode::Kind::kScalar) {
    absl::StatusOr<v1::Span> parsed = ParseSpan(node.text);
    if (parsed.ok()) {
      span = *std::move(parsed);
      return;
    }
  }
  Problem(node, where,
          "an amount and a unit: \"5 working_days\", \"4 business_hours\", \"24 hours\", \"30 days\", \"1 month\"",
          node.Describe());
}

void MessageReader::ReadInstant(const YamlNode& node, google::protobuf::Timestamp& time, const Where& where) {
  if (node.kind == YamlNode::Kind::kScalar) {
    if (const auto parsed = ParseInstant(node.text); parsed.ok()) return SetTimestamp(*parsed, &time);
  }
  Problem(node, where, "an instant that exists, RFC 3339 with an offset, e.g. 2026-11-23T10:00:00Z", node.Describe());
}

void MessageReader::ReadCondition(const YamlNode& node, v1::Condition& condition, const Where& where) {
  if (node.kind == YamlNode::Kind::kList) {
    return Problem(node, where, "one condition; several go under all: or any:", "a list");
  }
  if (!NeedMap(node, where, "one condition")) return;
  if (node.keys.size() != 1) {
    return Problem(node, where, "one condition; several go under all: or any:", StrCat(node.keys.size(), " keys"));
  }
  ReadConditionKey(node.keys[0], node.items[0], condition, where);
}

void MessageReader::ReadConditionKey(const YamlNode::Key& key, const YamlNode& node, v1::Condition& condition,
                                     const Where& where) {
  if (!IsConditionKey(key.text)) return UnknownKey(key, where.Field(key.text, key.text), ConditionKeys());
  const FieldDescriptor* field = v1::Condition::descriptor()->FindFieldByName(std::string(ConditionField(key.text)));
  const Where at = where.Field(field->name(), key.text);
  Mark(at, key.line, key.column);
  ReadField(node, condition, field, at);
  if (field->name() == "sign_off" && condition.sign_off().subject().empty()) {
    condition.mutable_sign_off()->set_subject("closure");
  }
}

// `answer: disagrees`, `answer: [a, b]`, `score: {at_least: 3}`.
void MessageReader::ReadFieldTest(const YamlNode::Key& key, const YamlNode& node, Message& message,
                                  const FieldDescriptor* list, const Where& where) {
  const int index = message.GetReflection()->FieldSize(message, list);
  const Where at = {StrCat(where.message, "[", index, "]"),
                    StrCat(where.keys, where.keys.empty() ? "" : ".", key.text)};
  auto& test = static_cast<v1::FieldTest&>(*message.GetReflection()->AddMessage(&message, list));
  test.set_field(key.text);
  Mark(at, key.line, key.column);
  if (node.kind != YamlNode::Kind::kMap) {
    if (node.kind == YamlNode::Kind::kNull)
      return Problem(node, at, "a value, or a map of at_least, at_most, present", "nothing");
    return ReadList(node, test, Field(test, "any_of"), at.Field("any_of", ""));
  }
  ReadFields(node, test, at);
  if (test.field() != key.text) {
    Problem(node, at, "at_least, at_most, present or any_of", "field");
    test.set_field(key.text);
  }
}

void MessageReader::ReadFieldTests(const YamlNode& node, Message& message, const FieldDescriptor* list,
                                   const Where& where) {
  if (!NeedMap(node, where, "fields and their tests")) return;
  if (node.keys.empty()) Problem(node, where, "at least one test", "an empty map");
  for (size_t i = 0; i < node.keys.size(); ++i)
    ReadFieldTest(node.keys[i], node.items[i], message, list, where);
}

void MessageReader::ReadTrigger(const YamlNode& node, v1::Trigger& trigger, const Where& where) {
  if (node.kind == YamlNode::Kind::kScalar) {
    trigger.mutable_on()->set_event(node.text);
    Mark(where.Field("on", "").Field("event", ""), node.line, node.column);
    return;
  }
  if (!NeedMap(node, where, "event, where, at, when")) return;
  const Where on = where.Field("on", "");
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    const bool of_match = key.text == "event" || key.text == "where";
    if (!of_match && key.text != "at" && key.text != "when") {
      UnknownKey(key, where.Field(key.text, key.text), {"event", "where", "at", "when"});
      continue;
    }
    Message& target = of_match ? static_cast<Message&>(*trigger.mutable_on()) : trigger;
    const Where at = {(of_match ? on : where).Field(key.text, "").message, where.Field("", key.text).keys};
    Mark(at, key.line, key.column);
    ReadField(node.items[i], target, Field(target, key.text.c_str()), at);
  }
  if (node.Find("event") == nullptr) Problem(node, where, "event", node.Describe());
}

void MessageReader::ReadLast(const YamlNode& node, v1::LastStep& last, const Where& where) {
  if (!NeedMap(node, where, "step and tests of its fields")) return;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    const FieldDescriptor* field = v1::LastStep::descriptor()->FindFieldByName(key.text);
    if (field == nullptr) {
      ReadFieldTest(key, node.items[i], last, Field(last, "where"), {where.Field("where", "").message, where.keys});
      continue;
    }
    const Where at = where.Field(field->name(), key.text);
    Mark(at, key.line, key.column);
    ReadField(node.items[i], last, field, at);
  }
  if (last.step().empty()) Problem(node, where, "step", node.Describe());
}

void MessageReader::ReadCount(const YamlNode& node, v1::Count& count, const Where& where) {
  if (!NeedMap(node, where, "event and how many")) return;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    const bool of_match = key.text == "event" || key.text == "where";
    const FieldDescriptor* field = key.text == "of" ? nullptr : v1::Count::descriptor()->FindFieldByName(key.text);
    if (!of_match && field == nullptr) {
      UnknownKey(
          key, where.Field(key.text, key.text),
          {"event", "where", "at_least", "at_most", "within", "span", "distinct_by", "distinct_at_least", "since"});
      continue;
    }
    Message& target = of_match ? static_cast<Message&>(*count.mutable_of()) : count;
    if (of_match) field = Field(target, key.text.c_str());
    const Where inner = of_match ? where.Field("of", "") : where;
    const Where at = {inner.Field(key.text, "").message, where.Field("", key.text).keys};
    Mark(at, key.line, key.column);
    ReadField(node.items[i], target, field, at);
  }
  if (node.Find("event") == nullptr) Problem(node, where, "event", node.Describe());
}

// {P1: 1 working_day, any: 5 working_days}, or a list of such and of {priority, when, span}.
void MessageReader::ReadWithin(const YamlNode& node, Message& clock, const FieldDescriptor* list, const Where& where) {
  auto& within = *static_cast<v1::Clock&>(clock).mutable_within();
  if (node.kind == YamlNode::Kind::kScalar) {
    const Where at = {StrCat(where.message, "[", within.size(), "]"), where.keys};
    Mark(at, node.line, node.column);
    return ReadSpan(node, *within.Add()->mutable_span(), at.Field("span", ""));
  }
  if (node.kind == YamlNode::Kind::kList) {
    for (size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      const Where at = where.Item(within.size(), static_cast<int>(i));
      if (item.Find("span") == nullptr) {
        ReadWithin(item, clock, list, {where.message, at.keys});
      } else {
        ReadMessage(item, *within.Add(), at);
      }
    }
    return;
  }
  if (!NeedMap(node, where, "priorities (P1, P2, P3, any) and their spans")) return;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    const Where at = {StrCat(where.message, "[", within.size(), "]"), where.Field("", key.text).keys};
    v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
    if (key.text != "any" && !v1::Priority_Parse("PRIORITY_" + key.text, &priority)) {
      UnknownKey(key, at, {"P1", "P2", "P3", "any"});
      continue;
    }
    v1::Within& one = *within.Add();
    one.set_priority(priority);
    Mark(at, key.line, key.column);
    ReadSpan(node.items[i], *one.mutable_span(), at.Field("span", ""));
  }
}

void MessageReader::ReadWarnAt(const YamlNode& node, v1::Clock& clock, const Where& where) {
  uint32_t percent = 0;
  if (node.kind == YamlNode::Kind::kScalar && node.text.size() > 1 && node.text.back() == '%' &&
      absl::SimpleAtoi(node.text.substr(0, node.text.size() - 1), &percent) && percent >= 1 && percent <= 99) {
    clock.set_warn_percent(percent);
    return;
  }
  Problem(node, where, "1% to 99%", node.Describe());
}

void MessageReader::ReadNeeds(const YamlNode& node, v1::Rule& rule, const Where& where) {
  if (node.kind != YamlNode::Kind::kList) {
    return ReadNeed(node, *rule.add_needs(), rule,
                    {StrCat(where.message, "[", rule.needs_size() - 1, "]"), where.keys});
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Where at = where.Item(rule.needs_size(), static_cast<int>(i));
    ReadNeed(node.items[i], *rule.add_needs(), rule, at);
  }
}

void MessageReader::ReadNeed(const YamlNode& node, v1::Need& need, const v1::Rule& rule, const Where& where) {
  Mark(where, node.line, node.column);
  if (!NeedMap(node, where, "a condition, and id, say, by_roles")) return;
  int conditions = 0;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode::Key& key = node.keys[i];
    if (const FieldDescriptor* field = v1::Need::descriptor()->FindFieldByName(key.text)) {
      conditions += key.text == "condition" ? 1 : 0;
      const Where at = where.Field(key.text, key.text);
      Mark(at, key.line, key.column);
      ReadField(node.items[i], need, field, at);
    } else if (IsConditionKey(key.text)) {
      ++conditions;
      ReadConditionKey(key, node.items[i], *need.mutable_condition(),
                       {where.Field("condition", "").message, where.keys});
    } else {
      std::vector<std::string> known = ConditionKeys();
      for (const char* own : {"id", "say", "by_roles", "condition"})
        known.emplace_back(own);
      UnknownKey(key, where.Field(key.text, key.text), known);
    }
  }
  if (conditions != 1)
    Problem(node, where, "one condition", conditions == 0 ? "none" : "several; put them under all: or any:");
  if (need.id().empty()) need.set_id(NameOf(need.condition(), rule.id()));
}

// What a case type's body holds of the pack's lists goes to the pack, limited to that type.
void MessageReader::ReadOfCaseType(const YamlNode::Key& key, const YamlNode& node, const v1::CaseType& type,
                                   const YamlNode& map, const Where& where) {
  if (pack_ == nullptr) return;
  const YamlNode* written = map.Find("id");
  const std::string id = !type.id().empty() || written == nullptr ? type.id() : written->text;
  const FieldDescriptor* list = Field(*pack_, key.text.c_str());
  const auto* reflection = pack_->GetReflection();
  const int first = reflection->FieldSize(*pack_, list);
  const Where at = {key.text, where.Field("", key.text).keys};
  ReadField(node, *pack_, list, at);
  for (int i = first; i < reflection->FieldSize(*pack_, list); ++i) {
    Message& one = *reflection->MutableRepeatedMessage(pack_, list, i);
    const FieldDescriptor* types = Field(one, "case_types");
    if (one.GetReflection()->FieldSize(one, types) > 0) {
      Problem(node, at, "no case_types inside a case type", "case_types");
      one.GetReflection()->ClearField(&one, types);
    }
    one.GetReflection()->AddString(&one, types, id);
  }
}

// "09:00" as minutes after midnight; "24:00" ends a day.
void MessageReader::ReadMinute(const YamlNode& node, Message& message, const char* field, const Where& where) {
  uint32_t hours = 0;
  uint32_t minutes = 0;
  const std::string& text = node.text;
  if (node.kind == YamlNode::Kind::kScalar && text.size() == 5 && text[2] == ':' &&
      absl::SimpleAtoi(text.substr(0, 2), &hours) && absl::SimpleAtoi(text.substr(3), &minutes) && minutes < 60 &&
      hours * 60 + minutes <= 24 * 60) {
    return message.GetReflection()->SetUInt32(&message, Field(message, field), hours * 60 + minutes);
  }
  Problem(node, where, "a local time of day, e.g. \"09:00\"", node.Describe());
}

}  // namespace caseward

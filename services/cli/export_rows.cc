#include "services/cli/export_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/verbs.h"
#include "services/cli/json.h"
#include "services/export/xes_writer.h"
#include "services/host/feed.h"

namespace caseward::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kOpaque[] = "case_changed";
constexpr char kHistoryStep[] = "history";
constexpr char kComplete[] = "complete";

// With what was opened, and without the sealed bytes of what was not.
v1::Event WithOpenedWords(v1::Event event) {
  const absl::Status visited = ForEachWords(event, [](v1::Words& words) {
    words.clear_sealed();
    return absl::OkStatus();
  });
  visited.IgnoreError();  // the visitor never fails
  return event;
}

void NameRow(const v1::Event& event, ExportRow& row) {
  row.event = event.kind_case() == v1::Event::KIND_NOT_SET ? kOpaque : std::string(EventName(event.kind_case()));
  row.activity = row.event;
  row.lifecycle = kComplete;
  if (event.has_step_recorded() && !event.step_recorded().step().empty()) row.activity = event.step_recorded().step();
  if (event.has_history_recorded()) {
    row.activity = event.history_recorded().activity();
    row.resource = event.history_recorded().resource();
    row.lifecycle = event.history_recorded().lifecycle();
  }
}

// The feed drops every field of a history; here those leave that the decision's pack declares internal.
void RestoreHistory(const v1::Event& whole, const v1::StepType* step, v1::Event& seen) {
  if (!whole.has_history_recorded() || !seen.has_history_recorded() || step == nullptr) return;
  for (const v1::FieldType& field : step->fields()) {
    const auto given = whole.history_recorded().fields().find(field.id());
    if (given == whole.history_recorded().fields().end() || given->second.has_words()) continue;
    if (field.data_class() != v1::DATA_CLASS_INTERNAL) continue;
    (*seen.mutable_history_recorded()->mutable_fields())[field.id()] = given->second;
  }
}

void Restore(const v1::Event& whole, const v1::StepType* step, v1::Event& seen) {
  RestoreHistory(whole, step, seen);
  for (int i = 0; i < seen.historical_fact().would_be_size(); ++i) {
    RestoreHistory(whole.historical_fact().would_be(i), step, *seen.mutable_historical_fact()->mutable_would_be(i));
  }
}

// The value of a singular field as one attribute; parts are flattened.
void AddField(const Message& message, const FieldDescriptor& field, const std::string& key,
              std::vector<XesAttribute>& out);

void AddPart(const Message& message, const std::string& prefix, std::vector<XesAttribute>& out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields)
    AddField(message, *field, prefix + field->name(), out);
}

void AddRepeated(const Message& message, const FieldDescriptor& field, const std::string& key,
                 std::vector<XesAttribute>& out) {
  const auto& reflection = *message.GetReflection();
  if (field.is_map()) {
    const FieldDescriptor* key_field = field.message_type()->map_key();
    const FieldDescriptor* value_field = field.message_type()->map_value();
    if (value_field->message_type() != v1::FieldValue::descriptor()) return;
    std::vector<XesAttribute> declared;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
      const Message& value = entry.GetReflection()->GetMessage(entry, value_field);
      v1::FieldValue copy;
      copy.CopyFrom(value);
      AddDeclaredField(entry.GetReflection()->GetString(entry, key_field), copy, declared);
    }
    std::sort(declared.begin(), declared.end(),
              [](const XesAttribute& a, const XesAttribute& b) { return a.key < b.key; });
    std::move(declared.begin(), declared.end(), std::back_inserter(out));
    return;
  }
  std::string json = "[";
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (i > 0) json += ",";
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      json += ToJsonLine(reflection.GetRepeatedMessage(message, &field, i));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      json += JsonText(reflection.GetRepeatedString(message, &field, i));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      json += JsonText(reflection.GetRepeatedEnum(message, &field, i)->name());
    }
  }
  out.push_back(XesText(key, json + "]"));
}

void AddField(const Message& message, const FieldDescriptor& field, const std::string& key,
              std::vector<XesAttribute>& out) {
  if (field.is_repeated()) return AddRepeated(message, field, key, out);
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: out.push_back(XesFlag(key, reflection.GetBool(message, &field))); return;
    case FieldDescriptor::CPPTYPE_INT32: out.push_back(XesNumber(key, reflection.GetInt32(message, &field))); return;
    case FieldDescriptor::CPPTYPE_INT64: out.push_back(XesNumber(key, reflection.GetInt64(message, &field))); return;
    case FieldDescriptor::CPPTYPE_UINT32: out.push_back(XesNumber(key, reflection.GetUInt32(message, &field))); return;
    case FieldDescriptor::CPPTYPE_UINT64:
      out.push_back(XesNumber(key, static_cast<int64_t>(reflection.GetUInt64(message, &field))));
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      out.push_back(XesText(key, EnumValueName(*reflection.GetEnum(message, &field))));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      // A hash is no text.
      if (field.type() != FieldDescriptor::TYPE_BYTES)
        out.push_back(XesText(key, reflection.GetString(message, &field)));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return;  // the language has none
  }
  const Message& part = reflection.GetMessage(message, &field);
  if (field.message_type() == google::protobuf::Timestamp::descriptor()) {
    google::protobuf::Timestamp at;
    at.CopyFrom(part);
    out.push_back(XesDate(key, ToTime(at)));
  } else if (field.message_type() == v1::Words::descriptor()) {
    v1::Words words;
    words.CopyFrom(part);
    if (!words.text().empty()) out.push_back(XesText(key, words.text()));
  } else {
    AddPart(part, key + ".", out);
  }
}

}  // namespace

void AddDeclaredField(const std::string& key, const v1::FieldValue& value, std::vector<XesAttribute>& out) {
  switch (value.kind_case()) {
    case v1::FieldValue::kFlag: out.push_back(XesFlag(key, value.flag())); return;
    case v1::FieldValue::kNumber: out.push_back(XesNumber(key, value.number())); return;
    case v1::FieldValue::kCode: out.push_back(XesText(key, value.code())); return;
    case v1::FieldValue::kAt: out.push_back(XesDate(key, ToTime(value.at()))); return;
    case v1::FieldValue::kWords:
      if (!value.words().text().empty()) out.push_back(XesText(key, value.words().text()));
      return;
    case v1::FieldValue::KIND_NOT_SET: return;
  }
}

bool ExportOptions::Wants(const v1::Event& event) const {
  const absl::Time at = ToTime(event.occurred_at());
  return from <= at && at < to;
}

std::vector<ExportRow> RowsOf(const v1::Decision& decision, const PackShelf& packs, const ExportOptions& options) {
  std::vector<ExportRow> rows;
  const StepLookup steps = [&](std::string_view pack, uint32_t version, std::string_view step) {
    return packs.Step(pack, version, step);
  };
  const v1::StepType* history = steps(decision.pack_id(), decision.pack_version(), kHistoryStep);
  std::vector<v1::SubscribeResponse> items = FeedForm(decision, "", steps);
  for (size_t i = 0; i < items.size(); ++i) {
    const v1::Event& whole = decision.accepted().events(static_cast<int>(i));
    if (!options.Wants(whole)) continue;
    ExportRow& row = rows.emplace_back();
    row.item = std::move(items[i]);
    if (options.with_words) {
      *row.item.mutable_event() = WithOpenedWords(whole);
      row.item.set_type(CloudEventType(EventName(whole.kind_case())));
    } else {
      Restore(whole, history, *row.item.mutable_event());
    }
    row.resource = PersonOf(decision.actor());
    const v1::Event& seen = row.item.event();
    const bool kept = seen.has_historical_fact() && seen.historical_fact().would_be_size() > 0;
    NameRow(kept ? seen.historical_fact().would_be(0) : seen, row);
    if (seen.has_historical_fact()) row.refused_by = seen.historical_fact().refusal().rule();
  }
  return rows;
}

std::vector<XesAttribute> PayloadOf(const v1::Event& event) {
  std::vector<XesAttribute> out;
  const FieldDescriptor* kind = v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(event.kind_case()));
  if (kind == nullptr) return out;
  AddPart(event.GetReflection()->GetMessage(event, kind), "", out);
  return out;
}

}  // namespace caseward::cli

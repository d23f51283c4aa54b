#include "services/cli/text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/verbs.h"

namespace caseward::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename Enum>
std::string NameOf(Enum value) {
  return value == 0 ? "-" : EnumText(value);
}

std::string FieldValueText(const v1::FieldValue& value) {
  switch (value.kind_case()) {
    case v1::FieldValue::kFlag: return value.flag() ? "true" : "false";
    case v1::FieldValue::kNumber: return absl::StrCat(value.number());
    case v1::FieldValue::kCode: return value.code();
    case v1::FieldValue::kAt: return Instant(value.at());
    case v1::FieldValue::kWords: return "(words)";
    case v1::FieldValue::KIND_NOT_SET: return "";
  }
  return "";
}

// A field of a message as text; empty for one that says nothing to people (or would say too much).
std::string ScalarText(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "" : reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM: return EnumValueName(*reflection.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_UINT32: return absl::StrCat(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64: return absl::StrCat(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_INT32: return absl::StrCat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64: return absl::StrCat(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE: return "";
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& inner = reflection.GetMessage(message, &field);
      if (inner.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
        return Instant(static_cast<const google::protobuf::Timestamp&>(inner));
      }
      return inner.GetDescriptor() == v1::Words::descriptor() ? "(words)" : "";
    }
  }
  return "";
}

// A list of codes of the language: "personal,special".
std::string EnumsText(const Message& message, const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i)
    names.push_back(EnumValueName(*message.GetReflection()->GetRepeatedEnum(message, &field, i)));
  return absl::StrJoin(names, ",");
}

template <typename Map>
void AddMap(const Map& map, std::vector<std::string>& parts) {
  std::vector<std::string> values;
  for (const auto& [id, value] : map)
    values.push_back(absl::StrCat(id, "=", FieldValueText(value)));
  std::sort(values.begin(), values.end());
  parts.insert(parts.end(), values.begin(), values.end());
}

// "with=reporter two_way=true" of whatever is set.
std::string Fields(const Message& message, bool skip_clock_books) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::vector<std::string> parts;
  for (const FieldDescriptor* field : fields) {
    const bool enums = field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
    if ((field->is_repeated() && !enums) || (skip_clock_books && absl::StrContains(field->name(), "calendar")))
      continue;
    const std::string text = enums ? EnumsText(message, *field) : ScalarText(message, *field);
    if (!text.empty()) parts.push_back(absl::StrCat(field->name(), "=", text));
  }
  if (const auto* step = dynamic_cast<const v1::StepRecorded*>(&message)) AddMap(step->fields(), parts);
  if (const auto* step = dynamic_cast<const v1::RecordStep*>(&message)) AddMap(step->fields(), parts);
  if (const auto* triage = dynamic_cast<const v1::CaseTriaged*>(&message)) AddMap(triage->answers(), parts);
  return absl::StrJoin(parts, " ");
}

// "case_reported, 9 x clock_started": each name where it first came.
std::string Counted(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<std::pair<std::string, int>> counts;
  for (const std::string& name : names) {
    const auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& one) { return one.first == name; });
    if (found == counts.end()) {
      counts.emplace_back(name, 1);
    } else {
      ++found->second;
    }
  }
  return absl::StrJoin(counts, ", ", [](std::string* out, const std::pair<std::string, int>& one) {
    if (one.second > 1) absl::StrAppend(out, one.second, " x ");
    absl::StrAppend(out, one.first);
  });
}

}  // namespace

absl::StatusOr<absl::Time> InstantOf(std::string_view option, std::string_view text) {
  absl::StatusOr<absl::Time> at = ParseInstant(text);
  if (!at.ok()) return absl::InvalidArgumentError(StrCat(option, ": ", StdText(at.status().message())));
  return at;
}

std::string Instant(absl::Time t) { return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", t, absl::UTCTimeZone()); }
std::string Instant(const google::protobuf::Timestamp& t) {
  return t.seconds() == 0 && t.nanos() == 0 ? "" : Instant(ToTime(t));
}

std::string Name(v1::Priority priority) { return absl::AsciiStrToUpper(NameOf(priority)); }
std::string Name(v1::Phase phase) { return NameOf(phase); }
std::string Name(v1::ClockState::Status status) { return NameOf(status); }
std::string Name(v1::Provenance provenance) { return absl::AsciiStrToUpper(NameOf(provenance)); }

std::string Standing(const v1::AgreementState& agreement) {
  if (agreement.suspended()) return absl::StrCat("suspended (", agreement.reason_code(), ")");
  const std::string review_by = Instant(agreement.agreement().review_by());
  return absl::StrCat("until ", Instant(agreement.agreement().until()),
                      review_by.empty() ? "" : absl::StrCat(", looked at again by ", review_by));
}

std::string EventLine(const v1::Event& event) {
  const std::string name(EventName(event.kind_case()));
  if (event.has_clock_started()) {
    const v1::ClockStarted& started = event.clock_started();
    return absl::StrCat(name, " ", started.clock(), ", due ", Instant(started.due_exclusive()));
  }
  if (event.has_historical_fact()) {
    std::vector<std::string> would_be;
    for (const v1::Event& inner : event.historical_fact().would_be())
      would_be.push_back(EventLine(inner));
    return absl::StrCat(name, " [", absl::StrJoin(would_be, "; "), "] refused by ",
                        event.historical_fact().refusal().rule());
  }
  if (event.has_pack_published()) {
    return absl::StrCat(name, " ", event.pack_published().pack().id(), " version ",
                        event.pack_published().pack().version());
  }
  if (event.has_calendar_published()) return absl::StrCat(name, " ", event.calendar_published().calendar().id());
  if (event.has_agency_registered()) {
    return absl::StrCat(name, " ", Fields(event.agency_registered().agency(), false));
  }
  if (event.has_agreement_registered()) {
    return absl::StrCat(name, " ", Fields(event.agreement_registered().agreement(), false));
  }
  const Message* body = EventBody(event);
  const std::string fields = body == nullptr ? "" : Fields(*body, true);
  return fields.empty() ? name : absl::StrCat(name, " ", fields);
}

std::string CommandLine(const v1::Command& command) {
  const std::string name(VerbName(command.verb_case()));
  const FieldDescriptor* field = VerbField(command.verb_case());
  if (field == nullptr) return name;
  const std::string fields = Fields(command.GetReflection()->GetMessage(command, field), true);
  return fields.empty() ? name : absl::StrCat(name, " ", fields);
}

void PrintRefusal(std::ostream& out, const v1::Refusal& refusal, const std::string& indent) {
  out << indent << "refused by " << refusal.rule();
  if (!refusal.clause().empty()) out << "  (" << refusal.clause() << ")";
  out << "\n" << indent << "  " << refusal.say() << "\n";
  for (const v1::Missing& missing : refusal.missing()) {
    out << indent << "  missing  " << missing.id();
    if (!missing.say().empty()) out << ": " << missing.say();
    if (!missing.by_roles().empty()) out << " (by " << absl::StrJoin(missing.by_roles(), " or ") << ")";
    out << "\n";
  }
  if (!refusal.unblock().empty()) out << indent << "  unblock  " << refusal.unblock() << "\n";
}

void PrintOutcome(std::ostream& out, const v1::Command& command, const v1::Outcome& outcome) {
  out << outcome.stream() << "  " << CommandLine(command);
  if (outcome.replayed()) out << "  (as before)";
  out << "\n";
  if (outcome.has_refusal()) {
    PrintRefusal(out, outcome.refusal(), "  ");
    return;
  }
  out << "  accepted, version " << outcome.version() << ": " << Counted(outcome.accepted().events()) << "\n";
}

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(AbslText(bytes)); }

}  // namespace caseward::cli

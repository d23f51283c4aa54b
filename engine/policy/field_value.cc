#include "engine/policy/field_value.h"

#include <algorithm>

#include "engine/base/time.h"
#include "engine/policy/calendar_answer.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The message that holds the path's last field; null if something on the way is absent.
const Message* Holder(const CompiledField& field, const Message& message) {
  if (field.path.empty()) return nullptr;
  const Message* at = &message;
  for (size_t i = 0; i + 1 < field.path.size(); ++i) {
    const Reflection* reflection = at->GetReflection();
    if (!reflection->HasField(*at, field.path[i])) return nullptr;
    at = &reflection->GetMessage(*at, field.path[i]);
  }
  return at;
}

const v1::FieldValue* Declared(const CompiledField& field, const Message& holder) {
  const DeclaredFields* fields = DeclaredFieldsOf(holder, *field.path.back()->containing_type());
  if (fields == nullptr) return nullptr;
  const auto found = fields->find(field.key);
  return found == fields->end() ? nullptr : &found->second;
}

bool HasText(const v1::Words& words) { return !words.text().empty() || !words.sealed().empty(); }

bool AnyNumber(const CompiledField& field, int64_t value) {
  if (field.source->any_of().empty()) return true;
  return std::find(field.numbers.begin(), field.numbers.end(), value) != field.numbers.end();
}

bool InRange(const v1::FieldTest& test, int64_t value) {
  return (!test.has_at_least() || value >= test.at_least()) && (!test.has_at_most() || value <= test.at_most());
}

bool AnyText(const CompiledField& field, std::string_view value) {
  if (field.source->any_of().empty()) return true;
  for (const std::string& wanted : field.source->any_of()) {
    if (value == wanted) return true;
    // A clock for each action is "action_due/a1" in the case; a pack names all of them by "action_due".
    if (field.instances && value.size() > wanted.size() && value[wanted.size()] == '/' &&
        value.substr(0, wanted.size()) == wanted) {
      return true;
    }
  }
  return false;
}

bool HasValueTest(const v1::FieldTest& test) {
  return test.any_of_size() > 0 || test.has_at_least() || test.has_at_most() || test.has_within() || test.has_beyond();
}

// A time that is there.
bool FitsTime(const v1::FieldTest& test, absl::Time time, const Facts* facts) {
  if (test.has_present() && !test.present()) return false;
  if (!test.has_within() && !test.has_beyond()) return test.has_present();
  if (facts == nullptr) return false;
  if (test.has_within()) {
    const auto end = Answer(facts->calendar.DueExclusive(facts->now, test.within()), *facts);
    if (!end.has_value() || time >= *end) return false;
  }
  if (!test.has_beyond()) return true;
  return Answer(facts->calendar.AtLeast(facts->now, time, test.beyond()), *facts).value_or(false);
}

bool FitsAbsent(const v1::FieldTest& test) { return test.has_present() && !test.present() && !HasValueTest(test); }

bool FitsDeclared(const CompiledField& field, const v1::FieldValue* value, const Facts* facts) {
  const v1::FieldTest& test = *field.source;
  if (value == nullptr) return FitsAbsent(test);
  switch (value->kind_case()) {
    case v1::FieldValue::kFlag:
      return (!test.has_present() || test.present()) && AnyNumber(field, value->flag() ? 1 : 0);
    case v1::FieldValue::kNumber:
      return (!test.has_present() || test.present()) && AnyNumber(field, value->number()) &&
             InRange(test, value->number());
    case v1::FieldValue::kCode:
      if (value->code().empty()) return FitsAbsent(test);
      return (!test.has_present() || test.present()) && AnyText(field, value->code());
    case v1::FieldValue::kAt: return FitsTime(test, ToTime(value->at()), facts);
    case v1::FieldValue::kWords: return test.has_present() && test.present() == HasText(value->words());
    case v1::FieldValue::KIND_NOT_SET: return FitsAbsent(test);
  }
  return false;
}

// Of a list, the range is about its length and any entry may be the value.
bool FitsList(const CompiledField& field, const Message& holder, const FieldDescriptor* leaf) {
  const v1::FieldTest& test = *field.source;
  const Reflection* reflection = holder.GetReflection();
  const int size = reflection->FieldSize(holder, leaf);
  if (test.has_present() && test.present() != (size > 0)) return false;
  if (!InRange(test, size)) return false;
  if (test.any_of().empty()) return true;
  std::string scratch;  // stays empty: the strings of our messages are referred to
  for (int i = 0; i < size; ++i) {
    if (leaf->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (AnyText(field, reflection->GetRepeatedStringReference(holder, leaf, i, &scratch))) return true;
    } else if (leaf->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      if (AnyNumber(field, reflection->GetRepeatedEnumValue(holder, leaf, i))) return true;
    }
  }
  return false;
}

bool Present(const Message& holder, const FieldDescriptor* leaf) {
  const Reflection* reflection = holder.GetReflection();
  if (!reflection->HasField(holder, leaf)) return false;
  if (leaf->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || leaf->message_type() != v1::Words::descriptor())
    return true;
  return HasText(static_cast<const v1::Words&>(reflection->GetMessage(holder, leaf)));
}

// A number, boolean or enum as a number.
int64_t NumberOf(const Message& holder, const FieldDescriptor* leaf) {
  const Reflection* reflection = holder.GetReflection();
  switch (leaf->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return reflection->GetInt32(holder, leaf);
    case FieldDescriptor::CPPTYPE_INT64: return reflection->GetInt64(holder, leaf);
    case FieldDescriptor::CPPTYPE_UINT32: return reflection->GetUInt32(holder, leaf);
    case FieldDescriptor::CPPTYPE_UINT64: return static_cast<int64_t>(reflection->GetUInt64(holder, leaf));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection->GetBool(holder, leaf) ? 1 : 0;
    case FieldDescriptor::CPPTYPE_ENUM: return reflection->GetEnumValue(holder, leaf);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  return 0;
}

uint64_t Fnv1a(uint64_t hash, std::string_view bytes) {
  for (const char c : bytes)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}
uint64_t Fingerprint(uint64_t kind, std::string_view bytes) { return Fnv1a(0xcbf29ce484222325u ^ kind, bytes); }
uint64_t Fingerprint(uint64_t kind, int64_t number) {
  char bytes[sizeof(number)];
  for (size_t i = 0; i < sizeof(number); ++i)
    bytes[i] = static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
  return Fingerprint(kind, std::string_view(bytes, sizeof(bytes)));
}

}  // namespace

const DeclaredFields* DeclaredFieldsOf(const Message& message, const google::protobuf::Descriptor& type) {
  static const auto* const kStep = v1::StepRecorded::descriptor();
  static const auto* const kState = v1::StepState::descriptor();
  static const auto* const kReport = v1::CaseReported::descriptor();
  static const auto* const kTriage = v1::CaseTriaged::descriptor();
  static const auto* const kHistory = v1::HistoryRecorded::descriptor();
  if (&type == kStep) return &static_cast<const v1::StepRecorded&>(message).fields();
  if (&type == kState) return &static_cast<const v1::StepState&>(message).fields();
  if (&type == kReport) return &static_cast<const v1::CaseReported&>(message).fields();
  if (&type == kTriage) return &static_cast<const v1::CaseTriaged&>(message).answers();
  if (&type == kHistory) return &static_cast<const v1::HistoryRecorded&>(message).fields();
  return nullptr;
}

std::string_view DeclaredFieldsName(const google::protobuf::Descriptor& message) {
  if (&message == v1::CaseTriaged::descriptor()) return "answers";
  for (const auto* type : {v1::StepRecorded::descriptor(), v1::StepState::descriptor(), v1::CaseReported::descriptor(),
                           v1::HistoryRecorded::descriptor()}) {
    if (&message == type) return "fields";
  }
  return "";
}

bool CompiledField::Fits(const Message& message, const Facts* facts) const {
  // What most tests of an event ask, without reflection.
  if (names_step) return AnyText(*this, static_cast<const v1::StepRecorded&>(message).step());
  const Message* holder = Holder(*this, message);
  if (holder == nullptr) return FitsAbsent(*source);
  if (!key.empty()) return FitsDeclared(*this, Declared(*this, *holder), facts);
  const FieldDescriptor* leaf = path.back();
  if (leaf->is_repeated()) return FitsList(*this, *holder, leaf);

  if (source->has_present() && source->present() != Present(*holder, leaf)) return false;
  switch (leaf->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;  // stays empty
      return AnyText(*this, holder->GetReflection()->GetStringReference(*holder, leaf, &scratch));
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      if (!source->has_within() && !source->has_beyond()) return source->has_present();
      const auto time = TimeValue(*this, message);
      return time.has_value() && FitsTime(*source, *time, facts);
    }
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const int64_t value = NumberOf(*holder, leaf);
      return AnyNumber(*this, value) && InRange(*source, value);
    }
  }
  return false;
}

std::optional<absl::Time> TimeValue(const CompiledField& field, const Message& message) {
  const Message* holder = Holder(field, message);
  if (holder == nullptr) return std::nullopt;
  if (!field.key.empty()) {
    const v1::FieldValue* value = Declared(field, *holder);
    if (value == nullptr || value->kind_case() != v1::FieldValue::kAt) return std::nullopt;
    return ToTime(value->at());
  }
  const Reflection* reflection = holder->GetReflection();
  if (!reflection->HasField(*holder, field.path.back())) return std::nullopt;
  return ToTime(static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(*holder, field.path.back())));
}

std::optional<uint64_t> ValueFingerprint(const CompiledField& field, const Message& message) {
  const Message* holder = Holder(field, message);
  if (holder == nullptr) return std::nullopt;
  if (!field.key.empty()) {
    const v1::FieldValue* value = Declared(field, *holder);
    if (value == nullptr) return std::nullopt;
    switch (value->kind_case()) {
      case v1::FieldValue::kFlag: return Fingerprint(1, int64_t{value->flag() ? 1 : 0});
      case v1::FieldValue::kNumber: return Fingerprint(2, value->number());
      case v1::FieldValue::kCode: return Fingerprint(3, value->code());
      case v1::FieldValue::kAt: return Fingerprint(4, absl::ToUnixMicros(ToTime(value->at())));
      case v1::FieldValue::kWords:
      case v1::FieldValue::KIND_NOT_SET: return std::nullopt;
    }
  }
  const FieldDescriptor* leaf = field.path.back();
  if (leaf->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return Fingerprint(2, NumberOf(*holder, leaf));
  std::string scratch;
  const std::string& text = holder->GetReflection()->GetStringReference(*holder, leaf, &scratch);
  if (text.empty()) return std::nullopt;
  return Fingerprint(3, text);
}

bool CompiledMatch::IsOfKind(const v1::Event& event) const {
  switch (kinds) {
    case Kinds::kOne: return event.kind_case() == kind;
    case Kinds::kAny: return true;
    case Kinds::kSubstantive: return event.substantive();
    case Kinds::kFact: return !event.derived();
  }
  return false;
}

bool CompiledMatch::Fits(const v1::Event& event, const Facts* facts) const {
  if (!IsOfKind(event)) return false;
  if (where.empty()) return true;
  const Message* place = kinds == Kinds::kOne ? EventBody(event) : &event;
  for (const CompiledField& field : where) {
    if (!field.Fits(*place, facts)) return false;
  }
  return true;
}

}  // namespace caseward

#include "engine/cases/deciding.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {

Deciding::Deciding(const v1::CaseState* before, const v1::Command& command, const CaseContext& context)
    : before_(before != nullptr ? before : &Empty()),
      exists_(before != nullptr),
      command_(command),
      context_(context),
      when_(command.has_occurred_at() ? ToTime(command.occurred_at()) : context.now) {}

const v1::CaseState& Deciding::Empty() { return v1::CaseState::default_instance(); }

v1::Event& Deciding::Fact(bool substantive) {
  v1::Event& event = facts_.emplace_back();
  SetTimestamp(when_, event.mutable_occurred_at());
  event.set_substantive(substantive);
  return event;
}

Facts Deciding::FactsOn(const v1::CaseState& state, const v1::Event* event) const {
  const std::string_view taker = Taker();
  const bool known = !taker.empty() && context_.staff_of;
  // What is imported happened whatever somebody carries today.
  const bool weighed = !taker.empty() && context_.load_of && !command_.importing();
  return Facts{.state = state,
               .pack = context_.pack,
               .calendar = context_.calendar,
               .now = context_.now,
               .actor = &context_.actor,
               .staff = context_.staff,
               .taker = known ? context_.staff_of(taker) : nullptr,
               .taker_load = weighed ? context_.load_of(taker) : Load(),
               .resident = context_.resident,
               .lines = context_.lines,
               .asked = facts_.empty() ? nullptr : &facts_.front(),
               .command = &command_,
               .event = event,
               .hasher = &context_.hasher,
               .fault = &fault_,
               .recorded_at = context_.recorded_at};
}

std::string_view Deciding::Taker() const {
  if (command_.has_assign_case()) return command_.assign_case().owner();
  if (command_.has_hand_over_case()) return command_.hand_over_case().to();
  return command_.has_accept_handover() ? std::string_view(before_->handover_to()) : std::string_view();
}

namespace {

std::string_view TypeName(v1::FieldType::Type type) {
  switch (type) {
    case v1::FieldType::TYPE_BOOL: return "true or false";
    case v1::FieldType::TYPE_NUMBER: return "a whole number";
    case v1::FieldType::TYPE_CODE: return "one of its options";
    case v1::FieldType::TYPE_TIME: return "an instant";
    case v1::FieldType::TYPE_REF: return "a reference";
    case v1::FieldType::TYPE_WORDS: return "text";
    case v1::FieldType::TYPE_UNSPECIFIED:
    case v1::FieldType_Type_FieldType_Type_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::FieldType_Type_FieldType_Type_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "a value";
}

constexpr size_t kRefBytesMax = 256;

// What is wrong with one value, or empty.
std::string WrongWith(const v1::FieldType& type, const v1::FieldValue& value) {
  bool fits = false;
  switch (type.type()) {
    case v1::FieldType::TYPE_BOOL: fits = value.kind_case() == v1::FieldValue::kFlag; break;
    case v1::FieldType::TYPE_NUMBER:
      fits = value.kind_case() == v1::FieldValue::kNumber;
      if (fits && type.has_at_least() && value.number() < type.at_least()) {
        return StrCat("expected at least ", type.at_least(), ", found ", value.number());
      }
      if (fits && type.has_at_most() && value.number() > type.at_most()) {
        return StrCat("expected at most ", type.at_most(), ", found ", value.number());
      }
      break;
    case v1::FieldType::TYPE_CODE:
      fits = value.kind_case() == v1::FieldValue::kCode;
      if (fits && std::find(type.options().begin(), type.options().end(), value.code()) == type.options().end()) {
        return StrCat("expected one of ", absl::StrJoin(type.options(), ", "), "; found ", value.code());
      }
      break;
    case v1::FieldType::TYPE_TIME: fits = value.kind_case() == v1::FieldValue::kAt; break;
    case v1::FieldType::TYPE_REF:
      fits = value.kind_case() == v1::FieldValue::kCode;
      if (fits && (value.code().empty() || value.code().size() > kRefBytesMax)) {
        return StrCat("expected 1 to ", kRefBytesMax, " bytes, found ", value.code().size());
      }
      break;
    case v1::FieldType::TYPE_WORDS:
      fits = value.kind_case() == v1::FieldValue::kWords;
      if (fits && type.required() && value.words().text().empty() && value.words().sealed().empty()) {
        return "expected text, found none";
      }
      break;
    case v1::FieldType::TYPE_UNSPECIFIED:
    case v1::FieldType_Type_FieldType_Type_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::FieldType_Type_FieldType_Type_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return fits ? std::string() : StrCat("expected ", TypeName(type.type()));
}

}  // namespace

MaybeRefusal CheckFields(std::string_view where, const v1::StepType* type,
                         const google::protobuf::Map<std::string, v1::FieldValue>& fields) {
  v1::Refusal wrong_fields;  // what is missing, and nothing else yet: mostly nothing is
  static const v1::StepType* const kNoFields = new v1::StepType;  // lives for ever
  if (type == nullptr) type = kNoFields;
  for (const v1::FieldType& field : type->fields()) {
    const auto given = fields.find(field.id());
    if (given == fields.end()) {
      if (field.required()) AddMissing(wrong_fields, field.id(), StrCat("required: ", TypeName(field.type())));
      continue;
    }
    const std::string wrong = WrongWith(field, given->second);
    if (!wrong.empty()) AddMissing(wrong_fields, field.id(), wrong);
  }
  for (const auto& [name, value] : fields) {
    const bool known = std::any_of(type->fields().begin(), type->fields().end(),
                                   [&id = name](const v1::FieldType& field) { return field.id() == id; });
    if (!known) AddMissing(wrong_fields, name, "not declared by the policy");
  }
  if (wrong_fields.missing().empty()) return std::nullopt;
  v1::Refusal refusal = Invalid("C-field", StrCat("the fields that the policy declares for ", where), "others");
  refusal.mutable_missing()->Swap(wrong_fields.mutable_missing());
  std::sort(refusal.mutable_missing()->begin(), refusal.mutable_missing()->end(),
            [](const v1::Missing& a, const v1::Missing& b) { return a.id() < b.id(); });
  const std::string each = absl::StrJoin(refusal.missing(), "; ", [](std::string* out, const v1::Missing& m) {
    absl::StrAppend(out, m.id(), " (", m.say(), ")");
  });
  refusal.set_say(StrCat("The fields of ", where, " do not fit the policy: ", each, "."));
  return refusal;
}

MaybeRefusal CheckTaker(const Deciding& deciding, std::string_view person) {
  if (!deciding.context().standing_of || deciding.command().importing()) return std::nullopt;
  switch (deciding.context().standing_of(person)) {
    case Standing::kActive: return std::nullopt;
    case Standing::kLeft:
      return Refuse("C-owner", "a member of staff who can take the case", StrCat(person, ", who has left"),
                    "Name somebody who works here.");
    case Standing::kUnknown:
      return Refuse("C-owner", "a member of staff whom the directory knows", StrCat("\"", person, "\""),
                    "Correct the id, or have the person registered.");
  }
  return std::nullopt;
}

bool IsPastDue(const Deciding& deciding, const v1::ClockState& clock) {
  const absl::Time due = ToTime(clock.due_exclusive());
  return clock.status() == v1::ClockState::STATUS_RUNNING && (due <= deciding.when() || due < deciding.context().now);
}

std::variant<NamedClock, v1::Refusal> FindNamedClock(const Deciding& deciding, std::string_view name) {
  const v1::ClockState* clock = FindClock(deciding.before(), name);
  if (clock == nullptr) {
    std::vector<std::string> known;
    for (const v1::ClockState& c : deciding.before().clocks())
      known.push_back(c.clock());
    return Invalid("C-clock", StrCat("a clock of this case (", absl::StrJoin(known, ", "), ")"),
                   StrCat("\"", name, "\""));
  }
  const CompiledClock* definition = deciding.pack().clock(clock->definition());
  if (definition == nullptr) return Invalid("C-clock", "a clock that the case's policy defines", clock->definition());
  return NamedClock{clock, definition};
}

MaybeRefusal CheckReasonCode(std::string_view reason, bool needed, std::string_view what) {
  if (reason.empty() ? !needed : ParseName(reason).ok()) return std::nullopt;
  return Invalid("C-reason", StrCat(what, ", as a code: 1 to ", kNameMax, " characters of [a-z0-9_]"),
                 reason.empty() ? "none" : "another text");
}

MaybeRefusal CheckReason(std::string_view rule, std::string_view what, std::string_view reason,
                         const google::protobuf::RepeatedPtrField<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), reason) != allowed.end()) return std::nullopt;
  if (allowed.empty()) {
    return Refuse(rule, StrCat("something that may be ", what), "one for which the policy allows no reason",
                  "Nothing: the policy does not provide for it.");
  }
  return Refuse(rule, StrCat("one of the reasons the policy allows (", absl::StrJoin(allowed, ", "), ")"),
                reason.empty() ? "none" : StrCat("\"", reason, "\""), "Give one of the reasons listed.");
}

}  // namespace caseward

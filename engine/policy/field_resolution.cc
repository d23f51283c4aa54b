#include "engine/policy/field_resolution.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "engine/base/clock_id.h"
#include "engine/policy/enum_names.h"
#include "engine/policy/field_value.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool IsTime(const FieldDescriptor& field) {
  return !field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type() == google::protobuf::Timestamp::descriptor();
}
bool IsWords(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field.message_type() == v1::Words::descriptor();
}
// Declared fields are named by their own key, never by the map that holds them.
bool IsDeclaredMap(const FieldDescriptor& field) {
  return field.is_map() && field.name() == DeclaredFieldsName(*field.containing_type());
}

const v1::StepType* StepNamed(const PackNames& names, std::string_view id) {
  const auto found = names.steps.find(id);
  return found == names.steps.end() ? nullptr : found->second;
}

const v1::FieldType* FieldOf(const v1::StepType& step, std::string_view id) {
  for (const v1::FieldType& field : step.fields()) {
    if (field.id() == id) return &field;
  }
  return nullptr;
}

}  // namespace

FieldPlace PlaceOfMessage(const Descriptor* message, std::string name) {
  FieldPlace place;
  place.message = message;
  place.name = std::move(name);
  return place;
}

FieldPlace PlaceOfStep(const v1::StepType& step) {
  FieldPlace place = PlaceOfMessage(v1::StepState::descriptor(), StrCat("step ", step.id()));
  place.declared_in = "fields";
  place.steps = {&step};
  place.only_declared = true;
  place.words = false;
  return place;
}

FieldPlace PlaceOfEvent(v1::Event::KindCase kind, const FieldTests& tests, const PackNames& names) {
  const auto* field = v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(kind));
  FieldPlace place = PlaceOfMessage(field->message_type(), field->name());
  place.declared_in = std::string(DeclaredFieldsName(*field->message_type()));
  if (kind == v1::Event::kStepRecorded) {
    for (const v1::FieldTest& test : tests) {
      if (test.field() != "step") continue;
      for (const std::string& id : test.any_of()) {
        if (const v1::StepType* step = StepNamed(names, id)) place.steps.push_back(step);
      }
    }
    if (place.steps.empty()) {
      for (const auto& [id, step] : names.steps)
        place.steps.push_back(step);
    }
  } else if (!place.declared_in.empty()) {
    const std::string_view id = kind == v1::Event::kCaseReported  ? "report"
                                : kind == v1::Event::kCaseTriaged ? "triage"
                                                                  : "history";
    if (const v1::StepType* step = StepNamed(names, id)) place.steps.push_back(step);
    if (place.steps.empty() && kind != v1::Event::kHistoryRecorded) place.declared_in.clear();
  }
  return place;
}

FieldResolver::Found FieldResolver::Find(const FieldPlace& place, std::string_view name) const {
  Found found;
  if (!place.only_declared) {
    const Descriptor* at = place.message;
    const std::vector<std::string> parts = absl::StrSplit(AbslText(name), '.');
    for (size_t i = 0; i < parts.size() && at != nullptr; ++i) {
      const FieldDescriptor* field = at->FindFieldByName(parts[i]);
      if (field == nullptr || IsDeclaredMap(*field)) break;
      found.field.path.push_back(field);
      const bool inside = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated();
      at = inside && !IsTime(*field) && !IsWords(*field) ? field->message_type() : nullptr;
      found.ok = i + 1 == parts.size();
    }
    if (found.ok) return found;
    found.field.path.clear();
  }
  if (place.declared_in.empty()) return found;
  const FieldDescriptor* map = place.message->FindFieldByName(place.declared_in);
  for (const v1::StepType* step : place.steps) {
    if (const v1::FieldType* declared = FieldOf(*step, name)) {
      found.declared = declared;
      found.ok = true;
      break;
    }
  }
  if (place.steps.empty()) found.ok = !name.empty();
  if (found.ok) {
    found.field.path.push_back(map);
    found.field.key = std::string(name);
  }
  return found;
}

bool FieldResolver::Has(const FieldPlace& place, std::string_view field) const { return Find(place, field).ok; }

void FieldResolver::Unknown(const FieldPlace& place, std::string_view field, const std::string& path) {
  std::vector<std::string_view> known;
  if (!place.only_declared) {
    for (int i = 0; i < place.message->field_count(); ++i) {
      if (!IsDeclaredMap(*place.message->field(i))) known.push_back(place.message->field(i)->name());
    }
  }
  for (int i = 0; place.also != nullptr && i < place.also->field_count(); ++i)
    known.push_back(place.also->field(i)->name());
  for (const v1::StepType* step : place.steps) {
    for (const v1::FieldType& declared : step->fields())
      known.push_back(declared.id());
  }
  problems_.UnknownName(path, StrCat("a field of ", place.name), field, known);
}

CompiledField FieldResolver::Resolve(const FieldPlace& place, const v1::FieldTest& test, const std::string& path) {
  Found found = Find(place, test.field());
  CompiledField out = found.field;
  out.source = &test;
  if (!found.ok) {
    Unknown(place, test.field(), StrCat(path, ".field"));
    return out;
  }
  const bool of_time = test.has_within() || test.has_beyond();
  if (test.any_of().empty() && !test.has_at_least() && !test.has_at_most() && !test.has_present() && !of_time) {
    problems_.Add(path, "a value, at_least, at_most, within, beyond or present", "no test of the field");
  }
  if (of_time) CheckTimeTest(found, test, path);
  CheckValues(place, found, test, path, out);
  const auto* step = v1::StepRecorded::descriptor()->FindFieldByNumber(v1::StepRecorded::kStepFieldNumber);
  out.names_step = out.path.size() == 1 && out.path.front() == step && !test.has_present();
  return out;
}

std::vector<CompiledField> FieldResolver::ResolveAll(const FieldPlace& place, const FieldTests& tests,
                                                     const std::string& path) {
  std::vector<CompiledField> out;
  for (int i = 0; i < tests.size(); ++i)
    out.push_back(Resolve(place, tests[i], StrCat(path, "[", i, "]")));
  return out;
}

bool FieldResolver::HoldsTime(const Found& found) {
  if (found.declared != nullptr) return found.declared->type() == v1::FieldType::TYPE_TIME;
  return found.ok && (!found.field.key.empty() || IsTime(*found.field.path.back()));
}

void FieldResolver::CheckTimeTest(const Found& found, const v1::FieldTest& test, const std::string& path) {
  if (!HoldsTime(found))
    problems_.Add(path, "within and beyond only of a time", StrCat("field ", Quoted(test.field())));
  if (test.has_within()) CheckSpan(test.within(), path + ".within", problems_);
  if (test.has_beyond()) CheckSpan(test.beyond(), path + ".beyond", problems_);
}

void FieldResolver::CheckValues(const FieldPlace& place, const Found& found, const v1::FieldTest& test,
                                const std::string& path, CompiledField& out) {
  for (int i = 0; i < test.any_of_size(); ++i) {
    if (test.any_of(i).empty()) {
      problems_.Add(Indexed(path, "any_of", i), "a value; for an empty field, {present: false}", "nothing");
    }
  }
  if (found.declared != nullptr) {
    if (found.declared->type() == v1::FieldType::TYPE_WORDS && !place.words) {
      problems_.Add(path, "a field that rules can read", StrCat("words in ", Quoted(test.field())));
    }
    CheckDeclaredValues(*found.declared, test, path, out);
  } else if (!out.key.empty()) {
    // A field of an imported history: its kind is known when it comes.
    for (const std::string& value : test.any_of()) {
      int64_t number = 0;
      if (absl::SimpleAtoi(value, &number)) out.numbers.push_back(number);
    }
  } else {
    CheckOwnValues(place, *out.path.back(), test, path, out);
  }
}

void FieldResolver::CheckDeclaredValues(const v1::FieldType& declared, const v1::FieldTest& test,
                                        const std::string& path, CompiledField& out) {
  const bool range = test.has_at_least() || test.has_at_most();
  if (range && declared.type() != v1::FieldType::TYPE_NUMBER) {
    problems_.Add(path, "at_least and at_most only of a number", StrCat("field ", Quoted(test.field())));
  }
  switch (declared.type()) {
    case v1::FieldType::TYPE_BOOL: NeedBool(test, path, out); break;
    case v1::FieldType::TYPE_NUMBER: NeedNumber(test, path, out); break;
    case v1::FieldType::TYPE_CODE:
      for (int i = 0; i < test.any_of_size(); ++i) {
        const auto& options = declared.options();
        if (std::find(options.begin(), options.end(), test.any_of(i)) == options.end()) {
          problems_.UnknownName(Indexed(path, "any_of", i),
                                StrCat("one of the options of ", declared.id(), ": ", absl::StrJoin(options, ", ")),
                                test.any_of(i), {options.begin(), options.end()});
        }
      }
      break;
    case v1::FieldType::TYPE_REF: break;
    case v1::FieldType::TYPE_TIME:
    case v1::FieldType::TYPE_WORDS:
      if (test.any_of_size() > 0) {
        problems_.Add(path, "only present: true or false of a time or of words", Quoted(test.any_of(0)));
      }
      break;
    case v1::FieldType::TYPE_UNSPECIFIED: break;  // reported where the step is declared
    case v1::FieldType_Type_FieldType_Type_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::FieldType_Type_FieldType_Type_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
}

void FieldResolver::CheckOwnValues(const FieldPlace& place, const FieldDescriptor& field, const v1::FieldTest& test,
                                   const std::string& path, CompiledField& out) {
  const bool range = test.has_at_least() || test.has_at_most();
  const auto only_presence = [&](std::string_view what) {
    if (range || test.any_of_size() > 0) {
      problems_.Add(path, StrCat("only present: true or false of ", what), StrCat("a test of ", field.name()));
    }
  };
  if (IsWords(field) && !place.words) {
    problems_.Add(path, "a field that rules can read", StrCat("words in ", Quoted(test.field())));
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (!field.is_repeated())
        only_presence("a time, words or a part");
      else if (test.any_of_size() > 0)
        only_presence("a list of parts");
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) return only_presence("bytes");
      if (range && !field.is_repeated()) {
        problems_.Add(path, "at_least and at_most only of a number or a list", StrCat("field ", Quoted(test.field())));
      }
      out.instances = field.name() == "clock";
      for (int i = 0; i < test.any_of_size(); ++i)
        CheckNamedValue(field, test.any_of(i), Indexed(path, "any_of", i));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (range)
        problems_.Add(path, "at_least and at_most only of a number or a list", StrCat("field ", Quoted(test.field())));
      return NeedBool(test, path, out);
    case FieldDescriptor::CPPTYPE_ENUM:
      if (range)
        problems_.Add(path, "at_least and at_most only of a number or a list", StrCat("field ", Quoted(test.field())));
      for (int i = 0; i < test.any_of_size(); ++i) {
        const auto* value = FindEnumValue(*field.enum_type(), test.any_of(i));
        if (value != nullptr) {
          out.numbers.push_back(value->number());
          continue;
        }
        const std::vector<std::string> known = EnumValueNames(*field.enum_type());
        problems_.UnknownName(Indexed(path, "any_of", i), StrCat("one of ", absl::StrJoin(known, ", ")), test.any_of(i),
                              {known.begin(), known.end()});
      }
      return;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return NeedNumber(test, path, out);
  }
}

// Strings that name something the pack declares must name something it does declare.
void FieldResolver::CheckNamedValue(const FieldDescriptor& field, const std::string& value, const std::string& path) {
  const std::string_view name = field.name();
  const auto check = [&](std::string_view what, const auto& known) {
    if (!known.contains(value)) problems_.UnknownName(path, what, value, KeysOf(known));
  };
  if (name == "step") return check("a step the pack declares", names_.steps);
  if (name == "case_type") return check("a case type of the pack", names_.case_types);
  if (name == "flag" || name == "flags") return check("a flag of the pack", names_.flags);
  if (name == "alert") return check("an alert of the pack", names_.alerts);
  if (name == "to_role") return check("a role of the pack", names_.roles);
  if (name == "definition") return check("a clock of the pack", names_.clocks);
  if (name == "subject") return check("the subject of a sign-off of the pack", names_.sign_offs);
  if (name == "clock" || name == "by_clock") {
    if (!names_.clocks.contains(ClockDefinitionOf(value))) {
      problems_.UnknownName(path, "a clock of the pack", value, KeysOf(names_.clocks));
    }
    return;
  }
  const Descriptor* type = field.containing_type();
  const bool closing = type == v1::ClosureProposed::descriptor() || type == v1::CaseClosed::descriptor();
  if (((name == "reason_code" && closing) || name == "closing_reason") && names_.pack.closing_reasons_size() > 0) {
    const auto& reasons = names_.pack.closing_reasons();
    if (std::find(reasons.begin(), reasons.end(), value) == reasons.end()) {
      problems_.UnknownName(path, "a closing reason of the pack", value, {reasons.begin(), reasons.end()});
    }
  }
}

void FieldResolver::NeedNumber(const v1::FieldTest& test, const std::string& path, CompiledField& out) {
  for (int i = 0; i < test.any_of_size(); ++i) {
    int64_t number = 0;
    if (absl::SimpleAtoi(test.any_of(i), &number)) {
      out.numbers.push_back(number);
    } else {
      problems_.Add(Indexed(path, "any_of", i), "a whole number", Quoted(test.any_of(i)));
    }
  }
}

void FieldResolver::NeedBool(const v1::FieldTest& test, const std::string& path, CompiledField& out) {
  for (int i = 0; i < test.any_of_size(); ++i) {
    if (test.any_of(i) == "true" || test.any_of(i) == "false") {
      out.numbers.push_back(test.any_of(i) == "true" ? 1 : 0);
    } else {
      problems_.Add(Indexed(path, "any_of", i), "true or false", Quoted(test.any_of(i)));
    }
  }
}

CompiledField FieldResolver::ResolveTime(const FieldPlace& place, std::string_view name, const std::string& path) {
  Found found = Find(place, name);
  if (!found.ok) {
    Unknown(place, name, path);
  } else if (!HoldsTime(found)) {
    problems_.Add(path, StrCat("a field of ", place.name, " that holds a time"), Quoted(name));
  }
  return std::move(found.field);
}

CompiledField FieldResolver::ResolveValue(const FieldPlace& place, std::string_view name, const std::string& path) {
  Found found = Find(place, name);
  const bool is_value = found.declared != nullptr
                            ? found.declared->type() != v1::FieldType::TYPE_WORDS
                            : found.ok && (!found.field.key.empty() ||
                                           (found.field.path.back()->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE &&
                                            !found.field.path.back()->is_repeated()));
  if (!found.ok) {
    Unknown(place, name, path);
  } else if (!is_value) {
    problems_.Add(path, StrCat("a field of ", place.name, " with one plain value"), Quoted(name));
  }
  return std::move(found.field);
}

CompiledMatch FieldResolver::ResolveMatch(const v1::EventMatch& match, const std::string& path, bool words) {
  CompiledMatch out;
  FieldPlace place = PlaceOfMessage(v1::Event::descriptor(), "every event");
  if (match.event() == "any") {
    out.kinds = CompiledMatch::Kinds::kAny;
  } else if (match.event() == "substantive") {
    out.kinds = CompiledMatch::Kinds::kSubstantive;
  } else if (match.event() == "fact") {
    out.kinds = CompiledMatch::Kinds::kFact;
  } else if (const auto kind = ParseEventName(match.event())) {
    out.kind = *kind;
    place = PlaceOfEvent(*kind, match.where(), names_);
  } else {
    std::vector<std::string_view> known = {"any", "substantive", "fact"};
    const auto* event = v1::Event::descriptor();
    for (int i = 0; i < event->field_count(); ++i) {
      if (event->field(i)->containing_oneof() != nullptr) known.push_back(event->field(i)->name());
    }
    problems_.UnknownName(StrCat(path, ".event"), "an event's name", match.event(), known);
    return out;
  }
  place.words = words;
  out.where = ResolveAll(place, match.where(), StrCat(path, ".where"));
  return out;
}

}  // namespace caseward

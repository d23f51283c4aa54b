#include "services/study/pack_diff.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/enum_names.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ChangeKind = PackChange::Kind;

// One value of a field, as text.
std::string SayValue(const Message& message, const FieldDescriptor* field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool in_list = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return in_list ? reflection.GetRepeatedString(message, field, index) : reflection.GetString(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return (in_list ? reflection.GetRepeatedBool(message, field, index) : reflection.GetBool(message, field))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumValueName(
          *(in_list ? reflection.GetRepeatedEnum(message, field, index) : reflection.GetEnum(message, field)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return StrCat(in_list ? reflection.GetRepeatedUInt32(message, field, index)
                            : reflection.GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return StrCat(in_list ? reflection.GetRepeatedInt32(message, field, index) : reflection.GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return StrCat(in_list ? reflection.GetRepeatedInt64(message, field, index) : reflection.GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SayMessage(in_list ? reflection.GetRepeatedMessage(message, field, index)
                                : reflection.GetMessage(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: break;
  }
  return "";
}

std::string SayField(const Message& message, const FieldDescriptor* field) {
  if (!field->is_repeated()) return SayValue(message, field, -1);
  std::vector<std::string> items;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i)
    items.push_back(SayValue(message, field, i));
  return StrCat("[", absl::StrJoin(items, ", "), "]");
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const auto& reflection = *message.GetReflection();
  return field->is_repeated() ? reflection.FieldSize(message, field) > 0 : reflection.HasField(message, field);
}

const FieldDescriptor* IdOf(const google::protobuf::Descriptor* type) {
  for (const char* name : {"id", "subject"}) {
    const FieldDescriptor* field = type->FindFieldByName(name);
    if (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated()) return field;
  }
  return nullptr;
}

class Differ {
 public:
  std::vector<PackChange> Run(const v1::Pack& before, const v1::Pack& after) {
    const auto* type = v1::Pack::descriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const std::string& name = field->name();
      if (name == "scenarios" || name == "people" || name == "version") continue;
      if (name == "examples") {
        CountExamples(before, after);
      } else if (field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Things(before, after, field);
      } else {
        what_ = "pack";
        Field(before, after, field, "");
      }
    }
    return std::move(out_);
  }

 private:
  // "clock first_contact"; things whose id serves several case types are told apart by these.
  static std::string NameOf(const Message& thing, const FieldDescriptor* list, bool with_types) {
    std::string kind = list->name();
    kind = kind == "priorities" ? "priority" : kind.substr(0, kind.size() - 1);
    std::replace(kind.begin(), kind.end(), '_', ' ');
    const FieldDescriptor* id = IdOf(thing.GetDescriptor());
    std::string name = StrCat(kind, " ", id == nullptr ? "" : thing.GetReflection()->GetString(thing, id));
    const FieldDescriptor* types = thing.GetDescriptor()->FindFieldByName("case_types");
    if (with_types && types != nullptr && thing.GetReflection()->FieldSize(thing, types) > 0)
      name += StrCat(" of ", SayField(thing, types));
    return name;
  }

  static std::vector<std::pair<std::string, const Message*>> ThingsOf(const Message& pack,
                                                                      const FieldDescriptor* list) {
    std::map<std::string, int> times;
    const auto& reflection = *pack.GetReflection();
    for (int i = 0; i < reflection.FieldSize(pack, list); ++i)
      ++times[NameOf(reflection.GetRepeatedMessage(pack, list, i), list, false)];
    std::vector<std::pair<std::string, const Message*>> out;
    for (int i = 0; i < reflection.FieldSize(pack, list); ++i) {
      const Message& one = reflection.GetRepeatedMessage(pack, list, i);
      out.emplace_back(NameOf(one, list, times[NameOf(one, list, false)] > 1), &one);
    }
    return out;
  }

  void Things(const Message& before, const Message& after, const FieldDescriptor* list) {
    const auto was = ThingsOf(before, list);
    const auto is = ThingsOf(after, list);
    const auto find = [](const auto& things, const std::string& name) -> const Message* {
      for (const auto& [id, one] : things) {
        if (id == name) return one;
      }
      return nullptr;
    };
    for (const auto& [name, one] : was) {
      what_ = name;
      const Message* now = find(is, name);
      if (now == nullptr)
        out_.push_back({ChangeKind::kRemoved, name, "", "", ""});
      else
        Inside(*one, *now, "");
    }
    for (const auto& [name, one] : is) {
      if (find(was, name) == nullptr) out_.push_back({ChangeKind::kAdded, name, "", "", Gist(*one)});
    }
  }

  // What a new thing is, in a line: its title, or what it says when it refuses.
  static std::string Gist(const Message& thing) {
    for (const char* name : {"title", "say"}) {
      const FieldDescriptor* field = thing.GetDescriptor()->FindFieldByName(name);
      if (field != nullptr && IsSet(thing, field)) return SayField(thing, field);
    }
    return "";
  }

  void Inside(const Message& before, const Message& after, const std::string& where) {
    const auto* type = before.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i)
      Field(before, after, type->field(i), where);
  }

  void Field(const Message& before, const Message& after, const FieldDescriptor* field, const std::string& where) {
    if (field->name() == "examples" || (!IsSet(before, field) && !IsSet(after, field))) return;
    const std::string at = StrCat(where, where.empty() ? "" : ".", field->name());
    const std::string was = SayField(before, field);
    const std::string is = SayField(after, field);
    if (was == is && IsSet(before, field) == IsSet(after, field)) return;
    // Conditions and leaves are said whole; what has parts of its own is looked into.
    const bool parts = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field->is_repeated() &&
                       !field->is_map() && SameSize(before, after, field);
    if (!parts) {
      out_.push_back(
          {ChangeKind::kChanged, what_, at, IsSet(before, field) ? was : "none", IsSet(after, field) ? is : "none"});
      return;
    }
    for (int i = 0; i < before.GetReflection()->FieldSize(before, field); ++i) {
      Inside(before.GetReflection()->GetRepeatedMessage(before, field, i),
             after.GetReflection()->GetRepeatedMessage(after, field, i), StrCat(at, "[", i, "]"));
    }
  }
  static bool SameSize(const Message& before, const Message& after, const FieldDescriptor* field) {
    return before.GetReflection()->FieldSize(before, field) == after.GetReflection()->FieldSize(after, field);
  }

  void CountExamples(const v1::Pack& before, const v1::Pack& after) {
    const auto count = [](const v1::Pack& pack) {
      int examples = pack.examples_size();
      for (const v1::Rule& rule : pack.rules())
        examples += rule.examples_size();
      for (const v1::Alert& alert : pack.alerts())
        examples += alert.examples_size();
      return examples;
    };
    if (count(before) == count(after)) return;
    out_.push_back({ChangeKind::kChanged, "pack", "examples", StrCat(count(before)), StrCat(count(after))});
  }

  std::vector<PackChange> out_;
  std::string what_;
};

}  // namespace

std::string SayMessage(const Message& message) {
  if (message.GetDescriptor() == v1::Span::descriptor()) return FormatSpan(static_cast<const v1::Span&>(message));
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor())
    return FormatInstant(ToTime(static_cast<const google::protobuf::Timestamp&>(message)));
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  // A list in a message of its own is written as the list.
  if (message.GetDescriptor() == v1::Conditions::descriptor() ||
      message.GetDescriptor() == v1::FieldTests::descriptor())
    return fields.empty() ? "[]" : SayField(message, fields.front());
  std::vector<std::string> out;
  for (const FieldDescriptor* field : fields)
    out.push_back(StrCat(field->name() == "case_state" ? "case" : field->name(), ": ", SayField(message, field)));
  return StrCat("{", absl::StrJoin(out, ", "), "}");
}

std::vector<PackChange> DiffPacks(const v1::Pack& before, const v1::Pack& after) { return Differ().Run(before, after); }

std::string SayChange(const PackChange& change) {
  switch (change.kind) {
    case ChangeKind::kAdded: return StrCat("added    ", change.what, change.after.empty() ? "" : ": ", change.after);
    case ChangeKind::kRemoved: return StrCat("removed  ", change.what);
    case ChangeKind::kChanged:
      return StrCat("changed  ", change.what, ": ", change.where, " ", change.before, " -> ", change.after);
  }
  return "";
}

}  // namespace caseward

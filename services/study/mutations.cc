#include "services/study/mutations.h"

#include <algorithm>
#include <set>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/enum_names.h"
#include "services/study/idle_changes.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using MutationKind = Mutation::Kind;
using Change = Mutation::Change;

// What may become of a field, by its name; a field that is not here is left as it is (ids, words people read, clauses).
enum class How {
  kEachItem,        // drop each item of a list
  kEachItemIfMore,  // the same where at least one stays
  kRoles,           // a list of roles: drop or replace each, and add one
  kRole,            // one role: replace it
  kNumber,          // one more, one less
  kSwitch,          // true becomes false, false true
  kClear,           // take it away
  kPriority,        // a neighbour
  kVerbs,           // drop each verb; the only one takes the rule with it
};
struct Row {
  std::string_view field;
  How how;
};
constexpr Row kTable[] = {
    {"starts_on", How::kEachItemIfMore},
    {"set_on", How::kEachItemIfMore},
    {"stops_on", How::kEachItem},
    {"ceases_on", How::kEachItem},
    {"clear_on", How::kEachItem},
    {"where", How::kEachItem},
    {"of", How::kEachItemIfMore},
    {"any_of", How::kEachItemIfMore},
    {"status", How::kEachItemIfMore},
    {"kinds", How::kEachItem},
    {"services", How::kEachItem},
    {"agencies", How::kEachItem},
    {"doors", How::kEachItem},
    {"is", How::kEachItem},
    {"is_not", How::kEachItem},
    {"needs", How::kEachItemIfMore},
    {"items", How::kEachItemIfMore},
    {"signers", How::kEachItemIfMore},
    {"separate_from", How::kEachItem},
    {"pause_reasons", How::kEachItem},
    {"cease_reasons", How::kEachItem},
    {"supersedes", How::kEachItem},
    {"roles", How::kRoles},
    {"escalate_to", How::kRole},
    {"to_role", How::kRole},
    {"at_least", How::kNumber},
    {"at_most", How::kNumber},
    {"distinct_at_least", How::kNumber},
    {"chased_at_least", How::kNumber},
    {"percent", How::kNumber},
    {"min_tier", How::kNumber},
    {"present", How::kSwitch},
    {"overdue", How::kSwitch},
    {"promises", How::kSwitch},
    {"urgent", How::kSwitch},
    {"human", How::kSwitch},
    {"by_asker", How::kSwitch},
    {"void_on_change", How::kSwitch},
    {"firm", How::kSwitch},
    {"recurring", How::kSwitch},
    {"once_a_day", How::kSwitch},
    {"repeats_after_breach", How::kSwitch},
    {"administrative", How::kSwitch},
    {"since", How::kClear},
    {"direction", How::kClear},
    {"trained_in", How::kClear},
    {"checklist", How::kClear},
    {"warn_percent", How::kClear},
    {"priority", How::kPriority},
    {"on", How::kVerbs},
};
// Fields that are not part of what a pack decides.
constexpr std::string_view kLeft[] = {"examples", "case_types", "requirements", "fields", "options"};

const Row* Find(const FieldDescriptor& field) {
  for (const Row& row : kTable) {
    if (row.field == field.name()) return &row;
  }
  return nullptr;
}

class Walker {
 public:
  explicit Walker(const v1::Pack& pack) : pack_(pack) {}

  std::vector<Mutation> Run() {
    const auto id = [](const auto& one) { return one.id(); };
    List(pack_.case_types(), v1::Pack::kCaseTypesFieldNumber, "case type", id);
    List(pack_.steps(), v1::Pack::kStepsFieldNumber, "step", id);
    List(pack_.flags(), v1::Pack::kFlagsFieldNumber, "flag", id);
    List(pack_.priorities(), v1::Pack::kPrioritiesFieldNumber, "priority", id);
    List(pack_.clocks(), v1::Pack::kClocksFieldNumber, "clock", id);
    List(pack_.rules(), v1::Pack::kRulesFieldNumber, "rule", id);
    List(pack_.checklists(), v1::Pack::kChecklistsFieldNumber, "checklist", id);
    List(pack_.sign_offs(), v1::Pack::kSignOffsFieldNumber, "sign-off",
         [](const v1::SignOffType& one) { return one.subject(); });
    List(pack_.alerts(), v1::Pack::kAlertsFieldNumber, "alert", id);
    return std::move(out_);
  }

 private:
  template <typename Items, typename Id>
  void List(const Items& items, int number, std::string_view called, Id id) {
    for (int i = 0; i < items.size(); ++i) {
      list_ = number;
      index_ = i;
      of_ = StrCat(called, " ", id(items[i]));
      // The same id may stand for several, each for other case types.
      if (!seen_.insert(of_).second) of_ += StrCat(" (", i, ")");
      seen_.insert(of_);
      path_ = {{v1::Pack::descriptor()->FindFieldByNumber(number), i}};
      Walk(items[i], "");
    }
  }

  void Add(MutationKind kind, const std::string& where, std::string_view says, Change change, int64_t number = 0,
           std::string text = "") {
    std::string name = StrCat(of_, ": ", where, " ", says);
    out_.push_back({.kind = kind,
                    .of = of_,
                    .name = std::move(name),
                    .list = list_,
                    .index = index_,
                    .change = change,
                    .path = path_,
                    .number = number,
                    .text = std::move(text)});
  }
  // The same with one more hop.
  void AddAt(const FieldDescriptor* field, int index, MutationKind kind, const std::string& where,
             std::string_view says, Change change, int64_t number = 0, std::string text = "") {
    path_.push_back({field, index});
    Add(kind, where, says, change, number, std::move(text));
    path_.pop_back();
  }

  void Walk(const Message& message, const std::string& where) {
    if (message.GetDescriptor() == v1::Span::descriptor())
      return WalkSpan(static_cast<const v1::Span&>(message), where);
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (std::find(std::begin(kLeft), std::end(kLeft), field->name()) != std::end(kLeft)) continue;
      const std::string at = StrCat(where, where.empty() ? "" : ".", field->name());
      WalkField(message, field, at);
    }
  }

  void WalkSpan(const v1::Span& span, const std::string& where) {
    const auto amount = [&](int64_t other) {
      v1::Span changed = span;
      changed.set_amount(static_cast<uint32_t>(other));
      AddAt(v1::Span::descriptor()->FindFieldByName("amount"), -1, MutationKind::kDuration, where,
            StrCat(FormatSpan(span), " -> ", FormatSpan(changed)), Change::kSetNumber, other);
    };
    amount(int64_t{span.amount()} + 1);
    if (span.amount() > 1) amount(int64_t{span.amount()} - 1);
  }

  void WalkField(const Message& message, const FieldDescriptor* field, const std::string& at) {
    const Reflection& reflection = *message.GetReflection();
    const bool inner = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const Row* row = Find(*field);
    if (row != nullptr && !(inner && !field->is_repeated())) ChangeField(message, field, *row, at);
    if (!inner) return;
    const int size = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const Message& one = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                : reflection.GetMessage(message, field);
      const std::string where = field->is_repeated() ? StrCat(at, "[", i, "]") : at;
      if (one.GetDescriptor() == v1::Condition::descriptor() && !field->is_repeated()) ChangeCondition(field, where);
      const AskedSteps outside = asked_;
      asked_ = AskedInside(message, field, i);
      path_.push_back({field, field->is_repeated() ? i : -1});
      Walk(one, where);
      path_.pop_back();
      asked_ = outside;
    }
  }

  // The outermost condition of something: the other way round, and away if it may be left out.
  void ChangeCondition(const FieldDescriptor* field, const std::string& where) {
    if (field->containing_type() == v1::Condition::descriptor()) return;
    AddAt(field, -1, MutationKind::kCondition, where, "negated", Change::kNegate);
    const bool needed = field->name() == "condition" || field->name() == "pass" ||
                        field->containing_type() == v1::PriorityRule::descriptor();
    if (!needed) AddAt(field, -1, MutationKind::kCondition, where, "dropped", Change::kDrop);
  }

  void ChangeField(const Message& message, const FieldDescriptor* field, const Row& row, const std::string& at) {
    const Reflection& reflection = *message.GetReflection();
    switch (row.how) {
      case How::kEachItem:
      case How::kEachItemIfMore: {
        if (!field->is_repeated()) return;
        const int size = reflection.FieldSize(message, field);
        if (row.how == How::kEachItemIfMore && size < 2) return;
        for (int i = 0; i < size; ++i) {
          if (IsIdle(message, field, i)) continue;
          AddAt(field, i, MutationKind::kCondition, StrCat(at, "[", i, "]"),
                StrCat(TextOf(message, field, i), "dropped"), Change::kDrop);
        }
        return;
      }
      case How::kRoles: return ChangeRoles(message, field, at);
      case How::kRole: {
        if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
        const std::string role = reflection.GetString(message, field);
        const std::string other = OtherRole({role});
        if (!other.empty())
          AddAt(field, -1, MutationKind::kRole, at, StrCat(role, " -> ", other), Change::kSetText, 0, other);
        return;
      }
      case How::kNumber: {
        const int64_t number = NumberOf(message, field);
        AddAt(field, -1, MutationKind::kCondition, at, StrCat(number, " -> ", number + 1), Change::kSetNumber,
              number + 1);
        if (number > 1)
          AddAt(field, -1, MutationKind::kCondition, at, StrCat(number, " -> ", number - 1), Change::kSetNumber,
                number - 1);
        return;
      }
      case How::kSwitch: {
        if (field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return;
        const bool on = reflection.GetBool(message, field);
        AddAt(field, -1, MutationKind::kCondition, at, on ? "true -> false" : "false -> true", Change::kSetNumber,
              on ? 0 : 1);
        return;
      }
      case How::kClear:
        if (field->containing_type() == v1::Condition::descriptor()) return;  // the condition itself
        return AddAt(field, -1, MutationKind::kCondition, at, "dropped", Change::kDrop);
      case How::kPriority: {
        if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return;
        if (field->containing_type() == v1::Within::descriptor()) return;  // its span is changed
        const int priority = reflection.GetEnumValue(message, field);
        const int other = priority == v1::PRIORITY_P2 ? v1::PRIORITY_P3 : v1::PRIORITY_P2;
        return AddAt(field, -1, MutationKind::kCondition, at, StrCat("P", priority, " -> P", other), Change::kSetNumber,
                     other);
      }
      case How::kVerbs: return ChangeVerbs(message, field, at);
    }
  }

  // The steps one of which is asked for wherever the i-th item of this field is looked at: a need counts only once the
  // rule's `when` holds, and a part of `all` only where the other parts do.
  AskedSteps AskedInside(const Message& message, const FieldDescriptor* field, int index) const {
    if (message.GetDescriptor() == v1::Rule::descriptor() && field->name() == "needs") {
      const auto& rule = static_cast<const v1::Rule&>(message);
      return rule.has_when() ? StepsAskedBy(rule.when()) : std::nullopt;
    }
    AskedSteps asked = asked_;
    const bool parts = message.GetDescriptor() == v1::Conditions::descriptor() && path_.back().field->name() == "all";
    if (!parts) return asked;
    const auto& all = static_cast<const v1::Conditions&>(message);
    for (int i = 0; i < all.of_size(); ++i) {
      if (i != index) asked = Narrower(asked, StepsAskedBy(all.of(i)));
    }
    return asked;
  }

  // Would dropping the item change nothing, whatever happens?
  bool IsIdle(const Message& message, const FieldDescriptor* field, int index) const {
    const auto* type = message.GetDescriptor();
    if (field->name() == "separate_from")
      return SeparationIsIdle(pack_, message.GetReflection()->GetRepeatedString(message, field, index));
    if (type == v1::ClockTest::descriptor())
      return StatusIsIdle(pack_, static_cast<const v1::ClockTest&>(message), index);
    if (type == v1::EventMatch::descriptor()) {
      const auto& match = static_cast<const v1::EventMatch&>(message);
      return match.event() == "step_recorded" && StepTestIsIdle(pack_, match.where(), index, std::nullopt);
    }
    // Of a rule on other verbs too, the other tests may fit these.
    const bool of_steps = type == v1::FieldTests::descriptor() && path_.back().field->name() == "asked" &&
                          list_ == v1::Pack::kRulesFieldNumber && pack_.rules(index_).on_size() == 1 &&
                          pack_.rules(index_).on(0) == "step";
    return of_steps && StepTestIsIdle(pack_, static_cast<const v1::FieldTests&>(message).of(), index, asked_);
  }

  void ChangeRoles(const Message& message, const FieldDescriptor* field, const std::string& at) {
    std::set<std::string> there;
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i)
      there.insert(message.GetReflection()->GetRepeatedString(message, field, i));
    const std::string other = OtherRole(there);
    for (int i = 0; i < size; ++i) {
      const std::string role = message.GetReflection()->GetRepeatedString(message, field, i);
      if (size > 1)
        AddAt(field, i, MutationKind::kRole, at, StrCat(role, " dropped"), Change::kDrop);
      else if (!other.empty())
        AddAt(field, i, MutationKind::kRole, at, StrCat(role, " -> ", other), Change::kSetText, 0, other);
    }
    if (!other.empty()) AddAt(field, -1, MutationKind::kRole, at, StrCat("and ", other), Change::kAdd, 0, other);
  }

  void ChangeVerbs(const Message& message, const FieldDescriptor* field, const std::string& at) {
    if (message.GetDescriptor() != v1::Rule::descriptor()) return;
    const auto& rule = static_cast<const v1::Rule&>(message);
    if (rule.on_size() == 1) return Add(MutationKind::kVerb, at, StrCat(rule.on(0), " dropped"), Change::kDrop);
    for (int i = 0; i < rule.on_size(); ++i)
      AddAt(field, i, MutationKind::kVerb, at, StrCat(rule.on(i), " dropped"), Change::kDrop);
  }

  // The least senior role that is not among these, by the pack's order.
  std::string OtherRole(const std::set<std::string>& there) const {
    const v1::RoleType* best = nullptr;
    for (const v1::RoleType& role : pack_.roles()) {
      if (there.contains(role.id())) continue;
      if (best == nullptr || role.tier() < best->tier()) best = &role;
    }
    return best == nullptr ? "" : best->id();
  }

  static int64_t NumberOf(const Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) return reflection.GetUInt32(message, field);
    CHECK(field->cpp_type() == FieldDescriptor::CPPTYPE_INT64);
    return reflection.GetInt64(message, field);
  }

  // What an item is called, so that a list's survivors can be told apart by people.
  static std::string TextOf(const Message& message, const FieldDescriptor* field, int index) {
    const Reflection& reflection = *message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
      return StrCat(reflection.GetRepeatedString(message, field, index), " ");
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM)
      return StrCat(EnumValueName(*reflection.GetRepeatedEnum(message, field, index)), " ");
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
    const Message& one = reflection.GetRepeatedMessage(message, field, index);
    if (one.GetDescriptor() == v1::FieldTest::descriptor())
      return StrCat(static_cast<const v1::FieldTest&>(one).field(), " ");
    if (one.GetDescriptor() == v1::Trigger::descriptor())
      return StrCat(static_cast<const v1::Trigger&>(one).on().event(), " ");
    const FieldDescriptor* id = one.GetDescriptor()->FindFieldByName("id");
    return id == nullptr ? "" : StrCat(one.GetReflection()->GetString(one, id), " ");
  }

  const v1::Pack& pack_;
  std::vector<Mutation> out_;
  std::set<std::string> seen_;
  std::string of_;
  int list_ = 0;
  int index_ = 0;
  std::vector<Mutation::Hop> path_;
  AskedSteps asked_;
};

void RemoveItem(Message& message, const FieldDescriptor* field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, field);
  for (int i = index; i + 1 < size; ++i)
    reflection.SwapElements(&message, field, i, i + 1);
  reflection.RemoveLast(&message, field);
}

void SetNumber(Message& message, const FieldDescriptor* field, int64_t number) {
  const Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32: return reflection.SetUInt32(&message, field, static_cast<uint32_t>(number));
    case FieldDescriptor::CPPTYPE_INT64: return reflection.SetInt64(&message, field, number);
    case FieldDescriptor::CPPTYPE_BOOL: return reflection.SetBool(&message, field, number != 0);
    case FieldDescriptor::CPPTYPE_ENUM: return reflection.SetEnumValue(&message, field, static_cast<int>(number));
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  CHECK(false);
}

}  // namespace

std::string_view MutationKindName(Mutation::Kind kind) {
  switch (kind) {
    case MutationKind::kDuration: return "duration";
    case MutationKind::kRole: return "role";
    case MutationKind::kCondition: return "condition";
    case MutationKind::kVerb: return "verb";
  }
  return "";
}

std::vector<Mutation> MutationsOf(const v1::Pack& pack) { return Walker(pack).Run(); }

void Apply(const Mutation& mutation, v1::Pack& pack) {
  Message* message = &pack;
  for (size_t i = 0; i + 1 < mutation.path.size(); ++i) {
    const Mutation::Hop& hop = mutation.path[i];
    message = hop.index < 0 ? message->GetReflection()->MutableMessage(message, hop.field)
                            : message->GetReflection()->MutableRepeatedMessage(message, hop.field, hop.index);
  }
  const Mutation::Hop& last = mutation.path.back();
  const Reflection& reflection = *message->GetReflection();
  switch (mutation.change) {
    case Change::kSetNumber: return SetNumber(*message, last.field, mutation.number);
    case Change::kSetText:
      if (last.index < 0) return reflection.SetString(message, last.field, mutation.text);
      return reflection.SetRepeatedString(message, last.field, last.index, mutation.text);
    case Change::kAdd: return reflection.AddString(message, last.field, mutation.text);
    case Change::kDrop:
      if (last.index < 0) {
        reflection.ClearField(message, last.field);
        // What was to happen at the warning goes with it.
        if (last.field->name() == "warn_percent") static_cast<v1::Clock&>(*message).clear_on_warn();
        return;
      }
      return RemoveItem(*message, last.field, last.index);
    case Change::kNegate: {
      auto& condition = static_cast<v1::Condition&>(*reflection.MutableMessage(message, last.field));
      v1::Condition inner;
      inner.Swap(&condition);
      inner.Swap(condition.mutable_not_());
      return;
    }
  }
}

}  // namespace caseward

#include "services/packs/contradictions.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "engine/base/text.h"
#include "engine/policy/pack_names.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The parts that must all hold, each as the bytes of its message, which are its whole meaning.
void AddParts(const v1::Condition& condition, std::vector<v1::Condition>& out) {
  if (condition.has_all()) {
    for (const v1::Condition& one : condition.all().of())
      AddParts(one, out);
  } else if (condition.has_not_() && condition.not_().has_any()) {
    // Not (a or b) is not a and not b.
    for (const v1::Condition& one : condition.not_().any().of()) {
      v1::Condition negated;
      *negated.mutable_not_() = one;
      AddParts(negated, out);
    }
  } else if (condition.has_not_() && condition.not_().has_not_()) {
    AddParts(condition.not_().not_(), out);
  } else if (condition.kind_case() != v1::Condition::KIND_NOT_SET) {
    out.push_back(condition);
  }
}
std::vector<v1::Condition> PartsOf(const v1::Condition& condition) {
  std::vector<v1::Condition> parts;
  AddParts(condition, parts);
  return parts;
}
std::set<std::string> BytesOf(const std::vector<v1::Condition>& parts) {
  std::set<std::string> bytes;
  for (const v1::Condition& one : parts)
    bytes.insert(one.SerializeAsString());
  return bytes;
}
std::string NegatedBytes(const v1::Condition& condition) {
  if (condition.has_not_()) return condition.not_().SerializeAsString();
  v1::Condition negated;
  *negated.mutable_not_() = condition;
  return negated.SerializeAsString();
}

// What must be one of several, by what it is ("priority", "step risk_assessed: band"), narrowed part by part.
class Choices {
 public:
  // False if nothing is left.
  template <typename List>
  bool Narrow(const std::string& what, const List& to) {
    std::set<std::string> wanted;
    for (const auto& one : to)
      wanted.insert(StrCat(one));
    const auto [at, first] = left_.emplace(what, wanted);
    if (first) return true;
    std::set<std::string> both;
    std::set_intersection(at->second.begin(), at->second.end(), wanted.begin(), wanted.end(),
                          std::inserter(both, both.begin()));
    at->second = std::move(both);
    return !at->second.empty();
  }

 private:
  std::map<std::string, std::set<std::string>> left_;
};

// What a part says of something that has one value at a time; what it is called, or "" if nothing is left.
std::string NarrowBy(const v1::Condition& part, Choices& choices) {
  if (part.has_priority() && !choices.Narrow("the priority", part.priority().any_of())) return "the priority";
  if (part.has_case_type() && !choices.Narrow("the case type", part.case_type().any_of())) return "the case type";
  if (part.has_last() && !part.last().has_within() && part.last().since().empty()) {
    for (const v1::FieldTest& test : part.last().where()) {
      const std::string what = StrCat("the latest ", part.last().step(), "'s ", test.field());
      if (!test.any_of().empty() && !choices.Narrow(what, test.any_of())) return what;
    }
  }
  return "";
}

std::string WhyPartsCannotHold(const std::vector<v1::Condition>& parts, const IdList& types) {
  const std::set<std::string> bytes = BytesOf(parts);
  Choices choices;
  if (!types.empty()) choices.Narrow("the case type", types);
  for (const v1::Condition& part : parts) {
    if (bytes.contains(NegatedBytes(part))) return "it asks for something and for its opposite";
    if (const std::string what = NarrowBy(part, choices); !what.empty()) return StrCat("nothing is left for ", what);
    if (!part.has_any() || part.any().of().empty()) continue;
    const auto cannot = [&](const v1::Condition& one) { return !WhyItCannotHold(one, types).empty(); };
    if (std::all_of(part.any().of().begin(), part.any().of().end(), cannot)) return "none of its `any` can hold";
  }
  return "";
}

bool TypesMeet(const IdList& a, const IdList& b) {
  if (a.empty() || b.empty()) return true;
  return std::any_of(a.begin(), a.end(), [&](const std::string& one) { return AppliesTo(b, one); });
}
template <typename A, typename B>
bool ShareAVerb(const A& a, const B& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](const std::string& one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

class Finder {
 public:
  explicit Finder(const v1::Pack& pack) : pack_(pack) {
    for (const v1::Rule& rule : pack.rules())
      parts_.push_back(BytesOf(PartsOf(rule.when())));
  }

  Contradictions Run() {
    const auto each = [&](const auto& list, const std::string& name) {
      for (int i = 0; i < list.size(); ++i)
        CheckConditions(list[i], TypesOf(list[i]), Indexed("", name, i));
    };
    each(pack_.flags(), "flags");
    each(pack_.priorities(), "priorities");
    each(pack_.clocks(), "clocks");
    each(pack_.rules(), "rules");
    each(pack_.checklists(), "checklists");
    each(pack_.sign_offs(), "sign_offs");
    each(pack_.alerts(), "alerts");
    for (int a = 0; a < pack_.rules_size(); ++a) {
      CheckNeeds(pack_.rules(a), Indexed("", "rules", a));
      for (int b = 0; b < pack_.rules_size(); ++b) {
        if (a != b && Meet(pack_.rules(a), pack_.rules(b))) CheckPair(a, b);
      }
    }
    CheckWaysOut();
    return std::move(out_);
  }

 private:
  template <typename Thing>
  static IdList TypesOf(const Thing& thing) {
    if constexpr (requires { thing.case_types(); }) return thing.case_types();
    return {};
  }
  void Error(std::string path, std::string expected, std::string found) {
    out_.errors.push_back({std::move(path), std::move(expected), std::move(found)});
  }

  // Every outermost condition inside of a thing.
  void CheckConditions(const Message& message, const IdList& types, const std::string& path) {
    std::vector<const FieldDescriptor*> fields;
    const auto* reflection = message.GetReflection();
    reflection->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map() || field->name() == "examples")
        continue;
      const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
      for (int i = 0; i < size; ++i) {
        const Message& one = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                  : reflection->GetMessage(message, field);
        const std::string at =
            field->is_repeated() ? Indexed(path, field->name(), i) : StrCat(path, ".", field->name());
        if (one.GetDescriptor() != v1::Condition::descriptor()) {
          CheckConditions(one, types, at);
          continue;
        }
        const std::string why = WhyItCannotHold(static_cast<const v1::Condition&>(one), types);
        if (!why.empty()) Error(at, "a condition that can hold", StrCat("one that cannot: ", why));
      }
    }
  }

  // Where the rule applies, each need can be met.
  void CheckNeeds(const v1::Rule& rule, const std::string& path) {
    for (int i = 0; i < rule.needs_size(); ++i) {
      std::vector<v1::Condition> parts = PartsOf(rule.when());
      AddParts(rule.needs(i).condition(), parts);
      const std::string why = WhyPartsCannotHold(parts, rule.case_types());
      // What the need alone cannot do is said already.
      if (why.empty() || !WhyItCannotHold(rule.needs(i).condition(), rule.case_types()).empty()) continue;
      Error(Indexed(path, "needs", i), "a need that can be met where the rule applies",
            StrCat("one that cannot: with `when`, ", why));
    }
  }

  static bool Meet(const v1::Rule& a, const v1::Rule& b) {
    return TypesMeet(a.case_types(), b.case_types()) && ShareAVerb(a.on(), b.on());
  }
  // Asked before the other: lower order, else earlier in the pack.
  bool Before(int a, int b) const {
    const int32_t order_a = pack_.rules(a).order();
    const int32_t order_b = pack_.rules(b).order();
    return order_a != order_b ? order_a < order_b : a < b;
  }
  // All that `b` is for, `a` is for.
  static bool Covers(const v1::Rule& a, const v1::Rule& b) {
    const auto types = [&](const std::string& type) { return AppliesTo(a.case_types(), type); };
    const bool all_types = a.case_types().empty() || (!b.case_types().empty() &&
                                                      std::all_of(b.case_types().begin(), b.case_types().end(), types));
    return all_types && std::all_of(b.on().begin(), b.on().end(), [&](const std::string& verb) {
             return std::find(a.on().begin(), a.on().end(), verb) != a.on().end();
           });
  }

  void CheckPair(int a, int b) {
    const v1::Rule& first = pack_.rules(a);
    const v1::Rule& second = pack_.rules(b);
    const std::string path = Indexed("", "rules", b);
    const std::set<std::string>& parts_a = parts_[static_cast<size_t>(a)];
    const std::set<std::string>& parts_b = parts_[static_cast<size_t>(b)];
    if (first.needs().empty()) {
      const bool wider = std::includes(parts_b.begin(), parts_b.end(), parts_a.begin(), parts_a.end());
      if (wider && Before(a, b) && Covers(first, second)) {
        Error(path, StrCat("a rule that can refuse what ", first.id(), " lets through"),
              parts_a == parts_b ? StrCat("the same condition as ", first.id())
                                 : StrCat("one that ", first.id(), " always forestalls"));
      } else if (parts_a == parts_b && a < b && second.needs().empty()) {
        Error(path, "one rule for one condition", StrCat("an overlap with ", first.id()));
      }
    }
    if (a < b && parts_a == parts_b && !first.needs().empty() && SameNeeds(first, second))
      Error(path, "a rule that asks for something else", StrCat("the needs of ", first.id(), " again"));
    if (const std::string verb = AlwaysRefused(first, second); !verb.empty() && a < b)
      Error(path, StrCat("a way to ", verb), StrCat("none: it and ", first.id(), " between them refuse it always"));
  }

  static bool SameNeeds(const v1::Rule& a, const v1::Rule& b) {
    std::set<std::string> of_a, of_b;
    for (const v1::Need& need : a.needs())
      of_a.insert(need.condition().SerializeAsString());
    for (const v1::Need& need : b.needs())
      of_b.insert(need.condition().SerializeAsString());
    return of_a == of_b;
  }

  // One refuses when something is so; the other when it is not, or unless it is.
  static std::string AlwaysRefused(const v1::Rule& a, const v1::Rule& b) {
    const auto refuses_unless = [](const v1::Rule& rule) -> std::string {
      if (rule.needs().empty()) return rule.has_when() ? NegatedBytes(rule.when()) : "";
      return rule.needs_size() == 1 && !rule.has_when() ? rule.needs(0).condition().SerializeAsString() : "";
    };
    const bool opposite = (a.needs().empty() && refuses_unless(b) == a.when().SerializeAsString() && a.has_when()) ||
                          (b.needs().empty() && refuses_unless(a) == b.when().SerializeAsString() && b.has_when());
    if (!opposite) return "";
    for (const std::string& verb : a.on()) {
      if (std::find(b.on().begin(), b.on().end(), verb) != b.on().end()) return verb;
    }
    return "";
  }

  // A case that somebody owns ends with a signature, or by a withdrawal that a rule watches.
  void CheckWaysOut() {
    if (!pack_.needs_owner()) return;
    for (int i = 0; i < pack_.case_types_size(); ++i) {
      const std::string& type = pack_.case_types(i).id();
      const bool signed_off = std::any_of(
          pack_.sign_offs().begin(), pack_.sign_offs().end(),
          [&](const v1::SignOffType& one) { return one.subject() == "closure" && AppliesTo(one.case_types(), type); });
      if (!signed_off)
        Error(Indexed("", "case_types", i), "a sign-off \"closure\" for cases of this type",
              "a way to close without a sign-off");
      const bool watched = std::any_of(pack_.rules().begin(), pack_.rules().end(), [&](const v1::Rule& rule) {
        return AppliesTo(rule.case_types(), type) &&
               std::find(rule.on().begin(), rule.on().end(), "withdraw") != rule.on().end();
      });
      if (!watched)
        out_.warnings.push_back({Indexed("", "case_types", i), "a rule on withdraw for cases of this type",
                                 "none: anybody may end a case by withdrawing it"});
    }
  }

  const v1::Pack& pack_;
  std::vector<std::set<std::string>> parts_;  // of each rule's `when`
  Contradictions out_;
};

}  // namespace

std::string WhyItCannotHold(const v1::Condition& condition, const IdList& types) {
  return WhyPartsCannotHold(PartsOf(condition), types);
}

Contradictions FindContradictions(const v1::Pack& pack) { return Finder(pack).Run(); }

}  // namespace caseward

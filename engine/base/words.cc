#include "engine/base/words.h"

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/base/check.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// The ways from one message type to words. Of a oneof at most one member is set, so it is asked which, instead of
// asking forty members in turn.
struct Ways {
  std::vector<const FieldDescriptor*> fields;
  std::vector<const OneofDescriptor*> oneofs;
  bool empty() const { return fields.empty() && oneofs.empty(); }
};

// The ways of every message that is recorded, kept as state or answered: those of two files, and of all that they
// import.
class WaysToWords {
 public:
  static const WaysToWords& Get() {
    static const WaysToWords& all = *new WaysToWords;  // lives for ever
    return all;
  }

  const Ways& Of(const Descriptor& type) const {
    const auto found = ways_.find(&type);
    CHECK(found != ways_.end());  // a type nobody looked at may hold words unseen
    return found->second;
  }
  bool Leads(const FieldDescriptor& field) const {
    return field.message_type() != nullptr && leads_.find(field.message_type())->second;
  }

 private:
  WaysToWords() {
    std::vector<const Descriptor*> types;
    CollectFile(*v1::Decision::descriptor()->file(), types);
    CollectFile(*v1::CaseState::descriptor()->file(), types);
    for (bool changed = true; changed;) {
      changed = false;
      for (const Descriptor* type : types)
        changed = Extend(*type) || changed;
    }
    for (const Descriptor* type : types)
      ways_[type] = MakeWays(*type);
  }

  void CollectFile(const FileDescriptor& file, std::vector<const Descriptor*>& types) {
    for (int i = 0; i < file.message_type_count(); ++i)
      Collect(*file.message_type(i), types);
    for (int i = 0; i < file.dependency_count(); ++i)
      CollectFile(*file.dependency(i), types);
  }

  void Collect(const Descriptor& type, std::vector<const Descriptor*>& types) {
    if (!leads_.try_emplace(&type, &type == v1::Words::descriptor()).second) return;
    types.push_back(&type);
    for (int i = 0; i < type.field_count(); ++i) {
      if (type.field(i)->message_type() != nullptr) Collect(*type.field(i)->message_type(), types);
    }
  }

  bool Extend(const Descriptor& type) {
    if (leads_.find(&type)->second) return false;
    for (int i = 0; i < type.field_count(); ++i) {
      if (Leads(*type.field(i))) return leads_[&type] = true;
    }
    return false;
  }

  Ways MakeWays(const Descriptor& type) const {
    Ways ways;
    if (&type == v1::Words::descriptor()) return ways;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      if (field->real_containing_oneof() == nullptr && Leads(*field)) ways.fields.push_back(field);
    }
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      const OneofDescriptor* oneof = type.oneof_decl(i);
      bool leads = false;
      for (int member = 0; member < oneof->field_count(); ++member)
        leads = leads || Leads(*oneof->field(member));
      if (leads) ways.oneofs.push_back(oneof);
    }
    return ways;
  }

  absl::flat_hash_map<const Descriptor*, bool> leads_;
  absl::flat_hash_map<const Descriptor*, Ways> ways_;
};

// Calls each(field) for the fields of the message that are set and lead to words, until it returns false.
template <typename Each>
bool EachWay(const Message& message, const WaysToWords& all, Each each) {
  const Reflection& reflection = *message.GetReflection();
  const Ways& ways = all.Of(*message.GetDescriptor());
  for (const FieldDescriptor* field : ways.fields) {
    const bool set =
        field->is_repeated() ? reflection.FieldSize(message, field) > 0 : reflection.HasField(message, field);
    if (set && !each(field)) return false;
  }
  for (const OneofDescriptor* oneof : ways.oneofs) {
    const FieldDescriptor* field = reflection.GetOneofFieldDescriptor(message, oneof);
    if (field != nullptr && all.Leads(*field) && !each(field)) return false;
  }
  return true;
}

// Calls visit(message's words) until it returns false.
template <typename Visit>
bool VisitWords(Message& message, const WaysToWords& all, Visit& visit) {
  if (message.GetDescriptor() == v1::Words::descriptor()) return visit(static_cast<v1::Words&>(message));
  const Reflection& reflection = *message.GetReflection();
  return EachWay(message, all, [&](const FieldDescriptor* field) {
    if (!field->is_repeated()) return VisitWords(*reflection.MutableMessage(&message, field), all, visit);
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!VisitWords(*reflection.MutableRepeatedMessage(&message, field, i), all, visit)) return false;
    }
    return true;
  });
}

bool NoneHasText(const Message& message, const WaysToWords& all) {
  if (message.GetDescriptor() == v1::Words::descriptor()) return static_cast<const v1::Words&>(message).text().empty();
  const Reflection& reflection = *message.GetReflection();
  return EachWay(message, all, [&](const FieldDescriptor* field) {
    if (!field->is_repeated()) return NoneHasText(reflection.GetMessage(message, field), all);
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!NoneHasText(reflection.GetRepeatedMessage(message, field, i), all)) return false;
    }
    return true;
  });
}

void Drop(Message& message, const WaysToWords& all) {
  const Reflection& reflection = *message.GetReflection();
  EachWay(message, all, [&](const FieldDescriptor* field) {
    if (field->message_type() == v1::Words::descriptor()) {
      reflection.ClearField(&message, field);
    } else if (!field->is_repeated()) {
      Drop(*reflection.MutableMessage(&message, field), all);
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        Drop(*reflection.MutableRepeatedMessage(&message, field, i), all);
    }
    return true;
  });
}

}  // namespace

absl::Status ForEachWords(Message& message, absl::FunctionRef<absl::Status(v1::Words&)> visit) {
  absl::Status status;
  auto visit_until_fault = [&](v1::Words& words) {
    status = visit(words);
    return status.ok();
  };
  VisitWords(message, WaysToWords::Get(), visit_until_fault);
  return status;
}

bool HasText(const Message& message) { return !NoneHasText(message, WaysToWords::Get()); }

void StripWords(Message& message) {
  auto strip = [](v1::Words& words) {
    words.clear_text();
    words.clear_sealed();
    words.clear_key_id();
    return true;
  };
  VisitWords(message, WaysToWords::Get(), strip);
}

void DropWords(Message& message) { Drop(message, WaysToWords::Get()); }

}  // namespace caseward

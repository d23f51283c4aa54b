#include "engine/base/words.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
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
  struct Field {
    const FieldDescriptor* field = nullptr;
    const Ways* to = nullptr;
  };
  struct Oneof {
    const OneofDescriptor* oneof = nullptr;
    std::vector<const Ways*> to;  // by a member's place in it; null: it does not lead to words
  };
  const Reflection* reflection = nullptr;
  bool words = false;  // the type is that of words
  std::vector<Field> fields;
  std::vector<Oneof> oneofs;
  std::vector<const Ways*> by_number;  // by field number; null, or beyond the end: it does not lead to words
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
    return *found->second;
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
      ways_[type] = std::make_unique<Ways>();
    for (const Descriptor* type : types)
      FindWays(*type, *ways_[type]);
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

  bool Leads(const FieldDescriptor& field) const {
    return field.message_type() != nullptr && leads_.find(field.message_type())->second;
  }

  bool Extend(const Descriptor& type) {
    if (leads_.find(&type)->second) return false;
    for (int i = 0; i < type.field_count(); ++i) {
      if (Leads(*type.field(i))) return leads_[&type] = true;
    }
    return false;
  }

  void FindWays(const Descriptor& type, Ways& ways) const {
    ways.reflection = google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->GetReflection();
    ways.words = &type == v1::Words::descriptor();
    if (ways.words) return;
    const auto to = [&](const FieldDescriptor& field) -> const Ways* {
      return Leads(field) ? ways_.find(field.message_type())->second.get() : nullptr;
    };
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      const auto number = static_cast<size_t>(field->number());
      if (Leads(*field) && ways.by_number.size() <= number) ways.by_number.resize(number + 1);
      if (Leads(*field)) ways.by_number[number] = to(*field);
      if (field->real_containing_oneof() == nullptr && Leads(*field)) ways.fields.push_back({field, to(*field)});
    }
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      Ways::Oneof oneof{.oneof = type.oneof_decl(i), .to = {}};
      bool leads = false;
      for (int member = 0; member < oneof.oneof->field_count(); ++member) {
        oneof.to.push_back(to(*oneof.oneof->field(member)));
        leads = leads || oneof.to.back() != nullptr;
      }
      if (leads) ways.oneofs.push_back(std::move(oneof));
    }
  }

  absl::flat_hash_map<const Descriptor*, bool> leads_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<Ways>> ways_;
};

// Calls each(field, ways on from it) for the fields of the message that are set and lead to words, until it returns
// false.
template <typename Each>
bool EachWay(const Message& message, const Ways& ways, Each each) {
  const Reflection& reflection = *ways.reflection;
  for (const auto& [field, to] : ways.fields) {
    const bool set =
        field->is_repeated() ? reflection.FieldSize(message, field) > 0 : reflection.HasField(message, field);
    if (set && !each(field, *to)) return false;
  }
  for (const Ways::Oneof& oneof : ways.oneofs) {
    const FieldDescriptor* field = reflection.GetOneofFieldDescriptor(message, oneof.oneof);
    if (field == nullptr) continue;
    const Ways* to = oneof.to[static_cast<size_t>(field->index_in_oneof())];
    if (to != nullptr && !each(field, *to)) return false;
  }
  return true;
}

// Calls visit(message's words) until it returns false.
template <typename Visit>
bool VisitWords(Message& message, const Ways& ways, Visit& visit) {
  if (ways.words) return visit(static_cast<v1::Words&>(message));
  const Reflection& reflection = *ways.reflection;
  return EachWay(message, ways, [&](const FieldDescriptor* field, const Ways& to) {
    if (!field->is_repeated()) return VisitWords(*reflection.MutableMessage(&message, field), to, visit);
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!VisitWords(*reflection.MutableRepeatedMessage(&message, field, i), to, visit)) return false;
    }
    return true;
  });
}

bool NoneHasText(const Message& message, const Ways& ways) {
  if (ways.words) return static_cast<const v1::Words&>(message).text().empty();
  const Reflection& reflection = *ways.reflection;
  return EachWay(message, ways, [&](const FieldDescriptor* field, const Ways& to) {
    if (!field->is_repeated()) return NoneHasText(reflection.GetMessage(message, field), to);
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!NoneHasText(reflection.GetRepeatedMessage(message, field, i), to)) return false;
    }
    return true;
  });
}

// A varint at the front of `bytes`, which it takes off; false if there is none.
bool TakeVarint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    value |= uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool BytesHaveNoText(std::string_view bytes, const Ways& ways) {
  enum Wire : uint64_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };
  while (!bytes.empty()) {
    uint64_t tag = 0;
    uint64_t length = 0;
    if (!TakeVarint(bytes, tag)) return false;
    const uint64_t wire = tag & 7;
    const uint64_t number = tag >> 3;
    if (wire == kVarint) {
      if (!TakeVarint(bytes, length)) return false;
      continue;
    }
    if (wire == kLength) {
      if (!TakeVarint(bytes, length)) return false;
    } else if (wire == kFixed64 || wire == kFixed32) {
      length = wire == kFixed64 ? 8 : 4;
    } else {
      return false;
    }
    if (length > bytes.size()) return false;
    const std::string_view body = bytes.substr(0, length);
    bytes.remove_prefix(length);
    if (ways.words && number == v1::Words::kTextFieldNumber && !body.empty()) return false;
    const Ways* to = number < ways.by_number.size() ? ways.by_number[number] : nullptr;
    if (to != nullptr && (wire != kLength || !BytesHaveNoText(body, *to))) return false;
  }
  return true;
}

void Drop(Message& message, const Ways& ways) {
  const Reflection& reflection = *ways.reflection;
  EachWay(message, ways, [&](const FieldDescriptor* field, const Ways& to) {
    if (to.words) {
      reflection.ClearField(&message, field);
    } else if (!field->is_repeated()) {
      Drop(*reflection.MutableMessage(&message, field), to);
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        Drop(*reflection.MutableRepeatedMessage(&message, field, i), to);
    }
    return true;
  });
}

const Ways& WaysOf(const Message& message) { return WaysToWords::Get().Of(*message.GetDescriptor()); }

}  // namespace

absl::Status ForEachWords(Message& message, absl::FunctionRef<absl::Status(v1::Words&)> visit) {
  absl::Status status;
  auto visit_until_fault = [&](v1::Words& words) {
    status = visit(words);
    return status.ok();
  };
  VisitWords(message, WaysOf(message), visit_until_fault);
  return status;
}

bool HasText(const Message& message) { return !NoneHasText(message, WaysOf(message)); }

bool BytesHaveText(const Descriptor& type, std::string_view bytes) {
  return !BytesHaveNoText(bytes, WaysToWords::Get().Of(type));
}

void StripWords(Message& message) {
  auto strip = [](v1::Words& words) {
    words.clear_text();
    words.clear_sealed();
    words.clear_key_id();
    return true;
  };
  VisitWords(message, WaysOf(message), strip);
}

void DropWords(Message& message) { Drop(message, WaysOf(message)); }

}  // namespace caseward

#include "engine/partition/sealing.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "caseward/v1/decision.pb.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Paths = absl::flat_hash_map<const Descriptor*, std::vector<const FieldDescriptor*>>;

// The message fields of each type reachable from `root`.
void Collect(const Descriptor* type, Paths& reachable) {
  if (reachable.contains(type)) return;
  reachable[type];
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    fields.push_back(field);
    Collect(field->message_type(), reachable);
  }
  reachable[type] = std::move(fields);
}

// For each type, its fields that lead to words: drops those that do not, until nothing changes.
Paths PathsToWords() {
  Paths all;
  Collect(v1::Decision::descriptor(), all);
  Collect(v1::Outcome::descriptor(), all);
  absl::flat_hash_map<const Descriptor*, bool> leads;
  leads[v1::Words::descriptor()] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [type, fields] : all) {
      if (leads[type]) continue;
      for (const FieldDescriptor* field : fields) {
        if (leads[field->message_type()]) leads[type] = changed = true;
      }
    }
  }
  Paths paths;
  for (const auto& [type, fields] : all) {
    if (!leads[type] || type == v1::Words::descriptor()) continue;
    for (const FieldDescriptor* field : fields) {
      if (leads[field->message_type()]) paths[type].push_back(field);
    }
  }
  return paths;
}

const std::vector<const FieldDescriptor*>* FieldsToWords(const Descriptor* type) {
  static const Paths& paths = *new Paths(PathsToWords());  // lives for ever
  const auto found = paths.find(type);
  return found == paths.end() ? nullptr : &found->second;
}

bool IsPresent(const Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  return field->is_repeated() ? reflection.FieldSize(message, field) > 0 : reflection.HasField(message, field);
}

}  // namespace

absl::Status ForEachWords(Message& message, absl::FunctionRef<absl::Status(v1::Words&)> visit) {
  if (message.GetDescriptor() == v1::Words::descriptor()) return visit(static_cast<v1::Words&>(message));
  const std::vector<const FieldDescriptor*>* fields = FieldsToWords(message.GetDescriptor());
  if (fields == nullptr) return absl::OkStatus();
  const Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : *fields) {
    if (!IsPresent(message, reflection, field)) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      Message& inner = field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                            : *reflection.MutableMessage(&message, field);
      if (absl::Status s = ForEachWords(inner, visit); !s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

bool HasText(const Message& message) {
  if (message.GetDescriptor() == v1::Words::descriptor()) return !static_cast<const v1::Words&>(message).text().empty();
  const std::vector<const FieldDescriptor*>* fields = FieldsToWords(message.GetDescriptor());
  if (fields == nullptr) return false;
  const Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : *fields) {
    if (!IsPresent(message, reflection, field)) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (HasText(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                       : reflection.GetMessage(message, field))) {
        return true;
      }
    }
  }
  return false;
}

absl::Status SealWords(Message& message, const std::string& subject, KeyVault& vault,
                       std::vector<KeyRecord>& new_keys) {
  return ForEachWords(message, [&](v1::Words& words) -> absl::Status {
    if (words.text().empty()) return absl::OkStatus();
    std::vector<std::string> subjects(words.subjects().begin(), words.subjects().end());
    if (subjects.empty()) {
      if (subject.empty()) return absl::FailedPreconditionError("words that are about nobody");
      subjects.push_back(subject);
    }
    absl::StatusOr<SealedWords> sealed = vault.Seal(words.text(), subjects, new_keys);
    if (!sealed.ok()) return sealed.status();
    words.clear_text();
    words.set_sealed(std::move(sealed->sealed));
    words.set_key_id(std::move(sealed->key_id));
    return absl::OkStatus();
  });
}

void StripWords(Message& message) {
  ForEachWords(message, [](v1::Words& words) {
    words.clear_text();
    words.clear_sealed();
    words.clear_key_id();
    return absl::OkStatus();
  }).IgnoreError();  // the visit cannot fail
}

}  // namespace caseward

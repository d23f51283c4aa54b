#include "services/host/words_opener.h"

#include <algorithm>

#include "engine/base/actor.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status OpenOne(KeyVault& vault, v1::Words& words) {
  if (words.sealed().empty()) {
    return absl::OkStatus();
  }
  auto text = vault.Open(words.key_id(), words.sealed());
  if (absl::IsNotFound(text.status())) {
    return absl::OkStatus();  // erased: gone for good
  }
  if (!text.ok()) {
    return text.status();
  }
  words.set_text(*std::move(text));
  return absl::OkStatus();
}

}  // namespace

bool MayReadWords(const v1::Actor& actor, const std::vector<std::string>& roles) {
  if (roles.empty()) {
    return actor.kind() == v1::Actor::KIND_STAFF;
  }
  return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) { return HasRole(actor, role); });
}

absl::Status OpenWords(KeyVault& vault, Message& message) {
  if (message.GetDescriptor() == v1::Words::descriptor()) {
    return OpenOne(vault, static_cast<v1::Words&>(message));
  }
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      Message& inner = field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                            : *reflection.MutableMessage(&message, field);
      if (absl::Status status = OpenWords(vault, inner); !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace caseward

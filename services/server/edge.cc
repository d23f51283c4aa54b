#include "services/server/edge.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/partition/routing.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kChannelMax = 32;

absl::Status Wrong(std::string_view field, std::string_view expected, std::string_view found) {
  return absl::InvalidArgumentError(StrCat(field, ": expected ", expected, "; found ", found));
}

// Which fields of each message type lead to an enum, so that most of a command need not be looked at. Made once.
class EnumFields {
 public:
  static const EnumFields& OfCommand() {
    static const EnumFields fields(*v1::Command::descriptor());
    return fields;
  }

  const std::vector<const FieldDescriptor*>& Of(const Descriptor& type) const {
    const auto found = by_type_.find(&type);
    CHECK(found != by_type_.end());
    return found->second;
  }

 private:
  explicit EnumFields(const Descriptor& root) {
    std::vector<const Descriptor*> types;
    Collect(root, types);
    // A type leads to an enum if a field of it is one, or is of a type that does: repeat until nothing is added.
    for (bool added = true; added;) {
      added = false;
      for (const Descriptor* type : types) {
        added = Extend(*type) || added;
      }
    }
  }

  void Collect(const Descriptor& type, std::vector<const Descriptor*>& types) {
    if (!by_type_.try_emplace(&type).second) {
      return;
    }
    types.push_back(&type);
    for (int i = 0; i < type.field_count(); ++i) {
      if (type.field(i)->message_type() != nullptr) {
        Collect(*type.field(i)->message_type(), types);
      }
    }
  }

  bool Extend(const Descriptor& type) {
    bool added = false;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      const bool leads = field->enum_type() != nullptr ||
                         (field->message_type() != nullptr && !by_type_.find(field->message_type())->second.empty());
      std::vector<const FieldDescriptor*>& known = by_type_.find(&type)->second;
      if (leads && std::find(known.begin(), known.end(), field) == known.end()) {
        known.push_back(field);
        added = true;
      }
    }
    return added;
  }

  absl::flat_hash_map<const Descriptor*, std::vector<const FieldDescriptor*>> by_type_;
};

absl::Status CheckEnums(const Message& message, const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : EnumFields::OfCommand().Of(*message.GetDescriptor())) {
    const bool repeated = field->is_repeated();
    const int count = repeated ? reflection.FieldSize(message, field) : reflection.HasField(message, field);
    for (int i = 0; i < count; ++i) {
      const std::string name = StrCat(path, ".", field->name());
      if (field->enum_type() != nullptr) {
        const int number =
            repeated ? reflection.GetRepeatedEnumValue(message, field, i) : reflection.GetEnumValue(message, field);
        if (field->enum_type()->FindValueByNumber(number) == nullptr) {
          return Wrong(name, StrCat("a value of ", field->enum_type()->full_name()), StrCat(number));
        }
      } else if (absl::Status inner = CheckEnums(repeated ? reflection.GetRepeatedMessage(message, field, i)
                                                          : reflection.GetMessage(message, field),
                                                 name);
                 !inner.ok()) {
        return inner;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckVerb(const v1::Command& command) {
  const Verb verb = command.verb_case();
  if (verb == Verb::VERB_NOT_SET) {
    const auto& unknown = command.GetReflection()->GetUnknownFields(command);
    return Wrong("command", "a verb that this server knows, such as report_case",
                 unknown.empty() ? "none" : StrCat("field ", unknown.field(0).number()));
  }
  if (!IsClientVerb(verb)) {
    return Wrong("command", "a verb that a client may send",
                 StrCat(VerbField(verb)->name(), ", which is the system's own"));
  }
  return absl::OkStatus();
}

bool IsCode(std::string_view text) {
  return text.size() <= kChannelMax && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

absl::Status CheckCommand(const v1::Command& command) {
  if (auto id = ParseCommandId(command.command_id()); !id.ok()) {
    return absl::InvalidArgumentError(StrCat("command.command_id: ", StdText(id.status().message())));
  }
  if (absl::Status verb = CheckVerb(command); !verb.ok()) {
    return verb;
  }
  if (!IsCode(command.channel())) {
    return Wrong("command.channel", StrCat("at most ", kChannelMax, " of [a-z0-9_]"), "something else");
  }
  return CheckEnums(command, "command");
}

}  // namespace caseward

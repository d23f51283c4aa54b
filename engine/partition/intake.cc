#include "engine/partition/intake.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/cases/decide.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

constexpr int kDepthMax = 64;

absl::Status Bad(const FieldDescriptor& field, std::string_view expected, std::string_view found) {
  return absl::InvalidArgumentError(StrCat(field.full_name(), ": expected ", expected, ", found ", found));
}

// What there is to look at in a message type: texts and messages. Worked out once a type, because asking a command for
// the fields that are set costs more than looking at them: most are verbs, of which one is set.
struct Plan {
  std::vector<const FieldDescriptor*> fields;  // of no oneof
  std::vector<const OneofDescriptor*> oneofs;
};

class Plans {
 public:
  static const Plan& Of(const Descriptor& type) {
    static const Plans& all = *new Plans;  // lives for ever
    const auto found = all.by_type_.find(&type);
    CHECK(found != all.by_type_.end());
    return found->second;
  }
  static bool IsLookedAt(const FieldDescriptor& field) {
    return field.type() == FieldDescriptor::TYPE_STRING || field.message_type() != nullptr;
  }

 private:
  Plans() {
    Collect(*v1::Command::descriptor());
    Collect(*v1::Actor::descriptor());
  }

  void Collect(const Descriptor& type) {
    if (!by_type_.try_emplace(&type).second) return;
    Plan plan;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      if (field->real_containing_oneof() == nullptr && IsLookedAt(*field)) plan.fields.push_back(field);
      if (field->message_type() != nullptr) Collect(*field->message_type());
    }
    for (int i = 0; i < type.real_oneof_decl_count(); ++i)
      plan.oneofs.push_back(type.oneof_decl(i));
    by_type_[&type] = std::move(plan);
  }

  absl::flat_hash_map<const Descriptor*, Plan> by_type_;
};

// One walk over all that is set.
class Walk {
 public:
  bool has_words() const { return has_words_; }

  absl::Status Check(const Message& message, int depth) {
    const Descriptor& type = *message.GetDescriptor();
    if (depth > kDepthMax) {
      return absl::InvalidArgumentError(
          StrCat("expected a command nested at most ", kDepthMax, " deep, found a deeper one"));
    }
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
    if (!unknown.empty()) {
      return absl::InvalidArgumentError(StrCat(type.full_name(),
                                               ": expected fields that this version knows, found field number ",
                                               unknown.field(0).number()));
    }
    const Plan& plan = Plans::Of(type);
    for (const FieldDescriptor* field : plan.fields) {
      const bool absent = !field->is_repeated() && field->has_presence() && !reflection.HasField(message, field);
      if (absent) continue;
      if (absl::Status s = CheckField(message, *field, depth); !s.ok()) return s;
    }
    for (const OneofDescriptor* oneof : plan.oneofs) {
      const FieldDescriptor* field = reflection.GetOneofFieldDescriptor(message, oneof);
      if (field == nullptr || !Plans::IsLookedAt(*field)) continue;
      if (absl::Status s = CheckField(message, *field, depth); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CheckField(const Message& message, const FieldDescriptor& field, int depth) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && field.type() == FieldDescriptor::TYPE_STRING) {
      const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
      for (int i = 0; i < count; ++i) {
        std::string scratch;
        const std::string& text = field.is_repeated()
                                      ? reflection.GetRepeatedStringReference(message, &field, i, &scratch)
                                      : reflection.GetStringReference(message, &field, &scratch);
        if (!IsValidUtf8(text)) return Bad(field, "valid UTF-8", "bytes that are not");
        if (text.find('\0') != std::string::npos) return Bad(field, "text without zero bytes", "one");
      }
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
      for (int i = 0; i < count; ++i) {
        const Message& inner = field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                                   : reflection.GetMessage(message, &field);
        if (absl::Status s = CheckInner(inner, field, depth); !s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckInner(const Message& inner, const FieldDescriptor& field, int depth) {
    if (inner.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
      const auto& t = static_cast<const google::protobuf::Timestamp&>(inner);
      const bool valid =
          t.seconds() >= kFirstSecond && t.seconds() <= kLastSecond && t.nanos() >= 0 && t.nanos() < 1'000'000'000;
      if (!valid) return Bad(field, "an instant of the years 1 to 9999", "another");
    } else if (inner.GetDescriptor() == v1::Words::descriptor()) {
      if (absl::Status s = CheckWords(static_cast<const v1::Words&>(inner), field); !s.ok()) return s;
    }
    return Check(inner, depth + 1);
  }

  absl::Status CheckWords(const v1::Words& words, const FieldDescriptor& field) {
    if (!words.sealed().empty() || !words.key_id().empty()) return Bad(field, "words as text", "sealed bytes");
    if (words.text().size() > kWordsBytesMax) {
      return Bad(field, StrCat("at most ", kWordsBytesMax, " bytes"), StrCat(words.text().size()));
    }
    if (words.subjects_size() > kWordsSubjectsMax) {
      return Bad(field, StrCat("at most ", kWordsSubjectsMax, " subjects"), StrCat(words.subjects_size()));
    }
    for (const std::string& subject : words.subjects()) {
      const absl::StatusOr<ResidentId> id = ResidentId::Parse(subject);
      if (!id.ok()) return Bad(field, "resident ids as subjects", StdText(id.status().message()));
      if (id->string() != subject)
        return Bad(field, "a subject as ids are written, " + id->string(), "another spelling");
    }
    has_words_ = has_words_ || !words.text().empty();
    return absl::OkStatus();
  }

  bool has_words_ = false;
};

absl::Status CheckActor(const v1::Actor& actor) {
  if (const auto id = ParseActorId(actor.id()); !id.ok()) return id.status();
  if (actor.kind() == v1::Actor::KIND_SYSTEM || actor.kind() == v1::Actor::KIND_UNSPECIFIED) {
    return absl::InvalidArgumentError("expected an actor from a credential, found SYSTEM or none");
  }
  return absl::OkStatus();
}

absl::Status CheckHead(const v1::Command& command, const PartitionLimits& limits) {
  if (command.verb_case() == v1::Command::VERB_NOT_SET) {
    return absl::InvalidArgumentError("expected a command with a verb this version knows, found none");
  }
  if (!IsClientVerb(command.verb_case())) {
    return absl::InvalidArgumentError(StrCat("expected a verb that a client may send, found ",
                                             VerbName(command.verb_case()), ", which is the system's own"));
  }
  if (const auto id = ParseCommandId(command.command_id()); !id.ok()) return id.status();
  if (command.references_size() > kReferencesMax) {
    return absl::InvalidArgumentError(
        StrCat("expected at most ", kReferencesMax, " references, found ", command.references_size()));
  }
  for (const v1::ExternalReference& reference : command.references()) {
    if (absl::Status s = CheckReference(reference); !s.ok()) return s;
  }
  const size_t bytes = command.ByteSizeLong();
  const bool publishes = command.has_publish_pack() || command.has_publish_calendar();
  const size_t most = publishes ? limits.publish_bytes_max : limits.command_bytes_max;
  if (bytes > most) {
    return absl::InvalidArgumentError(StrCat("expected a command of at most ", most, " bytes, found ", bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Admitted> AdmitAnywhere(const v1::Command& command, const v1::Actor& actor,
                                       const PartitionConfig& config, const Hasher& hasher) {
  if (absl::Status s = CheckActor(actor); !s.ok()) return s;
  if (absl::Status s = CheckHead(command, config.limits); !s.ok()) return s;
  Walk walk;
  if (absl::Status s = walk.Check(command, 0); !s.ok()) return s;
  if (absl::Status s = walk.Check(actor, 0); !s.ok()) return s;

  absl::StatusOr<Route> route = RouteCommand(hasher, command, actor.id(), config.partitions);
  if (!route.ok()) return route.status();
  if (route->kind == StreamKind::kPartition) {
    route->partition = config.partition;
    route->stream = PartitionStream(config.partition);
  }
  return Admitted{.route = *std::move(route), .has_words = walk.has_words(), .bytes = command.ByteSizeLong()};
}

absl::StatusOr<Admitted> Admit(const v1::Command& command, const v1::Actor& actor, const PartitionConfig& config,
                               const Hasher& hasher) {
  absl::StatusOr<Admitted> admitted = AdmitAnywhere(command, actor, config, hasher);
  if (!admitted.ok() || admitted->route.partition == config.partition) return admitted;
  return absl::InvalidArgumentError(StrCat("expected a command of partition ", config.partition,
                                           ", found one of partition ", *admitted->route.partition,
                                           "; it was routed wrongly"));
}

}  // namespace caseward

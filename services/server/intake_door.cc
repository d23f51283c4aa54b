#include "services/server/intake_door.h"

#include "engine/base/text.h"
#include "engine/partition/intake_records.h"
#include "services/server/edge.h"
#include "services/server/json_reader.h"
#include "services/server/wire_diagnosis.h"

namespace caseward {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobuf = "application/protobuf";

// "application/json; charset=utf-8" is JSON too.
bool IsType(std::string_view text, std::string_view type) { return text.substr(0, text.find(';')) == type; }

absl::Status ReadCommand(const TopicRecord& record, v1::Command& command) {
  const std::string_view type = FindHeader(record, kContentTypeHeader).value_or(kProtobuf);
  if (IsType(type, kJson)) {
    if (record.value.size() > kIntakeJsonBytesMax) {
      return absl::InvalidArgumentError(
          StrCat("expected a command of at most ", kIntakeJsonBytesMax, " bytes of JSON; found ", record.value.size()));
    }
    return ParseJson(record.value, command);
  }
  if (!IsType(type, kProtobuf)) {
    return absl::InvalidArgumentError(
        StrCat("header ", kContentTypeHeader, ": expected ", kProtobuf, ", ", kJson, " or none; found another"));
  }
  if (record.value.empty()) return absl::InvalidArgumentError("expected a command; found an empty value");
  if (command.ParseFromString(record.value)) return absl::OkStatus();
  return absl::InvalidArgumentError(DiagnoseWire(*v1::Command::descriptor(), record.value));
}

absl::StatusOr<v1::Actor> ReadActor(const TopicRecord& record, const Authenticator& authenticator,
                                    const Directory& directory) {
  Credentials credentials;
  for (const auto& [name, value] : record.headers) {
    if (name == kActorHeader) credentials.actor_headers.push_back(value);
  }
  return authenticator.Authenticate(credentials, directory);
}

}  // namespace

IntakeDoor MakeIntakeDoor(const Authenticator& authenticator, ReferenceContext references) {
  return [&authenticator, references](const IntakeRecord& record, const Directory& directory) {
    IntakeCommand made;
    made.status = ReadCommand(record.record, made.command);
    if (!made.status.ok()) return made;
    absl::StatusOr<v1::Actor> actor = ReadActor(record.record, authenticator, directory);
    if (!actor.ok()) {
      made.status = actor.status();
      return made;
    }
    made.actor = *std::move(actor);
    made.status = CheckCommand(made.command);
    if (made.status.ok()) made.status = ResolveIds(made.command, references);
    return made;
  };
}

}  // namespace caseward

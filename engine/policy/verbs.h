// The verbs of commands, by the names packs and people use (docs/glossary.md): "report", "triage", ..., "close".
#pragma once

#include <optional>
#include <string_view>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/events.pb.h"

namespace caseward {

using Verb = v1::Command::VerbCase;

// "close" for kCloseCase; "" for none. Total.
std::string_view VerbName(Verb verb);
std::optional<Verb> ParseVerb(std::string_view name);
// The field of Command that holds the verb, e.g. "close_case".
const google::protobuf::FieldDescriptor* VerbField(Verb verb);

// "case_closed" for kCaseClosed.
std::string_view EventName(v1::Event::KindCase kind);
std::optional<v1::Event::KindCase> ParseEventName(std::string_view name);
// The message inside the oneof; null if it is empty.
const google::protobuf::Message* EventBody(const v1::Event& event);

}  // namespace caseward

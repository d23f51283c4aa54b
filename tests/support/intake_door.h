// A door as simple as can be for tests of the engine: the value is a command, the header "caseward-actor" says who
// sends it, as "id;role". The services' own door has tests of its own.
#pragma once

#include <string>
#include <utility>

#include "engine/partition/intake_records.h"
#include "engine/partition/partition.h"
#include "tests/support/simple_pack.h"

namespace caseward::test {

inline constexpr char kSender[] = "caseward-actor";

inline TopicRecord ByTopic(const v1::Command& command, const v1::Actor& actor) {
  return {.key = command.case_id(),
          .value = command.SerializeAsString(),
          .headers = {{kSender, actor.id() + ";" + (actor.roles().empty() ? "" : actor.roles(0))}}};
}

inline IntakeCommand TestDoor(const IntakeRecord& record, const Directory&) {
  IntakeCommand made;
  const std::optional<std::string_view> sender = FindHeader(record.record, kSender);
  if (!sender) {
    made.status = absl::UnauthenticatedError("expected a header that says who sends it, found none");
  } else if (!made.command.ParseFromString(record.record.value)) {
    made.status = absl::InvalidArgumentError("expected a command, found bytes that are none");
  } else {
    const size_t end = sender->find(';');
    made.actor = Staff(std::string(sender->substr(0, end)), std::string(sender->substr(end + 1)));
  }
  return made;
}

// What was published, read back.
inline v1::IntakeOutcome ReadOutcome(const TopicRecord& record) {
  v1::IntakeOutcome outcome;
  outcome.ParseFromString(record.value);
  return outcome;
}

}  // namespace caseward::test

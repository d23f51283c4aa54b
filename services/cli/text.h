// How the program says things to people: instants, names of enums, events in one line, refusals in full.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/common.pb.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace caseward::cli {

// RFC 3339 in UTC, to the second.
std::string Instant(absl::Time t);
// The instant that an option says; what is wrong with it names the option.
absl::StatusOr<absl::Time> InstantOf(std::string_view option, std::string_view text);
// Empty for one that is not set.
std::string Instant(const google::protobuf::Timestamp& t);

// "P1", "working_day", "met_late"; "-" for unspecified.
std::string Name(v1::Priority priority);
std::string Name(v1::Phase phase);
std::string Name(v1::ClockState::Status status);
std::string Name(v1::Provenance provenance);

// How an agreement stands: "until 2026-12-01T00:00:00Z, looked at again by 2026-06-01T00:00:00Z", "suspended (breach)".
std::string Standing(const v1::AgreementState& agreement);

// "clock_started first_contact, due 2026-03-03T00:00:00Z". Never words.
std::string EventLine(const v1::Event& event);
// What was asked: "contact with=reporter outcome=two_way".
std::string CommandLine(const v1::Command& command);

// Rule, clause, what is missing, what would unblock it; each line begins with `indent`.
void PrintRefusal(std::ostream& out, const v1::Refusal& refusal, const std::string& indent = "");
// One outcome for people.
void PrintOutcome(std::ostream& out, const v1::Command& command, const v1::Outcome& outcome);

// Lower-case hexadecimal.
std::string Hex(std::string_view bytes);

}  // namespace caseward::cli

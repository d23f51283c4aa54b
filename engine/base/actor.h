// Who may take an adverse decision: a named human, never a clock or a bare system (law L12).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "caseward/v1/common.pb.h"

namespace caseward {

// A member of staff, or a service speaking for a person its credential names.
inline bool IsNamedHuman(const v1::Actor& actor) {
  return (actor.kind() == v1::Actor::KIND_STAFF && !actor.id().empty()) ||
         (actor.kind() == v1::Actor::KIND_SERVICE && !actor.on_behalf_of().empty());
}

// The person behind the act: whom a service speaks for, else the actor itself. Four eyes compare persons, never
// accounts.
inline const std::string& PersonOf(const v1::Actor& actor) {
  return actor.on_behalf_of().empty() ? actor.id() : actor.on_behalf_of();
}

// The actor of clocks, messages and heads: the system itself. It never signs or closes (law L12).
const v1::Actor& SystemActor();

// Roles of the system itself, which no policy need name: who publishes and registers, and who confirms the time.
inline constexpr std::string_view kPolicyAdmin = "policy_admin";
inline constexpr std::string_view kSystemAdmin = "system_admin";

inline bool HasRole(const v1::Actor& actor, std::string_view role) {
  return std::find(actor.roles().begin(), actor.roles().end(), role) != actor.roles().end();
}

}  // namespace caseward

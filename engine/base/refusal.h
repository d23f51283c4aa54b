// Refusals by code rather than by a pack: docs/errors has a page for each id. `expected` and `found` make the sentence
// a person reads: "Expected <expected>, found <found>."
#pragma once

#include <string>
#include <string_view>

#include "caseward/v1/common.pb.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {

// The state of things stands against it; `unblock` says what would let the same command through.
inline v1::Refusal Refuse(std::string_view rule, std::string_view expected, std::string_view found,
                          std::string_view unblock = "") {
  v1::Refusal refusal;
  refusal.set_rule(std::string(rule));
  refusal.set_say(StrCat("Expected ", expected, ", found ", PlainOrQuoted(found), "."));
  refusal.set_unblock(std::string(unblock));
  return refusal;
}

// No state could let it through: an error of the client.
inline v1::Refusal Invalid(std::string_view rule, std::string_view expected, std::string_view found) {
  v1::Refusal refusal = Refuse(rule, expected, found, "Correct the request, then send it as a new command.");
  refusal.set_invalid(true);
  return refusal;
}

// One thing more that is missing.
inline void AddMissing(v1::Refusal& refusal, std::string_view id, std::string_view say) {
  v1::Missing* missing = refusal.add_missing();
  missing->set_id(std::string(id));
  missing->set_say(std::string(say));
}

// Law L12: every adverse decision has a named human actor.
inline v1::Refusal RefusedWithoutHuman(const v1::Actor& actor) {
  v1::Refusal refusal = Invalid("L12", "a named person", v1::Actor::Kind_Name(actor.kind()));
  refusal.set_clause("Every adverse decision has a named human actor");
  refusal.set_unblock("A member of staff asks for it, or the service says on whose behalf it asks.");
  return refusal;
}

}  // namespace caseward

// A case, an actor and a moment, against which one condition is tried. The condition stands as the `when` of a rule on
// every verb that the test names, so that it may look at everything a condition may.
#pragma once

#include <memory>
#include <string>

#include "policy_fixtures.h"

namespace caseward {

struct World {
  v1::CaseState state =
      FromText<v1::CaseState>(R"(case_id: "c" case_type: "noise" priority: PRIORITY_P2 owner: "ann")");
  v1::Actor actor = FromText<v1::Actor>(R"(id: "ann" kind: KIND_STAFF roles: "officer")");
  v1::StaffState staff;
  v1::ResidentState resident;
  TestLines lines;
  v1::Event asked;
  v1::Command command;
  TestHasher hasher;
  absl::Status fault;
  absl::Time now = At("2026-06-10T12:00:00Z");  // a Wednesday
  std::string verb = "close";
  std::unique_ptr<const CompiledPack> pack;

  // Compiles the condition into the pack and tells whether it holds.
  bool Holds(const std::string& condition) {
    auto compiled = CompiledPack::Compile(
        PackWith("rules { id: \"R-try\" clause: \"9\" provenance: PROVENANCE_OURS say: \"-\" on: \"" + verb +
                 "\" when { " + condition + " } }"));
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    if (!compiled.ok()) return false;
    pack = *std::move(compiled);
    for (const CompiledRule* rule : pack->RulesOn(*ParseVerb(verb), "noise")) {
      if (rule->source->id() == "R-try") return rule->when->Holds(Look());
    }
    ADD_FAILURE() << "no rule R-try on " << verb;
    return false;
  }

  Facts Look() {
    return Facts{.state = state,
                 .pack = *pack,
                 .calendar = Weekdays(),
                 .now = now,
                 .actor = &actor,
                 .staff = &staff,
                 .resident = &resident,
                 .lines = &lines,
                 .asked = asked.kind_case() == v1::Event::KIND_NOT_SET ? nullptr : &asked,
                 .command = &command,
                 .event = nullptr,
                 .hasher = &hasher,
                 .fault = &fault};
  }
};

}  // namespace caseward

// A pack small enough to know by heart, for tests that need a running case and not the housing policy.
//
//   case type   noise, P3
//   steps       visit (outcome: quiet|loud, internal; note: words), health_note (note: words, special)
//   clocks      answer       from the report's aware_at, 1 hour for P1 and 8 hours otherwise, until an owner is
//                            assigned; on breach it escalates to the team leader
//               first_visit  from triage, 5 working days, until a visit
//   rule        S-1: closure may be proposed only after a visit
//   sign-off    closure, by a team leader who is neither owner nor proposer
//
// Commands are made by the functions below; ids are the caller's.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/policy.pb.h"

namespace caseward::test {

v1::Pack SmallPack();

// What a directory needs before the first case: the calendar and the pack. To be sent by a policy_admin.
std::vector<v1::Command> PublishSmallPack();

v1::Command Report(const std::string& command_id, v1::Priority priority = v1::PRIORITY_P3);
v1::Command Triage(const std::string& command_id, const std::string& case_id);
v1::Command Assign(const std::string& command_id, const std::string& case_id, const std::string& owner);
v1::Command Visit(const std::string& command_id, const std::string& case_id, const std::string& note = "");
v1::Command ProposeClosure(const std::string& command_id, const std::string& case_id);
v1::Command SignClosure(const std::string& command_id, const std::string& case_id);
v1::Command Close(const std::string& command_id, const std::string& case_id);

}  // namespace caseward::test

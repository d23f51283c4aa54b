// A small policy for tests of the loop: a few clocks, a rule that counts, a sign-off; and commands that fit it. In C++,
// so that tests of the engine do not lean on the strict reader of services/packs.
//
//   clock first_contact   P1 4 h, P2 8 h, warns at half; stopped by a two-way contact; may be paused (waiting)
//   clock update          every 12 h from triage, recurring, stopped by an update to the resident; repeats after a
//   breach clock review          2 working days from triage, stopped by step "review" clock action_due      one for
//   each action, due when the action says rule T-1              no closing before two contacts were made sign-off
//   closure      by a manager who is neither owner nor proposer
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/common.pb.h"
#include "caseward/v1/policy.pb.h"

namespace caseward::test {

v1::Pack SimplePack();
// Publishing calendar and pack, in this order, by an administrator.
v1::Command PublishSimpleCalendar(std::string command_id);
v1::Command PublishSimplePack(std::string command_id);
// Adds caseloads: P1 weighs 3, what is hate 4, anything else 1; somebody with `role` may carry 5, more only with a
// reason, which is what `rule` says.
void AddCaseload(const std::string& role, const std::string& rule, v1::Pack& pack);
// The same pack with caseloads of officers; the rule is T-3.
v1::Command PublishWeighingPack(std::string command_id);

v1::Actor Staff(std::string id, std::string role);
v1::Actor Administrator();

// Commands, each with its id. `case_id` where the verb is of a case.
v1::Command Report(std::string command_id, std::string_view account = "");
v1::Command OfCase(std::string command_id, std::string case_id);
v1::Command Triage(std::string command_id, std::string case_id, v1::Priority priority = v1::PRIORITY_P2);
v1::Command Contact(std::string command_id, std::string case_id, std::string_view note = "");
v1::Command Update(std::string command_id, std::string case_id);
v1::Command Note(std::string command_id, std::string case_id, std::string_view words);
v1::Command Review(std::string command_id, std::string case_id);
v1::Command Assign(std::string command_id, std::string case_id, std::string owner);
v1::Command Action(std::string command_id, std::string case_id, std::string action_id, absl::Time due);
v1::Command Propose(std::string command_id, std::string case_id);
v1::Command Sign(std::string command_id, std::string case_id);
v1::Command Close(std::string command_id, std::string case_id);

}  // namespace caseward::test

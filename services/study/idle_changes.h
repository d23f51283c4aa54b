// Changes to a pack that cannot matter, found by reading it: whatever happens, the changed pack decides as the pack
// does. No example could notice one, so none is made (mutations.h) and nobody has to review it. Three kinds are known:
//
//   a test of `step` that says what the rest says already    {step: risk_trigger, kind: self_harm}, where no other step
//                                                            has a kind self_harm; or a need's, after a rule's `when`
//                                                            that lets only that step by
//   a clock's status that the clock never has                `paused` of a clock that may not be paused
//   a separation that a rule asks for as well                a rule on sign_off refuses the owner, whatever is signed
//
// It errs on one side: what is not understood here is no idle change, and is made.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "caseward/v1/policy.pb.h"

namespace caseward {

using TestsOfFields = google::protobuf::RepeatedPtrField<v1::FieldTest>;

// The steps of which one must be asked for where something is looked at; nullopt: any may be.
using AskedSteps = std::optional<std::set<std::string>>;

// Those without which the condition does not hold, as its `asked` says.
AskedSteps StepsAskedBy(const v1::Condition& condition);
// Both must be so.
AskedSteps Narrower(const AskedSteps& one, const AskedSteps& other);

// Of tests of a recorded step: does dropping the one at `index` let no other record by?
bool StepTestIsIdle(const v1::Pack& pack, const TestsOfFields& tests, int index, const AskedSteps& asked);
// Does dropping the status at `index` change nothing?
bool StatusIsIdle(const v1::Pack& pack, const v1::ClockTest& test, int index);
// Is whoever stands in this relation to the case refused every signature by a rule, which is asked before the sign-off?
bool SeparationIsIdle(const v1::Pack& pack, const std::string& relation);

}  // namespace caseward

// Worked examples hold commands as an author writes them: verb and plain values. Here they become the commands a client
// would send. Plain text stands for Words, "2 working_days" for a Span, an instant with an offset for a time, and a
// value of a declared field takes the kind its step declares (design §6).
#pragma once

#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/policy.pb.h"

namespace caseward {

// The command of the step, with channel, occurred_at and late_reason_code; command_id and case_id are the runner's to
// give. INVALID_ARGUMENT names the field, what was expected and what came.
absl::StatusOr<v1::Command> CommandFromExample(const v1::Pack& pack, const v1::ExampleStep& step);

}  // namespace caseward

// What a pack says that cannot be meant: a condition that can never hold, a rule that another always forestalls, two
// rules that between them refuse a verb whatever happens, a way to end a case without a signature. Each is found by
// looking at the conditions as they are written, part by part; nothing is run. It does not find everything (two
// conditions may exclude each other for reasons outside of them) and what it finds is always so.
#pragma once

#include <string>
#include <vector>

#include "engine/policy/compiled_pack.h"

namespace caseward {

struct Contradictions {
  std::vector<PackProblem> errors;
  std::vector<PackProblem> warnings;
};
// Of a pack that compiles.
Contradictions FindContradictions(const v1::Pack& pack);

// Why the condition can never hold for cases of these types (none: all), or "". Exposed for its test.
std::string WhyItCannotHold(const v1::Condition& condition,
                            const google::protobuf::RepeatedPtrField<std::string>& types);

}  // namespace caseward

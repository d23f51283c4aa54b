// The first fact a verb gives when it is accepted: what a rule's `asked` looks at.
#pragma once

#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "engine/policy/verbs.h"

namespace caseward {

// The names of the verbs that packs set rules for, in the order of their numbers.
std::vector<std::string_view> CaseVerbNames();

// Every kind it may be; empty for verbs that packs set no rules for (residents, the directory, SYSTEM's own).
absl::Span<const v1::Event::KindCase> FirstFacts(Verb verb);

}  // namespace caseward

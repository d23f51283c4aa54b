// The known name a misspelt one most likely meant. Serves every "unknown ..." message of packs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace caseward {

// The known name at the least edit distance (a swap of neighbours counts as one), if it is near enough to suggest: at
// most a third of the length, and at least one edit. "" if none is.
std::string NearestName(std::string_view name, const std::vector<std::string_view>& known);

// `what`, and the nearest name if there is one: `a step of this pack (did you mean "risk_assessed"?)`.
std::string ExpectedName(std::string_view what, std::string_view name, const std::vector<std::string_view>& known);

}  // namespace caseward

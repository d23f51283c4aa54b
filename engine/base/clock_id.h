// How a clock of a case is named: by its definition; or, one for each action, promise, ..., by both: "action_due/a1".
#pragma once

#include <string_view>

namespace caseward {

// "action_due" of "action_due/a1".
inline std::string_view ClockDefinitionOf(std::string_view clock) { return clock.substr(0, clock.find('/')); }

}  // namespace caseward

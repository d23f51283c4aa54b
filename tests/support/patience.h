// How long a test waits for what must come: only one that hangs meets it.
#pragma once

#include <chrono>

namespace caseward::test {

inline constexpr std::chrono::seconds kPatience{60};

}  // namespace caseward::test

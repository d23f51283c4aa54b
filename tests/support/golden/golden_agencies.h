// The later acts of the golden history: what goes on with partner agencies, two entries of one person that become one,
// and a case that becomes two.
#pragma once

#include "tests/support/golden/golden_script.h"

namespace caseward::test {

void PlayAgencies(GoldenScript& script);

}  // namespace caseward::test

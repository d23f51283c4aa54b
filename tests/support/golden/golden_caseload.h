// The last acts of the golden history: a case that counts in its owner's caseload, more than was agreed, and no more.
#pragma once

#include "tests/support/golden/golden_script.h"

namespace caseward::test {

void PlayCaseloads(GoldenScript& script);

}  // namespace caseward::test

// In whose caseload a case counts, and how much. A case that is open and owned weighs what its pack says;
// whenever that becomes another, the decision has an event that says so and messages that tell the directory, which
// keeps the sums.
//
//   owner, phase, type, priority ──CountLoad──▶ load_counted ──LoadMessages──▶ note_caseload to partition 0
#pragma once

#include <vector>

#include "engine/cases/concluding.h"

namespace caseward {

// Derives load_counted if it changed. After everything else that follows from the command.
void CountLoad(Concluding& concluding, const v1::Event& cause);

// What the directory is told: at most one message for each of the two people it concerns.
void AddLoadMessages(CaseAccepted& accepted);

}  // namespace caseward

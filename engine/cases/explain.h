// Why: each clock's due time day by day, and what stands between a case and closing. Reads only; from the case's state,
// so that it works for any past moment as well (as_of).
#pragma once

#include <functional>

#include "caseward/v1/explanation.pb.h"
#include "engine/cases/decide.h"

namespace caseward {

// `context.actor` is who asks. `calendar_of` gives the calendar version a clock was computed with, or null.
v1::CaseExplanation ExplainCase(const v1::CaseState& state, const CaseContext& context,
                                const std::function<const WorkingCalendar*(std::string_view, uint32_t)>& calendar_of);

// The same without the clocks: what stands between the case and closing, who may sign, what is open with agencies.
v1::CaseExplanation ExplainBlocks(const v1::CaseState& state, const CaseContext& context);

}  // namespace caseward

// What a report and the second step of a split share: the fact that opens a case.
#pragma once

#include "engine/cases/deciding.h"

namespace caseward::verbs {

// Adds CaseReported for `asked`, and that the main resident was merged into another, if so.
void AddReportFact(Deciding& deciding, const v1::ReportCase& asked, const v1::CaseType& type, absl::Time aware);

}  // namespace caseward::verbs

// The calendar that most tests use: policies/calendars/england_and_wales.yaml, as its file has it. Read here with a few
// plain lines, so that tests of the engine do not lean on the strict reader of services/packs.
#pragma once

#include <string>

#include "caseward/v1/calendar.pb.h"
#include "engine/calendar/working_calendar.h"

namespace caseward::test {

// Version 1. Aborts the test binary if the file is not there: the working directory of tests is the source tree.
const v1::Calendar& EnglandAndWalesSource();
const WorkingCalendar& EnglandAndWales();

// "2026-11-23T10:00:00Z"; aborts on anything else.
absl::Time At(const std::string& instant);
// "5 working_days"; aborts on anything else.
v1::Span SpanOf(const std::string& text);

}  // namespace caseward::test

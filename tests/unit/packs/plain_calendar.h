// A calendar without holidays: weekdays from nine to five, 2026 alone.
#pragma once

namespace caseward {

inline constexpr char kPlainCalendar[] = R"(
id: plain
title: Plain
time_zone: UTC
covers_from: "2026-01-01"
covers_to: "2026-12-31"
working_weekdays: [1, 2, 3, 4, 5]
opens_minute: 540
closes_minute: 1020
)";

}  // namespace caseward

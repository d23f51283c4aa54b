// A seeded year of a housing association, as commands: its staff, agencies and residents, what they report, and what
// was done about it, well, badly or not at all. For a first look, demonstrations, load and tests.
//
//   seed ─▶ arrivals ─▶ story of each case ─┐
//           staff's comings and goings ─────┴─▶ in the order of time ─▶ sink
//
// The same options give the same bytes on every machine. Every person is invented. Every distribution is in
// distributions.h, printed by `caseward generate --distributions` and kept in docs/generated_year.md.
//
// Commands come in the order in which they reached the association: many cases at once, as they do. Each is an
// import's, so its case runs on its own time whenever it is sent; the last of a case finishes its import. What cannot
// be history is told after that, as of today: a matter that is split off, a signature by whoever stands in, a visit
// found in a notebook. So a year that has just ended, which is the default, shows most.
//
// Memory holds the staff, and of each open case how far it has got (48 bytes): it is told again from its seed when it
// is its turn. A bigger year is another year: it shares no beginning with a smaller one.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "services/year/options.h"
#include "services/year/story.h"

namespace caseward::year {

// A status that is not OK ends the year.
using Sink = absl::FunctionRef<absl::Status(const Line& line)>;

absl::Status GenerateYear(const YearOptions& options, Sink sink);

}  // namespace caseward::year

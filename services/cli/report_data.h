// What the report says, gathered from a server: how many cases stand where, what was refused and by which clause, which
// clocks were met, warned and breached, who signed, who has how much to do and who comes back, what stands between open
// cases and closing, and the digests that prove a rebuild.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "caseward/v1/case_service.pb.h"
#include "caseward/v1/explanation.pb.h"
#include "caseward/v1/other_services.pb.h"
#include "services/cli/picture.h"
#include "services/cli/session.h"

namespace caseward::cli {

struct RefusalLine {
  std::string rule, clause, say, unblock;
  uint64_t times = 0;
  uint64_t historical = 0;  // of these, found while taking in a history
};

struct ClockLine {
  std::string clock;
  uint64_t started = 0, met = 0, warned = 0, breached = 0, met_late = 0, running = 0, paused = 0, ceased = 0;
};

struct BlockedCase {
  v1::CaseState state;
  v1::CaseExplanation explanation;
};

struct ToldCase {
  v1::CaseState state;
  std::vector<v1::Decision> decisions;
  v1::CaseExplanation explanation;
};

struct ReportData {
  v1::GetStatusResponse status;
  v1::GetDigestResponse digests;
  uint64_t records = 0;
  uint64_t cases = 0;
  std::map<std::string, std::map<std::string, uint64_t>> cases_by_type_and_phase;
  Picture picture;
  std::vector<RefusalLine> refusals;  // most frequent first
  std::vector<ClockLine> clocks;      // by name
  std::vector<BlockedCase> blocked;   // open cases with the most urgent clocks
  std::vector<ToldCase> told;
};

inline constexpr size_t kBlockedShownMax = 12;

// `tell`: cases to tell in full, by id or reference.
absl::StatusOr<ReportData> GatherReport(Session& session, const std::vector<std::string>& tell);

}  // namespace caseward::cli

// The report as one HTML page: self-contained (no script, nothing loaded from elsewhere), readable on paper and by a
// screen reader (headings in order, captions and scopes on tables, text as well as colour).
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/cli/report_data.h"

namespace caseward::cli {

// A digest of one partition, as `log digest --json` wrote it.
struct TakenDigest {
  uint32_t partition = 0;
  uint64_t sequence = 0;
  std::string digest;  // hexadecimal
};
// Taken before the state was deleted and after it was rebuilt; both may be empty.
struct RebuildProof {
  std::vector<TakenDigest> before, after;
};

void WriteReportPage(std::ostream& out, const ReportData& data, const RebuildProof& proof, absl::Time now);

// Text that is safe between tags and in attributes.
std::string HtmlText(const std::string& text);

}  // namespace caseward::cli

// Reading a server's log record by record, for tail, verify and the report.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/other_services.pb.h"
#include "services/cli/session.h"

namespace caseward::cli {

absl::StatusOr<v1::GetDigestResponse> GetDigests(Session& session);

// Calls `record` for each from `from` on, to the end as it is at the call, or for ever. An error of `record` ends it.
absl::Status ReadLog(
    Session& session, uint32_t partition, uint64_t from, bool follow,
    absl::FunctionRef<absl::Status(uint64_t sequence, const std::string& raw, const v1::Decision&)> record);

}  // namespace caseward::cli

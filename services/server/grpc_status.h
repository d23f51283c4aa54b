// From our statuses to gRPC's, in one place. The codes are the same numbers; what is added is what the caller can do.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace caseward {

// The same request, sent again with the same command id, may succeed.
bool IsRetryable(absl::StatusCode code);

grpc::Status ToGrpc(const absl::Status& status);

}  // namespace caseward

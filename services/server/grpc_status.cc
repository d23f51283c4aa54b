#include "services/server/grpc_status.h"

#include "engine/base/text.h"

namespace caseward {
namespace {

// A status travels in a header, and headers are small.
constexpr size_t kMessageBytesMax = 2048;

}  // namespace

bool IsRetryable(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted ||
         code == absl::StatusCode::kAborted || code == absl::StatusCode::kDeadlineExceeded;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  std::string message(StdText(status.message()).substr(0, kMessageBytesMax));
  if (IsRetryable(status.code())) {
    message += " (retryable: the same request with the same command id may be sent again)";
  }
  return {static_cast<grpc::StatusCode>(status.code()), message};
}

}  // namespace caseward

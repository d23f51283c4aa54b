// A server stream that follows the log (hop 6, publish): Subscribe and ReadLog are this with different messages.
//
//   log ─▶ chunk ─▶ queue ─▶ write      the next chunk is read when the queue is empty, so a slow reader
//    ▲                       │          costs one chunk of memory however far behind it is: the log itself
//    │                       │          is the buffer
//    └──── when drained, or the partition has applied something new
//
// Lifetime  owns itself until gRPC is done with it.
// Threads   chunks are read on the worker pool, one at a time; notices come from the loops' threads.
// Failure   what the log says (DATA_LOSS names partition and sequence). A subscriber that had caught up and then falls
//           more than subscriber_lag_max behind gets RESOURCE_EXHAUSTED, and a server that stops UNAVAILABLE; both name
//           the positions to resume after.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "services/server/backend.h"

namespace caseward {

struct LogCursor {
  uint32_t partition = 0;
  uint64_t next = 0;
  std::optional<uint64_t> stop_at;  // do not send this sequence or later ones
};

// One message to send, and the record after which it may be resumed once it has gone out.
struct LogItem {
  grpc::ByteBuffer bytes;
  uint32_t partition = 0;
  uint64_t sequence = 0;
  bool last_of_record = false;
};

struct LogStreamPlan {
  std::vector<LogCursor> cursors;
  bool follow = false;  // go on when the end is reached
  // A record as messages, in order; none is fine. `live` is false while what was recorded before the call is sent.
  std::function<absl::Status(uint32_t partition, uint64_t sequence, std::string_view record, bool live,
                             std::vector<LogItem>& out)>
      convert;
};

// Starts a stream for `plan`, or one that ends at once with the plan's status.
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartLogStream(Backend& backend, absl::StatusOr<LogStreamPlan> plan);

// The message as bytes to send.
grpc::ByteBuffer ToBytes(const google::protobuf::Message& message);

}  // namespace caseward

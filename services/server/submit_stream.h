// SubmitStream: many commands in flight on one stream, outcomes in the order of the requests.
//
//   read ─▶ slot ─▶ partition          slots:  [done][done][ ... ][done]     a window of stream_window_max;
//                      │                          └ written first             when it is full the stream
//                      └── fills its slot                                     reads no further
//
// A command that cannot be read or submitted gets a Fault in its place, and the stream goes on.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "services/server/backend.h"

namespace caseward {

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartSubmitStream(Backend& backend,
                                                                               grpc::CallbackServerContext* context);

}  // namespace caseward

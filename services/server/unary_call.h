// One unary call, from bytes to bytes: what every method has in common, so that a service is left with its own
// question.
//
//   bytes ─▶ size ─▶ parse ─▶ authenticate ─▶ handler(request, actor, answer) ··· ▶ answer(response | status) ─▶ bytes
//
// Methods are registered raw (as bytes) because gRPC answers a message that it cannot parse with UNIMPLEMENTED and no
// reason; here it is INVALID_ARGUMENT and says which field.
//
// Lifetime  owns itself until gRPC is done with it; an Answer may be called later and is then ignored.
// Threads   the handler runs on a gRPC thread; the answer may come from any thread, once or more: the first one counts.
//           A caller that goes away is answered CANCELLED; a command already in flight goes on, and GetOutcome tells
//           its fate.
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "services/server/backend.h"
#include "services/server/grpc_status.h"
#include "services/server/wire_diagnosis.h"

namespace caseward {

// The request's bytes as a message, or INVALID_ARGUMENT that says what was expected where.
absl::Status ParseRequest(const grpc::ByteBuffer& bytes, const ServerLimits& limits,
                          google::protobuf::Message& request);

// The actor of a call, from its metadata.
absl::StatusOr<v1::Actor> ActorOf(const grpc::CallbackServerContext& context, const Backend& backend);

// PERMISSION_DENIED for a partner agency: what is administration or goes over all cases is not theirs.
absl::Status CheckNotPartner(const v1::Actor& actor);

// What a stream of the log begins with, before it looks at its own question: the request's bytes as a message, from an
// actor of the organisation itself.
absl::Status ParseOwnRequest(const Backend& backend, const grpc::CallbackServerContext& context,
                             const grpc::ByteBuffer& bytes, google::protobuf::Message& request);

template <typename Response>
using Answer = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

template <typename Request, typename Response>
class UnaryCall : public grpc::ServerUnaryReactor {
 public:
  using Handler = void (*)(Backend&, Request, v1::Actor, Answer<Response>);

  static grpc::ServerUnaryReactor* Start(Backend& backend, grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in, grpc::ByteBuffer* out, Handler handler) {
    auto call = std::shared_ptr<UnaryCall>(new UnaryCall(out));
    call->self_ = call;
    Request request;
    if (absl::Status parsed = ParseRequest(*in, backend.limits, request); !parsed.ok()) {
      call->Reply(parsed);
      return call.get();
    }
    auto actor = ActorOf(*context, backend);
    if (!actor.ok()) {
      call->Reply(actor.status());
      return call.get();
    }
    handler(backend, std::move(request), *std::move(actor),
            [call](absl::StatusOr<Response> response) { call->Reply(std::move(response)); });
    return call.get();
  }

  void OnCancel() override { Reply(absl::CancelledError("the caller went away")); }
  void OnDone() override { self_.reset(); }
  // Both of the above are short and hold no lock, so gRPC's own thread may run them. Otherwise every call would wake a
  // thread of gRPC's executor, only to be freed there.
  bool InternalInlineable() override { return true; }

 private:
  explicit UnaryCall(grpc::ByteBuffer* out) : out_(out) {}

  void Reply(absl::StatusOr<Response> response) {
    if (replied_.exchange(true)) {
      return;
    }
    if (!response.ok()) {
      Finish(ToGrpc(response.status()));
      return;
    }
    bool own = false;
    Finish(grpc::SerializationTraits<Response>::Serialize(*response, out_, &own));
  }

  std::shared_ptr<UnaryCall> self_;
  grpc::ByteBuffer* const out_;
  std::atomic<bool> replied_{false};
};

}  // namespace caseward

#include "services/server/node_router.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <chrono>
#include <utility>

#include "caseward/v1/node_service.grpc.pb.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

// Longer than any round takes; a caller's own deadline ends its call before.
constexpr std::chrono::seconds kForwardTakesMax(30);

absl::Status FromPeer(const grpc::Status& status, uint32_t partition, const std::string& endpoint) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  return absl::Status(code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kCancelled
                          ? absl::StatusCode::kUnavailable
                          : code,
                      StrCat("partition ", partition, ", asked of its owner ", endpoint, ": ", status.error_message()));
}

}  // namespace

struct NodeRouter::Peer {
  std::string endpoint;
  std::unique_ptr<v1::NodeService::Stub> stub;
};

NodeRouter::NodeRouter(EngineHost& host, EventLog& log, std::string endpoint, NodeTls tls)
    : host_(host), log_(log), endpoint_(std::move(endpoint)), tls_(std::move(tls)) {}

NodeRouter::~NodeRouter() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  ended_.wait(lock, [this] { return under_way_ == 0; });
}

absl::Status NodeRouter::Begin() {
  const std::lock_guard lock(mutex_);
  if (closing_) {
    return absl::UnavailableError("this node is stopping; ask another with the same command id");
  }
  if (under_way_ >= kForwardsMax) {
    return absl::ResourceExhaustedError(
        StrCat("expected at most ", kForwardsMax, " calls under way to other nodes; try again"));
  }
  ++under_way_;
  return absl::OkStatus();
}

void NodeRouter::End() {
  const std::lock_guard lock(mutex_);
  --under_way_;
  ended_.notify_all();
}

absl::StatusOr<std::shared_ptr<NodeRouter::Peer>> NodeRouter::OwnerOf(uint32_t partition) {
  const std::string owner = log_.LastOwner(partition);
  if (owner.empty() || owner == endpoint_) {
    return absl::UnavailableError(
        StrCat("partition ", partition, " has no owner at the moment; ask again with the same command id"));
  }
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Peer>& peer = peers_[owner];
  if (peer == nullptr) {
    grpc::ChannelArguments arguments;
    // An owner that died and came back is found again soon.
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    peer = std::make_shared<Peer>(
        Peer{owner, v1::NodeService::NewStub(grpc::CreateCustomChannel(owner, tls_.ForClient(), arguments))});
  }
  return peer;
}

absl::Status NodeRouter::Submit(uint32_t partition, Submission submission) {
  if (host_.partition(partition).owner()) {
    return host_.partition(partition).Submit(std::move(submission));
  }
  auto peer = OwnerOf(partition);
  if (!peer.ok()) {
    return peer.status();
  }
  if (absl::Status begun = Begin(); !begun.ok()) {
    return begun;
  }
  struct Call {
    grpc::ClientContext context;
    v1::ForwardCommandRequest request;
    v1::ForwardCommandResponse response;
    ReplyFn reply;
  };
  auto call = std::make_shared<Call>();
  call->context.set_deadline(std::chrono::system_clock::now() + kForwardTakesMax);
  call->request.set_log_id(host_.log_id());
  call->request.set_partition(partition);
  *call->request.mutable_command() = std::move(submission.command);
  *call->request.mutable_actor() = std::move(submission.actor);
  call->reply = std::move(submission.reply);
  (*peer)->stub->async()->ForwardCommand(&call->context, &call->request, &call->response,
                                         [this, call, peer = *peer, partition](const grpc::Status& status) {
                                           if (status.ok()) {
                                             call->reply(std::move(*call->response.mutable_outcome()));
                                           } else {
                                             call->reply(FromPeer(status, partition, peer->endpoint));
                                           }
                                           End();
                                         });
  return absl::OkStatus();
}

absl::Status NodeRouter::Barrier(uint32_t partition, absl::AnyInvocable<void(absl::Status)> done) {
  if (host_.partition(partition).owner()) {
    return host_.partition(partition).Barrier(std::move(done));
  }
  auto peer = OwnerOf(partition);
  if (!peer.ok()) {
    return peer.status();
  }
  if (absl::Status begun = Begin(); !begun.ok()) {
    return begun;
  }
  struct Call {
    grpc::ClientContext context;
    v1::ConfirmOwnerRequest request;
    v1::ConfirmOwnerResponse response;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  auto call = std::make_shared<Call>();
  call->context.set_deadline(std::chrono::system_clock::now() + kForwardTakesMax);
  call->request.set_log_id(host_.log_id());
  call->request.set_partition(partition);
  call->done = std::move(done);
  (*peer)->stub->async()->ConfirmOwner(&call->context, &call->request, &call->response,
                                       [this, call, peer = *peer, partition](const grpc::Status& status) {
                                         if (status.ok()) {
                                           host_.partition(partition).WhenApplied(call->response.position().sequence(),
                                                                                  std::move(call->done));
                                         } else {
                                           call->done(FromPeer(status, partition, peer->endpoint));
                                         }
                                         End();
                                       });
  return absl::OkStatus();
}

}  // namespace caseward

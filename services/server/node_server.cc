#include "services/server/node_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "caseward/v1/node_service.grpc.pb.h"
#include "engine/base/text.h"
#include "services/server/grpc_status.h"

namespace caseward {
namespace {

class NodeServiceImpl : public v1::NodeService::CallbackService {
 public:
  grpc::ServerUnaryReactor* ForwardCommand(grpc::CallbackServerContext* context,
                                           const v1::ForwardCommandRequest* request,
                                           v1::ForwardCommandResponse* response) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    auto owned = Owned(request->log_id(), request->partition());
    if (!owned.ok()) {
      reactor->Finish(ToGrpc(owned.status()));
      return reactor;
    }
    absl::Status submitted = (*owned)->Submit(
        {request->command(), request->actor(), [reactor, response](absl::StatusOr<v1::Outcome> outcome) {
           if (outcome.ok()) {
             *response->mutable_outcome() = *std::move(outcome);
           }
           reactor->Finish(ToGrpc(outcome.status()));
         }});
    if (!submitted.ok()) {
      reactor->Finish(ToGrpc(submitted));
    }
    return reactor;
  }

  grpc::ServerUnaryReactor* ConfirmOwner(grpc::CallbackServerContext* context, const v1::ConfirmOwnerRequest* request,
                                         v1::ConfirmOwnerResponse* response) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    auto owned = Owned(request->log_id(), request->partition());
    absl::Status asked = owned.status();
    if (asked.ok()) {
      Partition* const partition = *owned;
      asked = partition->Barrier([reactor, response, partition](absl::Status status) {
        *response->mutable_position() = partition->view().position;
        reactor->Finish(ToGrpc(status));
      });
    }
    if (!asked.ok()) {
      reactor->Finish(ToGrpc(asked));
    }
    return reactor;
  }

  void Serve(EngineHost& host) { host_ = &host; }

 private:
  absl::StatusOr<Partition*> Owned(const std::string& log_id, uint32_t partition) const {
    EngineHost* const host = host_;
    if (host == nullptr) {
      return absl::UnavailableError("this node is starting; ask again");
    }
    if (log_id != host->log_id()) {
      return absl::FailedPreconditionError(
          StrCat("expected a call about log ", host->log_id(), ", found log ", log_id));
    }
    if (partition >= host->partitions()) {
      return absl::InvalidArgumentError(
          StrCat("expected a partition below ", host->partitions(), ", found ", partition));
    }
    if (!host->partition(partition).owner()) {
      return absl::UnavailableError(
          StrCat("this node does not own partition ", partition, " now; ask again with the same command id"));
    }
    return &host->partition(partition);
  }

  std::atomic<EngineHost*> host_{nullptr};
};

}  // namespace

struct NodeServer::Impl {
  NodeServiceImpl service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

absl::StatusOr<std::unique_ptr<NodeServer>> NodeServer::Start(const std::string& listen, const NodeTls& tls,
                                                              int message_bytes_max) {
  auto impl = std::make_unique<Impl>();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, tls.ForServer(), &impl->port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(message_bytes_max);
  builder.RegisterService(&impl->service);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) {
    return absl::UnavailableError(StrCat("cannot listen for other nodes on ", listen,
                                         ": expected a free port on an address of this machine, as host:port, and "
                                         "a key that fits its certificate"));
  }
  return std::unique_ptr<NodeServer>(new NodeServer(std::move(impl)));
}

NodeServer::NodeServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NodeServer::~NodeServer() { Stop(absl::Seconds(1)); }

void NodeServer::Serve(EngineHost& host) { impl_->service.Serve(host); }
int NodeServer::port() const { return impl_->port; }

void NodeServer::Stop(absl::Duration grace) {
  if (impl_->server == nullptr) {
    return;
  }
  impl_->server->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace caseward

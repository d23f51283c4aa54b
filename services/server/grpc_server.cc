#include "services/server/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <mutex>
#include <vector>

#include "engine/base/text.h"
#include "services/server/health.h"
#include "services/server/services.h"

namespace caseward {
namespace {

constexpr absl::Duration kGraceAtDestruction = absl::Seconds(5);
// Past our own bound, whose error says more, gRPC drops the message unread.
constexpr int kTransportBytesMaxFactor = 4;

void UseHealthAndReflection() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

struct GrpcServer::Impl {
  Backend& backend;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Health> health;
  int port = 0;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(Backend& backend, const std::string& listen) {
  if (absl::Status may = backend.authenticator.MayListenOn(listen); !may.ok()) {
    return may;
  }
  UseHealthAndReflection();
  auto impl = std::make_unique<Impl>(Impl{backend, {}, nullptr, nullptr, 0});
  impl->services.push_back(MakeCaseService(backend));
  impl->services.push_back(MakeResidentService(backend));
  impl->services.push_back(MakeDirectoryService(backend));
  impl->services.push_back(MakeEventService(backend));
  impl->services.push_back(MakeAdminService(backend));

  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &impl->port);
  // Two servers on one port would each get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(backend.limits.message_bytes_max * kTransportBytesMaxFactor);
  for (const auto& service : impl->services) {
    builder.RegisterService(service.get());
  }
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", listen, ": expected a free port on an address of this machine, as host:port"));
  }
  impl->health = std::make_unique<Health>(backend.host, *impl->server->GetHealthCheckService());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() { Stop(kGraceAtDestruction); }

int GrpcServer::port() const { return impl_->port; }

void GrpcServer::Stop(absl::Duration grace) {
  if (impl_->server == nullptr) {
    return;
  }
  impl_->health.reset();
  impl_->backend.streams.DrainAll();
  impl_->server->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace caseward

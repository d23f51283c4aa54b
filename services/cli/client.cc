#include "services/cli/client.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace caseward::cli {
namespace {

constexpr char kActorHeader[] = "caseward-actor";
constexpr int kMessageBytesMax = 64 << 20;

}  // namespace

Client::Client(std::string address, std::string actor) : address_(std::move(address)), actor_(std::move(actor)) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  channel_ = grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
  cases_ = v1::CaseService::NewStub(channel_);
  residents_ = v1::ResidentService::NewStub(channel_);
  directory_ = v1::DirectoryService::NewStub(channel_);
  events_ = v1::EventService::NewStub(channel_);
  admin_ = v1::AdminService::NewStub(channel_);
}

void Client::Prepare(grpc::ClientContext& context, absl::Duration timeout) const {
  if (!actor_.empty()) SetActor(context, actor_);
  if (timeout < absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  }
}

void Client::SetActor(grpc::ClientContext& context, const std::string& actor) {
  context.AddMetadata(kActorHeader, actor);
}

absl::Status Client::FromGrpc(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnavailable && channel_->GetState(false) != GRPC_CHANNEL_READY) {
    return absl::UnavailableError(absl::StrCat("expected a server at ", address_, "; found none (",
                                               status.error_message(),
                                               "). Start one with: caseward serve --data DIR --listen ", address_));
  }
  if (code == absl::StatusCode::kUnauthenticated) {
    return absl::UnauthenticatedError(absl::StrCat(
        status.error_message(), " (say who you are with --actor \"id; roles=case_manager\" or CASEWARD_ACTOR)"));
  }
  return absl::Status(code, status.error_message());
}

}  // namespace caseward::cli

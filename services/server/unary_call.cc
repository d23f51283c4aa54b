#include "services/server/unary_call.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include "engine/base/text.h"

namespace caseward {
namespace {

std::string Flatten(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (bytes.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return out;
}

}  // namespace

absl::Status ParseRequest(const grpc::ByteBuffer& bytes, const ServerLimits& limits,
                          google::protobuf::Message& request) {
  if (bytes.Length() > static_cast<size_t>(limits.message_bytes_max)) {
    return absl::InvalidArgumentError(StrCat("request: expected at most ", limits.message_bytes_max,
                                             " bytes (message_bytes_max); found ", bytes.Length()));
  }
  grpc::ByteBuffer shared(bytes);  // the reader takes its slices; the bytes themselves are shared
  grpc::ProtoBufferReader reader(&shared);
  if (!reader.status().ok() || !request.ParseFromZeroCopyStream(&reader)) {
    return absl::InvalidArgumentError(DiagnoseWire(*request.GetDescriptor(), Flatten(bytes)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Actor> ActorOf(const grpc::CallbackServerContext& context, const Backend& backend) {
  Credentials credentials;
  const auto [first, last] =
      context.client_metadata().equal_range(grpc::string_ref(kActorHeader.data(), kActorHeader.size()));
  for (auto it = first; it != last; ++it) {
    credentials.actor_headers.emplace_back(it->second.data(), it->second.size());
  }
  return backend.authenticator.Authenticate(credentials, *backend.host.directory().Now());
}

absl::Status CheckNotPartner(const v1::Actor& actor) {
  if (actor.kind() != v1::Actor::KIND_PARTNER) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      StrCat("expected an actor of the organisation itself; ", actor.id(), " is a partner agency"));
}

absl::Status ParseOwnRequest(const Backend& backend, const grpc::CallbackServerContext& context,
                             const grpc::ByteBuffer& bytes, google::protobuf::Message& request) {
  if (absl::Status parsed = ParseRequest(bytes, backend.limits, request); !parsed.ok()) {
    return parsed;
  }
  const auto actor = ActorOf(context, backend);
  return actor.ok() ? CheckNotPartner(*actor) : actor.status();
}

}  // namespace caseward

// What the standard health service of a server says, asked without its messages, for which the distribution has no
// library.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace caseward::test {

// grpc.health.v1.Health/Check: field 1 of the request is the service, field 1 of the response the status.
inline std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  grpc::GenericStub stub(channel);
  std::string asked;
  if (!service.empty()) asked = std::string("\x0a") + static_cast<char>(service.size()) + service;
  const grpc::Slice slice(asked);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](const grpc::Status& status) { done.set_value(status); });
  if (const grpc::Status status = done.get_future().get(); !status.ok()) return status.error_message();
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (response.Dump(&slices).ok()) {
    for (const auto& part : slices)
      bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return bytes == "\x08\x01" ? "SERVING" : bytes == "\x08\x02" ? "NOT_SERVING" : "another answer";
}

}  // namespace caseward::test

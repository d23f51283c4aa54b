// The server's stubs over one channel, and how a call is made: with the caller's identity in the header that `--auth
// dev` trusts, and with a deadline.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "caseward/v1/case_service.grpc.pb.h"
#include "caseward/v1/other_services.grpc.pb.h"

namespace caseward::cli {

inline constexpr absl::Duration kCallTimeout = absl::Seconds(30);

class Client {
 public:
  Client(std::string address, std::string actor);

  v1::CaseService::Stub& cases() { return *cases_; }
  v1::ResidentService::Stub& residents() { return *residents_; }
  v1::DirectoryService::Stub& directory() { return *directory_; }
  v1::EventService::Stub& events() { return *events_; }
  v1::AdminService::Stub& admin() { return *admin_; }

  // Adds the caller and a deadline (none if infinite).
  void Prepare(grpc::ClientContext& context, absl::Duration timeout = kCallTimeout) const;
  // The same for somebody else.
  static void SetActor(grpc::ClientContext& context, const std::string& actor);

  // A unary call: client.Call(&v1::CaseService::Stub::GetCase, client.cases(), request, &response).
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Stub& stub,
                    const Request& request, Response* response, absl::Duration timeout = kCallTimeout) {
    grpc::ClientContext context;
    Prepare(context, timeout);
    return FromGrpc((stub.*method)(&context, request, response));
  }

  // In words a person can use: an unreachable server says which address was tried and how to start one.
  absl::Status FromGrpc(const grpc::Status& status) const;

 private:
  std::string address_;
  std::string actor_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::CaseService::Stub> cases_;
  std::unique_ptr<v1::ResidentService::Stub> residents_;
  std::unique_ptr<v1::DirectoryService::Stub> directory_;
  std::unique_ptr<v1::EventService::Stub> events_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace caseward::cli

// The gRPC services, each made from the backend. Their classes are nobody else's business.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "services/server/backend.h"

namespace caseward {

std::unique_ptr<grpc::Service> MakeCaseService(Backend& backend);
std::unique_ptr<grpc::Service> MakeResidentService(Backend& backend);
std::unique_ptr<grpc::Service> MakeDirectoryService(Backend& backend);
std::unique_ptr<grpc::Service> MakeEventService(Backend& backend);
std::unique_ptr<grpc::Service> MakeAdminService(Backend& backend);

}  // namespace caseward

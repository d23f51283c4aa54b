// What a node shows to the others and expects of them: certificates of one authority, which signs nodes and nobody
// else.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace caseward {

struct NodeTls {
  std::string authority;    // PEM
  std::string certificate;  // PEM
  std::string key;          // PEM

  // ca.pem, node.pem and node.key of a folder (deploy/certs/make.sh makes one). NOT_FOUND names the file that cannot be
  // read, INVALID_ARGUMENT one that is no PEM.
  static absl::StatusOr<NodeTls> Read(const std::string& folder);

  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  std::shared_ptr<grpc::ChannelCredentials> ForClient() const;
};

}  // namespace caseward

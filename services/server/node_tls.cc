#include "services/server/node_tls.h"

#include <fstream>
#include <iterator>

#include "engine/base/text.h"

namespace caseward {
namespace {

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && text.empty()) {
    return absl::NotFoundError(StrCat("node certificates: cannot read ", path));
  }
  if (text.find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(StrCat("node certificates: expected PEM in ", path, ", found none"));
  }
  return text;
}

}  // namespace

absl::StatusOr<NodeTls> NodeTls::Read(const std::string& folder) {
  NodeTls tls;
  for (const auto& [name, text] : {std::pair<const char*, std::string*>{"ca.pem", &tls.authority},
                                   {"node.pem", &tls.certificate},
                                   {"node.key", &tls.key}}) {
    auto read = ReadPem(StrCat(folder, "/", name));
    if (!read.ok()) {
      return read.status();
    }
    *text = *std::move(read);
  }
  return tls;
}

std::shared_ptr<grpc::ServerCredentials> NodeTls::ForServer() const {
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = authority;
  options.pem_key_cert_pairs.push_back({key, certificate});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> NodeTls::ForClient() const {
  return grpc::SslCredentials({authority, key, certificate});
}

}  // namespace caseward

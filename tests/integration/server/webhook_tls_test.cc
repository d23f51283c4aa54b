// The webhook over TLS: a certificate that is trusted is spoken to, any other is not.
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/check.h"
#include "gtest/gtest.h"
#include "services/host/webhook_post.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;

// A self-signed certificate for localhost, valid for an hour, and its key, as two PEM files.
void MakeCertificate(const std::string& certificate_path, const std::string& key_path) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  CHECK(key && certificate);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const unsigned char host[] = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(certificate.get(), alternative, -1);
  X509_EXTENSION_free(alternative);
  CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  std::FILE* out = std::fopen(certificate_path.c_str(), "w");
  CHECK(out != nullptr && PEM_write_X509(out, certificate.get()) == 1);
  std::fclose(out);
  out = std::fopen(key_path.c_str(), "w");
  CHECK(out != nullptr && PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(out);
}

// Answers one call with 204, if the handshake succeeds.
class TlsReceiver {
 public:
  TlsReceiver(const std::string& certificate, const std::string& key)
      : tls_(asio::ssl::context::tls_server), acceptor_(context_, {asio::ip::make_address("127.0.0.1"), 0}) {
    tls_.use_certificate_chain_file(certificate);
    tls_.use_private_key_file(key, asio::ssl::context::pem);
    thread_ = std::thread([this] { Run(); });
  }
  ~TlsReceiver() { thread_.join(); }
  std::string url() const { return "https://localhost:" + std::to_string(acceptor_.local_endpoint().port()) + "/in"; }
  // After Post has returned.
  const std::string& body() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return body_;
  }

 private:
  void Run() {
    boost::system::error_code error;
    asio::ssl::stream<Tcp::socket> stream(acceptor_.accept(), tls_);
    stream.handshake(asio::ssl::stream_base::server, error);
    if (error) return;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(stream, buffer, request, error);
    if (error) return;
    body_ = request.body();
    http::response<http::empty_body> response(http::status::no_content, 11);
    response.prepare_payload();
    http::write(stream, response, error);
  }

  asio::io_context context_;
  asio::ssl::context tls_;
  Tcp::acceptor acceptor_;
  std::string body_;
  std::thread thread_;
};

// OpenSSL reads the trusted roots from the file that this variable names.
class Trusting {
 public:
  explicit Trusting(const std::string& file) { setenv("SSL_CERT_FILE", file.c_str(), 1); }
  ~Trusting() { unsetenv("SSL_CERT_FILE"); }
};

TEST(WebhookTls, ATrustedReceiverGetsTheBody) {
  const TempFolder folder;
  MakeCertificate(folder / "cert.pem", folder / "key.pem");
  TlsReceiver receiver(folder / "cert.pem", folder / "key.pem");
  const Trusting trusting(folder / "cert.pem");
  HttpPoster poster(*WebhookUrl::Parse(receiver.url()), absl::Seconds(30));

  const auto code = poster.Post({}, "hello");

  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 204u);
  EXPECT_EQ(receiver.body(), "hello");
}

TEST(WebhookTls, AReceiverThatIsNotTrustedGetsNothing) {
  const TempFolder folder;
  MakeCertificate(folder / "cert.pem", folder / "key.pem");
  MakeCertificate(folder / "other.pem", folder / "other-key.pem");
  TlsReceiver receiver(folder / "cert.pem", folder / "key.pem");
  const Trusting trusting(folder / "other.pem");
  HttpPoster poster(*WebhookUrl::Parse(receiver.url()), absl::Seconds(30));

  const auto code = poster.Post({}, "hello");

  EXPECT_EQ(code.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(code.status().message()).find("TLS"), std::string::npos) << code.status();
  EXPECT_EQ(receiver.body(), "");
}

}  // namespace
}  // namespace caseward
